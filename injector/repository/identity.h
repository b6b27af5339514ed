/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: the key of a person, a CI job or a pod: an age identity file, an OpenSSH Ed25519 key, or
 * either behind a passphrase (age -p). It reads by its age recipient and signs by an Ed25519 key, which
 * for an age identity is HKDF of the same 32 bytes. The public half of an OpenSSH Ed25519 key (its .pub file)
 * is an identity that only signs, through ssh-agent.
 */
#ifndef REPOSITORY_IDENTITY_H
#define REPOSITORY_IDENTITY_H

#include "base/list.h"
#include "crypto/age.h"
#include "crypto/ed25519.h"
#include "crypto/secret.h"
#include "crypto/signer.h"

enum { IDENTITY_FILE_MAX = 64 * 1024, IDENTITY_TEXT_MAX = 1024 };

struct identity {
	struct age_identity age;
	struct secret
		seed; /* of the signing key; empty: ssh-agent has it, and age.private is empty */
	uint8_t signing[ED25519_PUBLIC_BYTES];
};

struct identities {
	struct identity *items;
	size_t count;
};

#define IDENTITIES_INIT                                                                            \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

/* Asks for a passphrase; the caller clears *ret. */
typedef int (*identity_ask)(const char *prompt, struct secret *ret, struct error *err);

/* Moves $TFSECRETS_AGE_KEY into secret memory, out of the environment, and overwrites it on the initial
 * stack, where /proc/PID/environ would show it. Right after secret_start. */
int identity_take_environment(struct error *err) __attribute__((warn_unused_result));
/* Whether there was one. */
bool identity_in_environment(void);
/* Wipes what identity_take_environment took. */
void identity_forget_environment(void);

/* Loads identities: `files` when it is not empty, else $TFSECRETS_IDENTITY, else the key that
 * identity_take_environment took, else $XDG_CONFIG_HOME/tfsecrets/identity. The first that is set counts,
 * and its errors are final. A file of ours that others may read, a link, a pipe: refused. ask may be NULL:
 * passphrases are refused. ERROR_REFUSED; none at all: ERROR_REFUSED that says where it looked. */
int identities_load(const struct list *files, identity_ask ask, struct identities *ret,
		    struct error *err) __attribute__((warn_unused_result));
void identities_clear(struct identities *identities);

/* Reads an identity file's text; `shown` is its name in messages. */
int identity_parse(const struct secret *text, const char *shown, identity_ask ask,
		   struct identity *ret, struct error *err) __attribute__((warn_unused_result));
void identity_clear(struct identity *identity);

/* Whether it can open what is encrypted to its recipient. */
bool identity_reads(const struct identity *identity);
/* Borrowed from identity. */
struct signer identity_signer(const struct identity *identity);

/* A new age identity. */
int identity_generate(struct identity *ret, struct error *err) __attribute__((warn_unused_result));
/* Appends an age identity file's text, both public keys in comments; it takes at most IDENTITY_TEXT_MAX bytes. */
int identity_format(const struct identity *identity, struct secret *out, struct error *err)
	__attribute__((warn_unused_result));
/* Writes it as an age identity file with both public keys in comments: mode 0600, never over another. */
int identity_write(const struct identity *identity, const char *path, struct error *err)
	__attribute__((warn_unused_result));
/* $XDG_CONFIG_HOME/tfsecrets/identity, or below ~/.config; the caller frees. */
char *identity_default_path(void);

#endif
