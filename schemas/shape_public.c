/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that look random and are meant to be known: public keys, certificates, digests, identifiers that
 * say what they are. Hex alone is not among them: it may be a commit or as well a key; the name decides.
 */
#include <ctype.h>
#include <string.h>

#include "schemas/classify_rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { BLOCK_LABEL_MAX = 64, REVISION_MAX = 200, IMAGE_MAX = 512 };

static bool
is_hex(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!isxdigit(value.data[i]))
			return false;
	return value.len > 0;
}

static bool
is_uuid(struct bytes value)
{
	if (bytes_start_word(value, "urn:uuid:"))
		value = bytes_from(value, strlen("urn:uuid:"));
	else if (value.len == 38 && value.data[0] == '{' && value.data[37] == '}')
		value = (struct bytes){ value.data + 1, 36 };
	return type_check(TYPE_UUID, value) == NULL;
}

static bool
label_is_public(struct bytes label)
{
	static const char *const labels[] = {
		"CERTIFICATE",
		"PUBLIC KEY",
		"RSA PUBLIC KEY",
		"EC PUBLIC KEY",
		"X509 CRL",
		"CERTIFICATE REQUEST",
		"TRUSTED CERTIFICATE",
		"X509 CERTIFICATE",
		"NEW CERTIFICATE REQUEST",
		"DH PARAMETERS",
		"EC PARAMETERS",
		"PGP PUBLIC KEY BLOCK",
		"PKCS7",
		"SSH2 PUBLIC KEY",
		"SSH SIGNATURE",
	};

	for (size_t i = 0; i < COUNT(labels); i++)
		if (label.len == strlen(labels[i]) && bytes_start(label, labels[i]))
			return true;
	return false;
}

/* One block or more, each with a public label; only comments between them would be lost on us. */
static bool
is_public_pem(struct bytes value)
{
	static const char begin[] = "-----BEGIN ";

	if (!bytes_start(value, begin))
		return false;
	for (size_t at = 0; (at = bytes_find(value, at, begin)) < value.len; at++) {
		size_t start = at + strlen(begin), end = bytes_find(value, start, "-----");

		if (end - start > BLOCK_LABEL_MAX ||
		    !label_is_public((struct bytes){ value.data + start, end - start }))
			return false;
	}
	return true;
}

/* The same in base64, as a webhook's or kubeconfig's CA. */
static bool
is_public_pem_in_base64(struct bytes value)
{
	static const char *const beginnings[] = {
		"LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR",
		"LS0tLS1CRUdJTiBQVUJMSUMgS0VZ",
		"LS0tLS1CRUdJTiBSU0EgUFVCTElDIEtFW",
	};

	for (size_t i = 0; i < COUNT(beginnings); i++)
		if (bytes_start(value, beginnings[i]))
			return shape_is_made_of(value, "+/=\n");
	return false;
}

static bool
is_ssh_public_key(struct bytes value)
{
	static const char *const types[] = {
		"ssh-ed25519 AAAA",
		"ssh-rsa AAAA",
		"ssh-dss AAAA",
		"ecdsa-sha2-nistp256 AAAA",
		"ecdsa-sha2-nistp384 AAAA",
		"ecdsa-sha2-nistp521 AAAA",
		"sk-ssh-ed25519@openssh.com AAAA",
		"sk-ecdsa-sha2-nistp256@openssh.com AAAA",
	};

	for (size_t i = 0; i < COUNT(types); i++) {
		struct bytes comment;

		if (!bytes_start(value, types[i]))
			continue;
		comment = bytes_from(value, bytes_find(value, strlen(types[i]), " "));
		return comment.len == 0 || shape_is_made_of(comment, " @._-:+\n");
	}
	return false;
}

static bool
is_age_recipient(struct bytes value)
{
	return bytes_start(value, "age1") && value.len >= 62 && shape_is_made_of(value, "");
}

