/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/draft_parts.h"

#include <string.h>

#include "base/memory.h"
#include "injector/repository/roster_changes.h"

/* "alice, bob or carol" */
static char *
join_names(const struct roster *roster, const struct member_set *set)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;

	for (size_t i = 0; i < set->count; i++)
		list_add(&names, roster->members[set->members[i]].name);
	return list_join(&names, ", ", " or ");
}

const struct identity *
draft_identity_of(const struct identities *identities, const struct member *member)
{
	for (size_t i = 0; i < identities->count; i++) {
		if (memcmp(identities->items[i].signing, member->signing, ED25519_PUBLIC_BYTES) ==
		    0)
			return &identities->items[i];
	}
	return NULL;
}

const struct identity *
draft_identity_in(const struct identities *identities, const struct roster *roster,
		  const struct member_set *set)
{
	const struct identity *found = NULL;

	for (size_t i = 0; i < set->count && found == NULL; i++) {
		const struct member *member = &roster->members[set->members[i]];

		if (member->signs)
			found = draft_identity_of(identities, member);
	}
	return found;
}

static int
check_admin(const struct draft *draft, struct error *err)
{
	const struct roster *current = chain_current(&draft->project->chain);
	CLEANUP(free_text) char *admins = join_names(current, &current->admins);

	if (draft_identity_in(draft->identities, current, &current->admins) != NULL)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "a roster is signed by an admin, and this identity is none; "
			 "admins of roster %u: %s",
			 current->serial, admins);
}

int
draft_begin(struct project *project, const struct identities *identities, struct draft *ret,
	    struct error *err)
{
	const struct roster *current = chain_current(&project->chain);
	struct draft draft = { .project = project, .identities = identities };

	if (project_check_writable(project, err) < 0 || check_admin(&draft, err) < 0)
		return -1;
	if (current->serial == UINT32_MAX)
		return error_set(err, ERROR_REFUSED, "the serials are used up");
	draft.next = roster_copy(current);
	draft.next->serial = current->serial + 1;
	memcpy(draft.next->previous, current->hash, sizeof(draft.next->previous));
	*ret = draft;
	return 0;
}

int
draft_resume(struct project *project, const struct identities *identities, struct draft *ret,
	     struct error *err)
{
	struct draft draft = { .project = project, .identities = identities, .is_resumed = true };

	if (project->chain.proposed == NULL)
		return error_set(err, ERROR_REFUSED,
				 "there is no proposed roster; roster %u is complete",
				 chain_current(&project->chain)->serial);
	if (project->is_older)
		return project_check_writable(project, err);
	if (project->chain.proposed_problem != NULL)
		return error_set(err, ERROR_REFUSED, "%s; nobody should sign it",
				 project->chain.proposed_problem);
	if (check_admin(&draft, err) < 0)
		return -1;
	draft.next = roster_copy(project->chain.proposed);
	*ret = draft;
	return 0;
}

void
draft_end(struct draft *draft)
{
	for (size_t i = 0; draft->environments != NULL && i < draft->next->environment_count; i++) {
		environment_key_clear(&draft->environments[i].key);
		buf_clear(&draft->environments[i].file);
		list_clear(&draft->environments[i].left);
	}
	free(draft->environments);
	roster_free(draft->next);
	list_clear(&draft->rotated);
	*draft = (struct draft)DRAFT_INIT;
}

void
draft_rotate(struct draft *draft, const char *environment)
{
	list_add(&draft->rotated, environment);
}

/* What becomes of the environment's files. */
static void
describe_files(const struct draft *draft, size_t at, struct list *ret)
{
	const struct roster_environment *after = &draft->next->environments[at];
	const struct draft_environment *work = &draft->environments[at];
	bool is_new = work->before == NULL || after->epoch != work->before->epoch;

	if (work->has_file && !is_new)
		list_take(ret, xasprintf("%s: key.age is encrypted anew, to %zu reader%s; no value "
					 "changes",
					 after->name, after->readers.count,
					 after->readers.count == 1 ? "" : "s"));
	if (work->reseals && is_new)
		list_take(ret, xasprintf("%s: every value is sealed anew", after->name));
	else if (work->reseals)
		list_take(ret, xasprintf("%s: what was sealed by who seals no more is sealed anew",
					 after->name));
}

void
draft_describe(const struct draft *draft, struct list *ret)
{
	roster_changes(chain_current(&draft->project->chain), draft->next, ret);
	for (size_t i = 0; i < draft->next->environment_count; i++)
		describe_files(draft, i, ret);
}

