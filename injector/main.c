/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands and the one place that prints an error. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/process.h"
#include "crypto/secret.h"
#include "injector/command.h"
#include "injector/repository/identity.h"
#include "injector/terminal.h"

/* kubectl runs a plug-in by the name kubectl-tfsecrets. */
static const char *
program_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return strcmp(slash != NULL ? slash + 1 : argv0, "kubectl-tfsecrets") == 0 ?
		       "kubectl tfsecrets" :
		       "tfsecrets";
}

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
dispatch(struct invocation *invocation, const struct options *general, char **words, size_t count,
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

static int
run(struct invocation *invocation, int argc, char **argv, struct error *err)
{
	static const struct option_spec none[] = { OPTION_END };
	struct options general = { .count = 0 };
	char **words = NULL;
	size_t count;
	int status = -1;

	if (secret_start(err) == 0 && identity_take_environment(err) == 0 &&
	    options_parse(none, argc - 1, argv + 1, true, &general, &words, &count, err) == 0)
		status = dispatch(invocation, &general, words, count, err);
	options_clear(&general);
	options_clear(&invocation->options);
	free(invocation->operands);
	free(words);
	return status;
}

static int
report(const struct invocation *invocation, int status, const struct error *err)
{
	if (status != 0 && err->message[0] != 0)
		terminal_error(err->message);
	if (status < 0 && err->code == ERROR_USAGE)
		terminal_error_hint(invocation->program,
				    invocation->command != NULL ? invocation->command->name : NULL);
	return status < 0 ? error_exit_status(err->code) : status;
}

int
main(int argc, char **argv)
{
	struct invocation invocation = { .program = "tfsecrets" };
	struct error err = ERROR_INIT;
	int status;

	process_harden();
	if (argc > 0)
		invocation.program = program_name(argv[0]);
	status = report(&invocation, run(&invocation, argc, argv, &err), &err);
	identity_forget_environment();
	secret_stop();
	return status;
}
