/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of two words. */
#include "injector/commands/commands.h"

static const struct option_spec no_options[] = { OPTION_END };

static const struct command *const member[] = { &command_member_add, &command_member_remove,
						&command_member_list, NULL };

const struct command command_member = {
	.name = "member",
	.summary = "people, CI jobs and pods: add, remove, list",
	.options = no_options,
	.subcommands = member,
};

static const struct command *const roster[] = {
	&command_roster_show,	  &command_roster_sign,
	&command_roster_withdraw, &command_roster_pin,
	&command_roster_bind,	  &command_roster_threshold,
	&command_roster_sync,	  NULL,
};

const struct command command_roster = {
	.name = "roster",
	.summary = "who may read and seal: show, sign, pin, bind, ...",
	.options = no_options,
	.subcommands = roster,
};
