/* SPDX-License-Identifier: Apache-2.0 */
/* hash: SHA-256 (FIPS 180-4), SHA-512, HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869), which
 * libsodium 1.0.18 lacks. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { SHA256_BYTES = 32, SHA512_BYTES = 64, SHA256_HEX_BYTES = 65, HKDF_MAX = 255 * SHA256_BYTES };

void sha256(struct bytes bytes, uint8_t out[static SHA256_BYTES]);
/* 64 lower-case hex digits and NUL. */
void sha256_hex(struct bytes bytes, char out[static SHA256_HEX_BYTES]);
void sha512(struct bytes bytes, uint8_t out[static SHA512_BYTES]);

/* HMAC over the concatenation of count parts; key of any length. */
void hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
		 uint8_t out[static SHA256_BYTES]);

/* RFC 5869 section 2.2; an empty salt is 32 zero bytes. ikm is the concatenation of count parts. */
void hkdf_extract(struct bytes salt, const struct bytes *ikm, size_t count,
		  uint8_t out[static SHA256_BYTES]);
/* RFC 5869 section 2.3; info is the concatenation of count parts (at most 8); len at most HKDF_MAX. */
void hkdf_expand(const uint8_t prk[static SHA256_BYTES], const struct bytes *info, size_t count,
		 uint8_t *out, size_t len);
/* Both, with one ikm and one info. */
void hkdf_sha256(struct bytes ikm, struct bytes salt, struct bytes info, uint8_t *out, size_t len);

#endif
