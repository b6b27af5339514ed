/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drift: what became of an object since we wrote it, by whose hand, as far as its metadata tells. managedFields names
 * who wrote a field last and when; who took one away is written nowhere.
 */
#ifndef CLUSTER_DRIFT_H
#define CLUSTER_DRIFT_H

#include "injector/cluster/api.h"

/* Adds a text for each field of ours that another manager has written, that has gone, or that stays another's as well,
 * and for a copy of the values that kubectl has left. No value is read. Nothing for an object that we never wrote,
 * but for that copy. */
void drift_find(const struct object_meta *meta, const struct kube_object *object, struct list *out);

/* Adds its time to each "FIELD of 'MANAGER'" (as an API server names a field in conflict: ".data.A") that has none. */
void drift_add_times(const struct object_meta *meta, struct list *owned);

#endif
