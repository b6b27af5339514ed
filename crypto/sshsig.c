/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sshsig.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "crypto/wire.h"

#define MAGIC "SSHSIG"
#define ALGORITHM "ssh-ed25519"
#define HASH "sha512"

enum { VERSION = 1, COLUMNS = 70, BLOB_MAX = 400 };

void
sshsig_signed_data(const char *namespace, struct bytes message, struct buf *out)
{
	uint8_t digest[SHA512_BYTES];

	sha512(message, digest);
	buf_append_text(out, MAGIC);
	wire_put_text(out, namespace);
	wire_put_text(out, "");
	wire_put_text(out, HASH);
	wire_put_string(out, BYTES(digest));
}

void
sshsig_armor(const struct sshsig *sig, const char *namespace, struct buf *out)
{
	CLEANUP(buf_clear) struct buf blob = BUF_INIT(BLOB_MAX), inner = BUF_INIT(BLOB_MAX);
	uint8_t wire[SSH_WIRE_BYTES];

	ssh_public_wire(sig->signer, wire);
	wire_put_text(&inner, ALGORITHM);
	wire_put_string(&inner, BYTES(sig->signature));

	buf_append_text(&blob, MAGIC);
	wire_put_number(&blob, VERSION);
	wire_put_string(&blob, BYTES(wire));
	wire_put_text(&blob, namespace);
	wire_put_text(&blob, "");
	wire_put_text(&blob, HASH);
	wire_put_string(&blob, buf_bytes(&inner));

	buf_append_text(out, SSHSIG_BEGIN);
	base64_encode(buf_bytes(&blob), BASE64_PADDED, COLUMNS, out);
	buf_append_text(out, SSHSIG_END);
}

void
sshsig_sign(const struct secret *seed, const char *namespace, struct bytes message, struct buf *out)
{
	CLEANUP(buf_clear) struct buf data = BUF_INIT(BLOB_MAX);
	struct sshsig sig;

	ed25519_public(seed, sig.signer);
	sshsig_signed_data(namespace, message, &data);
	ed25519_sign(seed, buf_bytes(&data), sig.signature);
	sshsig_armor(&sig, namespace, out);
}

static int
refuse(struct error *err, const char *rule)
{
	return error_set(err, ERROR_REFUSED, "SSH signature: %s", rule);
}

static bool
take_key(struct bytes *rest, struct bytes *ret)
{
	struct bytes key;

	return wire_take_string(rest, &key) && wire_take_text(&key, ALGORITHM) &&
	       wire_take_string(&key, ret) && key.len == 0 && ret->len == ED25519_PUBLIC_BYTES;
}

static bool
take_signature(struct bytes *rest, struct bytes *ret)
{
	struct bytes inner;

	return wire_take_string(rest, &inner) && wire_take_text(&inner, ALGORITHM) &&
	       wire_take_string(&inner, ret) && inner.len == 0 &&
	       ret->len == ED25519_SIGNATURE_BYTES;
}

static int
read_blob(struct bytes blob, const char *namespace, struct sshsig *ret, struct error *err)
{
	struct bytes found, key, signature;
	uint32_t version;

	if (!wire_take(&blob, strlen(MAGIC), &found) || !bytes_equal(found, bytes_of(MAGIC)) ||
	    !wire_take_number(&blob, &version) || version != VERSION)
		return refuse(err, "is not of version 1");
	if (!take_key(&blob, &key))
		return refuse(err, "is not by an ssh-ed25519 key");
	if (!wire_take_text(&blob, namespace))
		return error_set(err, ERROR_REFUSED, "SSH signature: its namespace is not '%s'",
				 namespace);
	if (!wire_take_text(&blob, ""))
		return refuse(err, "its reserved field is not empty");
	if (!wire_take_text(&blob, HASH))
		return refuse(err, "its hash is not sha512");
	if (!take_signature(&blob, &signature) || blob.len != 0)
		return refuse(err, "is malformed");
	memcpy(ret->signer, key.data, ED25519_PUBLIC_BYTES);
	memcpy(ret->signature, signature.data, ED25519_SIGNATURE_BYTES);
	return 0;
}

int
sshsig_parse(struct bytes text, const char *namespace, struct sshsig *ret, size_t *ret_len,
	     struct error *err)
{
	CLEANUP(buf_clear) struct buf blob = BUF_INIT(0);
	const size_t begin = strlen(SSHSIG_BEGIN);
	const uint8_t *end;
	struct bytes body;

	if (text.len < begin || memcmp(text.data, SSHSIG_BEGIN, begin) != 0)
		return refuse(err, "does not begin with its marker line");
	end = memmem(text.data + begin, text.len - begin, SSHSIG_END, strlen(SSHSIG_END));
	if (end == NULL)
		return refuse(err, "does not end with its marker line");
	body = (struct bytes){ text.data + begin, (size_t)(end - text.data) - begin };
	/* Signatures by other kinds of keys are longer; they are to be told what they are. */
	blob.max = body.len;
	if (!base64_decode_lines(body, COLUMNS, &blob))
		return refuse(err, "is not canonical base64 in lines of 70");
	if (read_blob(buf_bytes(&blob), namespace, ret, err) < 0)
		return -1;
	*ret_len = begin + body.len + strlen(SSHSIG_END);
	return 0;
}

bool
sshsig_verify(const struct sshsig *sig, const char *namespace, struct bytes message)
{
	CLEANUP(buf_clear) struct buf data = BUF_INIT(BLOB_MAX);

	sshsig_signed_data(namespace, message, &data);
	return ed25519_verify(sig->signer, buf_bytes(&data), sig->signature);
}