/* Fingerprints of the keys that sealed in the roster before and do not in the next one. */
static void
find_left(const struct draft *draft, const struct roster_environment *after,
	  struct draft_environment *work)
{
	const struct roster *current = chain_current(&draft->project->chain);
	const struct member_set *sealers = &work->before->sealers;

	for (size_t i = 0; i < sealers->count; i++) {
		const struct member *before = &current->members[sealers->members[i]];
		const struct member *now = roster_signer(draft->next, before->signing);
		char fingerprint[SSH_FINGERPRINT_BYTES];

		if (now != NULL && roster_has(draft->next, &after->sealers, now))
			continue;
		ssh_fingerprint(before->signing, fingerprint);
		list_add(&work->left, fingerprint);
	}
}

static bool
same_readers(const struct draft *draft, const struct roster_environment *before,
	     const struct roster_environment *after)
{
	const struct roster *current = chain_current(&draft->project->chain);
	struct age_recipient *old = roster_recipients(current, before);
	struct age_recipient *new = roster_recipients(draft->next, after);
	bool same = before->readers.count == after->readers.count;

	for (size_t i = 0; same && i < before->readers.count; i++)
		same = age_recipient_equal(&old[i], &new[i]);
	free(old);
	free(new);
	return same;
}

int
draft_open_before(const struct draft *draft, struct draft_environment *work, struct error *err)
{
	const struct roster *current = chain_current(&draft->project->chain);
	CLEANUP(free_text) char *path = project_path(work->before->name, "key.age");
	CLEANUP(free_text) char *readers = join_names(current, &work->before->readers);
	CLEANUP(buf_clear) struct buf file = BUF_INIT(KEY_FILE_MAX);

	if (!environment_key_is_ours(current, work->before, draft->identities))
		return error_set(err, ERROR_REFUSED,
				 "the key of '%s' is needed for this, which only a reader has: %s",
				 work->before->name, readers);
	if (tree_read(&draft->project->files, path, KEY_FILE_MAX, &file, err) < 0) {
		err->code = ERROR_REFUSED;
		return -1;
	}
	return environment_key_open(buf_bytes(&file), path, &draft->project->chain, work->before,
				    draft->identities, &work->key, err);
}

/* A new key beside the one of the epoch before, which late merges are opened with; or the same keys again. */
static int
next_key(const struct draft_environment *work, const struct roster_environment *after,
	 struct environment_key *ret, struct error *err)
{
	struct environment_key key = { .private = SECRET_INIT };
	bool is_new = work->before == NULL || work->before->epoch != after->epoch;
	const struct secret *previous = is_new ? &work->key.private : &work->key.previous;

	if ((is_new ? environment_key_generate(&key, err) :
		      secret_from(secret_bytes(&work->key.private), &key.private, err)) < 0)
		return -1;
	if (previous->len > 0 && secret_from(secret_bytes(previous), &key.previous, err) < 0) {
		environment_key_clear(&key);
		return -1;
	}
	if (!is_new)
		memcpy(key.public, work->key.public, sizeof(key.public));
	*ret = key;
	return 0;
}

static int
write_key_file(const struct draft *draft, struct roster_environment *after,
	       struct draft_environment *work, struct error *err)
{
	CLEANUP(environment_key_clear) struct environment_key key = { .private = SECRET_INIT };
	struct age_recipient *readers = roster_recipients(draft->next, after);
	int result = next_key(work, after, &key, err);

	if (result == 0)
		result = environment_key_write(&key, draft->next->project_id, after->name,
					       after->epoch, readers, after->readers.count,
					       &work->file, err);
	free(readers);
	if (result < 0)
		return -1;
	memcpy(after->key, key.public, sizeof(after->key));
	sha256_hex(buf_bytes(&work->file), after->wrapped);
	/* More readers than a key file may have would leave one that nobody can open. */
	return environment_key_check(buf_bytes(&work->file), after->name, draft->next, after, err);
}

/* Whether the key file that somebody else proposed holds what its roster says: as the roster in force. */
static int
open_proposed(const struct draft *draft, const struct roster_environment *after, struct bytes file,
	      const char *path, struct error *err)
{
	CLEANUP(environment_key_clear) struct environment_key key = { .private = SECRET_INIT };
	const struct chain *chain = &draft->project->chain;
	struct chain extended = { .count = chain->count + 1 };
	int result;

	extended.rosters = xcalloc(extended.count, sizeof(*extended.rosters));
	memcpy(extended.rosters, chain->rosters, chain->count * sizeof(*chain->rosters));
	extended.rosters[chain->count] = draft->next;
	result = environment_key_open(file, path, &extended, after, draft->identities, &key, err);
	free(extended.rosters);
	return result;
}

