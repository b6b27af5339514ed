/* SPDX-License-Identifier: Apache-2.0 */
/* Completion scripts, made from the command and option tables. Environments and settings are read from
 * tfsecrets.yaml's text when somebody presses TAB, without running anything that could ask or fail. */
#include <string.h>

#include "base/memory.h"
#include "injector/command.h"

static void
print_options(FILE *out, const struct option_spec *table)
{
	for (; table->name != NULL; table++) {
		if (table->argument == OPTION_REFUSED)
			continue;
		fprintf(out, " --%s", table->name);
		if (table->letter != 0)
			fprintf(out, " -%c", table->letter);
	}
}

static void
print_commands(FILE *out)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", commands[i]->name);
}

/* Calls write for each command, a group's own ones behind it. */
static void
for_each_command(FILE *out, void (*write)(FILE *out, const struct command *command))
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct command *const *own = commands[i]->subcommands;

		write(out, commands[i]);
		for (size_t k = 0; own != NULL && own[k] != NULL; k++)
			write(out, own[k]);
	}
}

/* A case arm for each option that takes one of a few words. */
static void
bash_choices(FILE *out, const struct command *command)
{
	for (const struct option_spec *spec = command->options; spec->name != NULL; spec++) {
		if (spec->argument != OPTION_ONE_OF)
			continue;
		fprintf(out, "\t'%s':--%s", command->name, spec->name);
		if (spec->letter != 0)
			fprintf(out, "|'%s':-%c", command->name, spec->letter);
		fprintf(out, ") words='");
		for (size_t k = 0; spec->choices[k] != NULL; k++)
			fprintf(out, "%s%s", k > 0 ? " " : "", spec->choices[k]);
		fprintf(out, "' ;;\n");
	}
}

static void
bash_options(FILE *out, const struct command *command)
{
	fprintf(out, "\t'%s') words='", command->name);
	print_options(out, command->options);
	print_options(out, options_general);
	fprintf(out, "' ;;\n");
}

