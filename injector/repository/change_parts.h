/* SPDX-License-Identifier: Apache-2.0 */
/* change_parts: what the files of change.h share; for no one else. */
#ifndef REPOSITORY_CHANGE_PARTS_H
#define REPOSITORY_CHANGE_PARTS_H

#include "injector/repository/change.h"

/* How a sealed file follows those that were there before. */
struct succession {
	uint32_t generation;
	const char *previous; /* "" at generation 1 */
	uint32_t changed;
	int64_t changed_at;
	const char *value_id; /* NULL: a new one */
};

/* Now, or a second after `before` where that is later. */
int64_t change_time_after(int64_t before);
/* Whether the file holds this value; false as well where we cannot read it, and of a pending file, which is
 * nobody's yet. */
bool change_holds(const struct change *change, const struct sealed_file *file, struct bytes value);
/* generation + steps; ERROR_REFUSED: there are no more. */
int change_count_on(uint32_t generation, uint32_t steps, const char *setting, uint32_t *ret,
		    struct error *err) __attribute__((warn_unused_result));
/* The times of a pending file are what anybody has written: far ahead, they would keep its value, and those that
 * follow, from ever being due. ERROR_REFUSED. */
int change_check_time(const struct sealed *sealed, struct error *err)
	__attribute__((warn_unused_result));
/* Seals value (NULL: a tombstone) and stages the file. */
int change_seal(struct change *change, const char *setting, const struct succession *succession,
		const struct bytes *value, struct error *err) __attribute__((warn_unused_result));

int change_set_sealed(struct change *change, const struct setting *setting, struct bytes value,
		      enum outcome *ret, struct error *err) __attribute__((warn_unused_result));
int change_unset_sealed(struct change *change, const char *setting, enum outcome *ret,
			struct error *err) __attribute__((warn_unused_result));

#endif
