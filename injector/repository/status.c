/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/status.h"

#include <string.h>

#include "base/memory.h"
#include "injector/repository/values.h"
#include "schemas/classify.h"

static const char *const state_names[] = {
	[CELL_VALID] = "valid",
	[CELL_PLAIN] = "plain",
	[CELL_DEFAULT] = "default",
	[CELL_UNSET] = "unset",
	[CELL_PENDING] = "pending",
	[CELL_STALE] = "stale",
	[CELL_INVALID] = "invalid",
	[CELL_MISSING] = "missing",
	[CELL_NOT_REQUIRED] = "not-required",
};

static const char *const due_names[DUE_COUNT] = {
	[DUE_SEAL] = "seal",
	[DUE_SET] = "set",
	[DUE_GENERATE] = "generate",
	[DUE_RESEAL] = "reseal",
	[DUE_ACCEPT] = "accept",
	[DUE_REPAIR] = "repair",
	[DUE_SOURCE] = "change-at-source",
	[DUE_ROTATE] = "rotate",
	[DUE_READER] = "add-reader",
	[DUE_ROSTER] = "add-to-roster",
};

const char *
cell_state_name(enum cell_state state)
{
	return state_names[state];
}

const char *
due_name(enum due due)
{
	return due_names[due];
}

static const struct member *
find_signer(const struct roster *roster, const char *fingerprint)
{
	char own[SSH_FINGERPRINT_BYTES];

	for (size_t i = 0; i < roster->member_count; i++) {
		if (!roster->members[i].signs)
			continue;
		ssh_fingerprint(roster->members[i].signing, own);
		if (strcmp(own, fingerprint) == 0)
			return &roster->members[i];
	}
	return NULL;
}

static void
put(struct status_cell *cell, enum cell_state state, enum due due)
{
	cell->state = state;
	cell->due |= 1U << due;
}

static void
judge_plain(const struct setting *setting, struct bytes value, struct status_cell *cell)
{
	char rule[RULE_TEXT_BYTES], reason[REASON_BYTES];

	if (setting->kind == KIND_SECRET)
		put(cell, CELL_INVALID, DUE_SEAL);
	else if (setting_check(setting, value, rule) != NULL ||
		 (setting->not_secret == NULL && classify_guard(setting->name, value, reason)))
		put(cell, CELL_INVALID, DUE_REPAIR);
	else
		cell->state = CELL_PLAIN;
}

static void
judge_valid(const struct status *status, const struct status_environment *environment,
	    const struct setting *setting, struct status_cell *cell)
{
	struct value_due due = value_due(setting, environment->roster, cell->sealed, status->now);

	cell->state = CELL_VALID;
	cell->rotate_at = due.rotate_at;
	cell->overdue = due.overdue;
	if (due.at_source)
		cell->due |= 1U << DUE_SOURCE;
	if (due.overdue > 0)
		cell->due |= 1U << DUE_ROTATE;
}

static enum due
how_to_set(const struct setting *setting)
{
	return setting->generate > 0 ? DUE_GENERATE : DUE_SET;
}

static void
judge_sealed(const struct status *status, const struct status_environment *environment,
	     const struct setting *setting, const struct value_state *value,
	     struct status_cell *cell)
{
	if (value->status == STATUS_INVALID || setting->kind == KIND_CONFIG) {
		put(cell, CELL_INVALID, DUE_REPAIR);
		return;
	}
	cell->sealed = &value->sealed;
	cell->signer = find_signer(chain_current(&status->project->chain), value->sealed.sealed_by);
	if (value->status == STATUS_PENDING)
		put(cell, CELL_PENDING, DUE_ACCEPT);
	else if (value->status == STATUS_STALE)
		put(cell, CELL_STALE, DUE_RESEAL);
	else if (value->status == STATUS_VALID)
		judge_valid(status, environment, setting, cell);
	else if (cell->is_required)
		put(cell, CELL_UNSET, how_to_set(setting));
	else
		cell->state = CELL_UNSET;
}

