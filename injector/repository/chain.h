/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain: every roster from serial 1, verified: grammar, rules, signatures. The highest complete one is
 * in force; one more that still lacks signatures is proposed.
 */
#ifndef REPOSITORY_CHAIN_H
#define REPOSITORY_CHAIN_H

#include "injector/repository/roster.h"

struct pin;
struct tree;

#define ROSTER_DIRECTORY "tfsecrets/roster"

struct chain {
	struct roster **rosters; /* complete ones; in a repository, rosters[i] has serial i + 1 */
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

/* Adds the roster that follows (serial 1 on an empty chain), verified against those before it. Only the last
 * one may be a proposal. ERROR_REFUSED. */
int chain_add(struct chain *chain, struct bytes text, const char *file, bool is_last,
	      struct error *err) __attribute__((warn_unused_result));
/* Begins an empty chain with the roster that a pin names, which stands in for the signatures and for all that
 * came before. The chain then has no rosters of earlier serials. ERROR_REFUSED. */
int chain_begin(struct chain *chain, struct bytes text, const char *file, const struct pin *pin,
		struct error *err) __attribute__((warn_unused_result));

/* The roster in force. */
const struct roster *chain_current(const struct chain *chain);
/* Every rule for the roster that is to follow the chain, but for its signatures; `file` is for messages.
 * ERROR_REFUSED "FILE: rule". */
int chain_check_next(const struct chain *chain, const struct roster *next, const char *file,
		     struct error *err) __attribute__((warn_unused_result));
/* The environment as the last roster of that epoch has it; NULL: no such epoch. */
const struct roster_environment *chain_epoch(const struct chain *chain, const char *environment,
					     uint32_t epoch);
/* The file name of a serial: at least four digits. */
void chain_file_name(uint32_t serial, char out[static 16]);

#endif
