/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owner: whose an object in the cluster is. What another system writes again, or deletes with its owner, is not
 * ours to change; what somebody's hand has written once can be taken over.
 */
#ifndef CLUSTER_OWNER_H
#define CLUSTER_OWNER_H

#include "injector/cluster/api.h"

/* How an object of somebody else may be taken. */
struct owner_terms {
	const char *project_id, *environment;
	bool adopt; /* --adopt: what its system has handed over is taken */
	bool force; /* --force-conflicts: a controller that has left no mark but its name is passed over */
};

/* ERROR_REFUSED: the object is another project's, another environment's or another system's; the message says by
 * which mark, and what to do. */
int owner_check(const struct owner_terms *terms, const struct kube_object *object,
		const struct object_meta *meta, struct error *err)
	__attribute__((warn_unused_result));

/* ERROR_CLUSTER for what is being deleted and only waits for its finalizers: whatever is written goes with it. */
int owner_check_stays(enum object_kind kind, const char *name, const struct object_meta *meta,
		      struct error *err) __attribute__((warn_unused_result));

/* Whether --adopt takes over what this manager wrote: a command that somebody ran once, and that writes nothing by
 * itself. Controllers, and names that nobody knows, are left what is theirs. */
bool owner_is_hand(const char *manager);

/* The annotations of a system that has handed the object over, and that go when it is adopted: up to two names, then
 * NULL. */
const char *const *owner_left_marks(void);

#endif
