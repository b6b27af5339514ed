/* SPDX-License-Identifier: Apache-2.0 */
/* known: the metadata of our objects in all namespaces of a cluster, by one LIST for each kind, page by page, where
 * an environment has many targets there. What it does not have may be there all the same. Of an object only what apply
 * looks at is kept, and that once for all namespaces where it is the same, as it mostly is: what is the same everywhere
 * takes no more memory for many targets than for few. */
#ifndef CLUSTER_KNOWN_H
#define CLUSTER_KNOWN_H

#include "injector/cluster/api.h"

struct known_object {
	enum object_kind kind;
	char *namespace, *version; /* its resourceVersion */
	const char *name,
		*rest; /* among the texts; rest: the other members of its metadata, JSON */
};

struct known {
	struct known_object *objects; /* sorted by kind, namespace, name */
	size_t count;
	struct list texts;
};

#define KNOWN_INIT                                                                                 \
	{                                                                                          \
		.objects = NULL, .count = 0, .texts = LIST_INIT                                    \
	}

/* An account that may not list knows nothing, which is no error. The caller clears *ret. */
int known_read(struct api *api, const char *project_id, const char *environment, struct known *ret,
	       struct error *err) __attribute__((warn_unused_result));
void known_clear(struct known *known);
/* False: not among them. The caller clears *ret. Safe from several threads. */
bool known_find(const struct known *known, enum object_kind kind, const char *namespace,
		const char *name, struct object_meta *ret);

#endif
