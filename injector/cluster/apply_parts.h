/* SPDX-License-Identifier: Apache-2.0 */
/* apply_parts: one look at a target and what is written after it, for the files of apply. */
#ifndef CLUSTER_APPLY_PARTS_H
#define CLUSTER_APPLY_PARTS_H

#include "injector/cluster/adopt.h"
#include "injector/cluster/apply.h"
#include "injector/cluster/fate.h"
#include "injector/cluster/kept.h"

/* What is known of one object. */
struct state {
	struct object_meta meta;
	enum apply_deed deed;
	size_t total; /* bytes of its values, once they were checked */
	struct adoption adoption;
	struct list drift;
};

/* One look at the target, and what came of it. */
struct round {
	const struct apply *apply;
	struct api *api;
	const char *namespace;
	bool is_first;
	struct kept *kept;   /* of the first look at each object that changes */
	struct fates *fates; /* of all looks */
	struct kube_objects objects;
	struct state *states; /* as objects */
	struct object_meta inventory_meta;
	struct inventory known, next;
};

void apply_round_clear(struct round *round);

/* What is there, and what each object's deed is then. */
int apply_look(struct round *round, struct error *err) __attribute__((warn_unused_result));
/* Reads the target's inventory and holds the marks against it. */
int apply_read_inventory(struct round *round, struct object_meta *meta, struct inventory *inventory,
			 struct error *err) __attribute__((warn_unused_result));
/* ERROR_REFUSED: an object would lose a key that something still refers to. */
int apply_check_lost_keys(const struct round *round, struct error *err)
	__attribute__((warn_unused_result));

/* Whether an object's values are written, and not only who owns them. */
bool apply_writes_values(const struct round *round, size_t at);
/* What does not open or does not fit is found before the first byte is written. */
int apply_check_objects(const struct round *round, struct error *err)
	__attribute__((warn_unused_result));
/* What has to be there before the objects, and then these. *ret_result: API_DONE, or API_STALE and API_EXISTS:
 * somebody came in between. */
int apply_prepare(struct round *round, enum api_result *ret_result, struct error *err)
	__attribute__((warn_unused_result));
int apply_write_objects(struct round *round, enum api_result *ret_result, struct error *err)
	__attribute__((warn_unused_result));

#endif
