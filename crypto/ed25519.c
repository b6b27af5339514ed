/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ed25519.h"

#include <sodium.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "crypto/wire.h"

#define ALGORITHM "ssh-ed25519"

void
ed25519_public(const struct secret *seed, uint8_t ret[static ED25519_PUBLIC_BYTES])
{
	uint8_t expanded[crypto_sign_SECRETKEYBYTES];

	crypto_sign_seed_keypair(ret, expanded, seed->data);
	secret_wipe(expanded, sizeof(expanded));
}

bool
ed25519_is_valid_public(const uint8_t key[static ED25519_PUBLIC_BYTES])
{
	return crypto_core_ed25519_is_valid_point(key) == 1;
}

void
ed25519_sign(const struct secret *seed, struct bytes message,
	     uint8_t ret[static ED25519_SIGNATURE_BYTES])
{
	uint8_t public[ED25519_PUBLIC_BYTES], expanded[crypto_sign_SECRETKEYBYTES];

	crypto_sign_seed_keypair(public, expanded, seed->data);
	crypto_sign_detached(ret, NULL, message.data, message.len, expanded);
	secret_wipe(expanded, sizeof(expanded));
}

bool
ed25519_verify(const uint8_t key[static ED25519_PUBLIC_BYTES], struct bytes message,
	       const uint8_t signature[static ED25519_SIGNATURE_BYTES])
{
	return crypto_sign_verify_detached(signature, message.data, message.len, key) == 0;
}

void
ssh_public_wire(const uint8_t key[static ED25519_PUBLIC_BYTES], uint8_t out[static SSH_WIRE_BYTES])
{
	CLEANUP(buf_clear) struct buf wire = BUF_INIT(SSH_WIRE_BYTES);

	wire_put_text(&wire, ALGORITHM);
	wire_put_string(&wire, (struct bytes){ key, ED25519_PUBLIC_BYTES });
	memcpy(out, wire.data, SSH_WIRE_BYTES);
}

void
ssh_public_format(const uint8_t key[static ED25519_PUBLIC_BYTES],
		  char out[static SSH_PUBLIC_TEXT_BYTES])
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SSH_PUBLIC_TEXT_BYTES);
	uint8_t wire[SSH_WIRE_BYTES];

	ssh_public_wire(key, wire);
	buf_append_text(&text, ALGORITHM " ");
	base64_encode(BYTES(wire), BASE64_PADDED, 0, &text);
	memcpy(out, buf_text(&text), text.len + 1);
}

bool
ssh_public_parse(struct bytes base64, uint8_t ret[static ED25519_PUBLIC_BYTES])
{
	CLEANUP(buf_clear) struct buf wire = BUF_INIT(SSH_WIRE_BYTES);
	struct bytes rest, key;

	if (base64.len != base64_length(SSH_WIRE_BYTES, BASE64_PADDED) ||
	    !base64_decode(base64, BASE64_PADDED, &wire))
		return false;
	rest = buf_bytes(&wire);
	if (!wire_take_text(&rest, ALGORITHM) || !wire_take_string(&rest, &key) || rest.len != 0 ||
	    key.len != ED25519_PUBLIC_BYTES || !ed25519_is_valid_public(key.data))
		return false;
	memcpy(ret, key.data, ED25519_PUBLIC_BYTES);
	return true;
}

void
ssh_fingerprint(const uint8_t key[static ED25519_PUBLIC_BYTES],
		char out[static SSH_FINGERPRINT_BYTES])
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SSH_FINGERPRINT_BYTES);
	uint8_t wire[SSH_WIRE_BYTES], digest[SHA256_BYTES];

	ssh_public_wire(key, wire);
	sha256(BYTES(wire), digest);
	buf_append_text(&text, "SHA256:");
	base64_encode(BYTES(digest), BASE64_UNPADDED, 0, &text);
	memcpy(out, buf_text(&text), SSH_FINGERPRINT_BYTES);
}
