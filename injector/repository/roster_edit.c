/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/roster_edit.h"

#include <string.h>

#include "base/memory.h"

static struct member_set
copy_set(const struct member_set *set)
{
	struct member_set copy = { .count = set->count };

	copy.members = xcalloc(set->count, sizeof(*copy.members));
	if (set->count > 0)
		memcpy(copy.members, set->members, set->count * sizeof(*copy.members));
	return copy;
}

static struct list
copy_list(const struct list *list)
{
	struct list copy = LIST_INIT;

	for (size_t i = 0; i < list->count; i++)
		list_add(&copy, list->items[i]);
	return copy;
}

struct roster *
roster_copy(const struct roster *roster)
{
	struct roster *copy = xcalloc(1, sizeof(*copy));

	*copy = *roster;
	copy->signatures = NULL;
	copy->signature_count = 0;
	copy->members = xcalloc(roster->member_count, sizeof(*copy->members));
	if (roster->member_count > 0)
		memcpy(copy->members, roster->members,
		       roster->member_count * sizeof(*copy->members));
	copy->admins = copy_set(&roster->admins);
	copy->environments = xcalloc(roster->environment_count, sizeof(*copy->environments));
	for (size_t i = 0; i < roster->environment_count; i++) {
		const struct roster_environment *from = &roster->environments[i];
		struct roster_environment *to = &copy->environments[i];

		*to = *from;
		to->readers = copy_set(&from->readers);
		to->sealers = copy_set(&from->sealers);
		to->clusters = copy_list(&from->clusters);
		to->namespaces = copy_list(&from->namespaces);
	}
	return copy;
}

/* Every set of a roster in turn; NULL behind the last. */
static struct member_set *
set_at(struct roster *roster, size_t at)
{
	if (at == 0)
		return &roster->admins;
	if ((at - 1) / 2 >= roster->environment_count)
		return NULL;
	return at % 2 == 1 ? &roster->environments[(at - 1) / 2].readers :
			     &roster->environments[(at - 1) / 2].sealers;
}

void
roster_add_member(struct roster *roster, const struct member *member)
{
	size_t at = 0;
	struct member_set *set;

	while (at < roster->member_count && strcmp(roster->members[at].name, member->name) < 0)
		at++;
	roster->members =
		xreallocarray(roster->members, roster->member_count + 1, sizeof(*roster->members));
	memmove(&roster->members[at + 1], &roster->members[at],
		(roster->member_count - at) * sizeof(*roster->members));
	roster->members[at] = *member;
	roster->member_count++;
	for (size_t i = 0; (set = set_at(roster, i)) != NULL; i++) {
		for (size_t k = 0; k < set->count; k++)
			set->members[k] += set->members[k] >= at;
	}
}

void
roster_remove_member(struct roster *roster, const char *name)
{
	const struct member *member = roster_member(roster, name);
	struct member_set *set;
	size_t at;

	if (member == NULL)
		return;
	at = (size_t)(member - roster->members);
	for (size_t i = 0; (set = set_at(roster, i)) != NULL; i++) {
		roster_revoke(roster, set, name);
		for (size_t k = 0; k < set->count; k++)
			set->members[k] -= set->members[k] > at;
	}
	roster->member_count--;
	memmove(&roster->members[at], &roster->members[at + 1],
		(roster->member_count - at) * sizeof(*roster->members));
}

void
roster_grant(struct roster *roster, struct member_set *set, const char *name)
{
	const struct member *member = roster_member(roster, name);
	size_t index, at = 0;

	if (member == NULL || roster_has(roster, set, member))
		return;
	index = (size_t)(member - roster->members);
	while (at < set->count && set->members[at] < index)
		at++;
	set->members = xreallocarray(set->members, set->count + 1, sizeof(*set->members));
	memmove(&set->members[at + 1], &set->members[at],
		(set->count - at) * sizeof(*set->members));
	set->members[at] = index;
	set->count++;
}

void
roster_revoke(struct roster *roster, struct member_set *set, const char *name)
{
	size_t at = 0;

	while (at < set->count && strcmp(roster->members[set->members[at]].name, name) != 0)
		at++;
	if (at == set->count)
		return;
	set->count--;
	memmove(&set->members[at], &set->members[at + 1],
		(set->count - at) * sizeof(*set->members));
}

struct roster_environment *
roster_edit_environment(struct roster *roster, const char *name)
{
	const struct roster_environment *environment = roster_environment(roster, name);

	return environment != NULL ? &roster->environments[environment - roster->environments] :
				     NULL;
}

struct roster_environment *
roster_add_environment(struct roster *roster, const char *name)
{
	struct roster_environment *environments;
	size_t at = 0;

	while (at < roster->environment_count && strcmp(roster->environments[at].name, name) < 0)
		at++;
	environments = xreallocarray(roster->environments, roster->environment_count + 1,
				     sizeof(*environments));
	memmove(&environments[at + 1], &environments[at],
		(roster->environment_count - at) * sizeof(*environments));
	environments[at] = (struct roster_environment){ .epoch = 1 };
	memcpy(environments[at].name, name, strnlen(name, LABEL_MAX));
	roster->environments = environments;
	roster->environment_count++;
	return &environments[at];
}

void
roster_remove_environment(struct roster *roster, const char *name)
{
	struct roster_environment *environment = roster_edit_environment(roster, name);
	size_t behind;

	if (environment == NULL)
		return;
	roster_environment_clear(environment);
	roster->environment_count--;
	behind = roster->environment_count - (size_t)(environment - roster->environments);
	memmove(environment, environment + 1, behind * sizeof(*environment));
}
