/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory: what a target remembers of us (crypto/FORMAT.md section 6): a Secret without data, everything in its
 * annotations, so that metadata answers carry it: the roster's pin, the highest generation of every value that
 * was there, and the objects that were written.
 */
#ifndef CLUSTER_INVENTORY_H
#define CLUSTER_INVENTORY_H

#include <stdint.h>

#include "base/list.h"
#include "injector/cluster/api.h"

#define INVENTORY_TYPE "tfsecrets.dev/inventory"

enum { MARK_DIGITS = 8 };

/* "SETTING=GENERATION:DIGITS" */
struct inventory_mark {
	char *setting;
	uint32_t generation;
	char digits[MARK_DIGITS + 1];
};

struct inventory {
	char *roster;		      /* PROJECT-ID:SERIAL:HASH; NULL: none yet */
	struct inventory_mark *marks; /* by setting, byte order */
	size_t mark_count;
	struct list objects; /* "KIND/NAME", byte order */
};

#define INVENTORY_INIT                                                                             \
	{                                                                                          \
		.roster = NULL, .marks = NULL, .mark_count = 0, .objects = LIST_INIT               \
	}

void inventory_clear(struct inventory *inventory);

/* "tfsecrets.PROJECT-ID.ENVIRONMENT", a heap text. */
char *inventory_name(const char *project_id, const char *environment);

/* From the annotations of a metadata answer, which whoever may write Secrets there may have altered: names are of
 * the grammar of names, and none stands there twice. ERROR_REFUSED names the annotation. The caller clears *ret. */
int inventory_read(const struct object_meta *meta, struct inventory *ret, struct error *err)
	__attribute__((warn_unused_result));

/* NULL: no such mark. */
const struct inventory_mark *inventory_mark(const struct inventory *inventory, const char *setting);
/* Sets a setting's mark, whatever it was. */
void inventory_set_mark(struct inventory *inventory, const char *setting, uint32_t generation,
			const char *value_id);
/* None of that name: nothing. */
void inventory_drop_mark(struct inventory *inventory, const char *setting);
void inventory_add_object(struct inventory *inventory, const char *kind, const char *name);

/* "KIND/NAME"; not there: nothing. */
void inventory_drop_object(struct inventory *inventory, const char *object);

bool inventory_equal(const struct inventory *a, const struct inventory *b);

/* Appends the body of its creation (resource_version NULL), or of the merge PATCH that changes the one of that
 * resourceVersion. ERROR_FAILED: over the size of annotations. */
int inventory_body(const struct inventory *inventory, const char *project_id,
		   const char *environment, const char *resource_version, struct buf *out,
		   struct error *err) __attribute__((warn_unused_result));

#endif
