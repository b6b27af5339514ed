/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/drafting.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENTS, OPTION_YES,	 OPTION_IDENTITY,
	OPTION_PIN,	     OPTION_REQUIRE_PIN, OPTION_END,
};

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(drafting_end) struct drafting drafting = DRAFTING_INIT;
	CLEANUP(list_clear) struct list environments = LIST_INIT;
	struct draft_result result;

	if (drafting_begin(invocation, &drafting, err) < 0 ||
	    drafting_environments(&drafting, &environments, err) < 0)
		return -1;
	for (size_t i = 0; i < environments.count; i++)
		draft_rotate(&drafting.draft, environments.items[i]);
	return drafting_commit(&drafting, &result, err);
}

static const char *const details[] = {
	"Begins a new epoch: a new key for the same readers, and every value sealed anew to it, in one step. The "
	"values themselves stay what they are; to change one, use 'tfsecrets set'.",
	"A value that a branch sealed before and that is merged afterwards is recognised, and 'tfsecrets seal' "
	"seals it anew. The key of one epoch back is kept for that, of two epochs back it is gone.",
	NULL,
};

const struct command command_rotate = {
	.name = "rotate",
	.summary = "begin a new epoch: a new key, every value sealed anew",
	.details = details,
	.options = options,
	.run = run,
};
