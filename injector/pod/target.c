/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/pod/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "crypto/random.h"
#include "injector/pod/mount.h"

#define SET_PREFIX "..tfsecrets-"
#define NEXT_DATA "..data_tfsecrets"

enum { LOCK_TRIES = 600, LOCK_PAUSE_NS = 50 * 1000 * 1000, LINK_BYTES = 320 };

int
target_advise(struct error *err)
{
	static const struct {
		int number;
		const char *advice;
	} table[] = {
		{ ENOSPC, "give its emptyDir a larger sizeLimit" },
		{ EDQUOT, "give its emptyDir a larger sizeLimit" },
		{ EROFS, "mount the volume without readOnly" },
		{ EACCES, "the container's user must be able to write there: see fsGroup" },
		{ EPERM, "the container's user must be able to write there: see fsGroup" },
		{ EEXIST, "give the values a volume of their own" },
		{ EISDIR, "give the values a volume of their own" },
		{ ENOTDIR, "give the values a volume of their own" },
		{ ENOENT, "--to is where a memory emptyDir is mounted" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		if (table[i].number == errno)
			return error_advice(err, "%s", table[i].advice);
	}
	return -1;
}

/* "cannot write 'VOLUME/NAME': …", with what to do. */
static int
cannot_write(const struct target *target, const char *name, struct error *err)
{
	(void)error_errno(err, "cannot write '%s/%s'", target->path, name);
	return target_advise(err);
}

static int
check_memory(int fd, const char *path, struct error *err)
{
	struct statfs status;

	if (fstatfs(fd, &status) < 0)
		return error_errno(err, "cannot tell what '%s' is", path);
	if (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "'%s' is not in memory: give its emptyDir 'medium: Memory', or write to "
			 "a disk with --allow-disk",
			 path);
}

static int
lock(int fd, const char *path, struct error *err)
{
	const struct timespec pause = { .tv_sec = 0, .tv_nsec = LOCK_PAUSE_NS };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(err, "cannot lock '%s'", path);
		(void)nanosleep(&pause, NULL);
	}
	return error_set(err, ERROR_FAILED,
			 "another tfsecrets-inject is writing to '%s' and did not end within 30 "
			 "seconds; run again when it has",
			 path);
}

/* Where a link in the volume leads to; "" when it is none. */
static void
read_link(int fd, const char *name, char out[static LINK_BYTES])
{
	ssize_t len = readlinkat(fd, name, out, LINK_BYTES - 1);

	out[len > 0 ? len : 0] = 0;
}

static bool
is_ours(int fd, const char *name)
{
	CLEANUP(free_text) char *expected = xasprintf(MOUNT_DATA "/%s", name);
	char link[LINK_BYTES];

	read_link(fd, name, link);
	return strcmp(link, expected) == 0;
}

static void
remove_set(int fd, const char *name)
{
	CLEANUP(list_clear) struct list files = LIST_INIT;
	CLEANUP(close_fd) int set = -1;
	struct error ignored;

	if (file_open_directory(fd, name, name, &set, &ignored) < 0 ||
	    file_list(set, ".", name, &files, &ignored) < 0)
		return;
	for (size_t i = 0; i < files.count; i++)
		(void)unlinkat(set, files.items[i], 0);
	(void)unlinkat(fd, name, AT_REMOVEDIR);
}

/* What is not part of the set that `..data` names: sets of earlier runs, and links to files that are no more. What
 * cannot be removed does no harm, and the next run tries again. */
static void
remove_leftovers(const struct target *target)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(close_fd) int data = openat(target->fd, MOUNT_DATA, O_PATH | O_CLOEXEC);
	char current[LINK_BYTES];
	struct error ignored;

	read_link(target->fd, MOUNT_DATA, current);
	if (file_list(target->fd, ".", target->path, &names, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];

		if (strncmp(name, SET_PREFIX, strlen(SET_PREFIX)) == 0) {
			if (strcmp(name, current) != 0)
				remove_set(target->fd, name);
		} else if (strcmp(name, NEXT_DATA) == 0 ||
			   (is_ours(target->fd, name) &&
			    (data < 0 || faccessat(data, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0))) {
			(void)unlinkat(target->fd, name, 0);
		}
	}
}

