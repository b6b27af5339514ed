/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealed: one sealed value, tfsecrets/ENV/sealed/SETTING: twelve header lines, the HPKE box in base64 (or
 * `unset`, a tombstone), an SSH signature over all before it. The ciphertext opens only under exactly this
 * header, author included, and the signature covers the ciphertext. crypto/FORMAT.md has every byte.
 */
#ifndef REPOSITORY_SEALED_H
#define REPOSITORY_SEALED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/secret.h"
#include "crypto/signer.h"

#define SEALED_NAMESPACE "tfsecrets-sealed"

enum {
	SEALED_FILE_MAX = 2 * 1024 * 1024,
	ID_DIGITS = 32,		  /* project-id and value-id: 16 random bytes in hex */
	ID_BYTES = ID_DIGITS + 1, /* with NUL */
};

/* What the header says. */
struct sealed {
	char project_id[ID_BYTES];
	char environment[LABEL_MAX + 1];
	char setting[SETTING_NAME_MAX + 1];
	uint32_t epoch;
	uint32_t generation;
	char previous[SHA256_HEX_BYTES]; /* "" at generation 1 */
	uint32_t changed;		 /* the epoch in which the value itself last changed */
	int64_t changed_at;		 /* seconds since 1970 */
	char value_id[ID_BYTES];
	int64_t sealed_at;
	char sealed_by[SSH_FINGERPRINT_BYTES];
	bool unset; /* a tombstone: no value */
};

/* Where the parts of a file are. */
struct sealed_parts {
	size_t header_len; /* the twelve lines */
	size_t box_start;  /* the base64 lines; */
	size_t box_len;	   /* 0 for a tombstone */
	size_t signed_len; /* every byte before the signature's armor */
	struct sshsig signature;
};

/* Parses text, the whole file (at most SEALED_FILE_MAX bytes), strictly, without any key; file is its name
 * in messages. Checks the grammar, that the box has a possible length, and that sealed-by is the
 * fingerprint of the signature's key; the signature itself is left to sealed_is_signed. ERROR_REFUSED
 * "FILE:LINE: rule". */
int sealed_parse(struct bytes text, const char *file, struct sealed *ret,
		 struct sealed_parts *ret_parts, struct error *err)
	__attribute__((warn_unused_result));

/* Whether the signature holds. Thread safe. */
bool sealed_is_signed(struct bytes text, const struct sealed_parts *parts);

/* Opens the value with the environment's private key (32 bytes) and its public key. ERROR_REFUSED "altered,
 * or sealed to another key" for every failure. The caller clears *ret_value. A tombstone must not be given. */
int sealed_open(struct bytes text, const struct sealed_parts *parts, const struct secret *private,
		const uint8_t public[static HPKE_KEY_BYTES], struct secret *ret_value,
		struct error *err) __attribute__((warn_unused_result));

/* Writes a whole file: header from sealed (sealed_by is filled in from the signer's key), value sealed to
 * the environment's public key (ignored for a tombstone), signed. value is at most SECRET_VALUE_MAX
 * bytes. Appends to out. */
int sealed_write(struct sealed *sealed, struct bytes value,
		 const uint8_t public[static HPKE_KEY_BYTES], const struct signer *signer,
		 struct buf *out, struct error *err) __attribute__((warn_unused_result));

/* Padmé with a floor of 64: the padded length for 5 + value bytes. */
size_t sealed_padded_length(size_t len);

/* 32 random hex digits and NUL. */
void sealed_new_id(char out[static ID_BYTES]);

#endif
