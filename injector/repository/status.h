/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: how each setting stands in each environment, and what is due, without any private key. Where `check`
 * lists what is wrong, this says of everything how it is.
 */
#ifndef REPOSITORY_STATUS_H
#define REPOSITORY_STATUS_H

#include "injector/repository/due.h"
#include "injector/repository/project.h"
#include "injector/repository/state.h"

enum cell_state {
	CELL_VALID,   /* sealed, and it holds */
	CELL_PLAIN,   /* in config.yaml */
	CELL_DEFAULT, /* the schema's default */
	CELL_UNSET,   /* a valid tombstone */
	CELL_PENDING, /* sealed by somebody who is not a sealer */
	CELL_STALE,   /* of the epoch before: to be resealed */
	CELL_INVALID, /* altered, misplaced, against the schema, or a secret in the clear */
	CELL_MISSING, /* required, and nothing is there */
	CELL_NOT_REQUIRED,
};

/* What is to be done; the bits of status_cell.due. Of an environment as a whole are the last two. */
enum due {
	DUE_SEAL,     /* a secret stands in config.yaml in the clear */
	DUE_SET,      /* it has no value */
	DUE_GENERATE, /* the same, and `seal` makes one */
	DUE_RESEAL,
	DUE_ACCEPT, /* a pending value: a sealer opens it and seals it as his own */
	DUE_REPAIR, /* an invalid one: `check` says why */
	DUE_SOURCE, /* change it at the source */
	DUE_ROTATE, /* rotate-after has passed */
	DUE_READER, /* one identity alone reads the environment */
	DUE_ROSTER, /* the roster lacks the environment */
	DUE_COUNT,
};

struct status_cell {
	enum cell_state state;
	bool is_required;
	const struct sealed *sealed; /* of VALID, UNSET, PENDING and STALE; borrowed, else NULL */
	const struct member *signer; /* who sealed it, where the roster has him; borrowed */
	unsigned int due;	     /* 1U << enum due */
	int64_t rotate_at;	     /* as in struct value_due */
	uint64_t overdue;
};

struct status_environment {
	const struct environment *environment;
	const struct roster_environment *roster; /* NULL: the roster lacks it */
	struct environment_state state;
	struct status_cell *cells; /* as schema.settings */
	unsigned int due;	   /* DUE_READER, DUE_ROSTER */
};

struct status {
	const struct project *project;
	struct status_environment *environments;
	size_t count;
	int64_t now;
};

#define STATUS_INIT                                                                                \
	{                                                                                          \
		.project = NULL, .environments = NULL, .count = 0                                  \
	}

/* Looks at the environments named (none: all of the schema, in its order). ERROR_USAGE with a suggestion: there is none
 * of that name. The project, with schema and roster, outlives the status, which the caller clears. */
int status_read(struct project *project, const struct list *names, int64_t now,
		state_progress progress, struct status *ret, struct error *err)
	__attribute__((warn_unused_result));
void status_clear(struct status *status);

/* "valid", "not-required", …; "rotate", "change-at-source", …: the words of the JSON form. */
const char *cell_state_name(enum cell_state state);
const char *due_name(enum due due);

#endif
