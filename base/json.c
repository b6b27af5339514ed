/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

enum { FIRST_ASTRAL = 0x10000, REPLACEMENT = 0xfffd };

static void
new_line(struct json *json)
{
	if (json->layout == JSON_COMPACT)
		return;
	buf_append_byte(json->out, '\n');
	for (size_t i = 0; i < json->depth; i++)
		buf_append_text(json->out, "  ");
}

void
json_value(struct json *json)
{
	if (!json->has_name && json->has_elements)
		buf_append_byte(json->out, ',');
	if (!json->has_name && json->depth > 0)
		new_line(json);
	json->has_name = false;
	json->has_elements = true;
}

void
json_open(struct json *json, char bracket)
{
	json_value(json);
	buf_append_byte(json->out, (uint8_t)bracket);
	json->depth++;
	json->has_elements = false;
}

void
json_close(struct json *json, char bracket)
{
	json->depth--;
	if (json->has_elements)
		new_line(json);
	buf_append_byte(json->out, (uint8_t)bracket);
	json->has_elements = true;
}

void
json_name(struct json *json, const char *name)
{
	json_text(json, name);
	buf_append_text(json->out, json->layout == JSON_PRETTY ? ": " : ":");
	json->has_name = true;
}

/* The length of the character that text begins with, 0 when it is none. */
static size_t
character_length(struct bytes text)
{
	for (size_t len = 1; len <= 4 && len <= text.len; len++) {
		if (text_is_utf8((struct bytes){ text.data, len }))
			return len;
	}
	return 0;
}

static uint32_t
code_point(struct bytes character)
{
	static const uint8_t lead_masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = character.data[0] & lead_masks[character.len];

	for (size_t i = 1; i < character.len; i++)
		code = code << 6 | (character.data[i] & 0x3fU);
	return code;
}

static void
write_code_point(struct buf *out, uint32_t code)
{
	static const char letters[] = "\"\\\n\t\r\b\f", escapes[] = "\"\\ntrbf";
	const char *letter = code > 0 && code < 0x80 ? strchr(letters, (int)code) : NULL;

	if (letter != NULL)
		buf_printf(out, "\\%c", escapes[letter - letters]);
	else if (code >= 0x20 && code < 0x7f)
		buf_append_byte(out, (uint8_t)code);
	else
		buf_printf(out, "\\u%04" PRIx32, code);
}

void
json_write_string(struct buf *out, struct bytes text)
{
	buf_append_byte(out, '"');
	while (text.len > 0) {
		size_t len = character_length(text);
		struct bytes character = { text.data, len };
		uint32_t code = len > 0 ? code_point(character) : REPLACEMENT;

		if (code >= FIRST_ASTRAL)
			buf_append(out, character);
		else
			write_code_point(out, code);
		text.data += len > 0 ? len : 1;
		text.len -= len > 0 ? len : 1;
	}
	buf_append_byte(out, '"');
}

void
json_string(struct json *json, struct bytes text)
{
	json_value(json);
	json_write_string(json->out, text);
}

void
json_text(struct json *json, const char *text)
{
	json_string(json, bytes_of(text));
}

void
json_number(struct json *json, int64_t number)
{
	json_value(json);
	buf_printf(json->out, "%" PRId64, number);
}

void
json_boolean(struct json *json, bool boolean)
{
	json_value(json);
	buf_append_text(json->out, boolean ? "true" : "false");
}

void
json_list(struct json *json, const char *name, const struct list *list)
{
	json_name(json, name);
	json_open(json, '[');
	for (size_t i = 0; i < list->count; i++)
		json_text(json, list->items[i]);
	json_close(json, ']');
}