static int
begin_set(struct target *target, struct error *err)
{
	uint8_t number[4];
	char digits[2 * sizeof(number) + 1];

	random_bytes(number, sizeof(number));
	text_to_hex(BYTES(number), digits);
	target->name = xasprintf(SET_PREFIX "%s", digits);
	if (mkdirat(target->fd, target->name, 0700) < 0) {
		(void)error_errno(err, "cannot write to '%s'", target->path);
		free_text(&target->name);
		return target_advise(err);
	}
	return file_open_directory(target->fd, target->name, target->path, &target->new_fd, err);
}

int
target_open(const char *path, mode_t mode, bool allow_disk, struct target *ret, struct error *err)
{
	CLEANUP(target_clear) struct target target = TARGET_INIT;

	target.path = path;
	target.mode = mode;
	if (file_open_directory(AT_FDCWD, path, path, &target.fd, err) < 0)
		return error_advice(err, "--to is where a memory emptyDir is mounted");
	if ((!allow_disk && check_memory(target.fd, path, err) < 0) ||
	    lock(target.fd, path, err) < 0)
		return -1;
	remove_leftovers(&target);
	if (begin_set(&target, err) < 0)
		return -1;
	*ret = target;
	target = (struct target)TARGET_INIT;
	return 0;
}

static int
check_free(const struct target *target, const char *name, struct error *err)
{
	if (!file_exists(target->fd, name) || is_ours(target->fd, name))
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "'%s/%s' is there already, and tfsecrets-inject has not made it; give the "
			 "values a volume of their own",
			 target->path, name);
}

int
target_create(struct target *target, const char *name, bool is_seen, int *ret_fd, struct error *err)
{
	int fd;

	if (is_seen && check_free(target, name, err) < 0)
		return -1;
	fd = openat(target->new_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return cannot_write(target, name, err);
	if (is_seen)
		list_add(&target->names, name);
	*ret_fd = fd;
	return 0;
}

int
target_finish(const struct target *target, int fd, const char *name, struct error *err)
{
	if (fchmod(fd, target->mode) < 0)
		return cannot_write(target, name, err);
	return 0;
}

/* Who may read the files may enter. The group that the volume hands down (fsGroup sets that bit) stays. */
static int
open_to_readers(const struct target *target, struct error *err)
{
	mode_t mode = 0700 | (target->mode & 0444) | (target->mode & 0444) >> 2;
	struct stat status;

	if (fstat(target->new_fd, &status) < 0 ||
	    fchmod(target->new_fd, mode | (status.st_mode & S_ISGID)) < 0)
		return error_errno(err, "cannot write to '%s'", target->path);
	return 0;
}

/* They lead nowhere until the set is there, which a reader cannot tell from no file. */
static int
make_links(struct target *target, struct error *err)
{
	for (size_t i = 0; i < target->names.count; i++) {
		const char *name = target->names.items[i];
		CLEANUP(free_text) char *link = xasprintf(MOUNT_DATA "/%s", name);

		if (is_ours(target->fd, name))
			continue;
		if (symlinkat(link, target->fd, name) < 0)
			return cannot_write(target, name, err);
		list_add(&target->linked, name);
	}
	return 0;
}

int
target_commit(struct target *target, struct error *err)
{
	if (open_to_readers(target, err) < 0 || make_links(target, err) < 0)
		return -1;
	if (symlinkat(target->name, target->fd, NEXT_DATA) < 0 ||
	    renameat(target->fd, NEXT_DATA, target->fd, MOUNT_DATA) < 0)
		return cannot_write(target, MOUNT_DATA, err);
	free_text(&target->name);
	remove_leftovers(target);
	return 0;
}

void
target_clear(struct target *target)
{
	if (target->name != NULL) {
		remove_set(target->fd, target->name);
		(void)unlinkat(target->fd, NEXT_DATA, 0);
		for (size_t i = 0; i < target->linked.count; i++)
			(void)unlinkat(target->fd, target->linked.items[i], 0);
	}
	free_text(&target->name);
	close_fd(&target->new_fd);
	list_clear(&target->names);
	list_clear(&target->linked);
	close_fd(&target->fd);
	*target = (struct target)TARGET_INIT;
}
