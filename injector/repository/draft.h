/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draft: the roster that is to follow the one in force, with all that it needs: environment keys wrapped anew or
 * made new, values resealed, signatures. All of it takes effect at once or not at all.
 *
 *	draft_begin(&project, &identities, &draft, err);
 *	… roster_edit.h's functions on draft.next, draft_rotate …
 *	draft_finish(&draft, err);	epochs and the rules
 *	draft_describe(&draft, &lines);	what will be done
 *	draft_commit(&draft, progress, &result, err);
 *	draft_end(&draft);		on every path
 *
 * With fewer signatures than the roster before asks for it becomes a proposed roster, with key.age.proposed
 * beside each key file that it changes; draft_resume takes that up again, to sign it. crypto/FORMAT.md section 2.
 */
#ifndef REPOSITORY_DRAFT_H
#define REPOSITORY_DRAFT_H

#include "injector/repository/environment_key.h"
#include "injector/repository/identity.h"
#include "injector/repository/project.h"
#include "injector/repository/roster_edit.h"
#include "injector/repository/state.h"

/* What one environment of the next roster needs, by draft_finish. */
struct draft_environment {
	const struct roster_environment *before; /* NULL: it is new */
	bool has_file;				 /* its key file is written anew */
	bool reseals;				 /* values are resealed: all of them, or */
	struct list left;	    /* those by the signing keys (fingerprints) that seal no more */
	struct environment_key key; /* of `before`, when it was opened */
	struct buf file;	    /* key.age */
};

struct draft {
	struct project *project;
	const struct identities *identities;
	struct roster *next;
	struct list rotated; /* environments that get a new key though nobody left */
	bool is_resumed;     /* next is the proposed roster: signed, never changed */
	struct draft_environment *environments; /* as next's; NULL before draft_finish */
};

#define DRAFT_INIT                                                                                 \
	{                                                                                          \
		.project = NULL, .next = NULL, .rotated = LIST_INIT                                \
	}

struct draft_result {
	uint32_t serial;
	bool is_complete; /* else it is proposed */
	uint32_t missing; /* signatures, when it is not */
	size_t resealed;  /* values */
};

/* Starts from the roster in force. One of the identities must be an admin; ERROR_REFUSED names the admins. */
int draft_begin(struct project *project, const struct identities *identities, struct draft *ret,
		struct error *err) __attribute__((warn_unused_result));
/* Takes up the proposed roster. ERROR_REFUSED: there is none, or it breaks a rule. */
int draft_resume(struct project *project, const struct identities *identities, struct draft *ret,
		 struct error *err) __attribute__((warn_unused_result));
void draft_end(struct draft *draft);

/* Gives an environment of the roster a new epoch and key. */
void draft_rotate(struct draft *draft, const char *environment);
/* Begins new epochs where a reader left or a rotation is wanted, makes the key files. ERROR_REFUSED: a rule that
 * the result breaks, nothing was changed, or a key file that this identity cannot write, with who could. */
int draft_finish(struct draft *draft, struct error *err) __attribute__((warn_unused_result));
/* Adds a line for each change; after draft_finish. */
void draft_describe(const struct draft *draft, struct list *ret);

/* Signs with every identity that is an admin of the roster before, and writes. Who completes a roster must be a
 * reader and a sealer of every environment whose values are resealed; ERROR_REFUSED names who could. */
int draft_commit(struct draft *draft, state_progress progress, struct draft_result *ret,
		 struct error *err) __attribute__((warn_unused_result));

/* Takes a proposed roster and its key files away. ERROR_REFUSED: there is none. */
int draft_withdraw(struct project *project, uint32_t *ret_serial, struct error *err)
	__attribute__((warn_unused_result));

#endif