/* What may follow a group, and `help` in front of it. */
static void
bash_subcommands(FILE *out, const struct command *command)
{
	if (command->subcommands == NULL)
		return;
	fprintf(out, "\t'%s'|'help %s') words='", command->name, command->name);
	for (size_t i = 0; command->subcommands[i] != NULL; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", command_last_word(command->subcommands[i]));
	fprintf(out, "' ;;\n");
}

/* The first words of groups, and help: a second word belongs to them. */
static void
bash_groups(FILE *out, const struct command *command)
{
	if (command->subcommands != NULL)
		fprintf(out, "|%s", command->name);
}

/* The names below a top-level key of tfsecrets.yaml, found as tfsecrets finds it: upwards. */
static const char names_function[] =
	"_tfsecrets_names() {\n"
	"\tlocal directory=$PWD\n"
	"\twhile [ -n \"$directory\" ] && [ ! -f \"$directory/tfsecrets.yaml\" ]; do\n"
	"\t\tdirectory=${directory%/*}\n"
	"\tdone\n"
	"\tsed -n \"/^$1:/,/^[^ #]/s/^  \\([A-Za-z_][A-Za-z0-9_-]*\\):.*/\\1/p\" \\\n"
	"\t\t\"$directory/tfsecrets.yaml\" 2>/dev/null\n"
	"}\n";

static void
write_bash(FILE *out)
{
	fprintf(out, "# bash completion for tfsecrets\n%s_tfsecrets() {\n", names_function);
	fprintf(out,
		"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tlocal command='' words='' word before=''\n"
		"\t# readline takes --env=prod for three words\n"
		"\tif [ \"$current\" = = ]; then current=; "
		"elif [ \"$previous\" = = ]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
		"\tfor word in \"${COMP_WORDS[@]:1:$((COMP_CWORD-1))}\"; do\n"
		"\t\tcase $before:$word in\n"
		"\t\t-C:*|--directory:*|=:*|*:-*|*:=) ;;\n"
		"\t\t*) command=${command:+$command }$word\n"
		"\t\t\tcase $command in help");
	for_each_command(out, bash_groups);
	fprintf(out,
		") ;; *) break ;; esac ;;\n"
		"\t\tesac\n\t\tbefore=$word\n\tdone\n"
		"\tcase $previous in\n"
		"\t-e|--env) COMPREPLY=($(compgen -W \"$(_tfsecrets_names environments)\" -- "
		"\"$current\")); return ;;\n"
		"\t--from|--file|--identity) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
		"\t-C|--directory) COMPREPLY=($(compgen -d -- \"$current\")); return ;;\n"
		"\tesac\n\tcase $command:$previous in\n");
	for_each_command(out, bash_choices);
	fprintf(out, "\tesac\n"
		     "\tif [ -z \"$words\" ]; then\n\tcase $current in -*) case $command in\n");
	for_each_command(out, bash_options);
	fprintf(out, "\tesac ;;\n\t*) case $command in\n\t'') words='");
	print_commands(out);
	fprintf(out, "' ;;\n\thelp) words='");
	print_commands(out);
	fprintf(out, "' ;;\n");
	for_each_command(out, bash_subcommands);
	fprintf(out, "\tcompletion) words='bash zsh fish' ;;\n"
		     "\tseal|set|get|unset) words=$(_tfsecrets_names settings) ;;\n"
		     "\tesac ;; esac\n\tfi\n"
		     "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n"
		     "complete -o default -F _tfsecrets tfsecrets\n");
}

/* zsh runs bash's function; its own menus would need a second description of every option. */
static void
write_zsh(FILE *out)
{
	fprintf(out, "#compdef tfsecrets\nautoload -U +X bashcompinit && bashcompinit\n");
	write_bash(out);
}

static void
fish_text(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text != 0; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

/* The condition under which a command's own things are offered. */
static void
fish_seen(FILE *out, const struct command *command)
{
	const char *word = command_last_word(command);

	fprintf(out, "complete -c tfsecrets -n '__fish_seen_subcommand_from ");
	if (word != command->name)
		fprintf(out, "%.*s; and __fish_seen_subcommand_from ",
			(int)(word - command->name - 1), command->name);
	fprintf(out, "%s'", word);
}

static void
fish_option(FILE *out, const struct command *command, const struct option_spec *spec)
{
	if (spec->argument == OPTION_REFUSED)
		return;
	fish_seen(out, command);
	fprintf(out, " -l %s", spec->name);
	if (spec->letter != 0)
		fprintf(out, " -s %c", spec->letter);
	if (strcmp(spec->name, "env") == 0)
		fprintf(out, " -x -a '(_tfsecrets_names environments)'");
	else if (spec->argument == OPTION_ONE_OF) {
		fprintf(out, " -x -a '");
		for (size_t k = 0; spec->choices[k] != NULL; k++)
			fprintf(out, "%s%s", k > 0 ? " " : "", spec->choices[k]);
		fputc('\'', out);
	} else if (spec->argument != OPTION_NONE)
		fprintf(out, " -r");
	fprintf(out, " -d ");
	fish_text(out, spec->help);
	fputc('\n', out);
}

static void
fish_command(FILE *out, const struct command *command)
{
	const char *word = command_last_word(command);

	if (word == command->name)
		fprintf(out, "complete -c tfsecrets -n __fish_use_subcommand");
	else
		fprintf(out, "complete -c tfsecrets -n '__fish_seen_subcommand_from %.*s'",
			(int)(word - command->name - 1), command->name);
	fprintf(out, " -f -a %s -d ", word);
	fish_text(out, command->summary);
	fputc('\n', out);
	for (const struct option_spec *spec = command->options; spec->name != NULL; spec++)
		fish_option(out, command, spec);
	for (const struct option_spec *spec = options_general; spec->name != NULL; spec++)
		fish_option(out, command, spec);
}

static void
write_fish(FILE *out)
{
	fprintf(out,
		"# fish completion for tfsecrets\n"
		"function _tfsecrets_names\n"
		"\tset -l directory $PWD\n"
		"\twhile test -n \"$directory\"; and not test -f \"$directory/tfsecrets.yaml\"\n"
		"\t\tset directory (string replace -r '/[^/]*$' '' -- $directory)\n\tend\n"
		"\tsed -n \"/^$argv[1]:/,/^[^ #]/s/^  \\([A-Za-z_][A-Za-z0-9_-]*\\):.*/\\1/p\" "
		"\"$directory/tfsecrets.yaml\" 2>/dev/null\nend\n");
	for_each_command(out, fish_command);
	fprintf(out,
		"complete -c tfsecrets -n '__fish_seen_subcommand_from seal set get unset' -f -a "
		"'(_tfsecrets_names settings)'\n");
}

int
completion_write(FILE *out, const char *shell, struct error *err)
{
	static const struct {
		const char *name;
		void (*write)(FILE *out);
	} shells[] = { { "bash", write_bash }, { "zsh", write_zsh }, { "fish", write_fish } };

	for (size_t i = 0; i < COUNT(shells); i++) {
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].write(out);
			return 0;
		}
	}
	return error_set(err, ERROR_USAGE,
			 "no completion for '%s': there is one for bash, zsh and fish", shell);
}
