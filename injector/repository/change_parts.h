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

/* The mode of a file that is public: what the user's umask leaves. */
mode_t change_mode(void);
/* Now, or a second after `before` where that is later. */
int64_t change_time_after(int64_t before);
/* Seals value (NULL: a tombstone) and stages the file. */
int change_seal(struct change *change, const char *setting, const struct succession *succession,
		const struct bytes *value, struct error *err) __attribute__((warn_unused_result));

int change_set_sealed(struct change *change, const struct setting *setting, struct bytes value,
		      enum outcome *ret, struct error *err) __attribute__((warn_unused_result));
int change_unset_sealed(struct change *change, const char *setting, enum outcome *ret,
			struct error *err) __attribute__((warn_unused_result));

#endif
