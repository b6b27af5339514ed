/* SPDX-License-Identifier: Apache-2.0 */
/* Stanzas: C2SP age.md "X25519" and "scrypt"; FiloSottile/age agessh "ssh-ed25519". */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "crypto/age_parts.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

#define X25519_TYPE "X25519"
#define X25519_INFO "age-encryption.org/v1/X25519"
#define SSH_TYPE "ssh-ed25519"
#define SSH_INFO "age-encryption.org/v1/ssh-ed25519"
#define SCRYPT_TYPE "scrypt"
#define SCRYPT_SALT "age-encryption.org/v1/scrypt"

enum {
	KEY_BYTES = 32,
	SHARE_BYTES = 32,
	TAG_BYTES = 4,
	SALT_BYTES = 16,
	ARGS_MAX = 2,
	SCRYPT_R = 8,
	SCRYPT_P = 1,
};

/* Every wrap key is used once. */
static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

static void
wipe_key(uint8_t (*key)[KEY_BYTES])
{
	secret_wipe(*key, sizeof(*key));
}

static void
seal_file_key(const uint8_t key[static KEY_BYTES], const struct secret *file_key,
	      uint8_t out[static AGE_WRAPPED_BYTES])
{
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, file_key->data, file_key->len,
							NULL, 0, NULL, zero_nonce, key);
}

/* The body's size is looked at before decryption, so that no one body can be tried against many keys. */
static enum age_unwrapped
open_file_key(const uint8_t key[static KEY_BYTES], struct bytes body, struct secret *ret_file_key,
	      struct error *err)
{
	struct secret file_key = SECRET_INIT;

	assert(body.len == AGE_WRAPPED_BYTES);
	if (secret_new(AGE_FILE_KEY_BYTES, &file_key, err) < 0)
		return AGE_MALFORMED;
	if (crypto_aead_chacha20poly1305_ietf_decrypt(file_key.data, NULL, NULL, body.data,
						      body.len, NULL, 0, zero_nonce, key) != 0) {
		secret_clear(&file_key);
		return AGE_NO_MATCH;
	}
	file_key.len = AGE_FILE_KEY_BYTES;
	*ret_file_key = file_key;
	return AGE_UNWRAPPED;
}

/* HKDF of a Diffie-Hellman result with both public values as salt. */
static void
derive(const uint8_t shared[static 32], const uint8_t share[static SHARE_BYTES],
       const uint8_t point[static 32], const char *info, uint8_t out[static KEY_BYTES])
{
	uint8_t salt[SHARE_BYTES + 32];

	memcpy(salt, share, SHARE_BYTES);
	memcpy(salt + SHARE_BYTES, point, 32);
	hkdf_sha256((struct bytes){ shared, 32 }, BYTES(salt), bytes_of(info), out, KEY_BYTES);
}

/* agessh multiplies the result by a scalar that is derived from the SSH key, which binds the stanza to
 * the key in its SSH form. */
static bool
tweak(const uint8_t ed25519[static 32], uint8_t shared[static 32])
{
	CLEANUP(wipe_key) uint8_t plain[32];
	uint8_t wire[SSH_WIRE_BYTES], scalar[32];

	memcpy(plain, shared, sizeof(plain));
	ssh_public_wire(ed25519, wire);
	hkdf_sha256(bytes_of(""), BYTES(wire), bytes_of(SSH_INFO), scalar, sizeof(scalar));
	return crypto_scalarmult_curve25519(shared, scalar, plain) == 0;
}

static void
ssh_tag(const uint8_t ed25519[static 32], uint8_t out[static TAG_BYTES])
{
	uint8_t wire[SSH_WIRE_BYTES], digest[SHA256_BYTES];

	ssh_public_wire(ed25519, wire);
	sha256(BYTES(wire), digest);
	memcpy(out, digest, TAG_BYTES);
}

/* The recipient's X25519 point. */
static bool
point_of(const struct age_recipient *recipient, uint8_t out[static 32])
{
	if (recipient->kind == AGE_SSH_ED25519)
		return crypto_sign_ed25519_pk_to_curve25519(out, recipient->key) == 0;
	memcpy(out, recipient->key, 32);
	return true;
}

