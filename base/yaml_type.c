/* SPDX-License-Identifier: Apache-2.0 */
/* Plain scalars as Go's reader of YAML 1.1 resolves them (sigs.k8s.io/yaml, goyaml.v2: resolve.go). */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/yaml.h"

#define WHOLE_MAX 1e15

enum { NUMBER_MAX = 64, DIGITS_MAX = 17 };

static bool
is_word(const char *text, enum yaml_type *ret)
{
	static const struct {
		const char *word;
		enum yaml_type type;
	} words[] = {
		{ "", YAML_TYPE_NULL },	      { "~", YAML_TYPE_NULL },
		{ "null", YAML_TYPE_NULL },   { "Null", YAML_TYPE_NULL },
		{ "NULL", YAML_TYPE_NULL },   { "y", YAML_TYPE_TRUE },
		{ "Y", YAML_TYPE_TRUE },      { "yes", YAML_TYPE_TRUE },
		{ "Yes", YAML_TYPE_TRUE },    { "YES", YAML_TYPE_TRUE },
		{ "true", YAML_TYPE_TRUE },   { "True", YAML_TYPE_TRUE },
		{ "TRUE", YAML_TYPE_TRUE },   { "on", YAML_TYPE_TRUE },
		{ "On", YAML_TYPE_TRUE },     { "ON", YAML_TYPE_TRUE },
		{ "n", YAML_TYPE_FALSE },     { "N", YAML_TYPE_FALSE },
		{ "no", YAML_TYPE_FALSE },    { "No", YAML_TYPE_FALSE },
		{ "NO", YAML_TYPE_FALSE },    { "false", YAML_TYPE_FALSE },
		{ "False", YAML_TYPE_FALSE }, { "FALSE", YAML_TYPE_FALSE },
		{ "off", YAML_TYPE_FALSE },   { "Off", YAML_TYPE_FALSE },
		{ "OFF", YAML_TYPE_FALSE },
	};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(words[i].word, text) == 0) {
			*ret = words[i].type;
			return true;
		}
	}
	return false;
}

/* A number without its underscores; false: too long for one. */
static bool
strip(const char *text, char out[static NUMBER_MAX])
{
	size_t len = 0;

	for (; *text != 0; text++) {
		if (*text == '_')
			continue;
		if (len == NUMBER_MAX - 1)
			return false;
		out[len++] = *text;
	}
	out[len] = 0;
	return true;
}

/* 10, 0x1f, 017, 0o17, 0b101, with a sign. A magnitude of 64 bits, one bit less with a minus. */
static bool
to_integer(const char *text, bool *ret_negative, uint64_t *ret_magnitude)
{
	uint64_t base = 10, magnitude = 0;

	*ret_negative = text[0] == '-';
	text += text[0] == '-' || text[0] == '+';
	if (text[0] == '0' && text[1] != 0) {
		char kind = (char)tolower((unsigned char)text[1]);

		base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
		text += kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1;
	}
	if (*text == 0)
		return false;
	for (; *text != 0; text++) {
		const char *digits = "0123456789abcdef";
		const char *digit = strchr(digits, tolower((unsigned char)*text));
		uint64_t value = digit != NULL ? (uint64_t)(digit - digits) : base;

		if (value >= base || __builtin_mul_overflow(magnitude, base, &magnitude) ||
		    __builtin_add_overflow(magnitude, value, &magnitude))
			return false;
	}
	*ret_magnitude = magnitude;
	return !*ret_negative || magnitude <= (uint64_t)1 << 63;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool
is_decimal(const char *text)
{
	size_t whole, fraction = 0;

	text += text[0] == '-' || text[0] == '+';
	whole = strspn(text, "0123456789");
	text += whole;
	if (*text == '.') {
		fraction = strspn(text + 1, "0123456789");
		text += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*text == 'e' || *text == 'E') {
		size_t digits;

		text++;
		text += *text == '-' || *text == '+';
		digits = strspn(text, "0123456789");
		if (digits == 0)
			return false;
		text += digits;
	}
	return *text == 0;
}

enum yaml_type
yaml_type_of(const struct yaml_node *scalar)
{
	char number[NUMBER_MAX];
	enum yaml_type type;
	uint64_t magnitude;
	bool is_negative;

	if (scalar->kind != YAML_SCALAR || scalar->style != YAML_PLAIN)
		return YAML_TYPE_TEXT;
	if (is_word(scalar->text, &type))
		return type;
	if (strchr("+-.0123456789", scalar->text[0]) == NULL || !strip(scalar->text, number))
		return YAML_TYPE_TEXT;
	if (scalar->text[0] != '.' && to_integer(number, &is_negative, &magnitude))
		return YAML_TYPE_INTEGER;
	return is_decimal(number) && isfinite(strtod(number, NULL)) ? YAML_TYPE_FLOAT :
								      YAML_TYPE_TEXT;
}

static void
write_integer(struct buf *out, const char *text)
{
	char number[NUMBER_MAX];
	uint64_t magnitude = 0;
	bool is_negative = false;

	if (strip(text, number) && to_integer(number, &is_negative, &magnitude))
		buf_printf(out, "%s%ju", is_negative && magnitude > 0 ? "-" : "",
			   (uintmax_t)magnitude);
}

/* As few digits as give the same number back. */
static void
write_float(struct buf *out, const char *text)
{
	char number[NUMBER_MAX], shortest[NUMBER_MAX] = "0";
	double value = strip(text, number) ? strtod(number, NULL) : 0;

	if (value > -WHOLE_MAX && value < WHOLE_MAX && (double)(int64_t)value == value) {
		buf_printf(out, "%.0f", value);
		return;
	}
	for (int digits = 1; digits <= DIGITS_MAX; digits++) {
		(void)snprintf(shortest, sizeof(shortest), "%.*g", digits, value);
		if (strtod(shortest, NULL) == value)
			break;
	}
	buf_append_text(out, shortest);
}

/* A key is a text in JSON, whatever its type is here. */
static void
write_scalar(struct buf *out, const struct yaml_node *node, bool is_key)
{
	const struct bytes text = { (const uint8_t *)node->text, node->len };
	enum yaml_type type = yaml_type_of(node);
	const char *quote = is_key ? "\"" : "";

	if (type == YAML_TYPE_TEXT) {
		json_write_string(out, text);
		return;
	}
	buf_append_text(out, quote);
	if (type == YAML_TYPE_INTEGER)
		write_integer(out, node->text);
	else if (type == YAML_TYPE_FLOAT)
		write_float(out, node->text);
	else if (type == YAML_TYPE_NULL)
		buf_append_text(out, "null");
	else
		buf_append_text(out, type == YAML_TYPE_TRUE ? "true" : "false");
	buf_append_text(out, quote);
}

void
yaml_write_json(struct buf *out, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR) {
		write_scalar(out, node, false);
		return;
	}
	buf_append_byte(out, node->kind == YAML_MAP ? '{' : '[');
	for (size_t i = 0; i < node->count; i++) {
		if (i > 0)
			buf_append_byte(out, ',');
		if (node->kind == YAML_MAP) {
			write_scalar(out, node->children[i]->key, true);
			buf_append_byte(out, ':');
		}
		yaml_write_json(out, node->children[i]);
	}
	buf_append_byte(out, node->kind == YAML_MAP ? '}' : ']');
}
