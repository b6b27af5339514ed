/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "schemas/type_parts.h"

#define DASHES "-----"

static int
base64_digit(uint8_t c)
{
	if (byte_is_digit(c))
		return c - '0' + 52;
	if (byte_is_letter(c))
		return c >= 'a' ? c - 'a' + 26 : c - 'A';
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
base64_is_canonical(struct bytes text, bool skip_blanks)
{
	/* What the last digit may not have set: with one '=' two of its bits are unused, with two four. */
	static const int unused[] = { 0, 3, 15 };
	size_t digits = 0, pads = 0;
	int last = 0;

	for (size_t i = 0; i < text.len; i++) {
		int digit = base64_digit(text.data[i]);

		if (skip_blanks && is_blank(text.data[i]))
			continue;
		if (digit >= 0 && pads == 0) {
			last = digit;
			digits++;
		} else if (text.data[i] == '=' && pads < 2) {
			pads++;
		} else {
			return false;
		}
	}
	return (digits + pads) % 4 == 0 && (last & unused[pads]) == 0;
}

/* The next line without its end and the blanks before that; *text becomes what is behind it. */
static struct bytes
take_line(struct bytes *text)
{
	size_t len = bytes_find(*text, '\n');
	struct bytes line = bytes_front(*text, len);

	*text = bytes_behind(*text, len < text->len ? len + 1 : len);
	while (line.len > 0 && is_blank(line.data[line.len - 1]))
		line.len--;
	return line;
}

static bool
begins_with(struct bytes text, const char *front)
{
	size_t len = strlen(front);

	return text.len >= len && memcmp(text.data, front, len) == 0;
}

/* The label between front and "-----"; RFC 7468 section 3. False: the line is no such boundary. */
static bool
read_label(struct bytes line, const char *front, struct bytes *ret_label)
{
	struct bytes label;
	bool was_gap = true;

	if (!begins_with(line, front) || line.len <= strlen(front) + strlen(DASHES))
		return false;
	label = bytes_behind(line, strlen(front));
	label.len -= strlen(DASHES);
	if (memcmp(label.data + label.len, DASHES, strlen(DASHES)) != 0)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		bool is_gap = label.data[i] == ' ' || label.data[i] == '-';

		if (label.data[i] < ' ' || label.data[i] > '~' || (is_gap && was_gap))
			return false;
		was_gap = is_gap;
	}
	*ret_label = label;
	return !was_gap;
}

/* From behind the first line to the end of the line that ends the block. */
static bool
take_block(struct bytes *text, struct bytes label, struct bytes *ret_body)
{
	struct bytes body = { text->data, 0 }, end_label;
	bool has_body = false;

	while (text->len > 0) {
		struct bytes line = take_line(text);

		if (begins_with(line, DASHES)) {
			body.len = (size_t)(line.data - body.data);
			*ret_body = body;
			return has_body && read_label(line, DASHES "END ", &end_label) &&
			       bytes_equal(label, end_label) && base64_is_canonical(body, true);
		}
		has_body = has_body || line.len > 0;
	}
	return false;
}

/* Text outside of blocks is allowed by RFC 7468 section 2 and common: openssl writes the subject of
 * each certificate of a chain there. */
enum pem_step
pem_next(struct bytes *text, struct bytes *ret_label, struct bytes *ret_body)
{
	while (text->len > 0) {
		struct bytes line = take_line(text);

		if (!begins_with(line, DASHES))
			continue;
		return read_label(line, DASHES "BEGIN ", ret_label) &&
				       take_block(text, *ret_label, ret_body) ?
			       PEM_BLOCK :
			       PEM_BROKEN;
	}
	return PEM_END;
}

bool
pem_is_valid(struct bytes text)
{
	struct bytes label, body;
	enum pem_step step;
	size_t blocks = 0;

	while ((step = pem_next(&text, &label, &body)) == PEM_BLOCK)
		blocks++;
	return step == PEM_END && blocks > 0;
}