/* private is the ephemeral key with the recipient's point, or the recipient's with the share. */
static bool
agree(const struct age_recipient *recipient, const uint8_t private[static 32],
      const uint8_t peer[static 32], const uint8_t share[static SHARE_BYTES],
      const uint8_t point[static 32], uint8_t out[static KEY_BYTES])
{
	CLEANUP(wipe_key) uint8_t shared[32] = { 0 };
	bool is_ssh = recipient->kind == AGE_SSH_ED25519;

	if (crypto_scalarmult_curve25519(shared, private, peer) != 0 ||
	    (is_ssh && !tweak(recipient->key, shared)))
		return false;
	derive(shared, share, point, is_ssh ? SSH_INFO : X25519_INFO, out);
	return true;
}

int
age_wrap(const struct age_recipient *recipient, const struct secret *file_key, struct buf *out,
	 struct error *err)
{
	CLEANUP(secret_clear) struct secret ephemeral = SECRET_INIT;
	CLEANUP(wipe_key) uint8_t key[KEY_BYTES] = { 0 };
	uint8_t share[SHARE_BYTES], point[32], wrapped[AGE_WRAPPED_BYTES], tag[TAG_BYTES];
	const struct bytes args[] = { BYTES(tag), BYTES(share) };

	if (x25519_generate(&ephemeral, err) < 0)
		return -1;
	x25519_public(&ephemeral, share);
	if (!point_of(recipient, point) ||
	    !agree(recipient, ephemeral.data, point, share, point, key))
		return error_set(err, ERROR_REFUSED, "a recipient's key is of low order");
	seal_file_key(key, file_key, wrapped);
	if (recipient->kind == AGE_X25519) {
		age_stanza_write(out, X25519_TYPE, args + 1, 1, BYTES(wrapped));
	} else {
		ssh_tag(recipient->key, tag);
		age_stanza_write(out, SSH_TYPE, args, 2, BYTES(wrapped));
	}
	return 0;
}

/* Splits args into exactly count words of canonical base64 of these sizes. */
static bool
decode_args(struct bytes args, const size_t *sizes, size_t count, uint8_t *const *outs)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(buf_clear) struct buf decoded = BUF_INIT(sizes[i]);
		const uint8_t *blank = args.len > 0 ? memchr(args.data, ' ', args.len) : NULL;
		size_t len = blank != NULL ? (size_t)(blank - args.data) : args.len;

		if ((blank == NULL) != (i + 1 == count) ||
		    !base64_decode((struct bytes){ args.data, len }, BASE64_UNPADDED, &decoded) ||
		    decoded.len != sizes[i])
			return false;
		memcpy(outs[i], decoded.data, sizes[i]);
		args.data += blank != NULL ? len + 1 : len;
		args.len -= blank != NULL ? len + 1 : len;
	}
	return true;
}

static bool
is_type(const struct age_stanza *stanza, const char *type)
{
	return bytes_equal(stanza->type, bytes_of(type));
}

static enum age_unwrapped
malformed(struct error *err, const char *rule)
{
	(void)age_header_refuse(err, rule);
	return AGE_MALFORMED;
}

/* Reads the share, and for ssh-ed25519 the tag; the body must have its one size. */
static bool
parse_stanza(const struct age_stanza *stanza, enum age_kind kind, uint8_t tag[static TAG_BYTES],
	     uint8_t share[static SHARE_BYTES])
{
	static const size_t sizes[] = { TAG_BYTES, SHARE_BYTES };
	uint8_t *const outs[] = { tag, share };
	size_t first = kind == AGE_X25519 ? 1 : 0;

	return stanza->body_len == AGE_WRAPPED_BYTES &&
	       decode_args(stanza->args, sizes + first, ARGS_MAX - first, outs + first);
}

/* An Ed25519 seed's scalar is the first half of its SHA-512. */
static int
private_scalar(const struct age_identity *identity, struct secret *ret, struct error *err)
{
	if (identity->kind == AGE_X25519)
		return secret_from(secret_bytes(&identity->private), ret, err);
	if (secret_new(SHA512_BYTES, ret, err) < 0)
		return -1;
	sha512(secret_bytes(&identity->private), ret->data);
	ret->len = SHA512_BYTES;
	return 0;
}

