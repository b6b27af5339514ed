/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of an age file (C2SP age.md, "Payload"): STREAM with 64 KiB chunks. */
#include <sodium.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/age_parts.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { CHUNK = 64 * 1024, CHUNK_SEALED = CHUNK + AGE_TAG_BYTES, KEY_BYTES = 32, COUNTER_LAST = 10 };

static int
refuse(struct error *err, const char *rule)
{
	return error_set(err, ERROR_REFUSED, "age payload: %s", rule);
}

static void
wipe_key(uint8_t (*key)[KEY_BYTES])
{
	secret_wipe(*key, sizeof(*key));
}

static void
derive(const struct secret *file_key, struct bytes nonce, uint8_t key[static KEY_BYTES])
{
	hkdf_sha256(secret_bytes(file_key), nonce, bytes_of("payload"), key, KEY_BYTES);
}

/* An 11-byte big-endian counter and a flag on the last chunk. */
static void
chunk_nonce(size_t index, bool is_last,
	    uint8_t nonce[static crypto_aead_chacha20poly1305_IETF_NPUBBYTES])
{
	memset(nonce, 0, crypto_aead_chacha20poly1305_IETF_NPUBBYTES);
	for (int i = COUNTER_LAST; index > 0; i--, index >>= 8)
		nonce[i] = (uint8_t)index;
	nonce[COUNTER_LAST + 1] = is_last ? 1 : 0;
}

/* Opens every chunk into plain, whose capacity is that of all of them. */
static int
open_chunks(const uint8_t key[static KEY_BYTES], struct bytes sealed, struct secret *plain,
	    struct error *err)
{
	uint8_t nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

	for (size_t index = 0, at = 0; at < sealed.len; index++) {
		size_t len = sealed.len - at < CHUNK_SEALED ? sealed.len - at : CHUNK_SEALED;
		bool is_last = at + len == sealed.len;

		if (len < AGE_TAG_BYTES || (len == AGE_TAG_BYTES && index > 0))
			return refuse(err, "is cut off");
		chunk_nonce(index, is_last, nonce);
		if (crypto_aead_chacha20poly1305_ietf_decrypt(plain->data + plain->len, NULL, NULL,
							      sealed.data + at, len, NULL, 0, nonce,
							      key) != 0)
			return refuse(err, "is altered or cut off");
		plain->len += len - AGE_TAG_BYTES;
		at += len;
	}
	return 0;
}

int
age_payload_read(const struct secret *file_key, struct bytes payload, struct secret *ret_plain,
		 struct error *err)
{
	CLEANUP(secret_clear) struct secret plain = SECRET_INIT;
	CLEANUP(wipe_key) uint8_t key[KEY_BYTES] = { 0 };
	struct bytes nonce = { payload.data, AGE_NONCE_BYTES }, sealed;

	if (payload.len < AGE_NONCE_BYTES)
		return age_header_refuse(err, "is followed by no payload");
	sealed = (struct bytes){ payload.data + AGE_NONCE_BYTES, payload.len - AGE_NONCE_BYTES };
	if (sealed.len < AGE_TAG_BYTES)
		return refuse(err, "is cut off");
	derive(file_key, nonce, key);
	/* Large enough for every chunk; what is authentic is all of it or nothing. */
	if (secret_new(sealed.len, &plain, err) < 0 || open_chunks(key, sealed, &plain, err) < 0)
		return -1;
	*ret_plain = plain;
	plain = (struct secret)SECRET_INIT;
	return 0;
}

void
age_payload_write(const struct secret *file_key, struct bytes plain, struct buf *out)
{
	CLEANUP(wipe_key) uint8_t key[KEY_BYTES] = { 0 };
	uint8_t salt[AGE_NONCE_BYTES], nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];
	size_t at = 0, index = 0;

	random_bytes(salt, sizeof(salt));
	buf_append(out, BYTES(salt));
	derive(file_key, BYTES(salt), key);
	do {
		size_t len = plain.len - at < CHUNK ? plain.len - at : CHUNK;
		uint8_t *sealed = buf_extend(out, len + AGE_TAG_BYTES);

		if (sealed == NULL)
			return;
		chunk_nonce(index++, at + len == plain.len, nonce);
		(void)crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, plain.data + at, len,
								NULL, 0, NULL, nonce, key);
		at += len;
	} while (at < plain.len);
}
