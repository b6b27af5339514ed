/* SPDX-License-Identifier: Apache-2.0 */
/* check_parts: what the files of check share. */
#ifndef REPOSITORY_CHECK_PARTS_H
#define REPOSITORY_CHECK_PARTS_H

#include "injector/repository/check.h"

/* A file of a name that is never read and that git ignores is somebody's own business. */
bool check_is_ignored(const struct project *project, const char *path);
/* A finding, unless it is ignored: the file does not belong where it is. */
void check_stray(const struct project *project, const char *path, struct findings *findings);

/* Key file, folder and values of one environment. -1: something could not be looked at. */
int check_environment(struct project *project, const struct roster_environment *roster,
		      state_progress progress, struct findings *findings, struct error *err)
	__attribute__((warn_unused_result));

#endif
