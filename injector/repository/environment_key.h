/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment_key: an environment's private key, kept in tfsecrets/ENV/key.age, an armored age file with
 * one stanza for each reader. It also holds the key of the epoch before, so that values which arrive by a
 * late merge can be resealed. crypto/FORMAT.md section 3.
 */
#ifndef REPOSITORY_ENVIRONMENT_KEY_H
#define REPOSITORY_ENVIRONMENT_KEY_H

#include "injector/repository/chain.h"
#include "injector/repository/identity.h"

enum { KEY_FILE_MAX = 256 * 1024 };

struct environment_key {
	struct secret private, previous; /* previous is empty in epoch 1 */
	uint8_t public[X25519_BYTES], previous_public[X25519_BYTES];
};

/* What can be checked of key.age without any key: its hash and its stanzas against the roster. */
int environment_key_check(struct bytes file, const char *shown, const struct roster *roster,
			  const struct roster_environment *environment, struct error *err)
	__attribute__((warn_unused_result));

/* Whether one of the identities is a reader. */
bool environment_key_is_ours(const struct roster *roster,
			     const struct roster_environment *environment,
			     const struct identities *identities);

/* Opens it with the first identity that is a reader; checks everything of section 3. The caller clears.
 * ERROR_REFUSED. */
int environment_key_open(struct bytes file, const char *shown, const struct chain *chain,
			 const struct roster_environment *environment,
			 const struct identities *identities, struct environment_key *ret,
			 struct error *err) __attribute__((warn_unused_result));
void environment_key_clear(struct environment_key *key);

/* Makes the key of a new environment: epoch 1, no previous. */
int environment_key_generate(struct environment_key *ret, struct error *err)
	__attribute__((warn_unused_result));

/* Appends key.age for count readers. */
int environment_key_write(const struct environment_key *key, const char *project_id,
			  const char *environment, uint32_t epoch,
			  const struct age_recipient *readers, size_t count, struct buf *out,
			  struct error *err) __attribute__((warn_unused_result));

/* The private key under which a file of this epoch opens, and its public key; NULL: too old for us. */
const struct secret *environment_key_of_epoch(const struct environment_key *key,
					      uint32_t current_epoch, uint32_t epoch,
					      const uint8_t **ret_public);

#endif
