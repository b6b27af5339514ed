/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/roster_changes.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Stands in for the roster before the first, and for an environment before its first. */
static const struct roster no_roster;
static const struct roster_environment no_environment;

void
member_show_recipient(const struct member *member, char out[static MEMBER_KEY_BYTES])
{
	(void)snprintf(out, MEMBER_KEY_BYTES, "-");
	if (member->reads && member->recipient.kind == AGE_SSH_ED25519)
		ssh_fingerprint(member->recipient.key, out);
	else if (member->reads)
		age_recipient_format(&member->recipient, out);
}

void
member_show_signing(const struct member *member, char out[static MEMBER_KEY_BYTES])
{
	(void)snprintf(out, MEMBER_KEY_BYTES, "-");
	if (member->signs)
		ssh_fingerprint(member->signing, out);
}

static bool
has_name(const struct roster *roster, const struct member_set *set, const char *name)
{
	const struct member *member = roster_member(roster, name);

	return member != NULL && roster_has(roster, set, member);
}

static void
new_member(const struct member *member, struct list *ret)
{
	char recipient[MEMBER_KEY_BYTES], signing[MEMBER_KEY_BYTES];

	member_show_recipient(member, recipient);
	member_show_signing(member, signing);
	list_take(ret, xasprintf("%s comes: recipient %s, signing key %s", member->name, recipient,
				 signing));
}

static void
changed_keys(const struct member *before, const struct member *after, struct list *ret)
{
	char old[MEMBER_KEY_BYTES], new[MEMBER_KEY_BYTES];

	member_show_recipient(before, old);
	member_show_recipient(after, new);
	if (strcmp(old, new) != 0)
		list_take(ret,
			  xasprintf("%s has another recipient: %s, not %s", after->name, new, old));
	member_show_signing(before, old);
	member_show_signing(after, new);
	if (strcmp(old, new) != 0)
		list_take(ret, xasprintf("%s has another signing key: %s, not %s", after->name, new,
					 old));
}

static void
members(const struct roster *previous, const struct roster *next, struct list *ret)
{
	for (size_t i = 0; i < next->member_count; i++) {
		const struct member *after = &next->members[i];
		const struct member *before = roster_member(previous, after->name);

		if (before == NULL)
			new_member(after, ret);
		else
			changed_keys(before, after, ret);
	}
	for (size_t i = 0; i < previous->member_count; i++) {
		const char *name = previous->members[i].name;

		if (roster_member(next, name) == NULL)
			list_take(ret, xasprintf("%s leaves", name));
	}
}

/* "prod: alice and bob read" for who comes into a set, the other phrase for who goes. Who is no member any more
 * has been named already. */
static void
set(const struct roster *previous, const struct member_set *before, const struct roster *next,
    const struct member_set *after, const char *where, const char *comes, const char *goes,
    struct list *ret)
{
	for (size_t i = 0; i < after->count; i++) {
		const char *name = next->members[after->members[i]].name;

		if (!has_name(previous, before, name))
			list_take(ret, xasprintf("%s%s %s", where, name, comes));
	}
	for (size_t i = 0; i < before->count; i++) {
		const char *name = previous->members[before->members[i]].name;

		if (roster_member(next, name) != NULL && !has_name(next, after, name))
			list_take(ret, xasprintf("%s%s %s", where, name, goes));
	}
}

static void
bound(const struct list *before, const struct list *after, const char *where, const char *what,
      struct list *ret)
{
	for (size_t i = 0; i < after->count; i++) {
		if (!list_has(before, after->items[i]))
			list_take(ret, xasprintf("%sbound to %s %s", where, what, after->items[i]));
	}
	for (size_t i = 0; i < before->count; i++) {
		if (!list_has(after, before->items[i]))
			list_take(ret, xasprintf("%sno longer bound to %s %s", where, what,
						 before->items[i]));
	}
}

static void
environment(const struct roster *previous, const struct roster_environment *before,
	    const struct roster *next, const struct roster_environment *after, struct list *ret)
{
	CLEANUP(free_text) char *where = xasprintf("%s: ", after->name);

	if (before == &no_environment)
		list_take(ret, xasprintf("%sa new environment", where));
	set(previous, &before->readers, next, &after->readers, where, "reads", "reads no more",
	    ret);
	set(previous, &before->sealers, next, &after->sealers, where, "seals", "seals no more",
	    ret);
	if (before != &no_environment && after->epoch != before->epoch)
		list_take(ret,
			  xasprintf("%sepoch %u begins with a new key%s", where, after->epoch,
				    after->removed == after->epoch ? ", as a reader left" : ""));
	bound(&before->clusters, &after->clusters, where, "cluster", ret);
	bound(&before->namespaces, &after->namespaces, where, "namespace", ret);
}

static void
environments(const struct roster *previous, const struct roster *next, struct list *ret)
{
	for (size_t i = 0; i < next->environment_count; i++) {
		const struct roster_environment *after = &next->environments[i];
		const struct roster_environment *before = roster_environment(previous, after->name);

		environment(previous, before != NULL ? before : &no_environment, next, after, ret);
	}
	for (size_t i = 0; i < previous->environment_count; i++) {
		const char *name = previous->environments[i].name;

		if (roster_environment(next, name) == NULL)
			list_take(ret,
				  xasprintf("%s: dropped, its name is never used again", name));
	}
}

void
roster_changes(const struct roster *previous, const struct roster *next, struct list *ret)
{
	const struct roster *before = previous != NULL ? previous : &no_roster;

	members(before, next, ret);
	set(before, &before->admins, next, &next->admins, "", "is an admin", "is no admin any more",
	    ret);
	if (previous != NULL && next->threshold != previous->threshold)
		list_take(ret, xasprintf("a roster needs the signatures of %u admins, not %u",
					 next->threshold, previous->threshold));
	environments(before, next, ret);
}
