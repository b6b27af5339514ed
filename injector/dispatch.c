/* SPDX-License-Identifier: Apache-2.0 */
/* From the words of the command line to the command that runs. */
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/secret.h"
#include "injector/command.h"
#include "injector/terminal.h"

/* General options may stand before the command and behind it. */
static int
apply_general(const struct options *options, struct error *err)
{
	const char *directory = option_value(options, "directory");

	if (directory != NULL && chdir(directory) < 0)
		return error_errno(err, "cannot enter '%s'", directory);
	terminal_start(option_is_set(options, "quiet"), option_is_set(options, "verbose"));
	return 0;
}

static int
run_command(struct invocation *invocation, int argc, char **argv, struct error *err)
{
	const struct command *command = invocation->command;
	int status;

	if (options_parse(command->options, argc, argv, command->rest_is_command,
			  &invocation->options, &invocation->operands, &invocation->operand_count,
			  err) < 0)
		return -1;
	if (option_is_set(&invocation->options, "help")) {
		help_command(stdout, invocation->program, command);
		return 0;
	}
	if (command->subcommands != NULL)
		return command_refuse_group(command, err);
	if (command_check_operands(invocation, err) < 0 ||
	    apply_general(&invocation->options, err) < 0)
		return -1;
	if (!secret_is_locked())
		terminal_verbose(
			"memory cannot be locked here (ulimit -l): values may be swapped out");
	status = command->run(invocation, err);
	if (status == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		return error_errno(err, "cannot write standard output");
	return status;
}

/* Everything behind the general options at the front: the command and what is its own. */
static int
run_words(struct invocation *invocation, const struct options *general, char **words, size_t count,
	  struct error *err)
{
	size_t used;

	if (option_is_set(general, "help")) {
		help_overview(stdout, invocation->program);
		return 0;
	}
	if (count == 0) {
		help_overview(stderr, invocation->program);
		return error_set(err, ERROR_USAGE, "which command?");
	}
	if (apply_general(general, err) < 0 ||
	    command_choose(words, count, &invocation->command, &used, err) < 0)
		return -1;
	return run_command(invocation, (int)(count - used), words + used, err);
}

int
command_dispatch(struct invocation *invocation, int argc, char **argv, struct error *err)
{
	static const struct option_spec none[] = { OPTION_END };
	struct options general = { .count = 0 };
	char **words = NULL;
	size_t count;
	int status = -1;

	if (options_parse(none, argc - 1, argv + 1, true, &general, &words, &count, err) == 0)
		status = run_words(invocation, &general, words, count, err);
	options_clear(&general);
	options_clear(&invocation->options);
	free(invocation->operands);
	free(words);
	return status;
}

int
command_run_help(const struct invocation *invocation, struct error *err)
{
	const struct command *command;
	size_t used;

	if (invocation->operand_count == 0) {
		help_overview(stdout, invocation->program);
		return 0;
	}
	if (command_choose(invocation->operands, invocation->operand_count, &command, &used, err) <
	    0)
		return -1;
	help_command(stdout, invocation->program, command);
	return 0;
}

int
command_report(const struct invocation *invocation, int status, const struct error *err)
{
	if (status != 0 && err->message[0] != 0)
		terminal_error(err->message);
	if (status < 0 && err->code == ERROR_USAGE)
		terminal_error_hint(invocation->program,
				    invocation->command != NULL ? invocation->command->name : NULL);
	return status < 0 ? error_exit_status(err->code) : status;
}
