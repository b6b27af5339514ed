/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/commands.h"

const struct command *const commands[] = {
	&command_init,
	&command_keygen,
	&command_seal,
	&command_set,
	&command_get,
	&command_unset,
	&command_revert,
	&command_resolve,
	&command_status,
	&command_check,
	&command_render,
	&command_lint,
	&command_diff,
	&command_apply,
	&command_exec,
	&command_export,
	&command_member,
	&command_roster,
	&command_rotate,
	&command_completion,
	&command_help,
	&command_version,
	NULL,
};

const char program_about[] =
	"Settings of an application on Kubernetes, kept in git, the secret ones sealed.";
const char program_manual[] = "man tfsecrets, man tfsecrets.yaml";
