/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands as text: finding one, the overview, a command's page. */
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/text.h"
#include "injector/command.h"

enum { COLUMNS = 80, OPTION_COLUMN = 24 };

const char *
command_last_word(const struct command *command)
{
	const char *blank = strrchr(command->name, ' ');

	return blank != NULL ? blank + 1 : command->name;
}

/* One word in one table; `group` is "" or the group's name with a blank, for messages. */
static int
choose(const struct command *const *table, const char *group, const char *word,
       const struct command **ret, struct error *err)
{
	const char **names, *near;
	size_t count = 0;

	for (; table[count] != NULL; count++) {
		if (strcmp(command_last_word(table[count]), word) == 0) {
			*ret = table[count];
			return 0;
		}
	}
	names = xcalloc(count + 1, sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = command_last_word(table[i]);
	near = text_suggest(word, names);
	free(names);
	if (near != NULL)
		return error_set(err, ERROR_USAGE, "unknown command '%s%s', did you mean '%s%s'?",
				 group, word, group, near);
	return error_set(err, ERROR_USAGE, "unknown command '%s%s'", group, word);
}

int
command_choose(char *const *words, size_t count, const struct command **ret, size_t *ret_used,
	       struct error *err)
{
	CLEANUP(free_text) char *group = NULL;

	*ret_used = 1;
	if (choose(commands, "", words[0], ret, err) < 0)
		return -1;
	if ((*ret)->subcommands == NULL || count < 2 || words[1][0] == '-')
		return 0;
	*ret_used = 2;
	group = xasprintf("%s ", (*ret)->name);
	return choose((*ret)->subcommands, group, words[1], ret, err);
}

int
command_refuse_group(const struct command *group, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	for (size_t i = 0; group->subcommands[i] != NULL; i++)
		list_add(&names, command_last_word(group->subcommands[i]));
	joined = list_join(&names, ", ", " or ");
	return error_set(err, ERROR_USAGE, "'%s' is followed by %s", group->name, joined);
}

int
command_check_operands(const struct invocation *invocation, struct error *err)
{
	const struct command *command = invocation->command;

	if (invocation->operand_count < command->operands_min)
		return error_set(err, ERROR_USAGE, "'%s' needs %s", command->name,
				 command->operands);
	if (invocation->operand_count > command->operands_max && command->operands == NULL)
		return error_set(err, ERROR_USAGE, "'%s' takes no operands", command->name);
	if (invocation->operand_count > command->operands_max)
		return error_set(err, ERROR_USAGE, "'%s' takes only %s", command->name,
				 command->operands);
	return 0;
}

/* Prints text from `column` on, with further lines at `indent`, at most COLUMNS wide. */
static void
wrap(FILE *out, const char *text, size_t column, size_t indent)
{
	while (*text != 0) {
		size_t len = strcspn(text, " ");

		if (column > indent && column + 1 + len > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)len, text);
		column += len;
		text += len + strspn(text + len, " ");
	}
	fputc('\n', out);
}

void
help_overview(FILE *out, const char *program)
{
	fprintf(out, "usage: %s [-C DIR] COMMAND [OPTION…] [OPERAND…]\n\n%s\n\n", program,
		program_about);
	for (size_t i = 0; commands[i] != NULL; i++)
		fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\nEvery command takes -h, --help. The manual: %s\n", program_manual);
}

/* "-e, --env ENV" */
static size_t
print_names(FILE *out, const struct option_spec *spec)
{
	int count;

	if (spec->letter != 0)
		count = fprintf(out, "  -%c, --%s", spec->letter, spec->name);
	else
		count = fprintf(out, "      --%s", spec->name);
	if (spec->placeholder != NULL)
		count += fprintf(out, " %s", spec->placeholder);
	return count > 0 ? (size_t)count : 0;
}

static void
print_choices(FILE *out, const char *const *choices)
{
	fprintf(out, "%*s", OPTION_COLUMN, "");
	for (size_t i = 0; choices[i] != NULL; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "", choices[i]);
	fputc('\n', out);
}

static void
print_options(FILE *out, const struct option_spec *table)
{
	for (; table->name != NULL; table++) {
		size_t width;

		if (table->argument == OPTION_REFUSED)
			continue;
		width = print_names(out, table);
		if (width + 1 > OPTION_COLUMN) {
			fputc('\n', out);
			width = 0;
		}
		fprintf(out, "%*s", (int)(OPTION_COLUMN - width), "");
		wrap(out, table->help, OPTION_COLUMN, OPTION_COLUMN);
		if (table->argument == OPTION_ONE_OF)
			print_choices(out, table->choices);
	}
}

static void
print_subcommands(FILE *out, const struct command *const *subcommands)
{
	for (; *subcommands != NULL; subcommands++)
		fprintf(out, "  %-11s %s\n", command_last_word(*subcommands),
			(*subcommands)->summary);
	fputc('\n', out);
}

void
help_command(FILE *out, const char *program, const struct command *command)
{
	fprintf(out, "usage: %s %s%s%s%s\n\n", program, command->name,
		command->subcommands != NULL ? "" : " [OPTION…]",
		command->operands != NULL ? " " : "",
		command->operands != NULL ? command->operands : "");
	for (size_t i = 0; command->details != NULL && command->details[i] != NULL; i++) {
		wrap(out, command->details[i], 0, 0);
		fputc('\n', out);
	}
	if (command->details == NULL)
		fprintf(out, "%s\n\n", command->summary);
	if (command->subcommands != NULL)
		print_subcommands(out, command->subcommands);
	print_options(out, command->options);
	print_options(out, options_general);
}
