/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that look random and are made to be shown: digests, public keys, certificates, identifiers.
 */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "schemas/classify_rules.h"

static bool
is_all(struct bytes value, const char *marks)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] >= 0x80 || value.data[i] == '\0' ||
		    (!isalnum(value.data[i]) && strchr(marks, value.data[i]) == NULL))
			return false;
	return value.len > 0;
}

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
	return type_check(TYPE_UUID, value) == NULL;
}

/* "sha256:…" and "sha512-…", as images and integrity attributes have them; also behind a name and '@'. */
static bool
is_digest(struct bytes value)
{
	static const char *const algorithms[] = { "sha256:", "sha384:", "sha512:",
						  "sha256-", "sha384-", "sha512-",
						  "sha1:",   "md5:",	"SHA256:" };
	size_t at = bytes_find(value, 0, "@sha256:");

	if (at < value.len)
		value = bytes_from(value, at + 1);
	for (size_t i = 0; i < COUNT(algorithms); i++)
		if (bytes_start(value, algorithms[i]))
			return is_all(bytes_from(value, strlen(algorithms[i])), "+/=");
	return false;
}

/* "registry.example.com/team/app:1.2.3-4f0c9a1". */
static bool
is_image(struct bytes value)
{
	size_t slash = bytes_find(value, 0, "/"), colon;

	if (slash == value.len || !isalnum(value.data[0]))
		return false;
	colon = bytes_find(value, slash, ":");
	if (colon == value.len || !is_all((struct bytes){ value.data, colon }, "-._/:"))
		return false;
	return is_all(bytes_from(value, colon + 1), "-._") &&
	       shape_is_wordlike((struct bytes){ value.data, colon });
}

/* PEM with nothing private in it; certain secrets were sorted out before. */
static bool
is_public_pem(struct bytes value)
{
	static const char *const labels[] = { "CERTIFICATE",	 "PUBLIC KEY",
					      "RSA PUBLIC KEY",	 "X509 CRL",
					      "SSH2 PUBLIC KEY", "PGP PUBLIC KEY BLOCK",
					      "DH PARAMETERS" };
	struct bytes label;

	if (!bytes_start(value, "-----BEGIN "))
		return false;
	label = bytes_from(value, strlen("-----BEGIN "));
	for (size_t i = 0; i < COUNT(labels); i++)
		if (bytes_start(label, labels[i]) &&
		    bytes_start(bytes_from(label, strlen(labels[i])), "-----"))
			return true;
	return false;
}

static bool
is_ssh_key(struct bytes value)
{
	return bytes_start(value, "ssh-ed25519 AAAA") || bytes_start(value, "ssh-rsa AAAA") ||
	       bytes_start(value, "ecdsa-sha2-");
}

/* What its issuer calls publishable, and recipients of age. */
static bool
is_publishable(struct bytes value)
{
	static const char *const beginnings[] = {
		"pk_live_", "pk_test_", "sb_publishable_",
		"pk.eyJ",   "age1",	"tfsecrets1",
		"price_",   "prod_",	"acct_",
		"phc_",	    "G-",	"UA-",
		"GTM-",	    "arn:",	"urn:",
		"AKfycb",   "ca-pub-",	"oid:",
	};

	for (size_t i = 0; i < COUNT(beginnings); i++)
		if (bytes_start(value, beginnings[i]))
			return is_all(value, "-_./:,*@+");
	return false;
}

/* "123456-abc.apps.googleusercontent.com". */
static bool
is_google_client(struct bytes value)
{
	return bytes_end(value, ".apps.googleusercontent.com") && is_all(value, "-.");
}

/* 1.2.3, v2.0.0-rc.1+build, 2024-01-31T00:00:00Z: digits between marks, and words. */
static bool
is_version_or_date(struct bytes value)
{
	size_t digits = 0, marks = 0;

	if (value.len > 40 || !is_all(value, "-._:+/"))
		return false;
	for (size_t i = 0; i < value.len; i++) {
		digits += isdigit(value.data[i]) != 0;
		marks += !isalnum(value.data[i]);
	}
	return marks > 0 && digits > 0 && shape_is_wordlike(value);
}

/* A MAC address or a colon-separated fingerprint: pairs of hex digits. */
static bool
is_hex_pairs(struct bytes value)
{
	if (value.len < 17 || value.len % 3 != 2)
		return false;
	for (size_t i = 0; i < value.len; i += 3)
		if (!is_hex((struct bytes){ value.data + i, 2 }) ||
		    (i + 2 < value.len && value.data[i + 2] != ':'))
			return false;
	return true;
}

static const struct {
	bool (*is)(struct bytes value);
	const char *what;
} shapes[] = {
	{ is_uuid, "a UUID" },
	{ is_digest, "a digest" },
	{ is_public_pem, "a certificate or public key" },
	{ is_ssh_key, "an SSH public key" },
	{ is_publishable, "an identifier that is meant to be public" },
	{ is_google_client, "a client id" },
	{ is_image, "a container image" },
	{ is_version_or_date, "a version or date" },
	{ is_hex_pairs, "an address or fingerprint" },
};

const char *
shape_public(struct bytes value)
{
	if (value.len == 0)
		return NULL;
	for (size_t i = 0; i < COUNT(shapes); i++)
		if (shapes[i].is(value))
			return shapes[i].what;
	return NULL;
}
