/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands as text: finding one, the overview, a command's page. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/command.h"

enum { COLUMNS = 80, OPTION_COLUMN = 24 };

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

int
command_choose(const char *name, const struct command **ret, struct error *err)
{
	const char **names, *near;
	size_t count = 0;

	*ret = command_find(name);
	if (*ret != NULL)
		return 0;
	while (commands[count] != NULL)
		count++;
	names = xcalloc(count + 1, sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = commands[i]->name;
	near = text_suggest(name, names);
	free(names);
	if (near != NULL)
		return error_set(err, ERROR_USAGE, "unknown command '%s', did you mean '%s'?", name,
				 near);
	return error_set(err, ERROR_USAGE, "unknown command '%s'", name);
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
	fprintf(out,
		"usage: %s [-C DIR] COMMAND [OPTION…] [OPERAND…]\n\n"
		"Settings of an application on Kubernetes, kept in git, the secret ones sealed.\n\n",
		program);
	for (size_t i = 0; commands[i] != NULL; i++)
		fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out,
		"\nEvery command takes -h, --help. The manual: man tfsecrets, man tfsecrets.yaml\n");
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
		size_t width = print_names(out, table);

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

void
help_command(FILE *out, const char *program, const struct command *command)
{
	fprintf(out, "usage: %s %s [OPTION…]%s%s\n\n", program, command->name,
		command->operands != NULL ? " " : "",
		command->operands != NULL ? command->operands : "");
	for (size_t i = 0; command->details != NULL && command->details[i] != NULL; i++) {
		wrap(out, command->details[i], 0, 0);
		fputc('\n', out);
	}
	if (command->details == NULL)
		fprintf(out, "%s\n\n", command->summary);
	print_options(out, command->options);
	print_options(out, options_general);
}
