/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that tell what they are: numbers, switches, addresses, paths, times, lists and texts. Each rule
 * asks for every character: what is only begun by something harmless is not harmless.
 */
#include <ctype.h>
#include <string.h>

#include "schemas/classify_rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum {
	NUMBER_MAX = 24, /* longer digits are no quantity */
	RANDOM_PART_MIN = 16,
	LIST_ITEMS_MAX = 4096,
};

static size_t
count_digits(struct bytes value, size_t from)
{
	size_t at = from;

	while (at < value.len && isdigit(value.data[at]))
		at++;
	return at - from;
}

/* "Mi", "kB", "%", "m": nothing but a unit of size. */
static bool
is_unit(struct bytes rest)
{
	size_t at = 0;

	if (rest.len == 1 && (rest.data[0] == '%' || rest.data[0] == 'm'))
		return true;
	if (at < rest.len && memchr("kKMGTPEmgt", rest.data[at], 10) != NULL)
		at++;
	if (at == 1 && at < rest.len && rest.data[at] == 'i')
		at++;
	if (at < rest.len && (rest.data[at] == 'B' || rest.data[at] == 'b'))
		at++;
	return at == rest.len;
}

static bool
has_exponent(struct bytes value, size_t at, size_t *ret_end)
{
	size_t digits;

	if (at >= value.len || tolower(value.data[at]) != 'e')
		return false;
	at++;
	if (at < value.len && (value.data[at] == '+' || value.data[at] == '-'))
		at++;
	digits = count_digits(value, at);
	*ret_end = at + digits;
	return digits > 0;
}

/* "-1", "0.25", "1e6", "1_000", "512Mi", "80%". */
bool
shape_is_number(struct bytes value)
{
	size_t at = 0, digits;

	if (value.len == 0 || value.len > NUMBER_MAX)
		return false;
	if (value.data[0] == '-' || value.data[0] == '+')
		at++;
	digits = count_digits(value, at);
	if (digits == 0)
		return false;
	at += digits;
	while (at + 1 < value.len && value.data[at] == '_' && isdigit(value.data[at + 1]))
		at += 1 + count_digits(value, at + 1);
	if (at + 1 < value.len && value.data[at] == '.' && isdigit(value.data[at + 1]))
		at += 1 + count_digits(value, at + 1);
	if (!has_exponent(value, at, &at) && !is_unit(bytes_from(value, at)))
		return false;
	return at == value.len || is_unit(bytes_from(value, at));
}

