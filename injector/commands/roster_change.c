/* SPDX-License-Identifier: Apache-2.0 */
/* The smaller changes of a roster: its threshold, its environments. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/drafting.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_YES, OPTION_IDENTITY, OPTION_PIN, OPTION_REQUIRE_PIN, OPTION_END,
};

static int
run_threshold(const struct invocation *invocation, struct error *err)
{
	CLEANUP(drafting_end) struct drafting drafting = DRAFTING_INIT;
	struct draft_result result;
	uint64_t number;

	if (!text_to_number(bytes_of(invocation->operands[0]), UINT32_MAX, &number) || number == 0)
		return error_set(err, ERROR_USAGE, "'%s' is not a number of admins",
				 invocation->operands[0]);
	if (drafting_begin(invocation, &drafting, err) < 0)
		return -1;
	drafting.draft.next->threshold = (uint32_t)number;
	return drafting_commit(&drafting, &result, err);
}

static const char *const threshold_details[] = {
	"From the next roster on, so many admins must sign each roster. This change is itself signed by as "
	"many as the roster in force asks for.",
	NULL,
};

const struct command command_roster_threshold = {
	.name = "roster threshold",
	.summary = "how many admins must sign a roster",
	.operands = "NUMBER",
	.operands_min = 1,
	.operands_max = 1,
	.details = threshold_details,
	.options = options,
	.run = run_threshold,
};

static const struct option_spec sync_options[] = {
	{ 0, "like", OPTION_VALUE, "ENV", NULL,
	  "a new environment gets this one's readers and sealers; default: only you" },
	OPTION_YES,
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

/* The member that this identity is: it becomes the one reader and sealer. */
static int
give_to_self(struct drafting *drafting, struct roster_environment *environment, struct error *err)
{
	struct roster *next = drafting->draft.next;
	const struct identities *identities = &drafting->identities;

	for (size_t i = 0; i < identities->count; i++) {
		const struct identity *identity = &identities->items[i];
		const struct member *member = roster_signer(next, identity->signing);

		if (member == NULL || !member->reads || !identity_reads(identity))
			continue;
		roster_grant(next, &environment->readers, member->name);
		roster_grant(next, &environment->sealers, member->name);
		return 0;
	}
	return error_set(err, ERROR_REFUSED,
			 "'%s' needs a reader, and this identity only signs; give --like ENV",
			 environment->name);
}

static void
give_like(struct roster *next, const char *like, struct roster_environment *environment)
{
	const struct roster_environment *from = roster_environment(next, like);

	for (size_t i = 0; i < from->readers.count; i++)
		roster_grant(next, &environment->readers,
			     next->members[from->readers.members[i]].name);
	for (size_t i = 0; i < from->sealers.count; i++)
		roster_grant(next, &environment->sealers,
			     next->members[from->sealers.members[i]].name);
}

static int
add_new(struct drafting *drafting, struct error *err)
{
	const char *like = option_value(&drafting->invocation->options, "like");
	const struct schema *schema = drafting->project.schema;
	struct roster *next = drafting->draft.next;

	if (like != NULL && roster_environment(next, like) == NULL)
		return error_set(err, ERROR_USAGE, "--like: the roster has no environment '%s'",
				 like);
	for (size_t i = 0; i < schema->environment_count; i++) {
		const char *name = schema->environments[i].name;
		struct roster_environment *environment;

		if (roster_environment(next, name) != NULL)
			continue;
		environment = roster_add_environment(next, name);
		if (like != NULL)
			give_like(next, like, environment);
		else if (give_to_self(drafting, environment, err) < 0)
			return -1;
	}
	return 0;
}

static void
drop_gone(struct drafting *drafting, struct list *dropped)
{
	struct roster *next = drafting->draft.next;

	for (size_t i = next->environment_count; i > 0; i--) {
		const char *name = next->environments[i - 1].name;

		if (schema_environment(drafting->project.schema, name) == NULL) {
			list_add(dropped, name);
			roster_remove_environment(next, name);
		}
	}
}

static int
run_sync(const struct invocation *invocation, struct error *err)
{
	CLEANUP(drafting_end) struct drafting drafting = DRAFTING_INIT;
	CLEANUP(list_clear) struct list dropped = LIST_INIT;
	struct draft_result result;

	if (drafting_begin(invocation, &drafting, err) < 0 || add_new(&drafting, err) < 0)
		return -1;
	drop_gone(&drafting, &dropped);
	if (drafting_commit(&drafting, &result, err) < 0)
		return -1;
	for (size_t i = 0; result.is_complete && i < dropped.count; i++)
		terminal_note("remove its folder now: git rm -r tfsecrets/%s", dropped.items[i]);
	return 0;
}

static const char *const sync_details[] = {
	"Adds to the roster each environment that tfsecrets.yaml has and the roster lacks, with a new key, and "
	"drops each that tfsecrets.yaml has no more. A dropped name is never used again.",
	NULL,
};

const struct command command_roster_sync = {
	.name = "roster sync",
	.summary = "take over the environments of tfsecrets.yaml",
	.details = sync_details,
	.options = sync_options,
	.run = run_sync,
};
