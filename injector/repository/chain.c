/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/chain.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/repository/lines.h"
#include "injector/repository/pin.h"

void
chain_file_name(uint32_t serial, char out[static 16])
{
	(void)snprintf(out, 16, "%04u", serial);
}

void
chain_clear(struct chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		roster_free(chain->rosters[i]);
	free(chain->rosters);
	roster_free(chain->proposed);
	free(chain->proposed_problem);
	*chain = (struct chain)CHAIN_INIT;
}

const struct roster *
chain_current(const struct chain *chain)
{
	return chain->rosters[chain->count - 1];
}

const struct roster_environment *
chain_epoch(const struct chain *chain, const char *environment, uint32_t epoch)
{
	for (size_t i = chain->count; i > 0; i--) {
		const struct roster_environment *found =
			roster_environment(chain->rosters[i - 1], environment);

		if (found != NULL && found->epoch == epoch)
			return found;
	}
	return NULL;
}

/* Which admin of judge has this key, as a place in its admin lines; admins.count: none. */
static size_t
admin_index(const struct roster *judge, const uint8_t key[static ED25519_PUBLIC_BYTES])
{
	const struct member *signer = roster_signer(judge, key);
	size_t i = 0;

	while (i < judge->admins.count && &judge->members[judge->admins.members[i]] != signer)
		i++;
	return i;
}

/* Each signature is an admin's, of the previous serial, once, in the order of its admin lines. */
static int
check_signatures(const struct roster *roster, const struct roster *judge, struct bytes body,
		 const char *file, struct error *err)
{
	size_t next = 0;

	for (size_t i = 0; i < roster->signature_count; i++) {
		const struct sshsig *signature = &roster->signatures[i];
		size_t admin = admin_index(judge, signature->signer);

		if (admin == judge->admins.count)
			return error_set(err, ERROR_REFUSED,
					 "%s: signature %zu is not by an admin of roster %u", file,
					 i + 1, judge->serial);
		if (admin < next)
			return error_set(err, ERROR_REFUSED,
					 "%s: signature %zu stands there twice or out of order",
					 file, i + 1);
		if (!sshsig_verify(signature, ROSTER_NAMESPACE, body))
			return error_set(err, ERROR_REFUSED, "%s: signature %zu does not verify",
					 file, i + 1);
		next = admin + 1;
	}
	return 0;
}

/* Whether an earlier roster than the last one (which is compared as a step) had this key, or the name. */
static bool
was_used(const struct chain *chain, const struct roster_environment *environment, bool by_name)
{
	for (size_t i = 0; i < chain->count; i++) {
		const struct roster *roster = chain->rosters[i];

		for (size_t k = 0; k < roster->environment_count; k++) {
			const struct roster_environment *old = &roster->environments[k];
			bool same =
				by_name ? strcmp(old->name, environment->name) == 0 :
					  memcmp(old->key, environment->key, sizeof(old->key)) == 0;

			if (same)
				return true;
		}
	}
	return false;
}

static int
check_history(const struct chain *chain, const struct roster *next, const char *file,
	      struct error *err)
{
	for (size_t i = 0; i < next->environment_count; i++) {
		const struct roster_environment *environment = &next->environments[i];
		const struct roster_environment *before =
			roster_environment(chain_current(chain), environment->name);

		if (before != NULL &&
		    memcmp(before->key, environment->key, sizeof(before->key)) == 0)
			continue;
		if (was_used(chain, environment, false))
			return error_set(err, ERROR_REFUSED, "%s: '%s': its key was used before",
					 file, environment->name);
		if (before == NULL && was_used(chain, environment, true))
			return error_set(
				err, ERROR_REFUSED,
				"%s: '%s': the name of a removed environment is never used again",
				file, environment->name);
	}
	return 0;
}

static void
append(struct chain *chain, struct roster *roster)
{
	chain->rosters = xreallocarray(chain->rosters, chain->count + 1, sizeof(*chain->rosters));
	chain->rosters[chain->count++] = roster;
}

int
chain_check_next(const struct chain *chain, const struct roster *next, const char *file,
		 struct error *err)
{
	if (roster_check(next, file, err) < 0)
		return -1;
	if (chain->count == 0)
		return 0;
	if (roster_check_step(chain_current(chain), next, file, err) < 0)
		return -1;
	return check_history(chain, next, file, err);
}

/* Adds one roster to the chain, as complete or as proposed. */
static int
add(struct chain *chain, struct roster *roster, struct bytes body, const char *file, bool is_last,
    struct error *err)
{
	const struct roster *judge = chain->count > 0 ? chain_current(chain) : roster;
	bool complete = roster->signature_count >= judge->threshold;
	struct error cause = ERROR_INIT;
	int rules;

	if (check_signatures(roster, judge, body, file, err) < 0)
		goto refused;
	rules = chain_check_next(chain, roster, file, &cause);
	/* Only a proposal may break them: what is in force is the one before. */
	if (rules < 0 && (complete || !is_last || chain->count == 0)) {
		*err = cause;
		goto refused;
	}
	if (!complete && (!is_last || chain->count == 0)) {
		(void)error_set(err, ERROR_REFUSED, "%s: %zu of %u signatures", file,
				roster->signature_count, judge->threshold);
		goto refused;
	}
	if (!complete) {
		chain->proposed = roster;
		chain->proposed_problem = rules < 0 ? xstrdup(cause.message) : NULL;
		return 0;
	}
	append(chain, roster);
	return 0;
refused:
	roster_free(roster);
	return -1;
}

static int
read_roster(struct bytes text, const char *file, uint32_t serial, struct roster **ret,
	    struct error *err)
{
	CLEANUP(roster_cleanup) struct roster *roster = NULL;

	if (roster_read(text, file, &roster, err) < 0) {
		if (!lines_have_conflict(text))
			return -1;
		return error_set(
			err, ERROR_REFUSED,
			"%s: two rosters have the same serial, which cannot be merged: take all of "
			"tfsecrets/ from the side that others have already (git restore -SW -s HEAD "
			"tfsecrets, or -s MERGE_HEAD), and make the other change anew on top of it",
			file);
	}
	if (roster->serial != serial)
		return error_set(err, ERROR_REFUSED, "%s: 'serial' is %u, not the file's name",
				 file, roster->serial);
	*ret = TAKE(roster);
	return 0;
}

int
chain_add(struct chain *chain, struct bytes text, const char *file, bool is_last, struct error *err)
{
	uint32_t serial = chain->count > 0 ? chain_current(chain)->serial + 1 : 1;
	struct roster *roster;

	if (read_roster(text, file, serial, &roster, err) < 0)
		return -1;
	return add(chain, roster, (struct bytes){ text.data, roster->body_len }, file, is_last,
		   err);
}

int
chain_begin(struct chain *chain, struct bytes text, const char *file, const struct pin *pin,
	    struct error *err)
{
	CLEANUP(roster_cleanup) struct roster *roster = NULL;

	if (read_roster(text, file, pin->serial, &roster, err) < 0 ||
	    pin_check(pin, roster, err) < 0 || roster_check(roster, file, err) < 0)
		return -1;
	append(chain, TAKE(roster));
	return 0;
}
