/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conflict: the two sides of a file that git could not merge: what git keeps of them in its index, else what
 * stands between the markers in the file itself.
 */
#ifndef REPOSITORY_CONFLICT_H
#define REPOSITORY_CONFLICT_H

#include "injector/repository/change.h"

/* Finds and verifies both sides of a setting's sealed file. A side that has no file is STATUS_ABSENT, one that
 * does not hold STATUS_INVALID. ERROR_MISSING: there is no conflict. The caller clears each of sides. */
int conflict_read(struct change *change, const char *setting,
		  struct sealed_file sides[static SIDES], struct error *err)
	__attribute__((warn_unused_result));

/* Whether git has a conflict in the file at path, relative to the root. */
bool conflict_is_in_index(const struct project *project, const char *path);

/* Takes a text with markers apart; the common part of `diff3` style is left out. False: there are none, or
 * they are not in order. Appends to both. */
bool conflict_split(struct bytes text, struct buf *ours, struct buf *theirs);

/* What git calls by these names just now: "HEAD" and "MERGE_HEAD", in a rebase "HEAD" and "REBASE_HEAD", …
 * each with history_describe's line; "" outside of all that. The caller frees both. */
void conflict_commits(const struct project *project, char *ret[static SIDES]);

#endif