bool
shape_is_yes_or_no(struct bytes value)
{
	static const char *const words[] = { "true", "false",	"yes",	    "no",     "on",
					     "off",  "enabled", "disabled", "enable", "disable",
					     "y",    "n",	"always",   "never" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (bytes_equal_word(value, words[i]))
			return true;
	return false;
}

/* Splits at the characters of marks: each part must pass. */
static bool
all_parts(struct bytes value, const char *marks, bool (*is)(struct bytes part))
{
	size_t start = 0;

	for (size_t at = 0; at <= value.len; at++) {
		if (at < value.len &&
		    (value.data[at] == '\0' || strchr(marks, value.data[at]) == NULL))
			continue;
		if (!is((struct bytes){ value.data + start, at - start }))
			return false;
		start = at + 1;
	}
	return true;
}

bool
shape_is_made_of(struct bytes value, const char *marks)
{
	for (size_t i = 0; i < value.len; i++)
		if (!isalnum(value.data[i]) &&
		    (value.data[i] == '\0' || strchr(marks, value.data[i]) == NULL))
			return false;
	return value.len > 0;
}

static bool
is_path_part(struct bytes part)
{
	return part.len == 0 || shape_is_template(part) || shape_is_wordlike(part) ||
	       type_check(TYPE_UUID, part) == NULL;
}

static bool
has_extension(struct bytes value)
{
	size_t dot = value.len;

	while (dot > 0 && isalnum(value.data[dot - 1]))
		dot--;
	return dot > 1 && value.data[dot - 1] == '.' && value.len - dot >= 1 &&
	       value.len - dot <= 10 && isalpha(value.data[dot]);
}

/* Base64 begins with a slash as well, so each part must be made of words. */
bool
shape_is_path(struct bytes value)
{
	static const char *const roots[] = { "/", "./", "../", "~/", "\\\\", "$HOME/", "file:/" };
	bool is_rooted = bytes_equal_word(value, ".") || bytes_equal_word(value, "..");

	for (size_t i = 0; i < COUNT(roots); i++)
		is_rooted = is_rooted || bytes_start(value, roots[i]);
	if (value.len >= 3 && isalpha(value.data[0]) && value.data[1] == ':' &&
	    (value.data[2] == '\\' || value.data[2] == '/'))
		is_rooted = true;
	if (!is_rooted && !(bytes_find(value, 0, "/") < value.len && has_extension(value)))
		return false;
	if (!shape_is_made_of(value, "/\\._-~@:$*{}<>,=% ()?"))
		return false;
	return bytes_start(value, "~/") || bytes_start(value, "$HOME/") ?
		       all_parts(bytes_from(value, bytes_find(value, 0, "/")), "/\\",
				 is_path_part) :
		       all_parts(value, "/\\", is_path_part);
}

static bool
is_not_random(struct bytes part)
{
	return part.len < RANDOM_PART_MIN || shape_public(part) != NULL ||
	       shape_is_wordlike(part) || entropy_random_alphabet(part) == NULL;
}

bool
shape_has_random_part(struct bytes text)
{
	return !all_parts(text, " \t\r\n\"'`,;:/\\?&=#@()[]{}<>|*$%!", is_not_random);
}

bool
shape_is_url(struct bytes value)
{
	return type_check(TYPE_URL, value) == NULL && !type_url_has_password(value) &&
	       !shape_has_random_part(value);
}

static bool
is_mailto(struct bytes value)
{
	return bytes_start(value, "mailto:") &&
	       type_check(TYPE_EMAIL, bytes_from(value, strlen("mailto:"))) == NULL;
}

/* "a@b.example", "Some Body <a@b.example>". */
static bool
is_email(struct bytes value)
{
	size_t open = bytes_find(value, 0, "<");

	if (open < value.len && bytes_end(value, ">")) {
		struct bytes name = { value.data, open };

		return (name.len == 0 || shape_is_wordlike(name)) &&
		       type_check(TYPE_EMAIL, (struct bytes){ value.data + open + 1,
							      value.len - open - 2 }) == NULL;
	}
	return (type_check(TYPE_EMAIL, value) == NULL && !shape_has_random_part(value)) ||
	       is_mailto(value);
}

/* A name of one label may be anything, so a dot is asked for. */
static bool
is_host_name(struct bytes value)
{
	size_t dots = 0;

	if (bytes_start(value, "*."))
		value = bytes_from(value, 2);
	else if (bytes_start(value, "."))
		value = bytes_from(value, 1);
	if (type_check(TYPE_HOST, value) != NULL)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] == '.')
			dots++;
	return bytes_equal_word(value, "localhost") || bytes_find(value, 0, ":") < value.len ||
	       (dots > 0 && (isalpha(value.data[value.len - 1]) || dots == 3) &&
		all_parts(value, ".", is_not_random));
}

/* "db.example.org", "10.0.0.0/8", "[::1]:80", "kafka:9092", ":8080". */
static bool
is_host(struct bytes value)
{
	struct bytes host = value, tail;
	size_t colon = value.len, slash = bytes_find(value, 0, "/");

	if (is_host_name(value))
		return true;
	if (slash < value.len) {
		host.len = slash;
		tail = bytes_from(value, slash + 1);
		return type_check(TYPE_HOST, host) == NULL && is_host_name(host) && tail.len > 0 &&
		       tail.len <= 3 && count_digits(tail, 0) == tail.len;
	}
	while (colon > 0 && value.data[colon - 1] != ':')
		colon--;
	if (colon == 0 || type_check(TYPE_PORT, bytes_from(value, colon)) != NULL)
		return false;
	host.len = colon - 1;
	if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
		host = (struct bytes){ host.data + 1, host.len - 2 };
	return host.len == 0 || is_host_name(host) ||
	       (type_check(TYPE_HOST, host) == NULL && shape_is_wordlike(host));
}

/* "2026-11-25", "2026-11-25T10:00:00Z", "09:30". */
static bool
is_time(struct bytes value)
{
	size_t digits = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (isdigit(value.data[i]))
			digits++;
		else if (strchr("-:.+TZ ", value.data[i]) == NULL || value.data[i] == '\0')
			return false;
	}
	return value.len <= 35 && digits >= 4 && digits <= 23 && digits < value.len &&
	       isdigit(value.data[0]);
}

/* The five to seven fields of cron, "@daily". */
static bool
is_schedule(struct bytes value)
{
	size_t fields = 1;

	if (value.len > 1 && value.len < 32 && value.data[0] == '@')
		return shape_is_plain_word(bytes_from(value, 1)) || bytes_start(value, "@every ");
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == ' ')
			fields++;
		else if (!isalnum(value.data[i]) &&
			 (value.data[i] == '\0' || strchr("*/,-?#", value.data[i]) == NULL))
			return false;
	}
	return fields >= 5 && fields <= 7 && value.len < 100 && !shape_has_random_part(value);
}

