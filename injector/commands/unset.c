/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/report.h"
#include "injector/invocation.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT, OPTION_YES, OPTION_IDENTITY, OPTION_PIN, OPTION_REQUIRE_PIN, OPTION_END,
};

static bool
is_confirmed(const struct invocation *invocation, const char *setting, const char *environment)
{
	CLEANUP(free_text) char *question = xasprintf("unset '%s' in '%s'?", setting, environment);

	return option_is_set(&invocation->options, "yes") || !terminal_can_ask() ||
	       terminal_confirm(question);
}

static int
unset(struct project *project, const char *environment, const struct setting *setting,
      const struct identities *identities, struct error *err)
{
	CLEANUP(change_end) struct change change = CHANGE_INIT;
	CLEANUP(report_clear) struct report report = { .names = { { LIST_INIT } } };
	enum outcome outcome;

	if (change_begin(project, environment, identities, &change, err) < 0 ||
	    change_unset(&change, setting, &outcome, err) < 0 || change_commit(&change, err) < 0)
		return -1;
	if (outcome == OUTCOME_UNCHANGED)
		terminal_note("'%s' has no value in '%s'", setting->name, environment);
	else
		report_add(&report, setting, outcome);
	report_print(&report, &change);
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;
	const struct setting *setting;
	const char *environment;

	if (invocation_project(invocation, PROJECT_WRITE, &project, err) < 0 ||
	    invocation_environment(invocation, &project, &environment, err) < 0 ||
	    project_setting(&project, invocation->operands[0], &setting, err) < 0 ||
	    invocation_identities_if_any(invocation, &identities, err) < 0)
		return -1;
	if (!is_confirmed(invocation, setting->name, environment))
		return error_set(err, ERROR_FAILED, "nothing was changed");
	return unset(&project, environment, setting, &identities, err);
}

static const char *const details[] = {
	"A plain value leaves config.yaml. A sealed one is replaced by a signed tombstone, never deleted, so "
	"that an old file cannot come back as if it were the first.",
	NULL,
};

const struct command command_unset = {
	.name = "unset",
	.summary = "take one value away",
	.operands = "SETTING",
	.operands_min = 1,
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
