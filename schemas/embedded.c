/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets among other text: connection strings ("Server=db;Password=…"), libpq and JDBC parameters,
 * queries of URLs, properties and YAML files, members of JSON. One scanner for all: a name that says
 * secret, an equals sign or colon, and a value that is none of the things such a name may hold.
 */
#include <ctype.h>
#include <string.h>

#include "schemas/classify_rules.h"

/* Bounds keep the search linear: a name or value may be looked at for every equals sign. */
enum { EMBEDDED_NAME_MAX = 128, EMBEDDED_VALUE_MAX = 256 };

static bool
is_name_byte(uint8_t byte)
{
	return isalnum(byte) || byte == '_' || byte == '-' || byte == '.';
}

static struct bytes
name_before(struct bytes text, size_t sign)
{
	size_t end = sign, start;

	while (end > 0 && text.data[end - 1] == ' ')
		end--;
	if (end > 0 && (text.data[end - 1] == '"' || text.data[end - 1] == '\''))
		end--;
	start = end;
	while (start > 0 && end - start < EMBEDDED_NAME_MAX && is_name_byte(text.data[start - 1]))
		start--;
	return (struct bytes){ text.data + start, end - start };
}

static struct bytes
value_behind(struct bytes text, size_t sign)
{
	size_t start = sign + 1, end;
	uint8_t quote = 0;

	while (start < text.len && text.data[start] == ' ')
		start++;
	/* JSON within JSON, and JSON in an environment file, have their quotes escaped. */
	if (start + 1 < text.len && text.data[start] == '\\')
		start++;
	if (start < text.len && (text.data[start] == '"' || text.data[start] == '\''))
		quote = text.data[start++];
	for (end = start; end < text.len && end - start < EMBEDDED_VALUE_MAX; end++) {
		uint8_t byte = text.data[end];

		if (quote != 0 ? byte == quote || byte == '\\' :
				 byte <= ' ' || strchr("&;,\"'", byte) != NULL)
			break;
	}
	return (struct bytes){ text.data + start, end - start };
}

/* "a: b" and "\"a\":1" assign, "host:80" and "12:30" do not. */
static bool
is_assignment(struct bytes text, size_t at)
{
	if (text.data[at] == '=')
		return at + 1 < text.len && text.data[at + 1] != '=';
	return text.data[at] == ':' && at > 0 && at + 1 < text.len &&
	       (text.data[at + 1] == ' ' || text.data[at - 1] == '"' || text.data[at - 1] == '\'');
}

static bool
is_excused(struct bytes value, enum name_says says, enum reading reading)
{
	if (value.len == 0 || shape_is_yes_or_no(value) || shape_is_path(value) ||
	    shape_is_url(value) || value.data[0] == '{' || value.data[0] == '[')
		return true;
	if (says == NAME_PERHAPS)
		return shape_is_wordlike(value) || shape_harmless(value) != NULL;
	return reading == READING_LENIENT &&
	       (shape_is_placeholder(value) || shape_is_number(value) || shape_is_template(value) ||
		shape_is_plain_word(value));
}

const char *
shape_assigns_secret(struct bytes text, enum reading reading)
{
	for (size_t at = 1; at < text.len; at++) {
		struct name_verdict verdict;

		if ((text.data[at] != '=' && text.data[at] != ':') || !is_assignment(text, at))
			continue;
		verdict = name_judge(name_before(text, at));
		if ((verdict.says == NAME_SECRET || verdict.says == NAME_PERHAPS) &&
		    !is_excused(value_behind(text, at), verdict.says, reading))
			return verdict.word;
	}
	return NULL;
}
