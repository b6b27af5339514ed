/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that are secrets whatever they are called.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "schemas/classify_rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Longer than any password in a URL, and short enough to look for one behind every "://". */
enum { AUTHORITY_MAX = 4096 };

static bool
is_base64url(uint8_t byte)
{
	return isalnum(byte) || byte == '-' || byte == '_';
}

/* RFC 7468 and its relatives; also with "\n" written out, as in a service account's JSON. */
static bool
has_private_pem(struct bytes value)
{
	static const char begin[] = "-----BEGIN ";

	for (size_t at = 0; (at = bytes_find(value, at, begin)) < value.len;
	     at += sizeof(begin) - 1) {
		size_t start = at + sizeof(begin) - 1;
		size_t end = bytes_find(value, start, "-----");
		struct bytes label = { value.data + start, end - start };

		if (label.len <= 64 && bytes_find(label, 0, "PRIVATE KEY") < label.len)
			return true;
	}
	return bytes_find(value, 0, "PuTTY-User-Key-File-") < value.len;
}

/* The same in base64, as in a kubeconfig: the label is where it always is, so the text is too. */
static bool
has_private_pem_in_base64(struct bytes value)
{
	static const char *const labels[] = {
		"UFJJVkFURS",
		"SU0EgUFJJVkFURS",
		"FQyBQUklWQVRF",
		"FTkNSWVBURUQgUFJJVkFURS",
		"PUEVOU1NIIFBSSVZBVEUg",
		"QUklWQVRF",
		"EU0EgUFJJVkFURS",
	};
	static const char begin[] = "LS0tLS1CRUdJTiB";

	for (size_t at = 0; (at = bytes_find(value, at, begin)) < value.len;
	     at += sizeof(begin) - 1)
		for (size_t i = 0; i < COUNT(labels); i++)
			if (bytes_start(bytes_from(value, at + sizeof(begin) - 1), labels[i]))
				return true;
	return false;
}

static bool
has_age_key(struct bytes value)
{
	return bytes_find(value, 0, "AGE-SECRET-KEY-1") < value.len ||
	       bytes_find(value, 0, "AGE-SECRET-KEY-PQ-1") < value.len;
}

static bool
has_environment_key(struct bytes value)
{
	return bytes_find(value, 0, "TFSECRETS-ENV-KEY-1") < value.len;
}

/* Three parts (or five, when encrypted) of base64url; a header is an object, so it begins with '{"'. */
static bool
is_jwt(struct bytes value)
{
	size_t dots = 0, len = 0;

	if (!bytes_start(value, "eyJ"))
		return false;
	for (size_t i = 0; i < value.len; i++) {
		len++;
		if (value.data[i] != '.') {
			if (!is_base64url(value.data[i]))
				return false;
			continue;
		}
		if (dots == 0 && len < 12)
			return false;
		dots++;
		len = 0;
	}
	return (dots == 2 && len >= 8) || (dots == 4 && len >= 8);
}

static bool
ends_url(uint8_t byte)
{
	return byte <= ' ' || strchr("\"'<>,;|`", byte) != NULL;
}

/* "user:password@" behind "://"; the password alone, so that a template can be told from one. A slash
 * in a password should be written %2F and often is not: what cannot be a port ends no authority. */
static bool
password_of_authority(struct bytes rest, struct bytes *ret_password)
{
	size_t colon, at, end = 0;
	bool was_port = true;

	if (rest.len > AUTHORITY_MAX)
		rest.len = AUTHORITY_MAX;
	colon = at = rest.len;

	for (; end < rest.len && !ends_url(rest.data[end]); end++) {
		uint8_t byte = rest.data[end];

		if (byte == ':' && colon == rest.len && rest.data[0] != '[')
			colon = end;
		else if (byte == '@')
			at = end;
		else if (strchr("/?#", byte) != NULL &&
			 (at < rest.len || colon == rest.len || was_port))
			break;
		else if (colon < rest.len && !isdigit(byte))
			was_port = false;
	}
	if (at >= rest.len || colon >= at || at == colon + 1)
		return false;
	*ret_password = (struct bytes){ rest.data + colon + 1, at - colon - 1 };
	return true;
}

static bool
has_url_password(struct bytes value, enum reading reading)
{
	size_t sign = 0;

	for (size_t at = 0; (at = bytes_find(value, at, "://")) < value.len; at += 3) {
		struct bytes password;

		if (sign < at)
			sign = bytes_find(value, at, "@");
		if (sign - at > AUTHORITY_MAX)
			continue;
		if (password_of_authority(bytes_from(value, at + 3), &password) &&
		    (reading == READING_STRICT || !shape_is_template(password)))
			return true;
	}
	return false;
}

