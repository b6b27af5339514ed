/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: the fields of an object as paths, "data/KEY", "metadata/labels/NAME", "type", out of managedFields
 * (fieldsV1: structured-merge-diff).
 */
#ifndef CLUSTER_FIELDS_H
#define CLUSTER_FIELDS_H

#include "injector/cluster/api.h"

#define ANNOTATION_LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

/* Adds the leaves of a fieldsV1; what is no field of a map (an element of a list) is not among them. */
void fields_collect(const struct json_node *fields_v1, struct list *paths);
/* Adds what we would send of an object, in byte order. */
void fields_expected(const struct kube_object *object, struct list *paths);
/* Whether a list in byte order has the path. */
bool fields_has(const struct list *sorted, const char *path);
/* "key 'A'", "label 'x'", "annotation 'x'", "type": a heap text. */
char *fields_shown(const char *path);

/* An entry of managedFields that is about the object itself, not a subresource; entry NULL: the first; NULL: the end. */
const struct json_node *fields_next_entry(const struct json_node *object,
					  const struct json_node *entry);
/* Whether the entry is of our manager, by this operation ("Apply", "Update"). */
bool fields_is_ours(const struct json_node *entry, const char *operation);
/* "'NAME' (TIME)", or without the time where the entry has none: a heap text. */
char *fields_manager_shown(const struct json_node *entry);

#endif
