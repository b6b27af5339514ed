/* SPDX-License-Identifier: Apache-2.0 */
/* target: what every way of writing to a target begins with. */
#ifndef CLUSTER_TARGET_H
#define CLUSTER_TARGET_H

#include "injector/cluster/apply.h"

/* ERROR_REFUSED: the roster does not allow the namespace, or this cluster. */
int target_check(const struct apply *apply, struct api *api, const char *namespace,
		 struct error *err) __attribute__((warn_unused_result));
/* Makes the namespace where there is none. */
int target_make_namespace(struct api *api, const char *namespace, struct error *err)
	__attribute__((warn_unused_result));

#endif
