/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a proposed roster: signed, or taken back. */
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/drafting.h"
#include "injector/terminal.h"

static const struct option_spec sign_options[] = {
	OPTION_YES, OPTION_IDENTITY, OPTION_PIN, OPTION_REQUIRE_PIN, OPTION_END,
};

static int
run_sign(const struct invocation *invocation, struct error *err)
{
	CLEANUP(drafting_end) struct drafting drafting = DRAFTING_INIT;
	struct draft_result result;

	if (drafting_resume(invocation, &drafting, err) < 0)
		return -1;
	return drafting_commit(&drafting, &result, err);
}

static const char *const sign_details[] = {
	"Shows what the proposed roster changes and signs it. The signature that completes it puts it in force: "
	"key files take their place, and where an epoch begins every value is sealed anew, so who completes "
	"such a roster must be a reader and a sealer there.",
	NULL,
};

const struct command command_roster_sign = {
	.name = "roster sign",
	.summary = "sign the proposed roster",
	.details = sign_details,
	.options = sign_options,
	.run = run_sign,
};

static const struct option_spec withdraw_options[] = {
	OPTION_YES,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

static int
run_withdraw(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(free_text) char *question = NULL;
	uint32_t serial;

	if (invocation_project(invocation, PROJECT_WRITE, &project, err) < 0)
		return -1;
	if (project.chain.proposed != NULL)
		question = xasprintf("take back the proposed roster %u?",
				     project.chain.proposed->serial);
	if (question != NULL && !option_is_set(&invocation->options, "yes") && terminal_can_ask() &&
	    !terminal_confirm(question))
		return error_set(err, ERROR_FAILED, "nothing was changed");
	if (draft_withdraw(&project, &serial, err) < 0)
		return -1;
	terminal_note("took back the proposed roster %u; roster %u stays in force", serial,
		      chain_current(&project.chain)->serial);
	return 0;
}

static const char *const withdraw_details[] = {
	"Removes a proposed roster and the key files that it brought. It needs no key: what lacks signatures "
	"has no force.",
	NULL,
};

const struct command command_roster_withdraw = {
	.name = "roster withdraw",
	.summary = "take the proposed roster back",
	.details = withdraw_details,
	.options = withdraw_options,
	.run = run_withdraw,
};
