/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of crypto/FORMAT.md section 2: within one roster, and between two that follow each other. */
#include <string.h>

#include "base/memory.h"
#include "injector/repository/roster.h"

static int
refuse(struct error *err, const char *file, const char *rule, const char *name)
{
	if (name == NULL)
		return error_set(err, ERROR_REFUSED, "%s: %s", file, rule);
	return error_set(err, ERROR_REFUSED, "%s: '%s': %s", file, name, rule);
}

/* Recipients and signing keys are each unique: one person, one key, so that leaving means leaving. */
static int
check_member_keys(const struct roster *roster, const char *file, struct error *err)
{
	for (size_t i = 0; i < roster->member_count; i++) {
		const struct member *member = &roster->members[i];

		if (member->reads && roster_recipient(roster, &member->recipient) != member)
			return refuse(err, file, "another member has the same recipient",
				      member->name);
		if (member->signs && roster_signer(roster, member->signing) != member)
			return refuse(err, file, "another member has the same signing key",
				      member->name);
	}
	return 0;
}

static int
check_environment(const struct roster *roster, const struct roster_environment *environment,
		  const char *file, struct error *err)
{
	if (environment->readers.count == 0)
		return refuse(err, file, "the environment has no reader", environment->name);
	for (size_t i = 0; i < environment->readers.count; i++) {
		if (!roster->members[environment->readers.members[i]].reads)
			return refuse(err, file, "a reader has no recipient", environment->name);
	}
	for (size_t i = 0; i < environment->sealers.count; i++) {
		if (!roster->members[environment->sealers.members[i]].signs)
			return refuse(err, file, "a sealer has no signing key", environment->name);
	}
	if (environment->removed > environment->epoch)
		return refuse(err, file, "'removed' is greater than 'epoch'", environment->name);
	for (const struct roster_environment *other = roster->environments; other < environment;
	     other++) {
		if (memcmp(other->key, environment->key, sizeof(other->key)) == 0)
			return refuse(err, file, "another environment has the same key",
				      environment->name);
	}
	return 0;
}

static int
check_first(const struct roster *roster, const char *file, struct error *err)
{
	for (size_t i = 0; roster->serial == 1 && i < roster->environment_count; i++) {
		const struct roster_environment *environment = &roster->environments[i];

		if (environment->epoch != 1 || environment->removed != 0)
			return refuse(err, file,
				      "a new environment starts with epoch 1 and removed 0",
				      environment->name);
	}
	return 0;
}

int
roster_check(const struct roster *roster, const char *file, struct error *err)
{
	if (check_member_keys(roster, file, err) < 0)
		return -1;
	for (size_t i = 0; i < roster->admins.count; i++) {
		const struct member *admin = &roster->members[roster->admins.members[i]];

		if (!admin->signs)
			return refuse(err, file, "an admin has no signing key", admin->name);
	}
	if (roster->threshold > roster->admins.count)
		return refuse(err, file, "the threshold is greater than the number of admins",
			      NULL);
	for (size_t i = 0; i < roster->environment_count; i++) {
		if (check_environment(roster, &roster->environments[i], file, err) < 0)
			return -1;
	}
	return check_first(roster, file, err);
}

bool
roster_reader_left(const struct roster *previous, const struct roster_environment *before,
		   const struct roster *next, const struct roster_environment *after)
{
	for (size_t i = 0; i < before->readers.count; i++) {
		const struct member *reader = &previous->members[before->readers.members[i]];
		const struct member *now = roster_recipient(next, &reader->recipient);

		if (now == NULL || !roster_has(next, &after->readers, now))
			return true;
	}
	return false;
}

static int
check_environment_step(const struct roster *previous, const struct roster_environment *before,
		       const struct roster *next, const struct roster_environment *after,
		       const char *file, struct error *err)
{
	bool new_key = memcmp(before->key, after->key, sizeof(before->key)) != 0;
	bool new_epoch = after->epoch != before->epoch;

	if (new_epoch && after->epoch - before->epoch != 1)
		return refuse(err, file, "the epoch may stay or grow by one", after->name);
	if (new_key != new_epoch)
		return refuse(err, file, "the key changes exactly when the epoch does",
			      after->name);
	if (after->removed < before->removed)
		return refuse(err, file, "'removed' may not fall", after->name);
	if (after->removed != before->removed && (!new_epoch || after->removed != after->epoch))
		return refuse(err, file, "'removed' may only become a new epoch", after->name);
	if (roster_reader_left(previous, before, next, after) &&
	    (!new_epoch || after->removed != after->epoch))
		return refuse(err, file,
			      "a reader left, so a new epoch must begin and be 'removed'",
			      after->name);
	return 0;
}

int
roster_check_step(const struct roster *previous, const struct roster *next, const char *file,
		  struct error *err)
{
	if (strcmp(previous->project_id, next->project_id) != 0)
		return refuse(err, file, "the project-id is not that of the roster before", NULL);
	if (strcmp(previous->hash, next->previous) != 0)
		return refuse(err, file, "'previous' is not the hash of the roster before", NULL);
	for (size_t i = 0; i < next->environment_count; i++) {
		const struct roster_environment *after = &next->environments[i];
		const struct roster_environment *before = roster_environment(previous, after->name);

		if (before == NULL && (after->epoch != 1 || after->removed != 0))
			return refuse(err, file,
				      "a new environment starts with epoch 1 and removed 0",
				      after->name);
		if (before != NULL &&
		    check_environment_step(previous, before, next, after, file, err) < 0)
			return -1;
	}
	return 0;
}
