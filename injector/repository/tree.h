/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree: where a repository's files are read from: the directory itself, git's index, or a revision.
 * Paths are relative to the project's root. Everything read is a regular file; links are errors.
 */
#ifndef REPOSITORY_TREE_H
#define REPOSITORY_TREE_H

#include <stdbool.h>

#include "base/list.h"
#include "injector/repository/git.h"

struct tree_entry {
	char *path;
	char *object; /* git's object id */
	bool is_file; /* false: a link or a submodule */
};

struct tree {
	int root_fd; /* the directory; -1: git */
	char *label; /* behind a path in messages: "" or " in REV", " in the index" */
	struct tree_entry *entries; /* of git, sorted by path */
	size_t count;
	struct git_batch batch;
};

#define TREE_INIT                                                                                  \
	{                                                                                          \
		.root_fd = -1, .label = NULL, .entries = NULL, .count = 0, .batch = GIT_BATCH_INIT \
	}

/* The files in a directory; root_fd is borrowed. */
void tree_of_files(int root_fd, struct tree *ret);
/* What `git add` has staged below root. */
int tree_of_index(const char *root, struct tree *ret, struct error *err)
	__attribute__((warn_unused_result));
/* A commit. ERROR_USAGE: no such revision. */
int tree_of_revision(const char *root, const char *revision, struct tree *ret, struct error *err)
	__attribute__((warn_unused_result));
void tree_clear(struct tree *tree);

/* Whether several threads may read at once. */
bool tree_is_parallel(const struct tree *tree);

/* The names in a directory, sorted; a directory that is not there has none. *ret is an empty list. */
int tree_list(const struct tree *tree, const char *directory, struct list *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Whether anything stands at path. */
bool tree_has(const struct tree *tree, const char *path);

/* Reads a file of at most max bytes. Not there: ERROR_MISSING; a link, pipe, …: ERROR_FAILED. */
int tree_read(struct tree *tree, const char *path, size_t max, struct buf *ret, struct error *err)
	__attribute__((warn_unused_result));

/* An open directory, so that many files cost one walk. */
struct tree_directory {
	struct tree *tree;
	char *path;
	int fd;
};

int tree_open_directory(struct tree *tree, const char *path, struct tree_directory *ret,
			struct error *err) __attribute__((warn_unused_result));
void tree_close_directory(struct tree_directory *directory);
int tree_read_in(const struct tree_directory *directory, const char *name, size_t max,
		 struct buf *ret, struct error *err) __attribute__((warn_unused_result));

#endif
