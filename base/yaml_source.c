/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "base/yaml_parts.h"

size_t
yaml_source_mark_len(struct bytes source)
{
	return source.len >= 3 && memcmp(source.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool
yaml_source_is_conflict(struct bytes source, size_t at)
{
	while (at > 0 && source.data[at - 1] != '\n')
		at--;
	return source.len - at >= 7 && memchr("<>|=", source.data[at], 4) != NULL &&
	       memcmp(source.data + at, source.data + at + 1, 6) == 0;
}

/* Where a byte stands, counted as libyaml counts: characters, without the byte order mark. */
static int
refuse_at(struct bytes source, const char *file, size_t at, struct error *err, const char *rule)
{
	const uint8_t *data = source.data;
	size_t line = 1, column = 1;

	for (size_t i = yaml_source_mark_len(source); i < at; i++) {
		if (data[i] == '\n' || (data[i] == '\r' && data[i + 1] != '\n')) {
			line++;
			column = 1;
		} else {
			column += (data[i] & 0xc0) != 0x80;
		}
	}
	return error_set(err, ERROR_FAILED, "%s:%zu:%zu: %s", file, line, column, rule);
}

/* The first byte that is in no character. */
static size_t
find_invalid(struct bytes source)
{
	size_t at = 0, len = 1;

	while (at < source.len && len <= 4) {
		if (len <= source.len - at &&
		    text_is_utf8((struct bytes){ source.data + at, len })) {
			at += len;
			len = 1;
		} else {
			len++;
		}
	}
	return at;
}

/* Why a character of valid UTF-8 may not stand in a document, or NULL. libyaml knows no control characters,
 * and breaks lines as YAML 1.1 does: it would make a blank of U+0085 and count lines that no editor shows. */
static const char *
check_character(const uint8_t *at)
{
	if (at[0] == 0)
		return "a NUL";
	if ((at[0] < 0x20 && memchr("\t\r\n", at[0], 3) == NULL) || at[0] == 0x7f)
		return "a control character";
	if (at[0] == 0xc2 && at[1] < 0xa0)
		return "a control character";
	if (at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8)
		return "a line separator (\"\\u2028\" in quotes would do)";
	if (at[0] == 0xef && at[1] == 0xbf && at[2] > 0xbd)
		return "no character";
	return NULL;
}

/* U+0085, U+2028, U+2029 */
static bool
is_break(const uint8_t *at)
{
	return (at[0] == 0xc2 && at[1] == 0x85) ||
	       (at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8);
}

int
yaml_source_check(struct bytes source, const char *file, bool is_lax, struct error *err)
{
	size_t max = is_lax ? YAML_LAX_SOURCE_MAX : YAML_SOURCE_MAX;
	const char *rule;

	if (source.len > max)
		return error_set(err, ERROR_FAILED, "%s: larger than %zu bytes", file, max);
	if (!text_is_utf8(source))
		return refuse_at(source, file, find_invalid(source), err, "not valid UTF-8 text");
	for (size_t at = 0; at < source.len; at++) {
		if ((at == 0 || source.data[at - 1] == '\n') && yaml_source_is_conflict(source, at))
			return refuse_at(source, file, at, err, "a merge conflict was left here");
		rule = check_character(source.data + at);
		/* libyaml breaks lines there, as others do: only what it counts is off then. */
		if (rule != NULL && is_lax && is_break(source.data + at))
			continue;
		if (rule != NULL)
			return refuse_at(source, file, at, err, rule);
	}
	return 0;
}
