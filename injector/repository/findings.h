/* SPDX-License-Identifier: Apache-2.0 */
/* findings: what `check` has to say, in the order in which it was found. */
#ifndef REPOSITORY_FINDINGS_H
#define REPOSITORY_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum finding_level {
	LEVEL_NOTE,    /* worth knowing */
	LEVEL_DUE,     /* something is due; a finding with --strict */
	LEVEL_FINDING, /* something is wrong */
};

struct finding {
	enum finding_level level;
	char *text;
};

struct findings {
	struct finding *items;
	size_t count, cap;
	size_t environments, sealed, plain; /* how many were looked at */
};

#define FINDINGS_INIT                                                                              \
	{                                                                                          \
		.items = NULL, .count = 0, .cap = 0                                                \
	}

/* A text longer than ERROR_MESSAGE_BYTES is cut. */
void findings_add(struct findings *findings, enum finding_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A refusal is what check looks for: it becomes a finding, and 0. Whatever else failed stays a failure. */
int findings_take(struct findings *findings, struct error *err);
/* How many count: those of LEVEL_FINDING, with strict those of LEVEL_DUE too. */
size_t findings_count(const struct findings *findings, bool strict);
void findings_clear(struct findings *findings);

#endif
