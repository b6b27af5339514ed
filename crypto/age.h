/* SPDX-License-Identifier: Apache-2.0 */
/*
 * age: the age v1 file format (C2SP age.md): X25519, ssh-ed25519 (FiloSottile/age agessh) and, for
 * reading only, scrypt stanzas; binary and armored. Whole files in memory; nothing is released before
 * its tag has been verified.
 */
#ifndef CRYPTO_AGE_H
#define CRYPTO_AGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/ed25519.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"

enum {
	AGE_STANZAS_MAX = 1024,
	AGE_HEADER_MAX = 256 * 1024,
	AGE_WORK_FACTOR_MAX = 18,      /* log2 N of scrypt: 256 MiB */
	AGE_RECIPIENT_TEXT_BYTES = 90, /* age1…, or ssh-ed25519 AAAA…, and NUL */
	AGE_ARMOR_COLUMNS = 64,
};

enum age_kind { AGE_X25519, AGE_SSH_ED25519 };

/* key: an X25519 public key, or an Ed25519 one. */
struct age_recipient {
	enum age_kind kind;
	uint8_t key[32];
};

/* private: an X25519 private key, or an Ed25519 seed, of 32 bytes; recipient is its public half. */
struct age_identity {
	enum age_kind kind;
	struct secret private;
	struct age_recipient recipient;
};

/* age1… or "ssh-ed25519 AAAA…" (exactly one space). Low-order and non-canonical keys, age1pq1…,
 * age1tag…, plug-ins (age1NAME1…) and other SSH key types are refused by name, ERROR_REFUSED. */
int age_recipient_parse(struct bytes text, struct age_recipient *ret, struct error *err)
	__attribute__((warn_unused_result));
void age_recipient_format(const struct age_recipient *recipient,
			  char out[static AGE_RECIPIENT_TEXT_BYTES]);
bool age_recipient_equal(const struct age_recipient *a, const struct age_recipient *b);

/* From AGE-SECRET-KEY-1… (AGE-SECRET-KEY-PQ-1… and AGE-PLUGIN-… are refused by name). The caller
 * clears. */
int age_identity_parse(struct bytes text, struct age_identity *ret, struct error *err)
	__attribute__((warn_unused_result));
/* A new X25519 one. */
int age_identity_generate(struct age_identity *ret, struct error *err)
	__attribute__((warn_unused_result));
/* From an Ed25519 seed (copied). */
int age_identity_from_seed(const struct secret *seed, struct age_identity *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Appends AGE-SECRET-KEY-1… (X25519 only). */
int age_identity_format(const struct age_identity *identity, struct secret *out, struct error *err)
	__attribute__((warn_unused_result));
void age_identity_clear(struct age_identity *identity);

/* Encrypts plain to count recipients, one stanza each in this order, armored; appends to out. */
int age_encrypt(const struct age_recipient *recipients, size_t count, struct bytes plain,
		struct buf *out, struct error *err) __attribute__((warn_unused_result));

/* Decrypts a file, armored or binary, with the first identity that fits. *ret_plain: the caller clears.
 * ERROR_REFUSED, the message beginning with the part that is wrong: "age armor: …", "age header: …",
 * "age header: MAC does not match", "age payload: …", or "no identity opens it". */
int age_decrypt(struct bytes file, const struct age_identity *identities, size_t count,
		struct secret *ret_plain, struct error *err) __attribute__((warn_unused_result));

/* The same for a file with one scrypt stanza of work factor at most max_work_factor. */
int age_decrypt_passphrase(struct bytes file, const struct secret *passphrase,
			   unsigned max_work_factor, struct secret *ret_plain, struct error *err)
	__attribute__((warn_unused_result));

/* Without any key: how many stanzas an armored file has and whether each is `X25519` or `ssh-ed25519`
 * as given, in this order; an ssh-ed25519 stanza must also carry that recipient's tag. The armor must
 * be exactly what age_encrypt writes (no CR, nothing around it). ERROR_REFUSED with the rule. */
int age_check_stanzas(struct bytes file, const struct age_recipient *recipients, size_t count,
		      struct error *err) __attribute__((warn_unused_result));

/* Whether the bytes begin as an armored or binary age file. */
bool age_is_file(struct bytes file);

#endif
