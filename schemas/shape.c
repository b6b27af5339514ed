/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that tell what they are, and are no secrets: numbers, switches, paths, addresses. Certain secrets
 * were sorted out before, so a URL here has no password in it.
 */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "schemas/classify_rules.h"

enum { NUMBER_MAX = 15 };

/* Digits that are longer than any count could be a PIN or a card. */
bool
shape_is_number(struct bytes value)
{
	return value.len <= NUMBER_MAX && type_check(TYPE_NUMBER, value) == NULL;
}

bool
shape_is_yes_or_no(struct bytes value)
{
	static const char *const words[] = { "true",	 "false",   "yes",     "no",
					     "on",	 "off",	    "enabled", "enable",
					     "disabled", "disable", "always",  "never" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (bytes_equal_word(value, words[i]))
			return true;
	return false;
}

static bool
is_path_byte(uint8_t byte)
{
	return isalnum(byte) || byte >= 0x80 || strchr("/._-+@:~{}$*, ", byte) != NULL;
}

/* A random text may begin with a slash: between slashes stand words, or something short. */
static bool
has_path_parts(struct bytes value)
{
	size_t start = 0;

	for (size_t at = 0; at <= value.len; at++) {
		struct bytes part = { value.data + start, at - start };

		if (at < value.len && value.data[at] != '/')
			continue;
		if (part.len > 12 && !shape_is_wordlike(part) &&
		    entropy_random_alphabet(part) != NULL)
			return false;
		start = at + 1;
	}
	return true;
}

/* "/etc/ssl/key.pem", "./data", "~/.ssh/id", "C:\keys". */
bool
shape_is_path(struct bytes value)
{
	static const char *const beginnings[] = { "/", "./", "../", "~/", "file:///" };
	bool begins = false;

	if (value.len >= 3 && isalpha(value.data[0]) && value.data[1] == ':' &&
	    value.data[2] == '\\')
		return true;
	for (size_t i = 0; i < COUNT(beginnings); i++)
		begins |= bytes_start(value, beginnings[i]);
	for (size_t i = 0; begins && i < value.len; i++)
		begins = value.data[i] != '\0' && is_path_byte(value.data[i]);
	return begins && has_path_parts(value);
}

/* Its query or path may carry a token of its own. */
bool
shape_is_url(struct bytes value)
{
	size_t start;

	if (type_check(TYPE_URL, value) != NULL || type_url_has_password(value))
		return false;
	start = bytes_find(value, 0, "://") + 3;
	for (size_t at = start; at <= value.len; at++) {
		struct bytes part = { value.data + start, at - start };

		if (at < value.len && strchr("/?&=#.", value.data[at]) == NULL)
			continue;
		if (shape_public(part) == NULL && !shape_is_wordlike(part) &&
		    entropy_random_alphabet(part) != NULL)
			return false;
		start = at + 1;
	}
	return true;
}

static bool
is_of(enum value_type type, struct bytes value)
{
	return type_check(type, value) == NULL;
}

static bool
is_address(struct bytes value)
{
	const uint8_t *colon = memrchr(value.data, ':', value.len);
	size_t len = colon != NULL ? (size_t)(colon - value.data) : value.len;
	struct bytes host = { value.data, len };

	if (is_of(TYPE_HOST, value))
		return memchr(value.data, '.', value.len) != NULL ||
		       memchr(value.data, ':', value.len) != NULL;
	return colon != NULL && is_of(TYPE_PORT, bytes_from(value, len + 1)) &&
	       is_of(TYPE_HOST, host);
}

static bool
is_email(struct bytes value)
{
	return is_of(TYPE_EMAIL, value);
}

static bool
is_duration(struct bytes value)
{
	return is_of(TYPE_DURATION, value);
}

/* Comma or semicolon between things that are harmless themselves. */
static bool
is_harmless_list(struct bytes value)
{
	size_t start = 0, parts = 0;

	for (size_t at = 0; at <= value.len; at++) {
		struct bytes part = { value.data + start, at - start };

		if (at < value.len && strchr(",;", value.data[at]) == NULL)
			continue;
		while (part.len > 0 && part.data[0] == ' ')
			part = bytes_from(part, 1);
		if (part.len > 0 && !shape_is_number(part) && !shape_is_url(part) &&
		    !is_address(part) && !shape_is_plain_word(part))
			return false;
		parts += part.len > 0;
		start = at + 1;
	}
	return parts >= 2;
}

static const struct {
	bool (*is)(struct bytes value);
	const char *what;
} shapes[] = {
	{ shape_is_yes_or_no, "yes or no" }, { shape_is_number, "a number" },
	{ is_duration, "a duration" },	     { shape_is_url, "a URL without a password" },
	{ is_email, "an email address" },    { is_address, "a network address" },
	{ shape_is_path, "a path" },	     { is_harmless_list, "a list of plain things" },
};

const char *
shape_harmless(struct bytes value)
{
	if (value.len == 0)
		return NULL;
	for (size_t i = 0; i < COUNT(shapes); i++)
		if (shapes[i].is(value))
			return shapes[i].what;
	return shape_public(value);
}
