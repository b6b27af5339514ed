/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount: a directory that the kubelet fills from a ConfigMap or Secret, or that `unseal` fills: its names are links
 * below `..data`, a link to the directory that has the files, which is exchanged as a whole. That directory is opened
 * once, so that all that is read is of one moment; below it nothing may be a link. A directory without `..data` is
 * read as it is.
 */
#ifndef POD_MOUNT_H
#define POD_MOUNT_H

#include "base/list.h"
#include "crypto/secret.h"

#define MOUNT_DATA "..data"

enum { MOUNT_TRIES = 5 }; /* as often as it may be exchanged while it is being read */

struct mount {
	const char *path; /* borrowed */
	int top_fd, fd;
};

#define MOUNT_INIT                                                                                 \
	{                                                                                          \
		.path = NULL, .top_fd = -1, .fd = -1                                               \
	}

int mount_open(const char *path, struct mount *ret, struct error *err)
	__attribute__((warn_unused_result));
void mount_close(struct mount *mount);
/* Whether it was exchanged since it was opened: what is missing then is no finding. */
bool mount_has_moved(const struct mount *mount);

/* The names of its files, sorted, into an empty list. */
int mount_names(const struct mount *mount, struct list *ret, struct error *err)
	__attribute__((warn_unused_result));
/* One file of at most max bytes; ERROR_MISSING: it is not there. */
int mount_read(const struct mount *mount, const char *name, size_t max, struct buf *ret,
	       struct error *err) __attribute__((warn_unused_result));
int mount_read_secret(const struct mount *mount, const char *name, size_t max, struct secret *ret,
		      struct error *err) __attribute__((warn_unused_result));

/* Opens one mounted file for reading by its path, which is a link: the user has named it. The caller closes. */
int mount_open_file(const char *path, int *ret_fd, struct error *err)
	__attribute__((warn_unused_result));

#endif