static void
judge_absent(const struct setting *setting, struct status_cell *cell)
{
	if (setting->default_value != NULL)
		cell->state = CELL_DEFAULT;
	else if (cell->is_required)
		put(cell, CELL_MISSING, how_to_set(setting));
	else
		cell->state = CELL_NOT_REQUIRED;
}

static void
judge(const struct status *status, const struct status_environment *environment,
      const struct plain *plain, const struct setting *setting, struct status_cell *cell)
{
	const struct value_state *value =
		environment_state_find(&environment->state, setting->name);
	bool is_sealed = value != NULL && value->status != STATUS_ABSENT;
	size_t at;

	cell->is_required = setting_is_required(setting, environment->environment->name);
	/* A secret in the clear counts before its sealed value, a sealed file before a plain value. */
	if (plain_find(plain, setting->name, &at) && (setting->kind == KIND_SECRET || !is_sealed))
		judge_plain(setting, plain_value(plain, at), cell);
	else if (is_sealed)
		judge_sealed(status, environment, setting, value, cell);
	else
		judge_absent(setting, cell);
}

static int
read_environment(struct project *project, const struct status *status, const char *name,
		 state_progress progress, struct status_environment *ret, struct error *err)
{
	CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
	const struct roster *roster = chain_current(&project->chain);
	const struct schema *schema = project->schema;

	ret->environment = schema_environment(schema, name);
	ret->roster = roster_environment(roster, name);
	ret->cells = xcalloc(schema->setting_count, sizeof(*ret->cells));
	if (plain_read(&project->files, name, &plain, err) < 0 ||
	    (ret->roster != NULL && environment_state_read(&project->files, roster, ret->roster,
							   progress, &ret->state, err) < 0))
		return -1;
	if (ret->roster == NULL)
		ret->due |= 1U << DUE_ROSTER;
	else if (environment_has_one_reader(ret->roster))
		ret->due |= 1U << DUE_READER;
	for (size_t i = 0; i < schema->setting_count; i++)
		judge(status, ret, &plain, &schema->settings[i], &ret->cells[i]);
	return 0;
}

/* Each once, in the order in which they were named. */
static int
choose(const struct project *project, const struct list *names, struct list *ret, struct error *err)
{
	const struct schema *schema = project->schema;

	for (size_t i = 0; names->count == 0 && i < schema->environment_count; i++)
		list_add(ret, schema->environments[i].name);
	for (size_t i = 0; i < names->count; i++) {
		const struct environment *ignored;
		const struct roster_environment *roster;

		/* That the roster lacks it is something to show. */
		if (schema_environment(schema, names->items[i]) == NULL &&
		    project_environment(project, names->items[i], &ignored, &roster, err) < 0)
			return -1;
		if (!list_has(ret, names->items[i]))
			list_add(ret, names->items[i]);
	}
	return 0;
}

int
status_read(struct project *project, const struct list *names, int64_t now, state_progress progress,
	    struct status *ret, struct error *err)
{
	CLEANUP(status_clear) struct status status = STATUS_INIT;
	CLEANUP(list_clear) struct list chosen = LIST_INIT;

	status.project = project;
	status.now = now;
	if (choose(project, names, &chosen, err) < 0)
		return -1;
	status.environments = xcalloc(chosen.count, sizeof(*status.environments));
	status.count = chosen.count;
	for (size_t i = 0; i < chosen.count; i++) {
		if (read_environment(project, &status, chosen.items[i], progress,
				     &status.environments[i], err) < 0)
			return -1;
	}
	*ret = status;
	status = (struct status)STATUS_INIT;
	return 0;
}

void
status_clear(struct status *status)
{
	for (size_t i = 0; i < status->count; i++) {
		environment_state_clear(&status->environments[i].state);
		free(status->environments[i].cells);
	}
	free(status->environments);
	*status = (struct status)STATUS_INIT;
}
