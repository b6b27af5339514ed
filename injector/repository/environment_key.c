/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/environment_key.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/bech32.h"
#include "crypto/hash.h"
#include "injector/repository/lines.h"

#define MAGIC "tfsecrets environment key v1"
#define PRIVATE_HRP "tfsecrets-env-key-"

enum { PLAIN_MAX = 1024 };

void
environment_key_clear(struct environment_key *key)
{
	secret_clear(&key->private);
	secret_clear(&key->previous);
}

int
environment_key_check(struct bytes file, const char *shown, const struct roster *roster,
		      const struct roster_environment *environment, struct error *err)
{
	struct age_recipient *readers;
	char hash[SHA256_HEX_BYTES];
	int result;

	if (lines_have_conflict(file))
		return error_set(
			err, ERROR_REFUSED,
			"%s: a merge conflict was left here; take all of tfsecrets/ from the side "
			"that others have already (git restore -SW -s HEAD tfsecrets, or -s "
			"MERGE_HEAD), and make the other change anew on top of it",
			shown);
	sha256_hex(file, hash);
	if (strcmp(hash, environment->wrapped) != 0)
		return error_set(err, ERROR_REFUSED,
				 "%s: is not the file that roster %u names (wrapped)", shown,
				 roster->serial);
	readers = roster_recipients(roster, environment);
	result = age_check_stanzas(file, readers, environment->readers.count, err);
	free(readers);
	return result < 0 ? error_context(err, "%s", shown) : 0;
}

/* Reads "name TFSECRETS-ENV-KEY-1…", or "-" where that is allowed. */
static int
read_key(struct lines *lines, const char *name, bool may_lack, struct secret *ret,
	 uint8_t public[static X25519_BYTES], struct error *err)
{
	struct error cause;
	struct bytes value;

	if (lines_field(lines, name, &value, err) < 0)
		return -1;
	if (bytes_equal(value, bytes_of("-"))) {
		if (!may_lack)
			return lines_error(lines, err, "'%s' is missing", name);
		return 0;
	}
	if (bech32_decode_private(PRIVATE_HRP, value, ret, &cause) < 0)
		return lines_error(lines, err, "'%s' is not an environment key", name);
	x25519_public(ret, public);
	return 0;
}

static int
expect(struct lines *lines, const char *name, const char *expected, struct error *err)
{
	struct bytes value;

	if (lines_field(lines, name, &value, err) < 0)
		return -1;
	if (!bytes_equal(value, bytes_of(expected)))
		return lines_error(lines, err, "'%s' is not the roster's", name);
	return 0;
}

static int
parse(struct bytes plain, const char *shown, const struct roster *roster,
      const struct roster_environment *environment, struct environment_key *key, struct error *err)
{
	char epoch[16];
	struct lines lines;

	(void)snprintf(epoch, sizeof(epoch), "%u", environment->epoch);
	if (lines_start(&lines, plain, shown, err) < 0 || lines_literal(&lines, MAGIC, err) < 0 ||
	    expect(&lines, "project-id", roster->project_id, err) < 0 ||
	    expect(&lines, "environment", environment->name, err) < 0 ||
	    expect(&lines, "epoch", epoch, err) < 0 ||
	    read_key(&lines, "key", false, &key->private, key->public, err) < 0 ||
	    read_key(&lines, "previous", environment->epoch == 1, &key->previous,
		     key->previous_public, err) < 0)
		return -1;
	if (lines.offset != plain.len)
		return lines_error(&lines, err, "a line too many");
	return 0;
}

/* A wrapped key that is not the roster's would let whoever wrapped it read what is sealed next. A chain that begins
 * at a pin may lack the epoch before; what is sealed to that one does not pass for valid. */
static int
check_public(const struct environment_key *key, const char *shown, const struct chain *chain,
	     const struct roster_environment *environment, struct error *err)
{
	const struct roster_environment *before =
		chain_epoch(chain, environment->name, environment->epoch - 1);

	if (memcmp(key->public, environment->key, X25519_BYTES) != 0)
		return error_set(err, ERROR_REFUSED, "%s: 'key' is not the roster's key", shown);
	if (environment->epoch == 1 && key->previous.len > 0)
		return error_set(err, ERROR_REFUSED, "%s: 'previous' must be '-' in epoch 1",
				 shown);
	if (key->previous.len > 0 &&
	    (before != NULL ? memcmp(key->previous_public, before->key, X25519_BYTES) != 0 :
			      chain->rosters[0]->serial == 1))
		return error_set(err, ERROR_REFUSED,
				 "%s: 'previous' is not the key of the epoch before", shown);
	return 0;
}

