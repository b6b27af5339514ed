/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target: the volume that the opened values are written to, as a set, the way the kubelet writes its own: the files
 * go into a new directory, and a rename makes `..data` a link to it. Whoever reads sees the old set or the new one,
 * and a run that is killed anywhere changes nothing that is seen; the next one clears it away. One writer at a time
 * (flock). Two calls that follow one another leave the same as one.
 */
#ifndef POD_TARGET_H
#define POD_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/list.h"

struct target {
	const char *path; /* borrowed */
	int fd;		  /* the volume; holds the lock */
	char *name;	  /* of the new directory; NULL: none is begun */
	int new_fd;
	mode_t mode;	    /* of its files */
	struct list names;  /* of the files that are seen */
	struct list linked; /* those whose links this run has made */
};

#define TARGET_INIT                                                                                \
	{                                                                                          \
		.path = NULL, .fd = -1, .name = NULL, .new_fd = -1, .names = LIST_INIT,            \
		.linked = LIST_INIT                                                                \
	}

/* Waits up to half a minute for another writer. A volume that is not in memory is refused, unless allow_disk. The
 * caller clears. */
int target_open(const char *path, mode_t mode, bool allow_disk, struct target *ret,
		struct error *err) __attribute__((warn_unused_result));
/* A new file of the set, open for writing; the caller closes it. is_seen: under its name in the volume as well,
 * where nothing else may stand. */
int target_create(struct target *target, const char *name, bool is_seen, int *ret_fd,
		  struct error *err) __attribute__((warn_unused_result));
/* Gives a file that was written its mode. */
int target_finish(const struct target *target, int fd, const char *name, struct error *err)
	__attribute__((warn_unused_result));
/* Makes the new set the one that is seen. -1: the old one still is. */
int target_commit(struct target *target, struct error *err) __attribute__((warn_unused_result));
/* Adds to an error what to do about errno, which is that of the call on the volume that has just failed. -1. */
int target_advise(struct error *err);
/* Takes away a set that was not committed. */
void target_clear(struct target *target);

#endif
