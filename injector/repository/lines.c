/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int
lines_error(const struct lines *lines, struct error *err, const char *format, ...)
{
	char text[ERROR_MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(err, ERROR_REFUSED, "%s:%zu: %s", lines->file,
			 lines->line > 1 ? lines->line - 1 : 1, text);
}

static bool
is_marker(const uint8_t *line, size_t len)
{
	return len >= 7 && memchr("<>|=", line[0], 4) != NULL && memcmp(line, line + 1, 6) == 0;
}

bool
lines_have_conflict(struct bytes text)
{
	for (size_t start = 0; start < text.len;) {
		const uint8_t *line = text.data + start;
		const uint8_t *end = memchr(line, '\n', text.len - start);
		size_t len = end != NULL ? (size_t)(end - line) : text.len - start;

		if (is_marker(line, len))
			return true;
		start += len + 1;
	}
	return false;
}

/* NULL, or the rule that the line breaks. */
static const char *
line_rule(const uint8_t *line, size_t len)
{
	if (len == 0)
		return "an empty line";
	if (is_marker(line, len))
		return "a merge conflict was left here";
	if (len > LINE_MAX_BYTES)
		return "a line is longer than 1024 bytes";
	if (line[len - 1] == ' ')
		return "a blank at the end of a line";
	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\r')
			return "a carriage return; lines end with a line feed alone";
		if (line[i] < 0x20 || line[i] > 0x7e)
			return "a byte that is not printable ASCII";
		if (line[i] == ' ' && (i == 0 || line[i - 1] == ' '))
			return i == 0 ? "a blank at the start of a line" : "two blanks in a row";
	}
	return NULL;
}

int
lines_start(struct lines *lines, struct bytes text, const char *file, struct error *err)
{
	struct lines at = { .file = file, .text = text, .offset = 0, .line = 2 };

	if (text.len == 0)
		return lines_error(&at, err, "the file is empty");
	for (size_t start = 0; start < text.len; at.line++) {
		const uint8_t *line = text.data + start;
		const uint8_t *end = memchr(line, '\n', text.len - start);
		size_t len = end != NULL ? (size_t)(end - line) : text.len - start;
		const char *rule = line_rule(line, len);

		if (rule != NULL)
			return lines_error(&at, err, "%s", rule);
		if (end == NULL)
			return lines_error(&at, err,
					   "the last line has no line feed, the file was cut off");
		start += len + 1;
	}
	at.line = 1;
	*lines = at;
	return 0;
}

bool
lines_next(struct lines *lines, struct bytes *ret_line)
{
	const uint8_t *start = lines->text.data + lines->offset;
	const uint8_t *end;

	if (lines->offset >= lines->text.len)
		return false;
	end = memchr(start, '\n', lines->text.len - lines->offset);
	*ret_line = (struct bytes){ start, (size_t)(end - start) };
	lines->offset += ret_line->len + 1;
	lines->line++;
	return true;
}

struct bytes
lines_word(struct bytes *rest)
{
	const uint8_t *blank = rest->len > 0 ? memchr(rest->data, ' ', rest->len) : NULL;
	struct bytes word = *rest;

	if (blank == NULL) {
		*rest = (struct bytes){ NULL, 0 };
		return word;
	}
	word.len = (size_t)(blank - rest->data);
	*rest = (struct bytes){ blank + 1, rest->len - word.len - 1 };
	return word;
}

bool
lines_at(const struct lines *lines, const char *name)
{
	struct lines ahead = *lines;
	struct bytes line;

	return lines_next(&ahead, &line) && bytes_equal(lines_word(&line), bytes_of(name));
}

int
lines_literal(struct lines *lines, const char *text, struct error *err)
{
	struct bytes line;

	if (!lines_next(lines, &line))
		return lines_error(lines, err, "the file was cut off, expected '%s'", text);
	if (!bytes_equal(line, bytes_of(text)))
		return lines_error(lines, err, "expected '%s'", text);
	return 0;
}

int
lines_field(struct lines *lines, const char *name, struct bytes *ret_value, struct error *err)
{
	struct bytes line;

	if (!lines_next(lines, &line))
		return lines_error(lines, err, "the file was cut off, expected the field '%s'",
				   name);
	if (!bytes_equal(lines_word(&line), bytes_of(name)) || line.len == 0)
		return lines_error(lines, err, "expected the field '%s'", name);
	*ret_value = line;
	return 0;
}

int
lines_number(struct lines *lines, const char *name, uint32_t minimum, uint32_t *ret,
	     struct error *err)
{
	struct bytes value;
	uint64_t number;

	if (lines_field(lines, name, &value, err) < 0)
		return -1;
	if (!text_to_number(value, NUMBER_MAX, &number) || number < minimum)
		return lines_error(lines, err, "'%s' is not a number from %u to 4294967295", name,
				   minimum);
	*ret = (uint32_t)number;
	return 0;
}

static bool
is_hex(struct bytes text, size_t digits)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!((text.data[i] >= '0' && text.data[i] <= '9') ||
		      (text.data[i] >= 'a' && text.data[i] <= 'f')))
			return false;
	}
	return text.len == digits;
}

int
lines_hex(struct lines *lines, const char *name, size_t digits, char *out, struct error *err)
{
	struct bytes value;

	if (lines_field(lines, name, &value, err) < 0)
		return -1;
	if (!is_hex(value, digits))
		return lines_error(lines, err, "'%s' is not %zu lower-case hex digits", name,
				   digits);
	memcpy(out, value.data, digits);
	out[digits] = 0;
	return 0;
}

int
lines_hex_or_none(struct lines *lines, const char *name, size_t digits, char *out,
		  struct error *err)
{
	struct lines ahead = *lines;
	struct bytes value;

	if (lines_field(&ahead, name, &value, err) < 0)
		return lines_field(lines, name, &value, err);
	if (!bytes_equal(value, bytes_of("-")))
		return lines_hex(lines, name, digits, out, err);
	out[0] = 0;
	*lines = ahead;
	return 0;
}

int
lines_time(struct lines *lines, const char *name, int64_t *ret, struct error *err)
{
	struct bytes value;

	if (lines_field(lines, name, &value, err) < 0)
		return -1;
	if (!text_to_time(value, ret))
		return lines_error(lines, err, "'%s' is not a time such as 2026-11-21T16:40:02Z",
				   name);
	return 0;
}

int
lines_name(struct lines *lines, const char *name, bool (*is_valid)(struct bytes), size_t max,
	   char *out, struct error *err)
{
	struct bytes value;

	if (lines_field(lines, name, &value, err) < 0)
		return -1;
	if (value.len > max || !is_valid(value))
		return lines_error(lines, err, "'%s' is not a valid name", name);
	memcpy(out, value.data, value.len);
	out[value.len] = 0;
	return 0;
}
