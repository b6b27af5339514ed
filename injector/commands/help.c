/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "injector/commands/commands.h"

static const struct option_spec options[] = { OPTION_END };

static int
run(const struct invocation *invocation, struct error *err)
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

const struct command command_help = {
	.name = "help",
	.summary = "show this, or what one command does",
	.operands = "[COMMAND]",
	.operands_max = 2,
	.options = options,
	.run = run,
};
