/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reseal: sealed values carried over to another epoch or another sealer: each is opened and sealed anew, as the
 * next generation, with everything that belongs to the value itself (value-id, changed, changed-at) untouched.
 * crypto/FORMAT.md section 6.
 */
#ifndef REPOSITORY_RESEAL_H
#define REPOSITORY_RESEAL_H

#include "injector/repository/environment_key.h"
#include "injector/repository/journal.h"
#include "injector/repository/project.h"
#include "injector/repository/state.h"

struct reseal {
	struct project *project;		 /* its roster in force is the one to open by */
	const struct roster_environment *before; /* as that roster has it */
	const struct roster_environment *after;	 /* whose epoch and key are sealed to */
	const struct environment_key *key;	 /* of `before` */
	const struct identity *signer;		 /* a sealer of `after` */
	const struct list *sealed_by; /* only files by these fingerprints; NULL: every one */
	state_progress progress;      /* or NULL */
};

/* Stages the new files. A value that is pending or invalid is refused by name, ERROR_REFUSED: accepting it is
 * somebody's decision. *ret_count: how many were resealed. */
int reseal_stage(const struct reseal *reseal, struct journal *journal, size_t *ret_count,
		 struct error *err) __attribute__((warn_unused_result));

#endif
