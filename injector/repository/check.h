/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: everything that can be verified without any private key, crypto/FORMAT.md section 5. It looks at
 * all there is and collects what it finds.
 */
#ifndef REPOSITORY_CHECK_H
#define REPOSITORY_CHECK_H

#include "injector/repository/findings.h"
#include "injector/repository/project.h"
#include "injector/repository/state.h"

/* Checks every environment (or the one named), from project->files, which may be the index. The schema and
 * the roster are loaded. -1: something could not be looked at. */
int check_project(struct project *project, const char *environment, state_progress progress,
		  struct findings *findings, struct error *err) __attribute__((warn_unused_result));

/* Compares with a revision: nothing went back, nothing that was sealed is gone or plain. ERROR_USAGE: git
 * knows no such revision. */
int check_against(struct project *project, const char *revision, struct findings *findings,
		  struct error *err) __attribute__((warn_unused_result));

#endif
