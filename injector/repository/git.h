/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git: what this program asks of git. Where a repository is, is found without running it (a command
 * that needs no more should not cost a process); trees, the index and history are read by the real git,
 * never by parsing its files.
 */
#ifndef REPOSITORY_GIT_H
#define REPOSITORY_GIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

enum { GIT_OUTPUT_MAX = 64 * 1024 * 1024 };

/* A work tree around a directory. */
struct git {
	char *top;	 /* absolute path of the work tree's top */
	char *common;	 /* absolute path of the common git directory (shared by all work trees) */
	char *directory; /* absolute path of this work tree's git directory */
	char *prefix;	 /* the directory relative to the top, "." for the top itself */
};

#define GIT_INIT                                                                                   \
	{                                                                                          \
		.top = NULL, .common = NULL, .directory = NULL, .prefix = NULL                     \
	}

/* Looks for `.git` from the absolute path directory upwards. False: there is none. The caller clears. */
bool git_find(const char *directory, struct git *ret);
void git_clear(struct git *git);

/* Runs `git -C directory arguments…` (NULL-terminated, without "git") with our standard input closed and
 * its messages discarded. *ret_status is its exit status. output receives what it printed; NULL discards
 * it. -1: git could not be started, or printed more than output may hold. */
int git_run(const char *directory, const char *const *arguments, struct buf *output,
	    int *ret_status, struct error *err) __attribute__((warn_unused_result));

/* A running `git cat-file --batch`. */
struct git_batch {
	pid_t pid;
	int to, from;
};

#define GIT_BATCH_INIT                                                                             \
	{                                                                                          \
		.pid = -1, .to = -1, .from = -1                                                    \
	}

int git_batch_start(const char *directory, struct git_batch *ret, struct error *err)
	__attribute__((warn_unused_result));
/* The content of the blob named by its object id (or REV:./PATH), into ret, emptied first. ERROR_MISSING: there
 * is none; ERROR_REFUSED: over ret's maximum. */
int git_batch_read(struct git_batch *batch, const char *object, struct buf *ret, struct error *err)
	__attribute__((warn_unused_result));
void git_batch_stop(struct git_batch *batch);

/* A writer waits for git's index.lock to go, ten seconds at most; then -1. */
int git_wait_for_index(const struct git *git, struct error *err)
	__attribute__((warn_unused_result));

#endif
