/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/drafting.h"

static const struct option_spec options[] = {
	{ 'e', "env", OPTION_MANY, "ENV", NULL, "only from this environment; may be repeated" },
	{ 0, "read", OPTION_NONE, NULL, NULL, "with --env: take only the right to read" },
	{ 0, "seal", OPTION_NONE, NULL, NULL, "with --env: take only the right to seal" },
	{ 0, "admin", OPTION_NONE, NULL, NULL, "take only the right to sign rosters" },
	OPTION_YES,
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

static int
revoke(struct drafting *drafting, const char *name, struct error *err)
{
	const struct options *given = &drafting->invocation->options;
	CLEANUP(list_clear) struct list environments = LIST_INIT;
	struct roster *next = drafting->draft.next;
	bool reads = option_is_set(given, "read"), seals = option_is_set(given, "seal");
	bool everything = !reads && !seals;

	if (option_is_set(given, "admin"))
		roster_revoke(next, &next->admins, name);
	if (!option_is_set(given, "env"))
		return everything ?
			       0 :
			       error_set(err, ERROR_USAGE, "from which environment? give --env");
	if (drafting_environments(drafting, &environments, err) < 0)
		return -1;
	for (size_t i = 0; i < environments.count; i++) {
		struct roster_environment *environment =
			roster_edit_environment(next, environments.items[i]);

		if (reads || everything)
			roster_revoke(next, &environment->readers, name);
		if (seals || everything)
			roster_revoke(next, &environment->sealers, name);
	}
	return 0;
}

static int
remove_from(struct drafting *drafting, struct error *err)
{
	const struct options *given = &drafting->invocation->options;
	const char *name = drafting->invocation->operands[0];

	if (roster_member(drafting->draft.next, name) == NULL)
		return error_set(err, ERROR_USAGE, "there is no member '%s'", name);
	if (option_is_set(given, "env") || option_is_set(given, "read") ||
	    option_is_set(given, "seal") || option_is_set(given, "admin"))
		return revoke(drafting, name, err);
	roster_remove_member(drafting->draft.next, name);
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(drafting_end) struct drafting drafting = DRAFTING_INIT;
	struct draft_result result;

	if (drafting_begin(invocation, &drafting, err) < 0 || remove_from(&drafting, err) < 0)
		return -1;
	return drafting_commit(&drafting, &result, err);
}

static const char *const details[] = {
	"Takes a member out, or with --env, --read, --seal and --admin only those rights. Where a reader leaves, "
	"a new epoch begins: a new key for those who stay, and every value sealed anew. What was readable stays "
	"readable in git's history, so every such value is listed to be changed at its source.",
	NULL,
};

const struct command command_member_remove = {
	.name = "member remove",
	.summary = "take a member out, or some of its rights",
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
