/* SPDX-License-Identifier: Apache-2.0 */
/* draft_parts: what the files of draft.h share; for no one else. */
#ifndef REPOSITORY_DRAFT_PARTS_H
#define REPOSITORY_DRAFT_PARTS_H

#include "injector/repository/draft.h"

/* The identity that signs as this member; NULL: none of ours. */
const struct identity *draft_identity_of(const struct identities *identities,
					 const struct member *member);
/* The first of ours in a set; NULL: none. */
const struct identity *draft_identity_in(const struct identities *identities,
					 const struct roster *roster, const struct member_set *set);
/* The key of the epoch before, which only a reader has, into work->key. ERROR_REFUSED names the readers. */
int draft_open_before(const struct draft *draft, struct draft_environment *work, struct error *err)
	__attribute__((warn_unused_result));

#endif
