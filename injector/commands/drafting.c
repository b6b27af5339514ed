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

static bool
asks(const struct drafting *drafting)
{
	return !option_is_set(&drafting->invocation->options, "yes") && terminal_can_ask();
}

static void
show(const struct drafting *drafting)
{
	CLEANUP(list_clear) struct list lines = LIST_INIT;

	void (*say)(const char *format, ...) = asks(drafting) ? terminal_say : terminal_note;

	draft_describe(&drafting->draft, &lines);
	say("roster %u will say:", drafting->draft.next->serial);
	for (size_t i = 0; i < lines.count; i++)
		say("  %s", lines.items[i]);
}

static bool
is_confirmed(const struct drafting *drafting)
{
	return !asks(drafting) ||
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

/* Who was a reader and is none any more: by key, so also who has another one now. */
static char *
names_left(const struct roster *before, const struct roster_environment *old,
	   const struct roster *now, const struct roster_environment *after)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;

	for (size_t i = 0; i < old->readers.count; i++) {
		const struct member *reader = &before->members[old->readers.members[i]];
		const struct member *same = roster_recipient(now, &reader->recipient);

		if (same == NULL || !roster_has(now, &after->readers, same))
			list_add(&names, reader->name);
	}
	return list_join(&names, ", ", " and ");
}

/* What those who left could read until now. */
static int
tell_sources(struct project *project, const struct roster_environment *after, const char *left,
	     struct error *err)
{
	CLEANUP(environment_state_clear) struct environment_state state = ENVIRONMENT_STATE_INIT;
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	if (environment_state_read(&project->files, chain_current(&project->chain), after, NULL,
				   &state, err) < 0)
		return -1;
	for (size_t i = 0; i < state.count; i++) {
		const struct value_state *value = &state.values[i];

		if (value->status == STATUS_VALID && value->sealed.changed < after->removed)
			list_add(&names, value->name);
	}
	joined = list_join(&names, ", ", ", ");
	if (names.count > 0)
		terminal_warn("%s: %s could read these, and git's history keeps them readable; "
			      "change them at the source: %s",
			      after->name, left, joined);
	return 0;
}

/* For each environment that a reader left with the roster that is in force now. */
static int
tell_all_sources(struct project *project, struct error *err)
{
	const struct roster *now = chain_current(&project->chain);
	const struct roster *before = project->chain.rosters[project->chain.count - 2];

	for (size_t i = 0; i < now->environment_count; i++) {
		const struct roster_environment *after = &now->environments[i];
		const struct roster_environment *old = roster_environment(before, after->name);
		CLEANUP(free_text) char *left = NULL;

		if (old == NULL || old->removed == after->removed)
			continue;
		left = names_left(before, old, now, after);
		if (tell_sources(project, after, left, err) < 0)
			return -1;
	}
	return 0;
}

static void
progress(size_t done, size_t total)
{
	terminal_progress("resealed", done, total);
}

int
drafting_confirm(struct drafting *drafting, struct error *err)
{
	if (draft_finish(&drafting->draft, err) < 0)
		return -1;
	show(drafting);
	return is_confirmed(drafting) ? 0 : error_set(err, ERROR_FAILED, "nothing was changed");
}

int
drafting_write(struct drafting *drafting, struct draft_result *ret, struct error *err)
{
	int status;

	status = draft_commit(&drafting->draft, progress, ret, err);
	terminal_progress_end();
	if (status < 0)
		return -1;
	report(drafting, ret);
	return ret->is_complete ? tell_all_sources(&drafting->project, err) : 0;
}

int
drafting_commit(struct drafting *drafting, struct draft_result *ret, struct error *err)
{
	return drafting_confirm(drafting, err) < 0 ? -1 : drafting_write(drafting, ret, err);
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
