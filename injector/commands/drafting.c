/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/drafting.h"

#include "base/memory.h"
#include "injector/terminal.h"

static int
open_all(const struct invocation *invocation, struct drafting *drafting, struct error *err)
{
	drafting->invocation = invocation;
	if (invocation_project(invocation, PROJECT_WRITE, &drafting->project, err) < 0)
		return -1;
	return invocation_identities(invocation, &drafting->identities, err);
}

int
drafting_begin(const struct invocation *invocation, struct drafting *ret, struct error *err)
{
	if (open_all(invocation, ret, err) < 0)
		return -1;
	return draft_begin(&ret->project, &ret->identities, &ret->draft, err);
}

int
drafting_resume(const struct invocation *invocation, struct drafting *ret, struct error *err)
{
	if (open_all(invocation, ret, err) < 0)
		return -1;
	return draft_resume(&ret->project, &ret->identities, &ret->draft, err);
}

void
drafting_end(struct drafting *drafting)
{
	draft_end(&drafting->draft);
	identities_clear(&drafting->identities);
	project_close(&drafting->project);
}

static void
show(const struct drafting *drafting)
{
	CLEANUP(list_clear) struct list lines = LIST_INIT;

	draft_describe(&drafting->draft, &lines);
	terminal_note("roster %u will say:", drafting->draft.next->serial);
	for (size_t i = 0; i < lines.count; i++)
		terminal_note("  %s", lines.items[i]);
}

static bool
is_confirmed(const struct drafting *drafting)
{
	return option_is_set(&drafting->invocation->options, "yes") || !terminal_can_ask() ||
	       terminal_confirm(drafting->draft.is_resumed ? "sign it?" : "write it?");
}

static void
report(const struct drafting *drafting, const struct draft_result *result)
{
	const struct roster *current = chain_current(&drafting->project.chain);
	char text[PIN_TEXT_BYTES];
	struct pin pin;

	if (!result->is_complete) {
		terminal_note("roster %u is proposed: %u more signature%s to come, by 'tfsecrets "
			      "roster sign'; until then roster %u is in force and nothing is "
			      "sealed or applied",
			      result->serial, result->missing, result->missing == 1 ? "" : "s",
			      current->serial);
		return;
	}
	if (result->resealed > 0)
		terminal_note("sealed %zu value%s anew", result->resealed,
			      result->resealed == 1 ? "" : "s");
	pin_of(current, &pin);
	pin_format(&pin, text);
	terminal_note("roster %u is in force; commit it with what else changed under tfsecrets/",
		      result->serial);
	terminal_note("its pin, for CI and others: %s", text);
}

static void
progress(size_t done, size_t total)
{
	terminal_progress("resealed", done, total);
}

int
drafting_commit(struct drafting *drafting, struct draft_result *ret, struct error *err)
{
	int status;

	if (draft_finish(&drafting->draft, err) < 0)
		return -1;
	show(drafting);
	if (!is_confirmed(drafting))
		return error_set(err, ERROR_FAILED, "nothing was changed");
	status = draft_commit(&drafting->draft, progress, ret, err);
	terminal_progress_end();
	if (status == 0)
		report(drafting, ret);
	return status;
}

int
drafting_environments(struct drafting *drafting, struct list *ret, struct error *err)
{
	const struct environment *ignored;
	const struct roster_environment *roster;
	const char *only;

	option_values(&drafting->invocation->options, "env", ret);
	if (ret->count == 0) {
		if (invocation_environment(drafting->invocation, &drafting->project, &only, err) <
		    0)
			return -1;
		list_add(ret, only);
	}
	for (size_t i = 0; i < ret->count; i++) {
		if (project_environment(&drafting->project, ret->items[i], &ignored, &roster, err) <
		    0)
			return -1;
	}
	return 0;
}
