/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file_parts.h"
#include "base/memory.h"

enum { TEMPORARY_TRIES = 100 };

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

	if (file_open_parent(dirfd, path, shown, &parent, &name, err) < 0)
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

	if (file_open_parent(dirfd, path, shown, &parent, &name, err) < 0)
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

	if (file_open_start(dirfd, path, shown, &fd, err) < 0)
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
		} else if (file_step(&fd, name, shown, err) < 0) {
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

	if (file_open_parent(dirfd, path, shown, &parent, &name, &problem) < 0) {
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
