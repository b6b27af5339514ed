/* SPDX-License-Identifier: Apache-2.0 */
/* known: the metadata of our objects in all namespaces of a cluster, by one LIST for each kind, page by page, where
 * an environment has many targets there. What it does not have may be there all the same. Kept as text: cJSON's trees
 * take five times as much. */
#ifndef CLUSTER_KNOWN_H
#define CLUSTER_KNOWN_H

#include "injector/cluster/api.h"

struct known_object {
	enum object_kind kind;
	char *namespace, *name;
	char *json; /* compact */
};

struct known {
	struct known_object *objects; /* sorted by kind, namespace, name */
	size_t count;
};

#define KNOWN_INIT                                                                                 \
	{                                                                                          \
		.objects = NULL, .count = 0                                                        \
	}

/* An account that may not list knows nothing, which is no error. The caller clears *ret. */
int known_read(struct api *api, const char *project_id, const char *environment, struct known *ret,
	       struct error *err) __attribute__((warn_unused_result));
void known_clear(struct known *known);
/* False: not among them. The caller clears *ret. Safe from several threads. */
bool known_find(const struct known *known, enum object_kind kind, const char *namespace,
		const char *name, struct object_meta *ret);

#endif
