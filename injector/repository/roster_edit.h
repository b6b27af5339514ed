/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roster_edit: the next roster, made from a copy of the one in force. The functions keep what the grammar asks
 * for (sorted lists, sets that name members); whether the result is allowed, roster_check and roster_check_step
 * tell.
 */
#ifndef REPOSITORY_ROSTER_EDIT_H
#define REPOSITORY_ROSTER_EDIT_H

#include "injector/repository/roster.h"

/* A copy without signatures; the caller frees. */
struct roster *roster_copy(const struct roster *roster);

/* Adds a member at its place by name; the name must be new. */
void roster_add_member(struct roster *roster, const struct member *member);
/* Takes the member out of the roster and of every set. Nobody of that name: nothing. */
void roster_remove_member(struct roster *roster, const char *name);

/* Puts a member into a set of this roster, or takes it out; there, or not there, already: nothing. */
void roster_grant(struct roster *roster, struct member_set *set, const char *name);
void roster_revoke(struct roster *roster, struct member_set *set, const char *name);

/* The environment to be changed; NULL: no such one. */
struct roster_environment *roster_edit_environment(struct roster *roster, const char *name);
/* Adds an environment in epoch 1 without key, readers and sealers, at its place; the name must be new. */
struct roster_environment *roster_add_environment(struct roster *roster, const char *name);
void roster_remove_environment(struct roster *roster, const char *name);

#endif
