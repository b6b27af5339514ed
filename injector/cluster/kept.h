/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept: objects as they were before a run changed them, so that a rollout that fails can be taken back. It reads
 * values back, which nothing else does; those of Secrets stay in secret memory, encoded as they came.
 */
#ifndef CLUSTER_KEPT_H
#define CLUSTER_KEPT_H

#include "injector/cluster/api.h"

enum { KEPT_ANSWER_MAX = 4 * 1024 * 1024 };

struct kept_object {
	enum object_kind kind;
	char *name;
	struct object_meta object; /* of a Secret its metadata alone; nothing: it was not there */
	struct secret answer;	   /* of a Secret: the whole object, as JSON */
};

struct kept {
	struct kept_object *items;
	size_t count;
};

#define KEPT_INIT                                                                                  \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

/* Keeps an object; one that is kept already stays as it is. */
int kept_add(struct kept *kept, struct api *api, const char *namespace, enum object_kind kind,
	     const char *name, struct error *err) __attribute__((warn_unused_result));
void kept_clear(struct kept *kept);
/* NULL: not among them. */
const struct kept_object *kept_find(const struct kept *kept, enum object_kind kind,
				    const char *name);

/* Writes object `at` as it was: with the keys that were ours (all of them where none was), or deletes it where it
 * was not there. */
int kept_put_back(const struct kept *kept, size_t at, struct api *api, const char *namespace,
		  struct error *err) __attribute__((warn_unused_result));

#endif
