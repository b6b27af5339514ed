/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roster_changes: what one roster says and the one before it did not, in sentences: for whoever is about to sign
 * it, and for its history.
 */
#ifndef REPOSITORY_ROSTER_CHANGES_H
#define REPOSITORY_ROSTER_CHANGES_H

#include "injector/repository/roster.h"

/* Adds a line for each change to *ret; previous is NULL for the first roster. Keys are shown: recipients whole,
 * signing keys as fingerprints. */
void roster_changes(const struct roster *previous, const struct roster *next, struct list *ret);

/* A member's keys for people: "age1…" or "-", and "SHA256:…" or "-". */
enum { MEMBER_KEY_BYTES = 96 };
void member_show_recipient(const struct member *member, char out[static MEMBER_KEY_BYTES]);
void member_show_signing(const struct member *member, char out[static MEMBER_KEY_BYTES]);

#endif