/* go-sql-driver: user:password@tcp(host:3306)/database. */
static bool
has_driver_password(struct bytes value)
{
	static const char *const networks[] = { "@tcp(", "@unix(", "@(" };

	for (size_t i = 0; i < COUNT(networks); i++) {
		size_t at = bytes_find(value, 0, networks[i]);
		const uint8_t *colon = at < value.len ? memchr(value.data, ':', at) : NULL;

		if (colon != NULL && colon + 1 < value.data + at &&
		    !shape_is_template(
			    (struct bytes){ colon + 1, (size_t)(value.data + at - colon) - 1 }))
			return true;
	}
	return false;
}

/* crypt(3), htpasswd, Django, LDAP: a hash can be tried against a list of passwords. */
static bool
has_password_hash(struct bytes value)
{
	static const char *const beginnings[] = {
		"$2a$",
		"$2b$",
		"$2y$",
		"$argon2",
		"$scrypt$",
		"$apr1$",
		"$1$",
		"$5$",
		"$6$",
		"$y$",
		"{SSHA}",
		"{SHA}",
		"pbkdf2_sha256$",
		"pbkdf2:sha256:",
		"scrypt:",
		"$pbkdf2-",
	};

	for (size_t i = 0; i < COUNT(beginnings); i++) {
		size_t at = bytes_find(value, 0, beginnings[i]);

		if (at < value.len && (at == 0 || value.data[at - 1] == ':') &&
		    value.len - at - strlen(beginnings[i]) >= 16)
			return true;
	}
	return false;
}

static bool
has_authorization(struct bytes value)
{
	size_t blank = 0;
	struct bytes rest;

	if (bytes_start_word(value, "authorization:")) {
		value = bytes_from(value, strlen("authorization:"));
		while (value.len > 0 && value.data[0] == ' ')
			value = bytes_from(value, 1);
	}
	if (!bytes_start_word(value, "bearer ") && !bytes_start_word(value, "basic "))
		return false;
	blank = bytes_find(value, 0, " ");
	rest = bytes_from(value, blank + 1);
	if (rest.len < 8 || shape_is_plain_word(rest))
		return false;
	for (size_t i = 0; i < rest.len; i++)
		if (!is_base64url(rest.data[i]) && strchr("+/=.~", rest.data[i]) == NULL)
			return false;
	return !shape_is_wordlike(rest);
}

/* A token somewhere in a text: between blanks, quotes, equals signs and commas. */
static const char *
find_token(struct bytes value)
{
	size_t start = 0;
	const char *issuer = catalog_token_issuer(value);

	for (size_t at = 0; issuer == NULL && at <= value.len; at++) {
		if (at < value.len && value.data[at] > ' ' &&
		    strchr("\"'`,;=&<>()[]{}\\", value.data[at]) == NULL)
			continue;
		if (at - start >= 16)
			issuer = catalog_token_issuer(
				(struct bytes){ value.data + start, at - start });
		start = at + 1;
	}
	return issuer;
}

static bool
has_jwt(struct bytes value)
{
	size_t start = 0;

	for (size_t at = 0; at <= value.len; at++) {
		if (at < value.len && (is_base64url(value.data[at]) || value.data[at] == '.'))
			continue;
		if (at - start >= 32 && is_jwt((struct bytes){ value.data + start, at - start }))
			return true;
		start = at + 1;
	}
	return false;
}

/* "an OpenAI token"; npm is spelled out. */
static const char *
article(const char *issuer)
{
	return strchr("AEIOaeion", *issuer) != NULL ? "an" : "a";
}

static const struct {
	bool (*is)(struct bytes value);
	const char *reason;
} certain_shapes[] = {
	{ has_private_pem, "a PEM private key" },
	{ has_private_pem_in_base64, "a PEM private key in base64" },
	{ has_age_key, "an age identity" },
	{ has_environment_key, "a private key of a tfsecrets environment" },
	{ has_jwt, "a signed token (JWT)" },
	{ has_driver_password, "a connection string with a password in it" },
	{ has_password_hash, "a password hash" },
	{ has_authorization, "an authorization header" },
};

bool
shape_is_certain(struct bytes value, enum reading reading, char reason[static REASON_BYTES])
{
	const char *found;

	for (size_t i = 0; i < COUNT(certain_shapes); i++) {
		if (certain_shapes[i].is(value)) {
			snprintf(reason, REASON_BYTES, "%s", certain_shapes[i].reason);
			return true;
		}
	}
	if (has_url_password(value, reading)) {
		snprintf(reason, REASON_BYTES, "a URL with a password in it");
		return true;
	}
	if ((found = find_token(value)) != NULL) {
		snprintf(reason, REASON_BYTES, "looks like %s %s token", article(found), found);
		return true;
	}
	if ((found = shape_assigns_secret(value, reading)) != NULL) {
		snprintf(reason, REASON_BYTES, "a value for '%s' is inside it", found);
		return true;
	}
	return false;
}
