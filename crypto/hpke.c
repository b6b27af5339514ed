/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hpke.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/hash.h"

enum { TAG_BYTES = 16, MODE_BASE = 0 };

/* RFC 9180 4.1 and 5.1: what a key is derived for is bound to the algorithms it is used with. */
static const uint8_t kem_suite[] = { 'K', 'E', 'M', 0x00, 0x20 };
static const uint8_t hpke_suite[] = { 'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03 };
static const uint8_t version[] = { 'H', 'P', 'K', 'E', '-', 'v', '1' };
static const struct bytes empty;

static void
key_wipe(uint8_t (*key)[32])
{
	secret_wipe(*key, sizeof(*key));
}

static void
context_wipe(struct hpke_context *context)
{
	secret_wipe(context, sizeof(*context));
}

static void
labeled_extract(struct bytes suite, struct bytes salt, const char *label, struct bytes ikm,
		uint8_t out[static 32])
{
	const struct bytes parts[] = { BYTES(version), suite, bytes_of(label), ikm };

	hkdf_extract(salt, parts, COUNT(parts), out);
}

static void
labeled_expand(struct bytes suite, const uint8_t prk[static 32], const char *label,
	       struct bytes info, uint8_t *out, size_t len)
{
	const uint8_t length[] = { (uint8_t)(len >> 8), (uint8_t)len };
	const struct bytes parts[] = {
		BYTES(length), BYTES(version), suite, bytes_of(label), info,
	};

	hkdf_expand(prk, parts, COUNT(parts), out, len);
}

/* RFC 9180 4.1: ExtractAndExpand of a Diffie-Hellman result with what both sides sent. */
static void
extract_and_expand(const uint8_t dh[static 32], const uint8_t enc[static 32],
		   const uint8_t key[static 32], uint8_t shared[static 32])
{
	CLEANUP(key_wipe) uint8_t prk[32];
	uint8_t kem_context[64];

	memcpy(kem_context, enc, 32);
	memcpy(kem_context + 32, key, 32);
	labeled_extract(BYTES(kem_suite), empty, "eae_prk", (struct bytes){ dh, 32 }, prk);
	labeled_expand(BYTES(kem_suite), prk, "shared_secret", BYTES(kem_context), shared, 32);
}

/* LabeledExtract("", "psk_id_hash", "") of our suite: mode base has no pre-shared key, its identifier is empty. */
static const uint8_t psk_id_hash[32] = {
	0x43, 0x1d, 0xf6, 0xcd, 0x95, 0xe1, 0x1f, 0xf4, 0x9d, 0x70, 0x13,
	0x56, 0x3b, 0xaf, 0x7f, 0x11, 0x58, 0x8c, 0x75, 0xa6, 0x61, 0x1e,
	0xe2, 0xa4, 0x40, 0x4a, 0x49, 0x30, 0x6a, 0xe4, 0xcf, 0xc5,
};

/* RFC 9180 5.1, mode base. */
static void
key_schedule(const uint8_t shared[static 32], struct bytes info, struct hpke_context *ret)
{
	struct bytes suite = BYTES(hpke_suite), schedule = BYTES(ret->schedule);

	ret->schedule[0] = MODE_BASE;
	memcpy(ret->schedule + 1, psk_id_hash, 32);
	labeled_extract(suite, empty, "info_hash", info, ret->schedule + 33);
	labeled_extract(suite, (struct bytes){ shared, 32 }, "secret", empty, ret->secret);
	labeled_expand(suite, ret->secret, "key", schedule, ret->key, sizeof(ret->key));
	labeled_expand(suite, ret->secret, "base_nonce", schedule, ret->base_nonce,
		       sizeof(ret->base_nonce));
}

/* False for a peer of low order: libsodium checks for an all-zero result (RFC 9180 7.1.4). */
static bool
setup(const struct secret *private, const uint8_t peer[static 32], const uint8_t enc[static 32],
      const uint8_t key[static 32], struct bytes info, struct hpke_context *ret)
{
	CLEANUP(key_wipe) uint8_t dh[32];
	CLEANUP(key_wipe) uint8_t shared[32];

	assert(private->len == X25519_BYTES);
	if (crypto_scalarmult_curve25519(dh, private->data, peer) != 0)
		return false;
	extract_and_expand(dh, enc, key, shared);
	key_schedule(shared, info, ret);
	return true;
}

int
hpke_setup_sender(const uint8_t key[static HPKE_KEY_BYTES], const struct secret *ephemeral,
		  struct bytes info, uint8_t enc[static 32], struct hpke_context *ret,
		  struct error *err)
{
	uint8_t public[X25519_BYTES];

	x25519_public(ephemeral, public);
	if (!setup(ephemeral, key, public, key, info, ret))
		return error_set(err, ERROR_REFUSED, "the key to seal to is of low order");
	memcpy(enc, public, sizeof(public));
	return 0;
}

/* One text for every cause: which one it was would help only an attacker who tries. */
static int
refuse(struct error *err)
{
	return error_set(err, ERROR_REFUSED, "altered, or sealed to another key");
}

int
hpke_setup_receiver(const struct secret *private, const uint8_t public[static HPKE_KEY_BYTES],
		    struct bytes info, const uint8_t enc[static 32], struct hpke_context *ret,
		    struct error *err)
{
	if (!setup(private, enc, enc, public, info, ret))
		return refuse(err);
	return 0;
}

/* RFC 9180 5.2: the sequence number, big-endian, over the end of the base nonce. */
static void
compute_nonce(const struct hpke_context *context, uint64_t seq, uint8_t nonce[static 12])
{
	memcpy(nonce, context->base_nonce, 12);
	for (size_t i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(seq >> (8 * i));
}

void
hpke_context_seal(const struct hpke_context *context, uint64_t seq, struct bytes aad,
		  struct bytes plain, struct buf *out)
{
	uint8_t nonce[12], *ct = buf_extend(out, plain.len + TAG_BYTES);

	if (ct == NULL)
		return;
	compute_nonce(context, seq, nonce);
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(ct, NULL, plain.data, plain.len, aad.data,
							aad.len, NULL, nonce, context->key);
}

void
hpke_context_export(const struct hpke_context *context, struct bytes exporter_context, uint8_t *out,
		    size_t len)
{
	CLEANUP(key_wipe) uint8_t exporter[32];

	labeled_expand(BYTES(hpke_suite), context->secret, "exp", BYTES(context->schedule),
		       exporter, sizeof(exporter));
	labeled_expand(BYTES(hpke_suite), exporter, "sec", exporter_context, out, len);
}

int
hpke_derive_key(struct bytes ikm, struct secret *ret_private, struct error *err)
{
	CLEANUP(key_wipe) uint8_t prk[32];
	struct secret private = SECRET_INIT;

	if (secret_new(X25519_BYTES, &private, err) < 0)
		return -1;
	labeled_extract(BYTES(kem_suite), empty, "dkp_prk", ikm, prk);
	labeled_expand(BYTES(kem_suite), prk, "sk", empty, private.data, X25519_BYTES);
	private.len = X25519_BYTES;
	*ret_private = private;
	return 0;
}

int
hpke_seal(const uint8_t key[static HPKE_KEY_BYTES], struct bytes info, struct bytes plain,
	  struct buf *out, struct error *err)
{
	CLEANUP(secret_clear) struct secret ephemeral = SECRET_INIT;
	CLEANUP(context_wipe) struct hpke_context context;
	uint8_t enc[X25519_BYTES];

	assert(info.len <= HPKE_INFO_MAX);
	if (x25519_generate(&ephemeral, err) < 0 ||
	    hpke_setup_sender(key, &ephemeral, info, enc, &context, err) < 0)
		return -1;
	buf_append(out, BYTES(enc));
	hpke_context_seal(&context, 0, empty, plain, out);
	return 0;
}

/* libsodium verifies the tag before it decrypts, and may write where it reads. */
static bool
open_box(const struct hpke_context *context, struct secret *box)
{
	uint8_t *ct = box->data + X25519_BYTES;
	size_t len = box->len - HPKE_OVERHEAD;

	if (crypto_aead_chacha20poly1305_ietf_decrypt(ct, NULL, NULL, ct, len + TAG_BYTES, NULL, 0,
						      context->base_nonce, context->key) != 0)
		return false;
	memmove(box->data, ct, len);
	secret_truncate(box, len);
	return true;
}

int
hpke_open(const struct secret *private, const uint8_t public[static HPKE_KEY_BYTES],
	  struct bytes info, struct secret *box, struct error *err)
{
	CLEANUP(context_wipe) struct hpke_context context;

	assert(info.len <= HPKE_INFO_MAX);
	if (box->len >= HPKE_OVERHEAD &&
	    hpke_setup_receiver(private, public, info, box->data, &context, err) == 0 &&
	    open_box(&context, box))
		return 0;
	secret_clear(box);
	return refuse(err);
}
