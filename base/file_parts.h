/* SPDX-License-Identifier: Apache-2.0 */
/* file_parts: what reading and writing files share. */
#ifndef BASE_FILE_PARTS_H
#define BASE_FILE_PARTS_H

#include "base/file.h"

/* The directory that a path begins in; the caller closes *ret_fd. With AT_FDCWD the directories of a path are the
 * user's own and may be links. */
int file_open_start(int dirfd, const char *path, const char *shown, int *ret_fd, struct error *err)
	__attribute__((warn_unused_result));
/* From the directory *fd into the one of this name, which may be no link; *fd is closed and replaced. */
int file_step(int *fd, const char *name, const char *shown, struct error *err)
	__attribute__((warn_unused_result));
/* Opens the directory that the last component, *ret_name, is in; the caller closes *ret_fd. */
int file_open_parent(int dirfd, const char *path, const char *shown, int *ret_fd,
		     const char **ret_name, struct error *err) __attribute__((warn_unused_result));

#endif
