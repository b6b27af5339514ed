/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain: every roster from serial 1, verified: grammar, rules, signatures. The highest complete one is
 * in force; one more that still lacks signatures is proposed.
 */
#ifndef REPOSITORY_CHAIN_H
#define REPOSITORY_CHAIN_H

#include "injector/repository/roster.h"
#include "injector/repository/tree.h"

#define ROSTER_DIRECTORY "tfsecrets/roster"

struct chain {
	struct roster **rosters; /* complete ones; rosters[i] has serial i + 1 */
	size_t count;		 /* at least 1 */
	struct roster *proposed; /* or NULL */
	char *proposed_problem;	 /* the rule that the proposed one breaks, or NULL */
};

#define CHAIN_INIT                                                                                 \
	{                                                                                          \
		.rosters = NULL, .count = 0, .proposed = NULL, .proposed_problem = NULL            \
	}

/* Reads and verifies tfsecrets/roster. ERROR_REFUSED with file and rule; ERROR_MISSING: there is none. */
int chain_read(struct tree *tree, struct chain *ret, struct error *err)
	__attribute__((warn_unused_result));
void chain_clear(struct chain *chain);

/* The roster in force. */
const struct roster *chain_current(const struct chain *chain);
/* The environment as the last roster of that epoch has it; NULL: no such epoch. */
const struct roster_environment *chain_epoch(const struct chain *chain, const char *environment,
					     uint32_t epoch);
/* The file name of a serial: at least four digits. */
void chain_file_name(uint32_t serial, char out[static 16]);

#endif
