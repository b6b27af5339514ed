/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/draft.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/process.h"
#include "injector/repository/journal.h"
#include "injector/repository/reseal.h"
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

/* The identity that signs as this member; NULL: none of ours. */
static const struct identity *
identity_of(const struct identities *identities, const struct member *member)
{
	for (size_t i = 0; i < identities->count; i++) {
		if (memcmp(identities->items[i].signing, member->signing, ED25519_PUBLIC_BYTES) ==
		    0)
			return &identities->items[i];
	}
	return NULL;
}

/* The first of ours in a set; NULL: none. */
static const struct identity *
identity_in(const struct identities *identities, const struct roster *roster,
	    const struct member_set *set)
{
	const struct identity *found = NULL;

	for (size_t i = 0; i < set->count && found == NULL; i++) {
		const struct member *member = &roster->members[set->members[i]];

		if (member->signs)
			found = identity_of(identities, member);
	}
	return found;
}

static int
check_admin(const struct draft *draft, struct error *err)
{
	const struct roster *current = chain_current(&draft->project->chain);
	CLEANUP(free_text) char *admins = join_names(current, &current->admins);

	if (identity_in(draft->identities, current, &current->admins) != NULL)
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

/* The key of the epoch before, which only a reader has. */
static int
open_before(const struct draft *draft, struct draft_environment *work, struct error *err)
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
	    open_before(draft, work, err) < 0)
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

/* The signature that the proposed roster has by this admin, or one of ours. 0: neither. */
static int
append_signature(const struct draft *draft, const struct member *admin, struct bytes body,
		 struct buf *out, bool *ret_is_new, struct error *err)
{
	const struct roster *proposed = draft->project->chain.proposed;
	const struct identity *ours = identity_of(draft->identities, admin);
	struct signer signer;

	*ret_is_new = false;
	for (size_t i = 0; draft->is_resumed && i < proposed->signature_count; i++) {
		const struct sshsig *signature = &proposed->signatures[i];

		if (memcmp(signature->signer, admin->signing, ED25519_PUBLIC_BYTES) == 0) {
			sshsig_armor(signature, ROSTER_NAMESPACE, out);
			return 1;
		}
	}
	if (ours == NULL)
		return 0;
	signer = identity_signer(ours);
	if (signer_sign(&signer, ROSTER_NAMESPACE, body, out, err) < 0)
		return -1;
	*ret_is_new = true;
	return 1;
}

/* What no reader would take is never written. */
static int
check_written(const struct buf *text, struct error *err)
{
	CLEANUP(roster_cleanup) struct roster *roster = NULL;

	if (buf_check(text, "the roster", err) < 0)
		return -1;
	return roster_parse(buf_bytes(text), "the new roster", &roster, err);
}

/* The whole file: body, and the signatures in the order of the roster before. */
static int
write_roster(const struct draft *draft, struct buf *out, struct draft_result *result,
	     struct error *err)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT(ROSTER_FILE_MAX);
	const struct roster *current = chain_current(&draft->project->chain);
	uint32_t count = 0, added = 0;

	roster_write_body(draft->next, &body);
	if (buf_check(&body, "the roster", err) < 0)
		return -1;
	buf_append(out, buf_bytes(&body));
	for (size_t i = 0; i < current->admins.count; i++) {
		const struct member *admin = &current->members[current->admins.members[i]];
		bool is_new;
		int found = append_signature(draft, admin, buf_bytes(&body), out, &is_new, err);

		if (found < 0)
			return -1;
		count += (uint32_t)found;
		added += is_new;
	}
	result->serial = draft->next->serial;
	result->is_complete = count >= current->threshold;
	result->missing = result->is_complete ? 0 : current->threshold - count;
	if (added == 0)
		return error_set(err, ERROR_REFUSED,
				 "you have signed roster %u already; it lacks %u more signature%s",
				 result->serial, result->missing, result->missing == 1 ? "" : "s");
	return check_written(out, err);
}

static int
stage_key_file(struct journal *journal, const char *environment,
	       const struct draft_environment *work, bool is_complete, struct error *err)
{
	CLEANUP(free_text) char *path = project_path(environment, "key.age");
	CLEANUP(free_text) char *proposed = project_path(environment, "key.age.proposed");

	return journal_put(journal, is_complete ? path : proposed, buf_bytes(&work->file),
			   process_file_mode(), err);
}

/* Who completes a proposed new epoch reads it as well, and so has seen that its key file holds the key that the
 * values are sealed to. */
static bool
must_read_after(const struct draft *draft, const struct draft_environment *work,
		const struct roster_environment *after)
{
	return draft->is_resumed && after->epoch != work->before->epoch;
}

/* Only who reads the environment before and seals it afterwards can carry its values over. */
static int
refuse_reseal(const struct draft *draft, const struct draft_environment *work,
	      const struct roster_environment *after, struct error *err)
{
	const struct roster *current = chain_current(&draft->project->chain);
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	for (size_t i = 0; i < after->sealers.count; i++) {
		const struct member *sealer = &draft->next->members[after->sealers.members[i]];
		const struct member *reader = roster_member(current, sealer->name);

		if (reader != NULL && roster_has(current, &work->before->readers, reader) &&
		    (!must_read_after(draft, work, after) ||
		     roster_has(draft->next, &after->readers, sealer)))
			list_add(&names, sealer->name);
	}
	joined = list_join(&names, ", ", " or ");
	return error_set(err, ERROR_REFUSED,
			 "the values of '%s' are resealed with this, by one who reads and seals "
			 "it: %s",
			 after->name, names.count > 0 ? joined : "nobody, so add one first");
}