/* "sha256:…" in hex, "SHA256:…" and "sha384-…" in base64. */
static bool
is_digest(struct bytes value)
{
	static const struct {
		const char *name;
		size_t bytes;
	} kinds[] = {
		{ "sha256", 32 }, { "sha512", 64 }, { "sha384", 48 },
		{ "sha1", 20 },	  { "md5", 16 },    { "blake3", 32 },
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct bytes rest;
		size_t base64 = (kinds[i].bytes * 4 + 2) / 3;

		if (!bytes_start_word(value, kinds[i].name))
			continue;
		rest = bytes_from(value, strlen(kinds[i].name));
		if (rest.len == 0 || strchr(":-=", rest.data[0]) == NULL)
			continue;
		rest = bytes_from(rest, 1);
		if (rest.len == kinds[i].bytes * 2 && is_hex(rest))
			return true;
		if (rest.len >= base64 && rest.len <= (base64 + 3) / 4 * 4 &&
		    shape_is_made_of(rest, "+/="))
			return true;
	}
	return false;
}

static bool
is_commit(struct bytes part)
{
	if (part.len > 1 && part.data[0] == 'g')
		part = bytes_from(part, 1);
	return ((part.len >= 7 && part.len <= 12) || part.len == 40) && is_hex(part);
}

/* "0a1b": a piece of some longer hex. "20261125" and "cafe" are none. */
static bool
is_piece_of_hex(struct bytes part)
{
	size_t digits = 0;

	for (size_t i = 0; i < part.len; i++)
		digits += isdigit(part.data[i]) ? 1 : 0;
	return part.len >= 4 && digits > 0 && digits < part.len && is_hex(part);
}

/* "v1.4.0-12-g0a1b2c3", "main-" and a commit, "sha-" and a commit: words and numbers, and one commit. */
static bool
is_revision(struct bytes value)
{
	size_t start = 0, commits = 0;

	if (value.len > REVISION_MAX)
		return false;
	for (size_t at = 0; at <= value.len; at++) {
		struct bytes part = { value.data + start, at - start };

		if (at < value.len &&
		    (value.data[at] == '\0' || strchr("-._+", value.data[at]) == NULL))
			continue;
		if (start > 0 && is_commit(part))
			commits++;
		else if (!shape_is_made_of(part, "") || is_piece_of_hex(part) ||
			 !shape_is_wordlike(part))
			return false;
		start = at + 1;
	}
	return commits == 1;
}

/* "registry.example.org/team/app:1.4@sha256:…". Without a slash "user:password" looks the same. */
static bool
is_image(struct bytes value)
{
	size_t at = bytes_find(value, 0, "@"), colon = at, slash;
	struct bytes name, tag = { NULL, 0 };

	if (value.len > IMAGE_MAX || (at < value.len && !is_digest(bytes_from(value, at + 1))))
		return false;
	while (colon > 0 && value.data[colon - 1] != ':' && value.data[colon - 1] != '/')
		colon--;
	name = (struct bytes){ value.data, at };
	if (colon > 0 && value.data[colon - 1] == ':') {
		name.len = colon - 1;
		tag = (struct bytes){ value.data + colon, at - colon };
	}
	slash = bytes_find(name, 0, "/");
	if (!shape_is_made_of(name, "./-_:") || !shape_is_wordlike(name) || name.data[0] == '/')
		return false;
	if (at < value.len)
		return tag.len == 0 || shape_is_made_of(tag, "._-");
	return slash > 0 && slash < name.len && tag.len > 0 &&
	       (shape_is_wordlike(tag) || is_revision(tag) || (tag.len == 40 && is_hex(tag)));
}

