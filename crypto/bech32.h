/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bech32: BIP-173 (not Bech32m) for 32-byte keys, without its length limit. Decoding is strict: one
 * letter case, zero padding bits, exactly the expected human-readable part.
 */
#ifndef CRYPTO_BECH32_H
#define CRYPTO_BECH32_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/secret.h"

enum { BECH32_KEY_BYTES = 32, BECH32_TEXT_MAX = 90 };

/* Public keys: lower case, e.g. hrp "age" gives age1…; out has BECH32_TEXT_MAX bytes with the NUL
 * (hrp at most 30 characters). */
void bech32_encode_public(const char *hrp, const uint8_t key[static BECH32_KEY_BYTES],
			  char out[static BECH32_TEXT_MAX]);
bool bech32_decode_public(const char *hrp, struct bytes text, uint8_t ret[static BECH32_KEY_BYTES]);

/* Private keys: the text is all upper case, its checksum is over the lower-case form; hrp is given in
 * lower case, e.g. "age-secret-key-". Encoding appends to out. */
int bech32_encode_private(const char *hrp, const struct secret *key, struct secret *out,
			  struct error *err) __attribute__((warn_unused_result));
int bech32_decode_private(const char *hrp, struct bytes text, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));

#endif
