/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "schemas/type.h"
#include "schemas/type_parts.h"

enum { JSON_DEPTH_MAX = 64, JSON_ESCAPE_DIGITS = 4 };

/* Reads on from `at`. Each take_ function returns false when what it wants does not stand there. */
struct json_text {
	struct bytes text;
	size_t at;
};

/* 0 at the end, which no grammar rule wants. */
static uint8_t
peek(const struct json_text *in)
{
	return in->at < in->text.len ? in->text.data[in->at] : 0;
}

static bool
take_byte(struct json_text *in, uint8_t c)
{
	if (in->at == in->text.len || in->text.data[in->at] != c)
		return false;
	in->at++;
	return true;
}

static void
skip_blanks(struct json_text *in)
{
	while (peek(in) == ' ' || peek(in) == '\t' || peek(in) == '\n' || peek(in) == '\r')
		in->at++;
}

static bool
take_word(struct json_text *in, const char *word)
{
	size_t len = strlen(word);

	if (in->text.len - in->at < len || memcmp(in->text.data + in->at, word, len) != 0)
		return false;
	in->at += len;
	return true;
}

static bool
take_digits(struct json_text *in)
{
	if (!byte_is_digit(peek(in)))
		return false;
	while (byte_is_digit(peek(in)))
		in->at++;
	return true;
}

/* RFC 8259 section 6. */
static bool
take_number(struct json_text *in)
{
	(void)take_byte(in, '-');
	if (!take_byte(in, '0') && !take_digits(in))
		return false;
	if (take_byte(in, '.') && !take_digits(in))
		return false;
	if (take_byte(in, 'e') || take_byte(in, 'E')) {
		if (!take_byte(in, '+'))
			(void)take_byte(in, '-');
		return take_digits(in);
	}
	return true;
}

/* What is behind a backslash. A lone surrogate is within the grammar (section 8.2). */
static bool
take_escape(struct json_text *in)
{
	uint8_t c = peek(in);

	if (c == 0 || strchr("\"\\/bfnrtu", c) == NULL)
		return false;
	in->at++;
	for (int i = 0; c == 'u' && i < JSON_ESCAPE_DIGITS; i++) {
		if (!byte_is_hex(peek(in)))
			return false;
		in->at++;
	}
	return true;
}

/* Section 7. That the bytes are UTF-8 was checked for the whole text. */
static bool
take_string(struct json_text *in)
{
	if (!take_byte(in, '"'))
		return false;
	while (!take_byte(in, '"')) {
		if (peek(in) < ' ')
			return false;
		if (!take_byte(in, '\\'))
			in->at++;
		else if (!take_escape(in))
			return false;
	}
	return true;
}

static bool
take_scalar(struct json_text *in)
{
	if (peek(in) == '"')
		return take_string(in);
	return take_word(in, "true") || take_word(in, "false") || take_word(in, "null") ||
	       take_number(in);
}

/* The key of an object's member and its colon; nothing in an array. */
static bool
take_key(struct json_text *in, uint8_t closer)
{
	if (closer == ']')
		return true;
	skip_blanks(in);
	if (!take_string(in))
		return false;
	skip_blanks(in);
	return take_byte(in, ':');
}

/* Opens arrays and objects until a scalar, or an empty one of them, has been read. closers[] has what
 * ends each that is open. */
static bool
take_down_to_scalar(struct json_text *in, uint8_t closers[static JSON_DEPTH_MAX], size_t *depth)
{
	for (;;) {
		uint8_t c;

		skip_blanks(in);
		c = peek(in);
		if (c != '[' && c != '{')
			return take_scalar(in);
		if (*depth == JSON_DEPTH_MAX)
			return false;
		in->at++;
		c = c == '[' ? ']' : '}';
		skip_blanks(in);
		if (take_byte(in, c))
			return true;
		closers[(*depth)++] = c;
		if (!take_key(in, c))
			return false;
	}
}

bool
json_is_valid(struct bytes text)
{
	struct json_text in = { text, 0 };
	uint8_t closers[JSON_DEPTH_MAX];
	size_t depth = 0;

	if (!text_is_utf8(text) || !take_down_to_scalar(&in, closers, &depth))
		return false;
	for (;;) {
		skip_blanks(&in);
		if (depth == 0)
			return in.at == text.len;
		if (take_byte(&in, closers[depth - 1]))
			depth--;
		else if (!take_byte(&in, ',') || !take_key(&in, closers[depth - 1]) ||
			 !take_down_to_scalar(&in, closers, &depth))
			return false;
	}
}