/* The identities that read this environment, in the form that age takes; *ret_count of them. */
static struct age_identity *
readers_of(const struct identities *identities, const struct roster *roster,
	   const struct roster_environment *environment, size_t *ret_count)
{
	struct age_identity *readers = xcalloc(identities->count, sizeof(*readers));
	size_t count = 0;

	for (size_t i = 0; i < identities->count; i++) {
		const struct age_identity *identity = &identities->items[i].age;
		const struct member *member = roster_recipient(roster, &identity->recipient);

		if (identity_reads(&identities->items[i]) && member != NULL &&
		    roster_has(roster, &environment->readers, member))
			readers[count++] = *identity;
	}
	*ret_count = count;
	return readers;
}

bool
environment_key_is_ours(const struct roster *roster, const struct roster_environment *environment,
			const struct identities *identities)
{
	size_t count;

	free(readers_of(identities, roster, environment, &count));
	return count > 0;
}

static int
decrypt(struct bytes file, const char *shown, const struct roster *roster,
	const struct roster_environment *environment, const struct identities *identities,
	struct secret *ret_plain, struct error *err)
{
	struct age_identity *readers;
	size_t count;
	int result;

	readers = readers_of(identities, roster, environment, &count);
	if (count == 0) {
		free(readers);
		return error_set(err, ERROR_REFUSED,
				 "this identity is not a reader of '%s'; a reader must add it",
				 environment->name);
	}
	result = age_decrypt(file, readers, count, ret_plain, err);
	free(readers);
	return result < 0 ? error_context(err, "%s", shown) : 0;
}

int
environment_key_open(struct bytes file, const char *shown, const struct chain *chain,
		     const struct roster_environment *environment,
		     const struct identities *identities, struct environment_key *ret,
		     struct error *err)
{
	const struct roster *roster = chain_current(chain);
	CLEANUP(environment_key_clear) struct environment_key key = { .private = SECRET_INIT };
	CLEANUP(secret_clear) struct secret plain = SECRET_INIT;

	if (environment_key_check(file, shown, roster, environment, err) < 0 ||
	    decrypt(file, shown, roster, environment, identities, &plain, err) < 0 ||
	    parse(secret_bytes(&plain), shown, roster, environment, &key, err) < 0 ||
	    check_public(&key, shown, chain, environment, err) < 0)
		return -1;
	*ret = key;
	key = (struct environment_key){ .private = SECRET_INIT };
	return 0;
}

int
environment_key_generate(struct environment_key *ret, struct error *err)
{
	struct environment_key key = { .private = SECRET_INIT };

	if (x25519_generate(&key.private, err) < 0)
		return -1;
	x25519_public(&key.private, key.public);
	*ret = key;
	return 0;
}

static int
append_key(struct secret *out, const char *name, const struct secret *key, struct error *err)
{
	if (secret_append(out, bytes_of(name), err) < 0)
		return -1;
	if (key->len == 0)
		return secret_append(out, bytes_of("-\n"), err);
	if (bech32_encode_private(PRIVATE_HRP, key, out, err) < 0)
		return -1;
	return secret_append(out, bytes_of("\n"), err);
}

int
environment_key_write(const struct environment_key *key, const char *project_id,
		      const char *environment, uint32_t epoch, const struct age_recipient *readers,
		      size_t count, struct buf *out, struct error *err)
{
	CLEANUP(secret_clear) struct secret plain = SECRET_INIT;
	CLEANUP(free_text) char *head =
		xasprintf(MAGIC "\nproject-id %s\nenvironment %s\nepoch %u\n", project_id,
			  environment, epoch);

	if (secret_new(PLAIN_MAX, &plain, err) < 0 ||
	    secret_append(&plain, bytes_of(head), err) < 0 ||
	    append_key(&plain, "key ", &key->private, err) < 0 ||
	    append_key(&plain, "previous ", &key->previous, err) < 0)
		return -1;
	return age_encrypt(readers, count, secret_bytes(&plain), out, err);
}

const struct secret *
environment_key_of_epoch(const struct environment_key *key, uint32_t current_epoch, uint32_t epoch,
			 const uint8_t **ret_public)
{
	if (epoch == current_epoch) {
		*ret_public = key->public;
		return &key->private;
	}
	if (epoch + 1 == current_epoch && key->previous.len > 0) {
		*ret_public = key->previous_public;
		return &key->previous;
	}
	return NULL;
}
