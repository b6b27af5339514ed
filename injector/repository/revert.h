/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revert: an earlier value of a setting, from git's history, made the newest. A sealed one is verified by the
 * roster of its commit, opened, and sealed behind the newest file that there ever was; the old file itself
 * never comes back.
 */
#ifndef REPOSITORY_REVERT_H
#define REPOSITORY_REVERT_H

#include "injector/repository/change.h"

struct reverted {
	enum outcome outcome;
	char *revision; /* that the value is of; NULL: of the file that stands there; the caller frees */
	bool is_known; /* to somebody who has left since, and nothing else will say so */
};

/*
 * revision NULL: the value before the present one, the last that differs from it. Where the file that stands
 * there is an older one, put back by git, it is that file's value. Otherwise the revision's.
 * ERROR_REFUSED: there is none, it does not hold, or does not open; ERROR_FAILED: no git; ERROR_USAGE: git
 * knows no such revision.
 */
int revert_setting(struct change *change, const struct setting *setting, const char *revision,
		   struct reverted *ret, struct error *err) __attribute__((warn_unused_result));

#endif
