/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "crypto/process.h"

#define COMMIT_FILE "commit"
#define MISSING_HASH "-"

enum { EXPECTED_MAX = 8 * 1024 * 1024, SYNC_EACH_MAX = 16 };

/* What a list may name: a hostile repository could bring a journal of its own. */
static bool
is_our_path(const char *path)
{
	static const char *const files[] = { "tfsecrets.yaml", ".gitignore", ".gitattributes" };

	for (size_t i = 0; i < COUNT(files); i++) {
		if (strcmp(path, files[i]) == 0)
			return true;
	}
	return strncmp(path, "tfsecrets/", 10) == 0 && strstr(path, "/.") == NULL &&
	       strstr(path, "//") == NULL && path[strlen(path) - 1] != '/';
}

/* Removes a journal without a commit, or one that is done. */
static int
discard(int root_fd, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(close_fd) int fd = -1;

	if (file_open_directory(root_fd, JOURNAL_DIRECTORY, JOURNAL_DIRECTORY, &fd, err) < 0 ||
	    file_list(fd, ".", JOURNAL_DIRECTORY, &names, err) < 0)
		return -1;
	/* The commit goes first: without it, what is left is only undone again. */
	if (unlinkat(fd, COMMIT_FILE, 0) < 0 && errno != ENOENT)
		return error_errno(err, "cannot remove '%s/%s'", JOURNAL_DIRECTORY, COMMIT_FILE);
	for (size_t i = 0; i < names.count; i++) {
		if (unlinkat(fd, names.items[i], 0) < 0 && errno != ENOENT)
			return error_errno(err, "cannot remove '%s/%s'", JOURNAL_DIRECTORY,
					   names.items[i]);
	}
	if (unlinkat(root_fd, JOURNAL_DIRECTORY, AT_REMOVEDIR) < 0)
		return error_errno(err, "cannot remove '%s'", JOURNAL_DIRECTORY);
	/* Left behind by the very first change, when that was undone; it stays where it has content. */
	(void)unlinkat(root_fd, "tfsecrets", AT_REMOVEDIR);
	return 0;
}

/* Our own umask is for secrets; the folders of a repository get the user's. */
static int
make_directories(int root_fd, const char *path, struct error *err)
{
	mode_t ours = umask((mode_t)process_umask());
	int result = file_make_directories(root_fd, path, path, err);

	(void)umask(ours);
	return result;
}

bool
journal_is_left(int root_fd)
{
	return file_exists(root_fd, JOURNAL_DIRECTORY);
}

int
journal_begin(int root_fd, struct journal *ret, struct error *err)
{
	*ret = (struct journal){ .root_fd = root_fd, .fd = -1, .list = BUF_INIT(JOURNAL_LIST_MAX) };
	if (journal_is_left(root_fd) && journal_recover(root_fd, err) < 0)
		return -1;
	if (make_directories(root_fd, JOURNAL_DIRECTORY, err) < 0)
		return -1;
	return file_open_directory(root_fd, JOURNAL_DIRECTORY, JOURNAL_DIRECTORY, &ret->fd, err);
}

static int
write_staged(int fd, struct bytes content, mode_t mode, const char *path, struct error *err)
{
	if (file_write_all(fd, content, path, err) < 0)
		return -1;
	if (fchmod(fd, mode) < 0)
		return error_errno(err, "cannot set the mode of '%s'", path);
	return 0;
}

int
journal_put(struct journal *journal, const char *path, struct bytes content, mode_t mode,
	    struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	char name[32];

	(void)snprintf(name, sizeof(name), "%zu", journal->count);
	fd = openat(journal->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, "cannot write '%s'", path);
	if (write_staged(fd, content, mode, path, err) < 0)
		return -1;
	/* Many files are synced together, at commit. */
	if (journal->count < SYNC_EACH_MAX && fsync(fd) < 0)
		return error_errno(err, "cannot sync '%s'", path);
	buf_printf(&journal->list, "put %zu %s\n", journal->count, path);
	journal->count++;
	return 0;
}

void
journal_remove(struct journal *journal, const char *path)
{
	buf_printf(&journal->list, "remove %s\n", path);
}

void
journal_expect(struct journal *journal, const char *path, struct bytes content)
{
	char hash[SHA256_HEX_BYTES];

	sha256_hex(content, hash);
	list_add(&journal->expected_paths, path);
	list_add(&journal->expected_hashes, hash);
}

void
journal_expect_missing(struct journal *journal, const char *path)
{
	list_add(&journal->expected_paths, path);
	list_add(&journal->expected_hashes, MISSING_HASH);
}

