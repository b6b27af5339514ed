/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/revert.h"

#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/report.h"
#include "injector/invocation.h"
#include "injector/repository/history.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	{ 0, "to", OPTION_VALUE, "REV", NULL, "the value that this git revision has" },
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

static void
say(const struct change *change, const struct setting *setting, const struct reverted *reverted)
{
	CLEANUP(report_clear) struct report report = { .names = { { LIST_INIT } } };
	CLEANUP(free_text) char *from = NULL;

	if (reverted->revision == NULL)
		terminal_note("%s: the file of '%s' that was put back is an older one",
			      change->environment->name, setting->name);
	else
		from = history_describe(change->project, reverted->revision);
	if (from != NULL)
		terminal_note("%s: the value of '%s' is that of %s", change->environment->name,
			      setting->name, from);
	report_add(&report, setting, reverted->outcome);
	report_print(&report, change);
	if (reverted->is_known)
		terminal_warn("a reader of '%s' who has left could read this value of '%s': change "
			      "it at the source",
			      change->environment->name, setting->name);
}

static int
revert(struct project *project, const char *environment, const struct setting *setting,
       const char *revision, const struct identities *identities, struct error *err)
{
	CLEANUP(change_end) struct change change = CHANGE_INIT;
	struct reverted reverted = { .revision = NULL };
	int status = -1;

	if (change_begin(project, environment, identities, &change, err) == 0 &&
	    revert_setting(&change, setting, revision, &reverted, err) == 0)
		status = change_commit(&change, err);
	if (status == 0)
		say(&change, setting, &reverted);
	free(reverted.revision);
	return status;
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
	return revert(&project, environment, setting, option_value(&invocation->options, "to"),
		      &identities, err);
}

static const char *const details[] = {
	"Takes the value before the present one from git's history, or with --to that of a revision, and seals "
	"it as the newest. The old file itself is never put back: 'check --against' and 'apply' refuse that. "
	"Where git has put an older file back, it is that file's value that becomes the newest.",
	"A plain value comes from the config.yaml of then. The old file is verified by the roster of its commit, "
	"and opens as far as the environment's key reaches: this epoch and the one before.",
	NULL,
};

const struct command command_revert = {
	.name = "revert",
	.summary = "make an earlier value the newest",
	.operands = "SETTING",
	.operands_min = 1,
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
