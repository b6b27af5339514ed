/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adopt: makes fields of an object ours that another manager wrote, so that one which leaves the project later goes
 * from the object, too. Server-side apply alone cannot do it: a field that two have written stays until both have
 * dropped it. managedFields is rewritten as `kubectl apply --server-side` does when it takes over from client-side
 * apply (client-go, util/csaupgrade), by a JSON PATCH that holds for one resourceVersion.
 *
 * Only what the project has is taken over. Another key, label or annotation stays what it is and whose it is: its
 * value may be nowhere else.
 */
#ifndef CLUSTER_ADOPT_H
#define CLUSTER_ADOPT_H

#include "injector/cluster/api.h"

struct adoption {
	bool is_needed;
	struct list taken; /* "key 'A' of 'kubectl-edit' (TIME)" */
	struct list left;  /* the same, of keys that the project lacks */
	struct buf patch;  /* RFC 6902 */
};

#define ADOPTION_INIT                                                                              \
	{                                                                                          \
		.is_needed = false, .taken = LIST_INIT, .left = LIST_INIT,                         \
		.patch = BUF_INIT(2 * HTTP_ANSWER_MAX)                                             \
	}

/* What is to be taken over of an object that is there. Always: what we wrote ourselves with --write-only. With
 * `adopt` as well: what managers wrote that owner_is_hand, kubectl's annotation with the last copy applied, and the
 * annotations of owner_left_marks. With `writes` the object is applied after that, so our annotation of its content
 * is taken away until it is: a run that is cut off in between leaves nothing that looks done. The caller clears *ret. */
int adoption_make(const struct object_meta *meta, const struct kube_object *object, bool adopt,
		  bool writes, struct adoption *ret, struct error *err)
	__attribute__((warn_unused_result));
void adoption_clear(struct adoption *adoption);

#endif