static bool
is_colour(struct bytes value)
{
	if (value.len != 4 && value.len != 7 && value.len != 9)
		return false;
	for (size_t i = 1; i < value.len; i++)
		if (!isxdigit(value.data[i]))
			return false;
	return value.data[0] == '#';
}

static bool
is_duration(struct bytes value)
{
	return type_check(TYPE_DURATION, value) == NULL;
}

/* ISO 8601: "PT1H30M", "P7D". */
static bool
is_iso_duration(struct bytes value)
{
	size_t digits = 0;

	if (value.len < 3 || value.len > 32 || value.data[0] != 'P' ||
	    isdigit(value.data[value.len - 1]))
		return false;
	for (size_t i = 1; i < value.len; i++) {
		if (isdigit(value.data[i]))
			digits++;
		else if (memchr("YMWDTHS.", value.data[i], 8) == NULL)
			return false;
	}
	return digits > 0;
}

/* "320x240". */
static bool
is_dimension(struct bytes value)
{
	size_t width = count_digits(value, 0), height;

	if (width == 0 || width > 6 || width >= value.len || value.data[width] != 'x')
		return false;
	height = count_digits(value, width + 1);
	return height > 0 && height <= 6 && width + 1 + height == value.len;
}

static bool
is_wildcard(struct bytes value)
{
	return bytes_equal_word(value, "*");
}

/* A regular expression that says where it begins and ends. */
static bool
is_pattern(struct bytes value)
{
	return value.len > 3 && value.data[0] == '^' &&
	       (value.data[value.len - 1] == '$' || bytes_end(value, ".*")) &&
	       !shape_has_random_part(value);
}

static bool
is_json(struct bytes value)
{
	return value.len > 0 && (value.data[0] == '{' || value.data[0] == '[') &&
	       json_is_valid(value) && !shape_has_random_part(value);
}

/* More than a few words with blanks between. */
static bool
is_text(struct bytes value)
{
	size_t blanks = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '\0')
			return false;
		if (value.data[i] == ' ' || value.data[i] == '\n')
			blanks++;
	}
	return blanks >= 2 && entropy_has_word(value) && !shape_has_random_part(value);
}

static const struct {
	bool (*is)(struct bytes value);
	const char *what;
} plain_shapes[] = {
	{ shape_is_yes_or_no, "yes or no" },
	{ shape_is_number, "a number" },
	{ is_duration, "a duration" },
	{ is_iso_duration, "a duration" },
	{ is_dimension, "a size" },
	{ is_wildcard, "a wildcard" },
	{ is_pattern, "a pattern" },
	{ shape_is_url, "a URL without a password" },
	{ is_email, "an email address" },
	{ is_host, "a host" },
	{ shape_is_path, "a path" },
	{ is_time, "a time" },
	{ is_schedule, "a schedule" },
	{ is_colour, "a colour" },
	{ is_json, "JSON without a secret in it" },
};

static const char *
plain_shape(struct bytes value)
{
	const char *found = shape_public(value);

	for (size_t i = 0; found == NULL && i < COUNT(plain_shapes); i++)
		if (plain_shapes[i].is(value))
			found = plain_shapes[i].what;
	return found;
}

static struct bytes
trim(struct bytes value)
{
	while (value.len > 0 && isspace(value.data[0]))
		value = bytes_from(value, 1);
	while (value.len > 0 && isspace(value.data[value.len - 1]))
		value.len--;
	return value;
}

static bool
is_list_item(struct bytes item)
{
	item = trim(item);
	return item.len == 0 || plain_shape(item) != NULL || shape_is_wordlike(item);
}

static bool
is_list(struct bytes value)
{
	static const char *const marks[] = { ",", ";", " ", "|" };

	for (size_t i = 0; i < COUNT(marks); i++) {
		size_t items = 0;

		for (size_t at = 0; (at = bytes_find(value, at, marks[i])) < value.len; at++)
			items++;
		if (items > 0 && items <= LIST_ITEMS_MAX &&
		    all_parts(value, marks[i], is_list_item))
			return true;
	}
	return false;
}

const char *
shape_harmless(struct bytes value)
{
	const char *found;

	if (value.len == 0)
		return NULL;
	if ((found = plain_shape(value)) != NULL)
		return found;
	if (is_list(value))
		return "a list of harmless things";
	return is_text(value) ? "a text" : NULL;
}
