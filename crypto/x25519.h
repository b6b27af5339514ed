/* SPDX-License-Identifier: Apache-2.0 */
/* x25519: RFC 7748 keys. */
#ifndef CRYPTO_X25519_H
#define CRYPTO_X25519_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/secret.h"

enum { X25519_BYTES = 32 };

/* A new random private key of 32 bytes; the caller clears it. */
int x25519_generate(struct secret *ret_private, struct error *err)
	__attribute__((warn_unused_result));
/* The public key of a 32-byte private key. */
void x25519_public(const struct secret *private, uint8_t ret[static X25519_BYTES]);
/* False for the points of low order, whose shared secret is all zero (RFC 7748 section 6.1). */
bool x25519_is_valid_public(const uint8_t key[static X25519_BYTES]);

#endif
