/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/delivery.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	OPTIONS_CLUSTER,
	{ 0, "allow-rollback", OPTION_NONE, NULL, NULL,
	  "compare values that are older than what the target has had" },
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

/* "secret/app in taskflow differs: ~PASSWORD, +TOKEN", and a line for what others have done to it. */
static void
describe(const struct invocation *invocation, const struct apply_report *report, struct buf *out)
{
	bool has_drift = report->drift != NULL && report->drift->count > 0;

	(void)invocation;
	if (report->deed == APPLY_CREATED || report->changes[0] != 0 ||
	    (report->deed != APPLY_UNCHANGED && !has_drift))
		buf_printf(out, "%s/%s in %s %s: %s\n", report->shown, report->name,
			   report->namespace, report->deed == APPLY_CREATED ? "missing" : "differs",
			   report->changes[0] != 0 ? report->changes :
						     "fields are not ours, or not only ours");
	for (size_t i = 0; has_drift && i < report->drift->count; i++)
		buf_printf(out, "%s/%s in %s: %s\n", report->shown, report->name, report->namespace,
			   report->drift->items[i]);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	size_t differing;
	const struct delivery_terms delivery = {
		.dry_run = DRY_RUN_CLIENT,
		.allow_rollback = option_is_set(&invocation->options, "allow-rollback"),
		.done = "compared",
		.describe = describe,
	};

	if (delivery_run(invocation, &delivery, &differing, err) < 0)
		return -1;
	return differing > 0 ? 3 : 0;
}

static const char *const details[] = {
	"Names the keys that `apply` would add (+), change (~) or take away (-); values are neither read nor "
	"shown, and no key is needed. Fields that others have written or taken away since are named, with who and "
	"when. Ends with 3 where something differs.",
	NULL,
};

const struct command command_diff = {
	.name = "diff",
	.summary = "what apply would change in the cluster",
	.details = details,
	.options = options,
	.run = run,
};
