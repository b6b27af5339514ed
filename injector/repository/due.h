/* SPDX-License-Identifier: Apache-2.0 */
/*
 * due: what asks to be done although nothing is wrong: a value older than its rotate-after, one that a reader
 * who has left could read, an environment that one identity alone reads. For `check` and `status` alike.
 */
#ifndef REPOSITORY_DUE_H
#define REPOSITORY_DUE_H

#include "injector/repository/roster.h"
#include "schemas/schema.h"

struct value_due {
	bool at_source;	   /* to be changed at the source: somebody who has left could read it */
	int64_t rotate_at; /* when rotate-after passes, seconds since 1970; 0: the schema has none */
	uint64_t overdue;  /* seconds since then; 0: it is not due */
};

/* What is due for a valid value, no tombstone. */
struct value_due value_due(const struct setting *setting,
			   const struct roster_environment *environment,
			   const struct sealed *sealed, int64_t now);

/* Whether one lost identity takes all values of the environment with it. */
bool environment_has_one_reader(const struct roster_environment *environment);

#endif
