/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file_parts.h"
#include "base/memory.h"

enum { FIRST_READ = 4096 };

int
file_open_start(int dirfd, const char *path, const char *shown, int *ret_fd, struct error *err)
{
	const char *start = dirfd == AT_FDCWD && path[0] == '/' ? "/" : ".";

	*ret_fd = openat(dirfd, start, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return error_errno(err, "cannot open '%s'", shown);
	return 0;
}

int
file_step(int *fd, const char *name, const char *shown, struct error *err)
{
	int next = openat(*fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (next < 0 && (errno == ENOTDIR || errno == ELOOP))
		return error_set(err, ERROR_REFUSED, "'%s' is not a directory", shown);
	if (next < 0)
		return error_errno(err, "cannot open '%s'", shown);
	close_fd(fd);
	*fd = next;
	return 0;
}

int
file_open_directory(int dirfd, const char *path, const char *shown, int *ret_fd, struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	CLEANUP(free_text) char *copy = xstrdup(path);
	char *rest = copy, *name;

	if (dirfd == AT_FDCWD && path[0] != 0) {
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOTDIR)
			return error_set(err, ERROR_REFUSED, "'%s' is not a directory", shown);
		if (fd < 0)
			return error_errno(err, "cannot open '%s'", shown);
	} else {
		if (file_open_start(dirfd, path, shown, &fd, err) < 0)
			return -1;
		while ((name = strsep(&rest, "/")) != NULL) {
			if (name[0] != 0 && strcmp(name, ".") != 0 &&
			    file_step(&fd, name, shown, err) < 0)
				return -1;
		}
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static const char *
kind_of(mode_t mode)
{
	return S_ISLNK(mode)  ? "a link" :
	       S_ISDIR(mode)  ? "a directory" :
	       S_ISFIFO(mode) ? "a pipe" :
	       S_ISSOCK(mode) ? "a socket" :
				"a device";
}

int
file_open_parent(int dirfd, const char *path, const char *shown, int *ret_fd, const char **ret_name,
		 struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(free_text) char *parent = NULL;

	*ret_name = slash != NULL ? slash + 1 : path;
	if (slash == NULL)
		return file_open_start(dirfd, "", shown, ret_fd, err);
	parent = slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
	return file_open_directory(dirfd, parent, shown, ret_fd, err);
}

static int
refuse_kind(int parent, const char *name, const char *shown, struct error *err)
{
	struct stat status;

	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, "cannot open '%s'", shown);
	return error_set(err, ERROR_REFUSED, "'%s' is %s, not a file", shown,
			 kind_of(status.st_mode));
}

static int
open_regular(int parent, const char *name, const char *shown, int *ret_fd, struct stat *status,
	     struct error *err)
{
	CLEANUP(close_fd) int fd =
		openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && (errno == ELOOP || errno == ENXIO))
		return refuse_kind(parent, name, shown, err);
	if (fd < 0 || fstat(fd, status) < 0)
		return error_errno(err, "cannot open '%s'", shown);
	if (!S_ISREG(status->st_mode))
		return error_set(err, ERROR_REFUSED, "'%s' is %s, not a file", shown,
				 kind_of(status->st_mode));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int
file_open(int dirfd, const char *path, const char *shown, int *ret_fd, struct stat *ret_stat,
	  struct error *err)
{
	CLEANUP(close_fd) int parent = -1;
	const char *name = path;
	struct stat ignored;
	struct stat *status = ret_stat != NULL ? ret_stat : &ignored;

	/* One name below an open directory needs no walk: `check` does this ten thousand times. */
	if (dirfd != AT_FDCWD && strchr(path, '/') == NULL)
		return open_regular(dirfd, name, shown, ret_fd, status, err);
	if (file_open_parent(dirfd, path, shown, &parent, &name, err) < 0)
		return -1;
	return open_regular(parent, name, shown, ret_fd, status, err);
}

static int
read_some(int fd, const char *shown, size_t want, size_t max, struct buf *ret, struct error *err)
{
	size_t room = max - ret->len < want ? max - ret->len : want;
	uint8_t extra, *at = room > 0 ? buf_extend(ret, room) : &extra;
	ssize_t got;

	if (at == NULL)
		return buf_check(ret, shown, err);
	do
		got = read(fd, at, room > 0 ? room : 1);
	while (got < 0 && errno == EINTR);
	if (room > 0) {
		ret->len -= room - (got > 0 ? (size_t)got : 0);
		ret->data[ret->len] = 0;
	}
	if (got < 0)
		return error_errno(err, "cannot read '%s'", shown);
	if (got > 0 && room == 0)
		return error_set(err, ERROR_REFUSED, "'%s' is larger than %zu bytes", shown, max);
	return got > 0 ? 1 : 0;
}

/* Until there is no more, or as much as the file had when it was opened: that saves the read that finds its end. */
static int
read_until(int fd, const char *shown, off_t size, size_t max, struct buf *ret, struct error *err)
{
	size_t want = size > 0 ? (size_t)size : FIRST_READ;
	int more;

	ret->max = max;
	buf_reset(ret);
	while ((more = read_some(fd, shown, want, max, ret, err)) > 0) {
		if ((off_t)ret->len == size)
			return 0;
		want = want < 256 * FIRST_READ ? 2 * want : want;
	}
	return more;
}

int
file_read_all(int fd, const char *shown, size_t max, struct buf *ret, struct error *err)
{
	return read_until(fd, shown, -1, max, ret, err);
}

int
file_read(int dirfd, const char *path, const char *shown, size_t max, struct buf *ret,
	  struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	struct stat status;

	if (file_open(dirfd, path, shown, &fd, &status, err) < 0)
		return -1;
	return read_until(fd, shown, status.st_size, max, ret, err);
}

int
file_list(int dirfd, const char *path, const char *shown, struct list *ret, struct error *err)
{
	struct dirent *entry;
	DIR *directory;
	int fd, saved;

	if (file_open_directory(dirfd, path, shown, &fd, err) < 0)
		return -1;
	directory = fdopendir(fd);
	if (directory == NULL) {
		(void)error_errno(err, "cannot list '%s'", shown);
		(void)close(fd);
		return -1;
	}
	errno = 0;
	while ((entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			list_add(ret, entry->d_name);
	}
	saved = errno;
	(void)closedir(directory);
	list_sort(ret);
	errno = saved;
	return saved != 0 ? error_errno(err, "cannot list '%s'", shown) : 0;
}

/* Only ENOENT says that nothing is there. */
static bool
is_there(int parent, const char *name)
{
	struct stat status;

	return fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

bool
file_exists(int dirfd, const char *path)
{
	CLEANUP(close_fd) int parent = -1;
	const char *name = path;
	struct error cause;

	/* With no directory in between there is no link to follow. */
	if (dirfd == AT_FDCWD || strchr(path, '/') == NULL)
		return is_there(dirfd, path);
	if (file_open_parent(dirfd, path, path, &parent, &name, &cause) < 0)
		return cause.code != ERROR_MISSING;
	return is_there(parent, name);
}
