/* SPDX-License-Identifier: Apache-2.0 */
/* tfsecrets-inject: the pod's half. The table of commands, signals, and the last message. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/process.h"
#include "crypto/secret.h"
#include "injector/pod/pod.h"
#include "injector/pod/report.h"
#include "injector/terminal.h"
#include "injector/version.h"

#define NAME "tfsecrets-inject"

static const struct option_spec no_options[] = { OPTION_END };

static int
run_version(const struct invocation *invocation, struct error *err)
{
	(void)invocation;
	(void)err;
	printf(NAME " %s\n", program_version);
	return 0;
}

static const struct command pod_help = {
	.name = "help",
	.summary = "show this, or what one command does",
	.operands = "[COMMAND]",
	.operands_max = 1,
	.options = no_options,
	.run = command_run_help,
};

static const struct command pod_version = {
	.name = "version",
	.summary = "print the version",
	.options = no_options,
	.run = run_version,
};

const struct command *const commands[] = {
	&pod_unseal, &pod_check, &pod_exec, &pod_install, &pod_help, &pod_version, NULL,
};

const char program_about[] =
	"The pod's half of tfsecrets: opens sealed values inside a pod, without network, root or shell.";
const char program_manual[] = "man tfsecrets-inject";

/* What was begun stays unseen, and the next run clears it away. */
static void
end(int number)
{
	_exit(128 + number);
}

/* As process 1 of a container, signals without a handler are not delivered. */
static void
end_on_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction before, action = { .sa_handler = end };

	for (size_t i = 0; i < COUNT(numbers); i++) {
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			(void)sigaction(numbers[i], &action, NULL);
	}
}

int
main(int argc, char **argv)
{
	struct invocation invocation = { .program = NAME };
	struct error err = ERROR_INIT;
	int status = -1;

	process_harden();
	end_on_signals();
	terminal_set_program(NAME);
	if (secret_start(&err) == 0)
		status = command_dispatch(&invocation, argc, argv, &err);
	status = command_report(&invocation, status, &err);
	report_end(status, &err);
	secret_stop();
	return status;
}
