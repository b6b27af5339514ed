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

/* A case arm for each option that takes one of a few words. */
static void
bash_choices(FILE *out)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		for (const struct option_spec *spec = commands[i]->options; spec->name != NULL;
		     spec++) {
			if (spec->argument != OPTION_ONE_OF)
				continue;
			fprintf(out, "\t%s:--%s", commands[i]->name, spec->name);
			if (spec->letter != 0)
				fprintf(out, "|%s:-%c", commands[i]->name, spec->letter);
			fprintf(out, ") words='");
			for (size_t k = 0; spec->choices[k] != NULL; k++)
				fprintf(out, "%s%s", k > 0 ? " " : "", spec->choices[k]);
			fprintf(out, "' ;;\n");
		}
	}
}

static void
bash_options(FILE *out)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		fprintf(out, "\t%s) words='", commands[i]->name);
		print_options(out, commands[i]->options);
		print_options(out, options_general);
		fprintf(out, "' ;;\n");
	}
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
		"\t\t*) command=$word; break ;;\n"
		"\t\tesac\n\t\tbefore=$word\n\tdone\n"
		"\tcase $previous in\n"
		"\t-e|--env) COMPREPLY=($(compgen -W \"$(_tfsecrets_names environments)\" -- "
		"\"$current\")); return ;;\n"
		"\t--from|--file|--identity) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
		"\t-C|--directory) COMPREPLY=($(compgen -d -- \"$current\")); return ;;\n"
		"\tesac\n\tcase $command:$previous in\n");
	bash_choices(out);
	fprintf(out, "\tesac\n"
		     "\tif [ -z \"$words\" ]; then\n\tcase $current in -*) case $command in\n");
	bash_options(out);
	fprintf(out, "\tesac ;;\n\t*) case $command in\n\t'') words='");
	print_commands(out);
	fprintf(out, "' ;;\n\thelp) words='");
	print_commands(out);
	fprintf(out, "' ;;\n\tcompletion) words='bash zsh fish' ;;\n"
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

static void
fish_option(FILE *out, const char *command, const struct option_spec *spec)
{
	fprintf(out, "complete -c tfsecrets -n '__fish_seen_subcommand_from %s' -l %s", command,
		spec->name);
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
	for (size_t i = 0; commands[i] != NULL; i++) {
		fprintf(out, "complete -c tfsecrets -n __fish_use_subcommand -f -a %s -d ",
			commands[i]->name);
		fish_text(out, commands[i]->summary);
		fputc('\n', out);
		for (const struct option_spec *spec = commands[i]->options; spec->name != NULL;
		     spec++)
			fish_option(out, commands[i]->name, spec);
		for (const struct option_spec *spec = options_general; spec->name != NULL; spec++)
			fish_option(out, commands[i]->name, spec);
	}
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
