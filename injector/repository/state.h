/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: what an environment's sealed files say and whether it holds, without any private key:
 * crypto/FORMAT.md section 5, steps 2 to 6.
 */
#ifndef REPOSITORY_STATE_H
#define REPOSITORY_STATE_H

#include "injector/repository/chain.h"
#include "injector/repository/sealed.h"

enum value_status {
	STATUS_VALID,
	STATUS_UNSET,	/* a valid tombstone */
	STATUS_PENDING, /* signed by somebody who is not a sealer of this environment */
	STATUS_STALE,	/* of the epoch before: to be resealed */
	STATUS_INVALID,
	STATUS_ABSENT, /* there is no file */
};

struct value_state {
	char *name;
	enum value_status status;
	struct sealed sealed;	     /* but for STATUS_INVALID and STATUS_ABSENT */
	char hash[SHA256_HEX_BYTES]; /* of the file */
	char *problem; /* for STATUS_PENDING, STATUS_STALE and STATUS_INVALID: "FILE: rule" */
};

/* Verifies one file that was read already. Thread safe. Fills ret but its name; the caller clears it. */
void value_verify(struct bytes text, const char *file, const char *name,
		  const struct roster *roster, const struct roster_environment *environment,
		  struct value_state *ret);
void value_clear(struct value_state *state);

/* The sealed files of one environment, sorted by name. */
struct environment_state {
	struct value_state *values;
	size_t count;
};

#define ENVIRONMENT_STATE_INIT                                                                     \
	{                                                                                          \
		.values = NULL, .count = 0                                                         \
	}

/* Reads and verifies every file in tfsecrets/ENV/sealed, on several cores when there are many. progress,
 * which may be NULL, is told from this thread how far it is. -1: the directory cannot be read; a file that
 * cannot be is STATUS_INVALID. */
typedef void (*state_progress)(size_t done, size_t total);
int environment_state_read(struct tree *tree, const struct roster *roster,
			   const struct roster_environment *environment, state_progress progress,
			   struct environment_state *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Only the files of these names, in this order (STATUS_ABSENT where there is none). */
int environment_state_read_some(struct tree *tree, const struct roster *roster,
				const struct roster_environment *environment,
				const struct list *names, struct environment_state *ret,
				struct error *err) __attribute__((warn_unused_result));
void environment_state_clear(struct environment_state *state);
/* NULL: no such file. Binary search; for states that environment_state_read made. */
const struct value_state *environment_state_find(const struct environment_state *state,
						 const char *name);

/* "tfsecrets/ENV/sealed"; the caller frees. */
char *sealed_directory(const char *environment);

#endif
