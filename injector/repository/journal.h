/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal: several files change as one. New contents are written to tfsecrets/.journal/ and synced; the
 * rename of a list of them to `commit` is the moment of change; then they are renamed into place. A run
 * killed before that moment is undone, one killed after it is finished, by whoever comes next.
 *
 *	struct journal journal;
 *	journal_begin(root_fd, &journal, err);
 *	journal_put(&journal, "tfsecrets/prod/sealed/A", content, 0644, err);  … any number …
 *	journal_commit(&journal, err);
 *	journal_end(&journal);		on every path; undoes what was not committed
 *
 * The caller holds the lock on the root (project.h). Sealed text and plain config only: no secret that is
 * not sealed is ever put.
 */
#ifndef REPOSITORY_JOURNAL_H
#define REPOSITORY_JOURNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/list.h"
#include "crypto/hash.h"

#define JOURNAL_DIRECTORY "tfsecrets/.journal"

enum { JOURNAL_LIST_MAX = 16 * 1024 * 1024 };

struct journal {
	int root_fd, fd;
	size_t count;	 /* of files staged */
	struct buf list; /* "put N PATH" and "remove PATH" lines */
	struct list expected_paths, expected_hashes;
	bool committed, applied;
};

int journal_begin(int root_fd, struct journal *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Stages a file's new content. mode is applied as given. */
int journal_put(struct journal *journal, const char *path, struct bytes content, mode_t mode,
		struct error *err) __attribute__((warn_unused_result));
void journal_remove(struct journal *journal, const char *path);
/* At commit, path must still hold exactly these bytes (a file that was not there: not exist); otherwise
 * nothing changes and the error says that somebody else changed it. */
void journal_expect(struct journal *journal, const char *path, struct bytes content);
void journal_expect_missing(struct journal *journal, const char *path);
/* Nothing staged is fine. */
int journal_commit(struct journal *journal, struct error *err) __attribute__((warn_unused_result));
void journal_end(struct journal *journal);

/* Whether an interrupted change lies there. */
bool journal_is_left(int root_fd);
/* Finishes or undoes it. The caller holds the lock for writing. */
int journal_recover(int root_fd, struct error *err) __attribute__((warn_unused_result));

#endif
