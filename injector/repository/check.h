/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: everything that can be verified without any private key, crypto/FORMAT.md section 5. It looks at
 * all there is and collects what it finds.
 */
#ifndef REPOSITORY_CHECK_H
#define REPOSITORY_CHECK_H

#include "injector/repository/project.h"
#include "injector/repository/state.h"

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

void findings_add(struct findings *findings, enum finding_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void findings_clear(struct findings *findings);
/* How many count: those of LEVEL_FINDING, with strict those of LEVEL_DUE too. */
/* A refusal is what check looks for: it becomes a finding, and 0. Whatever else failed stays a failure. */
int findings_take(struct findings *findings, struct error *err);

size_t findings_count(const struct findings *findings, bool strict);

/* Checks every environment (or the one named), from project->files, which may be the index. The schema and
 * the roster are loaded. -1: something could not be looked at. */
int check_project(struct project *project, const char *environment, state_progress progress,
		  struct findings *findings, struct error *err) __attribute__((warn_unused_result));

/* Compares with a revision: nothing went back, nothing that was sealed is gone or plain. ERROR_USAGE: git
 * knows no such revision. */
int check_against(struct project *project, const char *revision, struct findings *findings,
		  struct error *err) __attribute__((warn_unused_result));

#endif
