/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/secret.h"

enum { INFO_PARTS_MAX = 8 };

static const uint8_t zeros[SHA256_BYTES];

void
sha256(struct bytes bytes, uint8_t out[static SHA256_BYTES])
{
	crypto_hash_sha256(out, bytes.data, bytes.len);
}

void
sha256_hex(struct bytes bytes, char out[static SHA256_HEX_BYTES])
{
	uint8_t digest[SHA256_BYTES];

	sha256(bytes, digest);
	sodium_bin2hex(out, SHA256_HEX_BYTES, digest, sizeof(digest));
}

void
sha512(struct bytes bytes, uint8_t out[static SHA512_BYTES])
{
	crypto_hash_sha512(out, bytes.data, bytes.len);
}

void
hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
	    uint8_t out[static SHA256_BYTES])
{
	crypto_auth_hmacsha256_state state;

	/* libsodium wants a pointer even for an empty key. */
	crypto_auth_hmacsha256_init(&state, key.len > 0 ? key.data : zeros, key.len);
	for (size_t i = 0; i < count; i++)
		crypto_auth_hmacsha256_update(&state, parts[i].data, parts[i].len);
	crypto_auth_hmacsha256_final(&state, out);
	secret_wipe(&state, sizeof(state));
}

void
hkdf_extract(struct bytes salt, const struct bytes *ikm, size_t count,
	     uint8_t out[static SHA256_BYTES])
{
	hmac_sha256(salt.len > 0 ? salt : BYTES(zeros), ikm, count, out);
}

/* RFC 5869 section 2.3: T(i) = HMAC(prk, T(i - 1) ‖ info ‖ i), T(0) empty, i from 1 in one byte. */
void
hkdf_expand(const uint8_t prk[static SHA256_BYTES], const struct bytes *info, size_t count,
	    uint8_t *out, size_t len)
{
	uint8_t block[SHA256_BYTES], counter = 0;
	struct bytes parts[1 + INFO_PARTS_MAX + 1] = { { block, 0 } };

	assert(count <= INFO_PARTS_MAX && len <= HKDF_MAX);
	for (size_t i = 0; i < count; i++)
		parts[1 + i] = info[i];
	parts[1 + count] = (struct bytes){ &counter, 1 };

	while (len > 0) {
		size_t taken = len < sizeof(block) ? len : sizeof(block);

		counter++;
		hmac_sha256((struct bytes){ prk, SHA256_BYTES }, parts, count + 2, block);
		parts[0].len = sizeof(block);
		memcpy(out, block, taken);
		out += taken;
		len -= taken;
	}
	secret_wipe(block, sizeof(block));
}

void
hkdf_sha256(struct bytes ikm, struct bytes salt, struct bytes info, uint8_t *out, size_t len)
{
	uint8_t prk[SHA256_BYTES];

	hkdf_extract(salt, &ikm, 1, prk);
	hkdf_expand(prk, &info, 1, out, len);
	secret_wipe(prk, sizeof(prk));
}
