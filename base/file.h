/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: whole files in, whole files out. Paths are relative to an open directory (or AT_FDCWD) and
 * never follow a link in any component below it. Every message names the path as `shown`, the text
 * that a person would type. Every descriptor is O_CLOEXEC.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/list.h"

/* Opens a directory beneath dirfd, component by component with O_NOFOLLOW. path "" or ".": a copy of
 * dirfd. The caller closes *ret_fd. A link or a file in the way: "is not a directory". */
int file_open_directory(int dirfd, const char *path, const char *shown, int *ret_fd,
			struct error *err) __attribute__((warn_unused_result));

/* Opens a regular file for reading; a link, pipe, socket, directory or device is refused by name
 * ("is a link", "is a pipe", ...) and never blocks. *ret_stat may be NULL. The caller closes *ret_fd. */
int file_open(int dirfd, const char *path, const char *shown, int *ret_fd, struct stat *ret_stat,
	      struct error *err) __attribute__((warn_unused_result));

/* Reads a whole regular file of at most max bytes into *ret (set up by the caller with BUF_INIT and
 * cleared by the caller; it is emptied first). A longer one: "'shown' is larger than N bytes". */
int file_read(int dirfd, const char *path, const char *shown, size_t max, struct buf *ret,
	      struct error *err) __attribute__((warn_unused_result));

/* Reads all of fd, at most max bytes. EINTR is retried. */
int file_read_all(int fd, const char *shown, size_t max, struct buf *ret, struct error *err)
	__attribute__((warn_unused_result));

/* send(2) until all is out; false, with errno: an end that has gone is an error here, not SIGPIPE. */
bool file_send_all(int socket, struct bytes message) __attribute__((warn_unused_result));

/* write(2) until all is out. EINTR is retried. */
int file_write_all(int fd, struct bytes content, const char *shown, struct error *err)
	__attribute__((warn_unused_result));

/* Replaces or makes a file: temporary file `.NAME.tfsecrets-XXXXXX` in the same directory, mode,
 * write, fsync, rename, fsync of the directory. On failure the temporary file is gone and the old
 * file is as it was; what a killed run has left is removed. The directory must be there. */
int file_replace(int dirfd, const char *path, const char *shown, struct bytes content, mode_t mode,
		 struct error *err) __attribute__((warn_unused_result));

/* As file_replace, but the file must not be there (link(2) puts it in place whole), and where the file system
 * can do it the content has no name before, so that nothing of it stays when the run is killed. */
int file_create(int dirfd, const char *path, const char *shown, struct bytes content, mode_t mode,
		struct error *err) __attribute__((warn_unused_result));

/* Makes each missing directory of path, 0777 less the umask; fsyncs the parents of what it made. */
int file_make_directories(int dirfd, const char *path, const char *shown, struct error *err)
	__attribute__((warn_unused_result));

/* Removes a file and fsyncs its directory; one that is not there is fine. */
int file_remove(int dirfd, const char *path, const char *shown, struct error *err)
	__attribute__((warn_unused_result));

/* The names in a directory but . and .., sorted by bytes, into an empty list. */
int file_list(int dirfd, const char *path, const char *shown, struct list *ret, struct error *err)
	__attribute__((warn_unused_result));

/*
 * Whether anything (a dangling link, too) stands at path. Where that cannot be told (no descriptor left, no
 * permission, a link on the way) it is true: who opens it then is told why, and takes nothing for missing.
 */
bool file_exists(int dirfd, const char *path);

#endif
