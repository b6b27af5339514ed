/* SPDX-License-Identifier: Apache-2.0 */
/* Recipients and identities as text. */
#include <string.h>

#include "base/memory.h"
#include "crypto/age.h"
#include "crypto/bech32.h"

#define PUBLIC_HRP "age"
#define PRIVATE_HRP "age-secret-key-"
#define SSH_WORD "ssh-ed25519 "

/* Texts that are something, but nothing that can be used here; the longer prefix first. */
struct refusal {
	const char *prefix, *rule;
};

static const struct refusal recipient_refusals[] = {
	{ "age1pq1", "post-quantum recipients (age1pq1…) are not supported in version 1" },
	{ "age1tagpq1", "post-quantum recipients (age1tagpq1…) are not supported in version 1" },
	{ "age1tag1", "hardware recipients (age1tag1…) are not supported" },
	{ "ssh-rsa ", "ssh-rsa keys are not supported; use ssh-ed25519 or age1…" },
	{ "ecdsa-", "ECDSA keys are not supported; use ssh-ed25519 or age1…" },
	{ "sk-", "security keys are not supported; use ssh-ed25519 or age1…" },
	{ "AGE-SECRET-KEY-", "is a private key; give the public one (age1…)" },
};

static const struct refusal identity_refusals[] = {
	{ "AGE-SECRET-KEY-PQ-1", "post-quantum identities (AGE-SECRET-KEY-PQ-1…) are not supported "
				 "in version 1" },
	{ "AGE-PLUGIN-", "plug-in identities (AGE-PLUGIN-…) are not supported" },
	{ "age1", "is a public key; an identity is AGE-SECRET-KEY-1…" },
};

static bool
starts(struct bytes text, const char *prefix)
{
	return text.len >= strlen(prefix) && memcmp(text.data, prefix, strlen(prefix)) == 0;
}

static int
refuse(struct bytes text, const struct refusal *refusals, size_t count, const char *otherwise,
       struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (starts(text, refusals[i].prefix))
			return error_set(err, ERROR_REFUSED, "%s", refusals[i].rule);
	}
	return error_set(err, ERROR_REFUSED, "%s", otherwise);
}

/* age1NAME1…: Bech32 whose human-readable part goes on behind "age1". */
static bool
is_plugin(struct bytes text)
{
	return starts(text, "age1") && text.len > 4 &&
	       memchr(text.data + 4, '1', text.len - 4) != NULL;
}

int
age_recipient_parse(struct bytes text, struct age_recipient *ret, struct error *err)
{
	struct age_recipient recipient = { .kind = AGE_X25519 };
	struct bytes base64;

	if (starts(text, SSH_WORD)) {
		recipient.kind = AGE_SSH_ED25519;
		base64 =
			(struct bytes){ text.data + strlen(SSH_WORD), text.len - strlen(SSH_WORD) };
		if (!ssh_public_parse(base64, recipient.key))
			return error_set(err, ERROR_REFUSED, "is not a valid ssh-ed25519 key");
	} else if (!bech32_decode_public(PUBLIC_HRP, text, recipient.key)) {
		return refuse(text, recipient_refusals, COUNT(recipient_refusals),
			      is_plugin(text) ? "plug-in recipients are not supported" :
						"is not an age1… or ssh-ed25519 key",
			      err);
	} else if (!x25519_is_valid_public(recipient.key)) {
		return error_set(err, ERROR_REFUSED, "is a key of low order");
	}
	*ret = recipient;
	return 0;
}

void
age_recipient_format(const struct age_recipient *recipient,
		     char out[static AGE_RECIPIENT_TEXT_BYTES])
{
	_Static_assert(AGE_RECIPIENT_TEXT_BYTES >= (int)BECH32_TEXT_MAX &&
			       AGE_RECIPIENT_TEXT_BYTES >= (int)SSH_PUBLIC_TEXT_BYTES,
		       "a recipient's text must fit");
	if (recipient->kind == AGE_X25519)
		bech32_encode_public(PUBLIC_HRP, recipient->key, out);
	else
		ssh_public_format(recipient->key, out);
}

bool
age_recipient_equal(const struct age_recipient *a, const struct age_recipient *b)
{
	return a->kind == b->kind && memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

/* Takes over private. */
static void
adopt(enum age_kind kind, struct secret *private, struct age_identity *ret)
{
	ret->kind = ret->recipient.kind = kind;
	ret->private = *private;
	*private = (struct secret)SECRET_INIT;
	if (kind == AGE_X25519)
		x25519_public(&ret->private, ret->recipient.key);
	else
		ed25519_public(&ret->private, ret->recipient.key);
}

int
age_identity_parse(struct bytes text, struct age_identity *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret private = SECRET_INIT;
	struct error cause = ERROR_INIT;

	if (bech32_decode_private(PRIVATE_HRP, text, &private, &cause) < 0)
		return refuse(text, identity_refusals, COUNT(identity_refusals),
			      "is not an identity (AGE-SECRET-KEY-1…)", err);
	adopt(AGE_X25519, &private, ret);
	return 0;
}

int
age_identity_generate(struct age_identity *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret private = SECRET_INIT;

	if (x25519_generate(&private, err) < 0)
		return -1;
	adopt(AGE_X25519, &private, ret);
	return 0;
}

int
age_identity_from_seed(const struct secret *seed, struct age_identity *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret private = SECRET_INIT;

	if (secret_from(secret_bytes(seed), &private, err) < 0)
		return -1;
	adopt(AGE_SSH_ED25519, &private, ret);
	return 0;
}

int
age_identity_format(const struct age_identity *identity, struct secret *out, struct error *err)
{
	return bech32_encode_private(PRIVATE_HRP, &identity->private, out, err);
}

void
age_identity_clear(struct age_identity *identity)
{
	secret_clear(&identity->private);
}
