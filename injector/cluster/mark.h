/* SPDX-License-Identifier: Apache-2.0 */
/* mark: whether what we would write is older than what a target has had, and what its inventory becomes. */
#ifndef CLUSTER_MARK_H
#define CLUSTER_MARK_H

#include "injector/cluster/apply.h"

/* ERROR_REFUSED "'SETTING' …" unless apply->allow_rollback allows it (a roster never is). */
int marks_check(const struct apply *apply, const struct inventory *inventory, struct error *err)
	__attribute__((warn_unused_result));
/* Into what `known` has: our roster, our marks, our objects; what it has besides stays. With apply->allow_rollback
 * the mark of a value that is plain or gone here goes, so that what was allowed once is not asked again. */
int marks_merge(const struct apply *apply, const struct kube_objects *objects,
		struct inventory *known, struct error *err) __attribute__((warn_unused_result));

#endif