static int
check_proposed_file(const struct draft *draft, const struct roster_environment *after,
		    struct draft_environment *work, struct error *err)
{
	CLEANUP(free_text) char *path = project_path(after->name, "key.age.proposed");

	if (tree_read(&draft->project->files, path, KEY_FILE_MAX, &work->file, err) < 0) {
		err->code = ERROR_REFUSED;
		return -1;
	}
	if (!environment_key_is_ours(draft->next, after, draft->identities))
		return environment_key_check(buf_bytes(&work->file), path, draft->next, after, err);
	return open_proposed(draft, after, buf_bytes(&work->file), path, err);
}

static int
begin_epoch(const struct draft *draft, struct roster_environment *after,
	    const struct draft_environment *work, struct error *err)
{
	const struct roster *current = chain_current(&draft->project->chain);
	bool left = roster_reader_left(current, work->before, draft->next, after);

	if (!left && !list_has(&draft->rotated, after->name))
		return 0;
	if (after->epoch == UINT32_MAX)
		return error_set(err, ERROR_REFUSED, "'%s': its epochs are used up", after->name);
	after->epoch++;
	if (left)
		after->removed = after->epoch;
	return 0;
}

/* What a key file cannot be written without; the other rules are looked at when there is one. */
static int
check_readers(const struct roster *next, const struct roster_environment *after, struct error *err)
{
	if (after->readers.count == 0)
		return error_set(err, ERROR_REFUSED, "'%s' would have no reader", after->name);
	for (size_t i = 0; i < after->readers.count; i++) {
		const struct member *reader = &next->members[after->readers.members[i]];

		if (!reader->reads)
			return error_set(err, ERROR_REFUSED,
					 "'%s' would read '%s', but has no recipient", reader->name,
					 after->name);
	}
	return 0;
}

static int
prepare(const struct draft *draft, size_t at, struct error *err)
{
	struct roster_environment *after = &draft->next->environments[at];
	struct draft_environment *work = &draft->environments[at];

	*work = (struct draft_environment){ .file = BUF_INIT(KEY_FILE_MAX) };
	if (check_readers(draft->next, after, err) < 0)
		return -1;
	work->before = roster_environment(chain_current(&draft->project->chain), after->name);
	if (work->before != NULL) {
		if (!draft->is_resumed && begin_epoch(draft, after, work, err) < 0)
			return -1;
		find_left(draft, after, work);
		work->reseals = after->epoch != work->before->epoch || work->left.count > 0;
	}
	work->has_file = work->before == NULL || after->epoch != work->before->epoch ||
			 !same_readers(draft, work->before, after);
	if (draft->is_resumed)
		return work->has_file ? check_proposed_file(draft, after, work, err) : 0;
	if (work->before != NULL && (work->has_file || work->reseals) &&
	    draft_open_before(draft, work, err) < 0)
		return -1;
	return work->has_file ? write_key_file(draft, after, work, err) : 0;
}

/* By grammar no member, environment or key can be told twice; two rosters are the same when their texts are. */
static bool
is_unchanged(const struct draft *draft)
{
	CLEANUP(buf_clear) struct buf before = BUF_INIT(ROSTER_FILE_MAX);
	CLEANUP(buf_clear) struct buf after = BUF_INIT(ROSTER_FILE_MAX);
	const struct roster *current = chain_current(&draft->project->chain);
	struct roster same = *draft->next;

	same.serial = current->serial;
	memcpy(same.previous, current->previous, sizeof(same.previous));
	roster_write_body(current, &before);
	roster_write_body(&same, &after);
	return bytes_equal(buf_bytes(&before), buf_bytes(&after));
}

int
draft_finish(struct draft *draft, struct error *err)
{
	const struct roster *current = chain_current(&draft->project->chain);
	struct roster *next = draft->next;

	if (next->environment_count > 0)
		draft->environments =
			xcalloc(next->environment_count, sizeof(*draft->environments));
	for (size_t i = 0; i < next->environment_count; i++) {
		if (prepare(draft, i, err) < 0)
			return -1;
	}
	if (!draft->is_resumed && is_unchanged(draft))
		return error_set(err, ERROR_REFUSED, "roster %u says all of this already",
				 current->serial);
	return chain_check_next(&draft->project->chain, next, "the new roster", err);
}