/* The content may hold a secret that somebody wrote in the clear; buf wipes it. */
static int
check_expected(const struct journal *journal, struct error *err)
{
	for (size_t i = 0; i < journal->expected_paths.count; i++) {
		CLEANUP(buf_clear) struct buf content = BUF_INIT(EXPECTED_MAX);
		const char *path = journal->expected_paths.items[i];
		char hash[SHA256_HEX_BYTES] = MISSING_HASH;
		struct error cause;

		if (file_read(journal->root_fd, path, path, EXPECTED_MAX, &content, &cause) == 0)
			sha256_hex(buf_bytes(&content), hash);
		else if (cause.code != ERROR_MISSING)
			return error_set(err, cause.code, "%s", cause.message);
		if (strcmp(hash, journal->expected_hashes.items[i]) != 0)
			return error_set(
				err, ERROR_FAILED,
				"'%s' was changed by somebody else meanwhile; run the command again",
				path);
	}
	return 0;
}

/* Splits "put N PATH" or "remove PATH"; false: not such a line. */
static bool
split(char *line, char **ret_staged, char **ret_path)
{
	char *blank = strchr(line, ' ');

	*ret_staged = NULL;
	if (blank == NULL)
		return false;
	*ret_path = blank + 1;
	if (strncmp(line, "remove ", 7) == 0)
		return is_our_path(*ret_path);
	*ret_staged = blank + 1;
	blank = strchr(*ret_staged, ' ');
	if (strncmp(line, "put ", 4) != 0 || blank == NULL)
		return false;
	*blank = 0;
	*ret_path = blank + 1;
	return **ret_staged != 0 && strspn(*ret_staged, "0123456789") == strlen(*ret_staged) &&
	       is_our_path(*ret_path);
}

static int
refuse_list(struct error *err)
{
	return error_set(err, ERROR_REFUSED, "'%s/%s' is not a list of ours; remove '%s'",
			 JOURNAL_DIRECTORY, COMMIT_FILE, JOURNAL_DIRECTORY);
}

/* A list that came with somebody's repository is refused before any of it is done. */
static int
check_list(const struct buf *list, struct error *err)
{
	CLEANUP(free_text) char *copy = xstrdup(buf_text(list));
	char *rest = copy, *line, *staged, *path;

	if (strlen(copy) != list->len)
		return refuse_list(err);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (rest == NULL && line[0] == 0)
			break;
		if (!split(line, &staged, &path))
			return refuse_list(err);
	}
	return 0;
}

/* The directory that the last line went to: the next one mostly goes there too. */
struct place {
	int root_fd, fd;
	char *directory; /* NULL: none is open */
};

static void
place_close(struct place *place)
{
	close_fd(&place->fd);
	free_text(&place->directory);
}

/* Syncs what the lines before have done to the directory that is left. */
static int
place_leave(struct place *place, bool sync, struct error *err)
{
	if (sync && place->directory != NULL && fsync(place->fd) < 0)
		return error_errno(err, "cannot sync '%s'", place->directory);
	place_close(place);
	return 0;
}

/* Goes to the directory of path, made where it is missing. */
static int
place_enter(struct place *place, const char *path, bool sync, const char **ret_name,
	    struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(free_text)
	char *directory = slash != NULL ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");

	*ret_name = slash != NULL ? slash + 1 : path;
	if (place->directory != NULL && strcmp(place->directory, directory) == 0)
		return 0;
	if (place_leave(place, sync, err) < 0 ||
	    (slash != NULL && make_directories(place->root_fd, directory, err) < 0) ||
	    file_open_directory(place->root_fd, directory, directory, &place->fd, err) < 0)
		return -1;
	place->directory = TAKE(directory);
	return 0;
}

/* Opens the directory of path, unless that is the one already; fd -1: it is not there yet. */
static int
place_look(struct place *place, const char *path, const char **ret_name, struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(free_text)
	char *directory = slash != NULL ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");

	*ret_name = slash != NULL ? slash + 1 : path;
	if (place->directory != NULL && strcmp(place->directory, directory) == 0)
		return 0;
	place_close(place);
	if (file_open_directory(place->root_fd, directory, directory, &place->fd, err) < 0 &&
	    err->code != ERROR_MISSING)
		return -1;
	place->directory = TAKE(directory);
	return 0;
}

/* Once it is committed a change must come to its end. A link where a folder is to be, or a folder where a file
 * is, would keep it from that. */
