/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

enum { FIRST_READ = 4096, TEMPORARY_TRIES = 100 };

/* With AT_FDCWD the directories of a path are the user's own and may be links. */
static int
open_start(int dirfd, const char *path, const char *shown, int *ret_fd, struct error *err)
{
	const char *start = dirfd == AT_FDCWD && path[0] == '/' ? "/" : ".";

	*ret_fd = openat(dirfd, start, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return error_errno(err, "cannot open '%s'", shown);
	return 0;
}

static int
step(int *fd, const char *name, const char *shown, struct error *err)
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
		if (open_start(dirfd, path, shown, &fd, err) < 0)
			return -1;
		while ((name = strsep(&rest, "/")) != NULL) {
			if (name[0] != 0 && strcmp(name, ".") != 0 &&
			    step(&fd, name, shown, err) < 0)
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

/* Splits off the last component; the caller closes *ret_fd. */
static int
open_parent(int dirfd, const char *path, const char *shown, int *ret_fd, const char **ret_name,
	    struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(free_text) char *parent = NULL;

	*ret_name = slash != NULL ? slash + 1 : path;
	if (slash == NULL)
		return open_start(dirfd, "", shown, ret_fd, err);
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
	if (open_parent(dirfd, path, shown, &parent, &name, err) < 0)
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
file_write_all(int fd, struct bytes content, const char *shown, struct error *err)
{
	while (content.len > 0) {
		ssize_t written = write(fd, content.data, content.len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_errno(err, "cannot write '%s'", shown);
		content.data += written;
		content.len -= (size_t)written;
	}
	return 0;
}

bool
file_send_all(int socket, struct bytes message)
{
	while (message.len > 0) {
		ssize_t sent = send(socket, message.data, message.len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		message.data += sent;
		message.len -= (size_t)sent;
	}
	return true;
}

/* A run that was killed leaves its temporary file, but not the lock on it. */
static void
remove_abandoned(int parent, const char *name)
{
	CLEANUP(free_text) char *prefix = xasprintf(".%s.tfsecrets-", name);
	CLEANUP(list_clear) struct list names = LIST_INIT;
	struct error ignored;

	if (file_list(parent, ".", ".", &names, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(close_fd) int fd = -1;

		if (strncmp(names.items[i], prefix, strlen(prefix)) == 0 &&
		    file_open(parent, names.items[i], ".", &fd, NULL, &ignored) == 0 &&
		    flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)unlinkat(parent, names.items[i], 0);
	}
}

/* Locked, and not removed in the moment before that. Where there are no locks, nobody removes it. */
static bool
is_ours(int fd)
{
	struct stat status;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno != EWOULDBLOCK;
	return fstat(fd, &status) < 0 || status.st_nlink > 0;
}

static int
make_temporary(int parent, const char *name, const char *shown, char **ret_temporary, int *ret_fd,
	       struct error *err)
{
	remove_abandoned(parent, name);
	for (int i = 0; i < TEMPORARY_TRIES; i++) {
		CLEANUP(free_text) char *temporary =
			xasprintf(".%s.tfsecrets-%d-%d", name, (int)getpid(), i);
		int fd = openat(parent, temporary,
				O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0 && errno != EEXIST)
			break;
		if (fd >= 0 && is_ours(fd)) {
			*ret_temporary = TAKE(temporary);
			*ret_fd = fd;
			return 0;
		}
		close_fd(&fd);
		errno = EEXIST;
	}
	return error_errno(err, "cannot write '%s'", shown);
}

static int
fill_temporary(int fd, const char *shown, struct bytes content, mode_t mode, struct error *err)
{
	if (file_write_all(fd, content, shown, err) < 0)
		return -1;
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return error_errno(err, "cannot write '%s'", shown);
	return 0;
}

static int
sync_parent(int parent, const char *shown, struct error *err)
{
	if (fsync(parent) < 0)
		return error_errno(err, "cannot sync the directory of '%s'", shown);
	return 0;
}

/* link(2) for a new file: unlike rename it never replaces one. */
static int
put_in_place(int parent, const char *temporary, const char *name, bool replace, const char *shown,
	     struct error *err)
{
	int result = replace ? renameat(parent, temporary, parent, name) :
			       linkat(parent, temporary, parent, name, 0);

	if (result < 0)
		return error_errno(err, "cannot write '%s'", shown);
	if (!replace)
		(void)unlinkat(parent, temporary, 0);
	return sync_parent(parent, shown, err);
}

static int
write_named(int parent, const char *name, const char *shown, struct bytes content, mode_t mode,
	    bool replace, struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	CLEANUP(free_text) char *temporary = NULL;

	if (make_temporary(parent, name, shown, &temporary, &fd, err) < 0)
		return -1;
	if (fill_temporary(fd, shown, content, mode, err) == 0 &&
	    put_in_place(parent, temporary, name, replace, shown, err) == 0)
		return 0;
	(void)unlinkat(parent, temporary, 0);
	return -1;
}

int
file_replace(int dirfd, const char *path, const char *shown, struct bytes content, mode_t mode,
	     struct error *err)
{
	CLEANUP(close_fd) int parent = -1;
	const char *name;

	if (open_parent(dirfd, path, shown, &parent, &name, err) < 0)
		return -1;
	return write_named(parent, name, shown, content, mode, true, err);
}

/* Gives a file without a name its first one, which must be free. */
static int
name_file(int fd, int parent, const char *name)
{
	char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, parent, name, AT_SYMLINK_FOLLOW);
}

/* Without a name until it is whole: a run that is killed leaves no part of a private key behind. Some
 * file systems have no such files, and a chroot may lack /proc. */
int
file_create(int dirfd, const char *path, const char *shown, struct bytes content, mode_t mode,
	    struct error *err)
{
	CLEANUP(close_fd) int parent = -1;
	CLEANUP(close_fd) int fd = -1;
	const char *name;

	if (open_parent(dirfd, path, shown, &parent, &name, err) < 0)
		return -1;
	fd = openat(parent, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd >= 0 && fill_temporary(fd, shown, content, mode, err) < 0)
		return -1;
	if (fd >= 0 && name_file(fd, parent, name) == 0)
		return sync_parent(parent, shown, err);
	if (fd >= 0 && errno != ENOENT)
		return error_errno(err, "cannot write '%s'", shown);
	return write_named(parent, name, shown, content, mode, false, err);
}

int
file_make_directories(int dirfd, const char *path, const char *shown, struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	CLEANUP(free_text) char *copy = xstrdup(path);
	char *rest = copy, *name;

	if (open_start(dirfd, path, shown, &fd, err) < 0)
		return -1;
	while ((name = strsep(&rest, "/")) != NULL) {
		if (name[0] == 0 || strcmp(name, ".") == 0)
			continue;
		if (mkdirat(fd, name, 0777) == 0) {
			if (fsync(fd) < 0)
				return error_errno(err, "cannot sync the directory of '%s'", shown);
		} else if (errno != EEXIST) {
			return error_errno(err, "cannot make the directory '%s'", shown);
		}
		if (dirfd == AT_FDCWD) {
			int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			if (next < 0)
				return error_errno(err, "cannot open '%s'", shown);
			close_fd(&fd);
			fd = next;
		} else if (step(&fd, name, shown, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int
file_remove(int dirfd, const char *path, const char *shown, struct error *err)
{
	CLEANUP(close_fd) int parent = -1;
	struct error problem = ERROR_INIT;
	const char *name;

	if (open_parent(dirfd, path, shown, &parent, &name, &problem) < 0) {
		if (problem.code == ERROR_MISSING)
			return 0;
		*err = problem;
		return -1;
	}
	if (unlinkat(parent, name, 0) < 0)
		return errno == ENOENT ? 0 : error_errno(err, "cannot remove '%s'", shown);
	if (fsync(parent) < 0)
		return error_errno(err, "cannot sync the directory of '%s'", shown);
	return 0;
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
	if (open_parent(dirfd, path, path, &parent, &name, &cause) < 0)
		return cause.code != ERROR_MISSING;
	return is_there(parent, name);
}
