/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_pair: whether a private key is that of a certificate, by reading both (RFC 5280, 5208, 5915, 8017, 8410): the
 * modulus and exponent of RSA, the point that a key of an elliptic curve has beside it, the public half of Ed25519.
 * Nothing is verified: neither who signed the certificate nor for which name it is.
 */
#ifndef SCHEMAS_KEY_PAIR_H
#define SCHEMAS_KEY_PAIR_H

#include "base/error.h"
#include "crypto/secret.h"

enum {
	KEY_PAIR_NOTES = 2,
	KEY_PAIR_TIME_BYTES = 15, /* "20261125201500", UTC, and NUL */
};

/* What is worth knowing of a pair that is as it should be. */
struct key_pair_notes {
	const char *texts[KEY_PAIR_NOTES];
	size_t count;
};

/* Both are PEM; of a chain the first certificate counts. now: the time, as digits. ERROR_REFUSED says which of both is
 * what, without a byte of either. */
int key_pair_check(struct bytes chain, struct bytes key, const char now[static KEY_PAIR_TIME_BYTES],
		   struct key_pair_notes *notes, struct error *err)
	__attribute__((warn_unused_result));

/* Whether the text has a private key that asks for a passphrase. */
bool key_pair_is_encrypted(struct bytes key);

#endif
