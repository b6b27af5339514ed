/* SPDX-License-Identifier: Apache-2.0 */
/* commands: each command's file declares exactly one thing. */
#ifndef INJECTOR_COMMANDS_H
#define INJECTOR_COMMANDS_H

#include "injector/command.h"

extern const struct command command_apply;
extern const struct command command_check;
extern const struct command command_completion;
extern const struct command command_diff;
extern const struct command command_exec;
extern const struct command command_export;
extern const struct command command_get;
extern const struct command command_help;
extern const struct command command_init;
extern const struct command command_keygen;
extern const struct command command_lint;
extern const struct command command_member;
extern const struct command command_render;
extern const struct command command_resolve;
extern const struct command command_revert;
extern const struct command command_roster;
extern const struct command command_rotate;
extern const struct command command_seal;
extern const struct command command_set;
extern const struct command command_status;
extern const struct command command_unset;
extern const struct command command_version;

/* Of the groups, groups.c. */
extern const struct command command_member_add;
extern const struct command command_member_list;
extern const struct command command_member_remove;
extern const struct command command_roster_bind;
extern const struct command command_roster_pin;
extern const struct command command_roster_show;
extern const struct command command_roster_sign;
extern const struct command command_roster_sync;
extern const struct command command_roster_threshold;
extern const struct command command_roster_withdraw;

#endif
