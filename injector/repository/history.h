/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history: what stood at one path in the commits that HEAD contains, those of merged branches as well.
 */
#ifndef REPOSITORY_HISTORY_H
#define REPOSITORY_HISTORY_H

#include "injector/repository/project.h"

struct history {
	struct project *project;
	char *path;
	struct list commits; /* that changed the file, newest first */
	struct git_batch batch;
};

#define HISTORY_INIT                                                                               \
	{                                                                                          \
		.project = NULL, .path = NULL, .commits = LIST_INIT, .batch = GIT_BATCH_INIT       \
	}

/* path is relative to the root. ERROR_FAILED: this is not in git, or there is no commit yet. */
int history_open(struct project *project, const char *path, struct history *ret, struct error *err)
	__attribute__((warn_unused_result));
void history_close(struct history *history);

/* The file as the commit at an index has it; empty where it has none, or one over ret->max bytes, which is none
 * of ours. */
int history_read(struct history *history, size_t at, struct buf *ret, struct error *err)
	__attribute__((warn_unused_result));

/* The roster that was in force in a revision, which must be one of today's chain: a sealed file of then is
 * judged by it. ERROR_REFUSED: it is of another chain, or there is none; ERROR_USAGE: no such revision. */
int history_roster(const struct project *project, const char *revision, const struct roster **ret,
		   struct error *err) __attribute__((warn_unused_result));

/* For people: abbreviated hash, date, subject. revision itself where git does not say. The caller frees. */
char *history_describe(const struct project *project, const char *revision);

#endif
