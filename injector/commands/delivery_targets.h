/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_targets: one apply for each target of the environment, up to four at a time, a connection each. */
#ifndef INJECTOR_DELIVERY_TARGETS_H
#define INJECTOR_DELIVERY_TARGETS_H

#include "injector/commands/delivery.h"

/* Prints the reports in the targets' order. apply: as for one target, without `report` and `known`, which are of
 * each. What is returned is as delivery_run's. */
int delivery_to_targets(const struct invocation *invocation, const struct delivery_terms *terms,
			const struct apply *apply, size_t *ret_differing, struct error *err)
	__attribute__((warn_unused_result));

#endif