static int
stage_values(const struct draft *draft, size_t at, struct journal *journal, state_progress progress,
	     size_t *ret_count, struct error *err)
{
	const struct roster_environment *after = &draft->next->environments[at];
	struct draft_environment *work = &draft->environments[at];
	const struct identity *signer =
		identity_in(draft->identities, draft->next, &after->sealers);
	struct reseal reseal = { .project = draft->project,
				 .before = work->before,
				 .after = after,
				 .key = &work->key,
				 .signer = signer,
				 .progress = progress };

	*ret_count = 0;
	if (!work->reseals)
		return 0;
	if (after->epoch == work->before->epoch)
		reseal.sealed_by = &work->left;
	if (signer == NULL ||
	    !environment_key_is_ours(chain_current(&draft->project->chain), work->before,
				     draft->identities) ||
	    (must_read_after(draft, work, after) &&
	     !environment_key_is_ours(draft->next, after, draft->identities)))
		return refuse_reseal(draft, work, after, err);
	if (work->key.private.len == 0 && open_before(draft, work, err) < 0)
		return -1;
	return reseal_stage(&reseal, journal, ret_count, err);
}

static int
stage_environment(const struct draft *draft, size_t at, struct journal *journal,
		  state_progress progress, struct draft_result *result, struct error *err)
{
	const struct roster_environment *after = &draft->next->environments[at];
	const struct draft_environment *work = &draft->environments[at];
	CLEANUP(free_text) char *proposed = project_path(after->name, "key.age.proposed");
	size_t count;

	if (draft->is_resumed && !result->is_complete)
		return 0;
	if (work->has_file) {
		if (stage_key_file(journal, after->name, work, result->is_complete, err) < 0)
			return -1;
		if (draft->is_resumed)
			journal_remove(journal, proposed);
	}
	if (!result->is_complete)
		return 0;
	if (stage_values(draft, at, journal, progress, &count, err) < 0)
		return -1;
	result->resealed += count;
	return 0;
}

static int
stage(const struct draft *draft, struct journal *journal, state_progress progress,
      struct draft_result *result, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(ROSTER_FILE_MAX);
	CLEANUP(free_text) char *path = NULL;
	char name[16];

	chain_file_name(draft->next->serial, name);
	path = xasprintf(ROSTER_DIRECTORY "/%s", name);
	if (!draft->is_resumed)
		journal_expect_missing(journal, path);
	if (write_roster(draft, &text, result, err) < 0 ||
	    journal_put(journal, path, buf_bytes(&text), process_file_mode(), err) < 0)
		return -1;
	for (size_t i = 0; i < draft->next->environment_count; i++) {
		if (stage_environment(draft, i, journal, progress, result, err) < 0)
			return -1;
	}
	return journal_commit(journal, err);
}

int
draft_commit(struct draft *draft, state_progress progress, struct draft_result *ret,
	     struct error *err)
{
	struct project *project = draft->project;
	char text[PIN_TEXT_BYTES];
	const struct project_trust trust = { .pin = text };
	struct draft_result result = { .serial = 0 };
	struct journal journal;
	struct pin pin;
	int status;

	if (journal_begin(project->root_fd, &journal, err) < 0)
		return -1;
	status = stage(draft, &journal, progress, &result, err);
	journal_end(&journal);
	if (status < 0)
		return -1;
	*ret = result;
	/* What was just made is read back, verified, held to what it was made from, and pinned for this clone. */
	pin_of(chain_current(&project->chain), &pin);
	pin_format(&pin, text);
	chain_clear(&project->chain);
	return project_load_roster(project, &trust, err);
}

int
draft_withdraw(struct project *project, uint32_t *ret_serial, struct error *err)
{
	const struct roster *proposed = project->chain.proposed;
	CLEANUP(list_clear) struct list folders = LIST_INIT;
	CLEANUP(free_text) char *path = NULL;
	struct journal journal;
	char name[16];
	int status;

	if (proposed == NULL)
		return error_set(err, ERROR_REFUSED,
				 "there is no proposed roster; roster %u is complete",
				 chain_current(&project->chain)->serial);
	if (tree_list(&project->files, "tfsecrets", &folders, err) < 0 ||
	    journal_begin(project->root_fd, &journal, err) < 0)
		return -1;
	*ret_serial = proposed->serial;
	chain_file_name(proposed->serial, name);
	path = xasprintf(ROSTER_DIRECTORY "/%s", name);
	journal_remove(&journal, path);
	for (size_t i = 0; i < folders.count; i++) {
		CLEANUP(free_text) char *file = project_path(folders.items[i], "key.age.proposed");

		if (tree_has(&project->files, file))
			journal_remove(&journal, file);
	}
	status = journal_commit(&journal, err);
	journal_end(&journal);
	return status;
}
