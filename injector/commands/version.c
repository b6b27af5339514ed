/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "injector/commands/commands.h"
#include "injector/version.h"

static const struct option_spec options[] = { OPTION_END };

static int
run(const struct invocation *invocation, struct error *err)
{
	(void)invocation;
	(void)err;
	printf("tfsecrets %s\n", program_version);
	return 0;
}

const struct command command_version = {
	.name = "version",
	.summary = "print the version",
	.options = options,
	.run = run,
};
