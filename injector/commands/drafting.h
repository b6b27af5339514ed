/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drafting: what the commands share that make the next roster: they say what it will say, ask on a terminal,
 * write it, and say what to tell the others.
 */
#ifndef COMMANDS_DRAFTING_H
#define COMMANDS_DRAFTING_H

#include "injector/invocation.h"
#include "injector/repository/draft.h"

struct drafting {
	const struct invocation *invocation;
	struct project project;
	struct identities identities;
	struct draft draft;
};

#define DRAFTING_INIT                                                                              \
	{                                                                                          \
		.invocation = NULL, .project = PROJECT_INIT, .identities = IDENTITIES_INIT,        \
		.draft = DRAFT_INIT                                                                \
	}

/* Opens the project for writing, the identities, and a draft that follows the roster in force. */
int drafting_begin(const struct invocation *invocation, struct drafting *ret, struct error *err)
	__attribute__((warn_unused_result));
/* The same with the proposed roster for the draft. */
int drafting_resume(const struct invocation *invocation, struct drafting *ret, struct error *err)
	__attribute__((warn_unused_result));
void drafting_end(struct drafting *drafting);

/* Finishes the draft, shows it, asks. ERROR_FAILED: the answer was no. */
int drafting_confirm(struct drafting *drafting, struct error *err)
	__attribute__((warn_unused_result));
/* Writes it, reports. */
int drafting_write(struct drafting *drafting, struct draft_result *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Both. */
int drafting_commit(struct drafting *drafting, struct draft_result *ret, struct error *err)
	__attribute__((warn_unused_result));

/* --env, checked against the roster; --env may be left out where there is one only. The caller clears *ret. */
int drafting_environments(struct drafting *drafting, struct list *ret, struct error *err)
	__attribute__((warn_unused_result));

#endif