static int
check_places(const struct journal *journal, struct error *err)
{
	CLEANUP(place_close) struct place place = { .root_fd = journal->root_fd, .fd = -1 };
	CLEANUP(free_text) char *list = xstrdup(buf_text(&journal->list));
	char *rest = list, *line, *staged, *path;

	while ((line = strsep(&rest, "\n")) != NULL && line[0] != 0) {
		struct stat found;
		const char *name;

		if (!split(line, &staged, &path))
			return refuse_list(err);
		if (place_look(&place, path, &name, err) < 0)
			return -1;
		if (place.fd >= 0 && fstatat(place.fd, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(found.st_mode))
			return error_set(err, ERROR_REFUSED, "'%s' is a directory, not a file",
					 path);
	}
	return 0;
}

/* Every step may have been done already by a run that was killed. */
static int
apply_line(struct place *place, int fd, char *line, bool sync, struct error *err)
{
	char *staged, *path;
	const char *name;

	if (!split(line, &staged, &path))
		return refuse_list(err);
	if (place_enter(place, path, sync, &name, err) < 0)
		return -1;
	if (staged == NULL) {
		if (unlinkat(place->fd, name, 0) < 0 && errno != ENOENT)
			return error_errno(err, "cannot remove '%s'", path);
	} else if (renameat(fd, staged, place->fd, name) < 0 && errno != ENOENT) {
		return error_errno(err, "cannot put '%s' in place", path);
	}
	return 0;
}

/* The renames must be on disk before the list goes: a directory at a time, or, for many, all at once. */
static int
apply(int root_fd, int fd, char *list, bool many, struct error *err)
{
	CLEANUP(place_close) struct place place = { .root_fd = root_fd, .fd = -1 };
	char *next;

	for (char *line = list; *line != 0; line = next) {
		size_t len = strcspn(line, "\n");

		next = line + len + (line[len] == '\n');
		line[len] = 0;
		if (apply_line(&place, fd, line, !many, err) < 0)
			return -1;
	}
	if (place_leave(&place, !many, err) < 0)
		return -1;
	if (many && syncfs(fd) < 0)
		return error_errno(err, "cannot sync '%s'", JOURNAL_DIRECTORY);
	return 0;
}

int
journal_recover(int root_fd, struct error *err)
{
	CLEANUP(buf_clear) struct buf list = BUF_INIT(JOURNAL_LIST_MAX);
	CLEANUP(close_fd) int fd = -1;
	struct error cause;

	if (file_open_directory(root_fd, JOURNAL_DIRECTORY, JOURNAL_DIRECTORY, &fd, &cause) < 0) {
		/* Whether it was there could not be told before; now it is not. */
		if (cause.code == ERROR_MISSING)
			return 0;
		*err = cause;
		return -1;
	}
	if (file_read(fd, COMMIT_FILE, JOURNAL_DIRECTORY "/" COMMIT_FILE, JOURNAL_LIST_MAX, &list,
		      &cause) < 0) {
		if (cause.code != ERROR_MISSING)
			return error_set(err, cause.code, "%s", cause.message);
	} else if (check_list(&list, err) < 0 ||
		   (list.len > 0 && apply(root_fd, fd, (char *)list.data, true, err) < 0)) {
		return -1;
	}
	return discard(root_fd, err);
}

int
journal_commit(struct journal *journal, struct error *err)
{
	CLEANUP(free_text) char *list = NULL;

	if (buf_check(&journal->list, "the list of changes", err) < 0 ||
	    check_expected(journal, err) < 0 || check_places(journal, err) < 0)
		return -1;
	if (journal->list.len == 0)
		return 0;
	if (journal->count > SYNC_EACH_MAX && syncfs(journal->fd) < 0)
		return error_errno(err, "cannot sync '%s'", JOURNAL_DIRECTORY);
	if (file_replace(journal->fd, COMMIT_FILE, JOURNAL_DIRECTORY "/" COMMIT_FILE,
			 buf_bytes(&journal->list), 0600, err) < 0)
		return -1;
	journal->committed = true;
	list = buf_take_text(&journal->list);
	if (apply(journal->root_fd, journal->fd, list, journal->count > SYNC_EACH_MAX, err) < 0)
		return -1;
	journal->applied = true;
	return 0;
}

void
journal_end(struct journal *journal)
{
	struct error ignored;

	/* A commit that could not be applied to the end stays for the next run. */
	if (journal->fd >= 0 && (!journal->committed || journal->applied))
		(void)discard(journal->root_fd, &ignored);
	close_fd(&journal->fd);
	buf_clear(&journal->list);
	list_clear(&journal->expected_paths);
	list_clear(&journal->expected_hashes);
}
