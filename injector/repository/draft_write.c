/* SPDX-License-Identifier: Apache-2.0 */
/* A draft becomes a roster: signatures, key files, values that are sealed anew, all through one journal. */
#include <string.h>

#include "base/memory.h"
#include "crypto/process.h"
#include "injector/repository/draft_parts.h"
#include "injector/repository/journal.h"
#include "injector/repository/reseal.h"

/* The signature that the proposed roster has by this admin, or one of ours. 0: neither. */
static int
append_signature(const struct draft *draft, const struct member *admin, struct bytes body,
		 struct buf *out, bool *ret_is_new, struct error *err)
{
	const struct roster *proposed = draft->project->chain.proposed;
	const struct identity *ours = draft_identity_of(draft->identities, admin);
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
		draft_identity_in(draft->identities, draft->next, &after->sealers);
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
	if (work->key.private.len == 0 && draft_open_before(draft, work, err) < 0)
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
