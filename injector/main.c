/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "crypto/process.h"
#include "crypto/secret.h"
#include "injector/cluster/exec_plugin.h"
#include "injector/cluster/interrupt.h"
#include "injector/command.h"
#include "injector/repository/identity.h"

/* kubectl runs a plug-in by the name kubectl-tfsecrets. */
static const char *
program_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return strcmp(slash != NULL ? slash + 1 : argv0, "kubectl-tfsecrets") == 0 ?
		       "kubectl tfsecrets" :
		       "tfsecrets";
}

static int
run(struct invocation *invocation, int argc, char **argv, struct error *err)
{
	if (secret_start(err) < 0 || identity_take_environment(err) < 0)
		return -1;
	return command_dispatch(invocation, argc, argv, err);
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
	status = command_report(&invocation, run(&invocation, argc, argv, &err), &err);
	identity_forget_environment();
	exec_plugin_forget();
	secret_stop();
	return interrupt_end(status);
}
