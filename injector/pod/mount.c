/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/pod/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

enum { DIRECTORY = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

void
mount_close(struct mount *mount)
{
	close_fd(&mount->fd);
	close_fd(&mount->top_fd);
}

/* The kubelet's link leads to a directory beside it. Another could have been planted by whoever may write to the
 * volume, to pass off another container's files. *ret_fd -1: it leads nowhere. */
static int
follow(const struct mount *mount, int *ret_fd, struct error *err)
{
	char link[NAME_MAX + 1] = MOUNT_DATA;
	ssize_t len = readlinkat(mount->top_fd, MOUNT_DATA, link, sizeof(link));

	if (len == (ssize_t)sizeof(link) || (len > 0 && memchr(link, '/', (size_t)len) != NULL) ||
	    (len == 2 && memcmp(link, "..", 2) == 0))
		return error_set(err, ERROR_REFUSED,
				 "'%s/" MOUNT_DATA
				 "' leads out of the volume, which no kubelet does",
				 mount->path);
	if (len > 0)
		link[len] = 0;
	*ret_fd = openat(mount->top_fd, link, DIRECTORY | O_NOFOLLOW);
	if (*ret_fd < 0 && errno != ENOENT)
		return error_errno(err, "cannot open '%s/" MOUNT_DATA "'", mount->path);
	return 0;
}

/* The link may be exchanged, and what it led to be removed, before that is open. */
static int
open_data(struct mount *mount, struct error *err)
{
	struct stat status;

	for (int i = 0; i < MOUNT_TRIES && mount->fd < 0; i++) {
		if (follow(mount, &mount->fd, err) < 0)
			return -1;
	}
	if (mount->fd >= 0)
		return 0;
	if (fstatat(mount->top_fd, MOUNT_DATA, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return error_set(err, ERROR_FAILED,
				 "'%s' is half mounted: its '" MOUNT_DATA "' leads nowhere",
				 mount->path);
	mount->fd = openat(mount->top_fd, ".", DIRECTORY);
	if (mount->fd < 0)
		return error_errno(err, "cannot open '%s'", mount->path);
	return 0;
}

int
mount_open(const char *path, struct mount *ret, struct error *err)
{
	CLEANUP(mount_close) struct mount mount = MOUNT_INIT;

	mount.path = path;
	if (file_open_directory(AT_FDCWD, path, path, &mount.top_fd, err) < 0 ||
	    open_data(&mount, err) < 0)
		return -1;
	*ret = mount;
	mount = (struct mount)MOUNT_INIT;
	return 0;
}

bool
mount_has_moved(const struct mount *mount)
{
	struct stat opened, now;

	return fstat(mount->fd, &opened) < 0 ||
	       (fstatat(mount->top_fd, MOUNT_DATA, &now, 0) < 0 &&
		fstatat(mount->top_fd, ".", &now, 0) < 0) ||
	       opened.st_dev != now.st_dev || opened.st_ino != now.st_ino;
}

int
mount_names(const struct mount *mount, struct list *ret, struct error *err)
{
	return file_list(mount->fd, ".", mount->path, ret, err);
}

int
mount_read(const struct mount *mount, const char *name, size_t max, struct buf *ret,
	   struct error *err)
{
	CLEANUP(free_text) char *shown = xasprintf("%s/%s", mount->path, name);

	return file_read(mount->fd, name, shown, max, ret, err);
}

int
mount_read_secret(const struct mount *mount, const char *name, size_t max, struct secret *ret,
		  struct error *err)
{
	CLEANUP(free_text) char *shown = xasprintf("%s/%s", mount->path, name);
	CLEANUP(close_fd) int fd = -1;

	if (file_open(mount->fd, name, shown, &fd, NULL, err) < 0)
		return -1;
	return secret_read(fd, shown, max, ret, err);
}

int
mount_open_file(const char *path, int *ret_fd, struct error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return error_errno(err, "cannot open '%s'", path);
	if (!S_ISREG(status.st_mode))
		return error_set(err, ERROR_FAILED, "'%s' is not a file", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}
