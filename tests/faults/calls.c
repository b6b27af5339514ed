/* SPDX-License-Identifier: Apache-2.0 */
/* calls: what tfsecrets does to files, by system call: nothing of libc's or of a sanitizer's is in between. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/faults/fault.h"

#define PASS(class, name, path, fd, ...)                                                           \
	(fault(class, name, path, fd) > 0 ? -1 : (int)syscall(__VA_ARGS__))

static unsigned
open_class(int flags)
{
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? FAULT_CHANGE :
									    FAULT_READING;
}

static const char *
open_name(int flags)
{
	return open_class(flags) == FAULT_CHANGE ? "create" : "open";
}

static mode_t
mode_of(int flags, va_list args)
{
	return open_class(flags) == FAULT_CHANGE ? (mode_t)va_arg(args, int) : 0;
}

EXPORTED int
openat(int dirfd, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return PASS(open_class(flags), open_name(flags), path, -1, SYS_openat, dirfd, path, flags,
		    mode);
}

EXPORTED int
open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return PASS(open_class(flags), open_name(flags), path, -1, SYS_openat, AT_FDCWD, path,
		    flags, mode);
}

EXPORTED ssize_t
write(int fd, const void *content, size_t len)
{
	int how = fault(FAULT_CHANGE, "write", NULL, fd);

	return how > 0 ? -1 :
			 syscall(SYS_write, fd, content, how == FAULT_SHORT ? (len + 1) / 2 : len);
}

EXPORTED ssize_t
read(int fd, void *content, size_t len)
{
	int how = fault(FAULT_READING, "read", NULL, fd);

	return how > 0 ? -1 :
			 syscall(SYS_read, fd, content, how == FAULT_SHORT ? (len + 1) / 2 : len);
}

EXPORTED int
fsync(int fd)
{
	return PASS(FAULT_CHANGE, "fsync", NULL, fd, SYS_fsync, fd);
}

EXPORTED int
syncfs(int fd)
{
	return PASS(FAULT_CHANGE, "syncfs", NULL, fd, SYS_syncfs, fd);
}

EXPORTED int
fchmod(int fd, mode_t mode)
{
	return PASS(FAULT_CHANGE, "fchmod", NULL, fd, SYS_fchmod, fd, mode);
}

EXPORTED int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return PASS(FAULT_CHANGE, "renameat", to, -1, SYS_renameat2, from_fd, from, to_fd, to, 0);
}

EXPORTED int
linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return PASS(FAULT_CHANGE, "linkat", to, -1, SYS_linkat, from_fd, from, to_fd, to, flags);
}

EXPORTED int
unlinkat(int dirfd, const char *path, int flags)
{
	return PASS(FAULT_CHANGE, "unlinkat", path, -1, SYS_unlinkat, dirfd, path, flags);
}

EXPORTED int
mkdirat(int dirfd, const char *path, mode_t mode)
{
	return PASS(FAULT_CHANGE, "mkdirat", path, -1, SYS_mkdirat, dirfd, path, mode);
}

EXPORTED int
ftruncate(int fd, off_t len)
{
	return PASS(FAULT_CHANGE, "ftruncate", NULL, fd, SYS_ftruncate, fd, len);
}

EXPORTED int
flock(int fd, int operation)
{
	return PASS(FAULT_READING, "flock", NULL, fd, SYS_flock, fd, operation);
}

EXPORTED int
fstat(int fd, struct stat *status)
{
	return PASS(FAULT_READING, "fstat", NULL, fd, SYS_newfstatat, fd, "", status,
		    AT_EMPTY_PATH);
}

/* The descriptor is gone even when close says that it failed. */
EXPORTED int
close(int fd)
{
	int how = fault(FAULT_READING, "close", NULL, fd), result = (int)syscall(SYS_close, fd);

	if (how > 0)
		errno = how;
	return how > 0 ? -1 : result;
}

/* What the fortified headers make of the calls above. */
int __open_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
ssize_t __read_chk(int fd, void *content, size_t len, size_t room);

EXPORTED int
__open_2(const char *path, int flags)
{
	return open(path, flags);
}

EXPORTED int
__openat_2(int dirfd, const char *path, int flags)
{
	return openat(dirfd, path, flags);
}

EXPORTED ssize_t
__read_chk(int fd, void *content, size_t len, size_t room)
{
	return len > room ? (abort(), -1) : read(fd, content, len);
}