enum age_unwrapped
age_unwrap(const struct age_header *header, const struct age_stanza *stanza,
	   const struct age_identity *identity, struct secret *ret_file_key, struct error *err)
{
	CLEANUP(secret_clear) struct secret scalar = SECRET_INIT;
	CLEANUP(wipe_key) uint8_t key[KEY_BYTES] = { 0 };
	uint8_t tag[TAG_BYTES], share[SHARE_BYTES], point[32];

	if (!is_type(stanza, identity->kind == AGE_X25519 ? X25519_TYPE : SSH_TYPE))
		return AGE_NO_MATCH;
	if (!parse_stanza(stanza, identity->kind, tag, share))
		return malformed(err, "a stanza is malformed");
	if (!age_stanza_is_for(stanza, &identity->recipient))
		return AGE_NO_MATCH;
	if (!point_of(&identity->recipient, point) || private_scalar(identity, &scalar, err) < 0)
		return malformed(err, "an identity's key is not usable");
	if (!agree(&identity->recipient, scalar.data, share, share, point, key))
		return malformed(err, "a stanza's share is of low order");
	return open_file_key(key, age_stanza_body(header, stanza), ret_file_key, err);
}

bool
age_stanza_is_for(const struct age_stanza *stanza, const struct age_recipient *recipient)
{
	uint8_t tag[TAG_BYTES], share[SHARE_BYTES], expected[TAG_BYTES];

	if (!is_type(stanza, recipient->kind == AGE_X25519 ? X25519_TYPE : SSH_TYPE) ||
	    !parse_stanza(stanza, recipient->kind, tag, share))
		return false;
	if (recipient->kind == AGE_X25519)
		return true;
	ssh_tag(recipient->key, expected);
	return memcmp(tag, expected, TAG_BYTES) == 0;
}

/* "SALT N": salt of 16 bytes, N decimal without sign or leading zero. */
static bool
parse_scrypt(struct bytes args, uint8_t salt[static SALT_BYTES], uint64_t *ret_work_factor)
{
	static const size_t size = SALT_BYTES;
	uint8_t *const outs[] = { salt };
	const uint8_t *blank = args.len > 0 ? memchr(args.data, ' ', args.len) : NULL;
	struct bytes first, second;

	if (blank == NULL)
		return false;
	first = (struct bytes){ args.data, (size_t)(blank - args.data) };
	second = (struct bytes){ blank + 1, args.len - first.len - 1 };
	return decode_args(first, &size, 1, outs) && text_to_number(second, 63, ret_work_factor) &&
	       *ret_work_factor > 0;
}

enum age_unwrapped
age_unwrap_scrypt(const struct age_header *header, const struct secret *passphrase,
		  unsigned max_work_factor, struct secret *ret_file_key, struct error *err)
{
	CLEANUP(wipe_key) uint8_t key[KEY_BYTES] = { 0 };
	const size_t prefix = strlen(SCRYPT_SALT);
	uint8_t salt[sizeof(SCRYPT_SALT) - 1 + SALT_BYTES];
	const struct age_stanza *stanza = &header->stanzas[0];
	uint64_t work_factor;

	if (!is_type(stanza, SCRYPT_TYPE))
		return AGE_NO_MATCH;
	memcpy(salt, SCRYPT_SALT, prefix);
	if (stanza->body_len != AGE_WRAPPED_BYTES ||
	    !parse_scrypt(stanza->args, salt + prefix, &work_factor))
		return malformed(err, "the scrypt stanza is malformed");
	if (work_factor > max_work_factor)
		return malformed(err, "the scrypt work factor is too high");
	if (crypto_pwhash_scryptsalsa208sha256_ll(passphrase->data, passphrase->len, salt,
						  sizeof(salt), UINT64_C(1) << work_factor,
						  SCRYPT_R, SCRYPT_P, key, sizeof(key)) != 0)
		return malformed(err, "there is not enough memory for its scrypt work factor");
	return open_file_key(key, age_stanza_body(header, stanza), ret_file_key, err);
}
