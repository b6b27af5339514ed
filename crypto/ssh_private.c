/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSH's private key files (openssh PROTOCOL.key). */
#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "crypto/ed25519.h"
#include "crypto/wire.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END "-----END OPENSSH PRIVATE KEY-----"
#define ALGORITHM "ssh-ed25519"
#define CUT "is cut off or has something behind it"

enum { BLOCK_BYTES = 8 };

/* With the NUL at its end. */
static const char magic[] = "openssh-key-v1";

bool
ssh_private_is(const struct secret *file)
{
	return file->len >= strlen(BEGIN) && memcmp(file->data, BEGIN, strlen(BEGIN)) == 0;
}

static int
refuse(struct error *err, const char *rule)
{
	return error_set(err, ERROR_REFUSED, "OpenSSH private key: %s", rule);
}

/* The base64 between the two marker lines, without its line ends. */
static int
unwrap(const struct secret *file, struct secret *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	const uint8_t *start, *end;

	if (!ssh_private_is(file))
		return refuse(err, "does not begin with '" BEGIN "'");
	start = file->data + strlen(BEGIN);
	end = memmem(start, file->len - strlen(BEGIN), END, strlen(END));
	if (end == NULL)
		return refuse(err, "does not end with '" END "'");
	if (secret_new(file->len, &text, err) < 0 || secret_new(file->len, ret, err) < 0)
		return -1;
	for (const uint8_t *at = start; at < end; at++) {
		if (*at != '\n' && *at != '\r')
			text.data[text.len++] = *at;
	}
	if (!base64_decode_secret(secret_bytes(&text), BASE64_PADDED, ret))
		return refuse(err, "is not canonical base64");
	return 0;
}

/* What is public; the private part is given back. */
static int
read_outer(struct bytes blob, struct bytes *ret_public, struct bytes *ret_private,
	   struct error *err)
{
	struct bytes found, cipher, kdf, kdf_options;
	uint32_t count;

	if (!wire_take(&blob, sizeof(magic), &found) ||
	    memcmp(found.data, magic, sizeof(magic)) != 0)
		return refuse(err, "is not of version 1");
	if (!wire_take_string(&blob, &cipher))
		return refuse(err, CUT);
	/* First of all: ciphers with a tag put it behind the whole. */
	if (!bytes_equal(cipher, bytes_of("none")))
		return refuse(err, "is protected by a passphrase; give its .pub file and sign with "
				   "ssh-agent, or use an age identity (tfsecrets keygen)");
	if (!wire_take_string(&blob, &kdf) || !wire_take_string(&blob, &kdf_options) ||
	    !wire_take_number(&blob, &count) || !wire_take_string(&blob, ret_public) ||
	    !wire_take_string(&blob, ret_private) || blob.len != 0)
		return refuse(err, CUT);
	if (!bytes_equal(kdf, bytes_of("none")) || kdf_options.len != 0 || count != 1)
		return refuse(err, "must hold one key and no key derivation");
	return 0;
}

static bool
is_padding(struct bytes rest)
{
	if (rest.len >= BLOCK_BYTES)
		return false;
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.data[i] != i + 1)
			return false;
	}
	return true;
}

/* Two equal check numbers, algorithm, public key, seed with the public key behind it, comment, padding. */
static int
read_inner(struct bytes inner, struct bytes *ret_public, struct bytes *ret_seed, struct error *err)
{
	struct bytes pair, comment;
	uint32_t check[2];
	size_t whole = inner.len;

	if (!wire_take_number(&inner, &check[0]) || !wire_take_number(&inner, &check[1]) ||
	    check[0] != check[1])
		return refuse(err, "its check numbers differ");
	if (!wire_take_text(&inner, ALGORITHM))
		return refuse(err, "is not an Ed25519 key (ssh-keygen -t ed25519 makes one)");
	if (!wire_take_string(&inner, ret_public) || ret_public->len != ED25519_PUBLIC_BYTES ||
	    !wire_take_string(&inner, &pair) ||
	    pair.len != ED25519_SEED_BYTES + ED25519_PUBLIC_BYTES ||
	    !wire_take_string(&inner, &comment) || whole % BLOCK_BYTES != 0 || !is_padding(inner))
		return refuse(err, "its private part is malformed");
	*ret_seed = (struct bytes){ pair.data, ED25519_SEED_BYTES };
	if (memcmp(pair.data + ED25519_SEED_BYTES, ret_public->data, ED25519_PUBLIC_BYTES) != 0)
		return refuse(err, "its public keys differ");
	return 0;
}

static int
check_public(struct bytes outer, struct bytes inner, const struct secret *seed, struct error *err)
{
	uint8_t computed[ED25519_PUBLIC_BYTES], wire[SSH_WIRE_BYTES];

	ed25519_public(seed, computed);
	ssh_public_wire(computed, wire);
	if (!bytes_equal(inner, BYTES(computed)) || !bytes_equal(outer, BYTES(wire)))
		return refuse(err, "its public key is not that of its private key");
	return 0;
}

int
ssh_private_parse(const struct secret *file, struct secret *ret_seed, struct error *err)
{
	CLEANUP(secret_clear) struct secret blob = SECRET_INIT, seed = SECRET_INIT;
	struct bytes outer, inner, public, seed_bytes;

	if (unwrap(file, &blob, err) < 0 ||
	    read_outer(secret_bytes(&blob), &outer, &inner, err) < 0 ||
	    read_inner(inner, &public, &seed_bytes, err) < 0 ||
	    secret_from(seed_bytes, &seed, err) < 0 || check_public(outer, public, &seed, err) < 0)
		return -1;
	*ret_seed = seed;
	seed = (struct secret)SECRET_INIT;
	return 0;
}
