/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "injector/commands/commands.h"

static const struct option_spec options[] = { OPTION_END };

static int
run(const struct invocation *invocation, struct error *err)
{
	const struct command *command;

	if (invocation->operand_count == 0) {
		help_overview(stdout, invocation->program);
		return 0;
	}
	if (command_choose(invocation->operands[0], &command, err) < 0)
		return -1;
	help_command(stdout, invocation->program, command);
	return 0;
}

const struct command command_help = {
	.name = "help",
	.summary = "show this, or what one command does",
	.operands = "[COMMAND]",
	.operands_max = 1,
	.options = options,
	.run = run,
};
