/* SPDX-License-Identifier: Apache-2.0 */
/* delivery: what `apply` and `diff` share: the environment's values, its targets, up to four at a time, each
 * with the account to reach it, and one report line an object. */
#ifndef INJECTOR_DELIVERY_H
#define INJECTOR_DELIVERY_H

#include "injector/cluster/apply.h"
#include "injector/commands/place.h"

struct delivery_terms {
	enum apply_dry_run dry_run;
	bool write_only, adopt, force, allow_rollback, create_namespace;
	bool restart, wait, prune, atomic; /* as in struct apply */
	const char *done;		   /* what a target is then: "applied" */
	bool announce;			   /* say where to before anything is sent */
	/* One object's line, with its LF, or nothing. Called by several threads at once. */
	void (*describe)(const struct invocation *invocation, const struct apply_report *report,
			 struct buf *out);
};

/* One target that fails does not stop the others; the first failure is what it ends with, the others are
 * printed. *ret_differing: how many objects were, or would be, written, or were
 * changed by others. */
int delivery_run(const struct invocation *invocation, const struct delivery_terms *terms,
		 size_t *ret_differing, struct error *err) __attribute__((warn_unused_result));

#endif
