/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of an age file (C2SP age.md, "ASCII armor"). */
#include <string.h>

#include "base/memory.h"
#include "crypto/age_parts.h"
#include "crypto/base64.h"

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define END "-----END AGE ENCRYPTED FILE-----"

enum { SPACE_MAX = 1024 };

static int
refuse(struct error *err, const char *rule)
{
	return error_set(err, ERROR_REFUSED, "age armor: %s", rule);
}

static size_t
space_length(struct bytes text)
{
	size_t len = 0;

	while (len < text.len && memchr(" \t\r\n", text.data[len], 4) != NULL)
		len++;
	return len;
}

static void
skip(struct bytes *rest, size_t len)
{
	rest->data += len;
	rest->len -= len;
}

bool
age_armor_is(struct bytes file)
{
	skip(&file, space_length(file));
	return file.len >= strlen("-----") && memcmp(file.data, "-----", strlen("-----")) == 0;
}

/* A line that ends with LF, CRLF or the text. */
static struct bytes
take_line(struct bytes *rest)
{
	const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
	struct bytes line = { rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len };

	skip(rest, line.len + (end != NULL ? 1 : 0));
	if (end != NULL && line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

int
age_armor_read(struct bytes file, struct buf *out, struct error *err)
{
	size_t space = space_length(file);
	size_t last = AGE_ARMOR_COLUMNS;
	struct bytes line;

	skip(&file, space);
	if (space > SPACE_MAX || !bytes_equal(take_line(&file), bytes_of(BEGIN)))
		return refuse(err, "does not begin with '" BEGIN "'");
	for (;;) {
		if (file.len == 0)
			return refuse(err, "does not end with '" END "'");
		line = take_line(&file);
		if (bytes_equal(line, bytes_of(END)))
			break;
		/* Padding ends the data: a short line is the last, and so is a full one that is padded. */
		if (line.len == 0 || line.len > AGE_ARMOR_COLUMNS || last < AGE_ARMOR_COLUMNS ||
		    !base64_decode(line, BASE64_PADDED, out))
			return refuse(err, "is not canonical base64 in lines of 64");
		last = line.data[line.len - 1] == '=' ? 0 : line.len;
	}
	if (file.len > SPACE_MAX || space_length(file) != file.len)
		return refuse(err, "has something behind its end");
	return 0;
}

void
age_armor_write(struct bytes binary, struct buf *out)
{
	buf_append_text(out, BEGIN "\n");
	base64_encode(binary, BASE64_PADDED, AGE_ARMOR_COLUMNS, out);
	buf_append_text(out, END "\n");
}
