/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/commands.h"

static const struct option_spec options[] = { OPTION_END };

const struct command command_help = {
	.name = "help",
	.summary = "show this, or what one command does",
	.operands = "[COMMAND]",
	.operands_max = 2,
	.options = options,
	.run = command_run_help,
};