/* Tokens and identifiers that issuers mean to be seen: the beginning, then so many characters. */
static const struct {
	const char *prefix, *what, *marks;
	size_t min, max;
} public_shapes[] = {
	{ "pk_live_", "a publishable key", "=-_$", 10, 255 },
	{ "pk_test_", "a publishable key", "=-_$", 10, 255 },
	{ "pk.eyJ", "a publishable key", "-_.", 30, 255 },
	{ "pk-lf-", "a publishable key", "-", 20, 64 },
	{ "sb_publishable_", "a publishable key", "-_", 20, 64 },
	{ "phc_", "a publishable key", "", 30, 64 },
	{ "rzp_live_", "a publishable key", "", 14, 14 },
	{ "rzp_test_", "a publishable key", "", 14, 14 },
	{ "pub-c-", "a publishable key", "-", 36, 36 },
	{ "sub-c-", "a publishable key", "-", 36, 36 },
	{ "FLWPUBK-", "a publishable key", "-_", 20, 64 },
	{ "FLWPUBK_TEST-", "a publishable key", "-_", 20, 64 },
	{ "sq0idp-", "an application id", "-_", 22, 22 },
	{ "sandbox-sq0idb-", "an application id", "-_", 22, 22 },
	{ "price_", "an identifier", "", 10, 40 },
	{ "prod_", "an identifier", "", 10, 40 },
	{ "plan_", "an identifier", "", 10, 40 },
	{ "acct_", "an identifier", "", 10, 40 },
	{ "cus_", "an identifier", "", 10, 40 },
	{ "we_", "an identifier", "", 16, 40 },
	{ "org-", "an identifier", "", 20, 40 },
	{ "proj_", "an identifier", "", 16, 40 },
	{ "asst_", "an identifier", "", 20, 40 },
	{ "vs_", "an identifier", "", 20, 40 },
	{ "ca-pub-", "an identifier", "", 10, 20 },
	{ "GTM-", "an identifier", "", 5, 12 },
	{ "UA-", "an identifier", "-", 6, 16 },
	{ "G-", "an identifier", "", 8, 12 },
	{ "AW-", "an identifier", "", 8, 14 },
	{ "projects/", "an identifier", "/-_.", 4, 255 },
	{ "arn:aws", "an identifier", ":/-_.*+=@", 10, 2048 },
};

/* Clouds number their things in hex: "subnet-0a1b2c3d4e5f60718". */
static bool
is_cloud_id(struct bytes value)
{
	static const char *const kinds[] = {
		"ami-", "i-",	 "vpc-", "subnet-",   "sg-",   "vol-", "snap-",	   "eni-",
		"rtb-", "igw-",	 "nat-", "eipalloc-", "acl-",  "lt-",  "fs-",	   "fsap-",
		"tgw-", "vpce-", "pcx-", "vgw-",      "dopt-", "rds-", "cluster-",
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t len = strlen(kinds[i]);

		if (bytes_start(value, kinds[i]) && (value.len == len + 8 || value.len == len + 17))
			return is_hex(bytes_from(value, len));
	}
	return false;
}

/* "12345-….apps.googleusercontent.com", "1:12345:web:…". */
static bool
is_google_id(struct bytes value)
{
	size_t at = 0;

	if (bytes_end(value, ".apps.googleusercontent.com"))
		return shape_is_made_of(value, "-.") && isdigit(value.data[0]);
	if (!bytes_start(value, "1:") || value.len > 80)
		return false;
	at = 2;
	while (at < value.len && isdigit(value.data[at]))
		at++;
	for (size_t i = 0; i < 3; i++) {
		static const char *const platforms[] = { ":web:", ":android:", ":ios:" };

		if (bytes_start(bytes_from(value, at), platforms[i]))
			return is_hex(bytes_from(value, at + strlen(platforms[i])));
	}
	return false;
}

/* Of an account on a chain; twice as long it would be its key. */
static bool
is_chain_address(struct bytes value)
{
	return value.len == 42 && bytes_start(value, "0x") && is_hex(bytes_from(value, 2));
}

static const struct {
	bool (*is)(struct bytes value);
	const char *what;
} tests[] = {
	{ is_uuid, "a UUID" },
	{ is_public_pem, "a certificate or public key" },
	{ is_public_pem_in_base64, "a certificate or public key in base64" },
	{ is_ssh_public_key, "an SSH public key" },
	{ is_age_recipient, "an age recipient" },
	{ is_digest, "a digest" },
	{ is_revision, "a version with a commit" },
	{ is_image, "a container image" },
	{ is_cloud_id, "an identifier" },
	{ is_google_id, "an identifier" },
	{ is_chain_address, "an address on a blockchain" },
};

const char *
shape_public(struct bytes value)
{
	for (size_t i = 0; i < COUNT(tests); i++)
		if (tests[i].is(value))
			return tests[i].what;
	for (size_t i = 0; i < COUNT(public_shapes); i++) {
		struct bytes rest;

		if (!bytes_start(value, public_shapes[i].prefix))
			continue;
		rest = bytes_from(value, strlen(public_shapes[i].prefix));
		if (rest.len >= public_shapes[i].min && rest.len <= public_shapes[i].max &&
		    shape_is_made_of(rest, public_shapes[i].marks))
			return public_shapes[i].what;
	}
	return NULL;
}
