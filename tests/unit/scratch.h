/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch: a directory below $TMPDIR for one test program, with git in it where a test wants one. What git
 * reads from its surroundings (a hook's variables, somebody's configuration) is taken away first.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static char *scratch;
static int scratch_fd = -1;

static inline int
scratch_make(const char *name)
{
	static const char *const ours[] = {
		"GIT_DIR",    "GIT_WORK_TREE",	"GIT_INDEX_FILE",
		"GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"
	};
	const char *directory = getenv("TMPDIR");
	char *made = xasprintf("%s/%s.XXXXXX", directory != NULL ? directory : "/tmp", name);

	if (mkdtemp(made) == NULL)
		return -1;
	/* git shows paths without links. */
	scratch = realpath(made, NULL);
	free(made);
	scratch_fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < COUNT(ours); i++)
		(void)unsetenv(ours[i]);
	(void)setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	(void)setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	(void)setenv("GIT_AUTHOR_NAME", "a", 1);
	(void)setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
	(void)setenv("GIT_COMMITTER_NAME", "a", 1);
	(void)setenv("GIT_COMMITTER_EMAIL", "a@example.org", 1);
	return scratch_fd >= 0 ? 0 : -1;
}

static inline int
scratch_remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)at;
	if (kind == FTW_D)
		(void)chmod(path, 0700);
	return kind == FTW_DP ? rmdir(path) : kind == FTW_D ? 0 : unlink(path);
}

/* Removes path and all below it; not there is fine. */
static inline void
scratch_remove(const char *path)
{
	CLEANUP(free_text) char *whole = xasprintf("%s/%s", scratch, path);
	struct stat status;

	if (lstat(whole, &status) < 0)
		return;
	/* nftw reports a directory before or after what it holds, never both. */
	(void)nftw(whole, scratch_remove_one, 16, FTW_PHYS);
	(void)nftw(whole, scratch_remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

static inline int
scratch_end(void)
{
	int result;

	scratch_remove(".");
	result = access(scratch, F_OK) < 0 ? 0 : rmdir(scratch);
	(void)close(scratch_fd);
	free(scratch);
	return result;
}

/* Writes a file, with the directories above it. */
static inline void
scratch_put(const char *path, const char *text)
{
	CLEANUP(free_text) char *folder = xstrdup(path);
	char *slash = strrchr(folder, '/');
	struct error err = ERROR_INIT;

	if (slash != NULL) {
		*slash = 0;
		assert_int_equal(file_make_directories(scratch_fd, folder, folder, &err), 0);
	}
	assert_int_equal(file_replace(scratch_fd, path, path, bytes_of(text), 0644, &err), 0);
}

/* What stands in a file: "" when it is not there. The caller frees. */
static inline char *
scratch_get(const char *path)
{
	struct buf content = BUF_INIT(16 * 1024 * 1024);
	struct error ignored;

	if (file_read(scratch_fd, path, path, content.max, &content, &ignored) < 0)
		buf_clear(&content);
	return buf_take_text(&content);
}

static inline void
scratch_expect(const char *path, const char *text)
{
	CLEANUP(free_text) char *content = scratch_get(path);

	assert_string_equal(content, text);
}

/* Runs a line of shell inside the directory; it must succeed. */
static inline void
scratch_shell(const char *line)
{
	CLEANUP(free_text) char *whole =
		xasprintf("cd '%s' && { %s\n} >/dev/null 2>&1", scratch, line);
	int status = system(whole);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("'%s' ended with %d", line, status);
}

#endif
