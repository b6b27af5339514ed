/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 256 };

struct bytes
bytes_of(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int
bytes_compare(struct bytes a, struct bytes b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

void
buf_clear(struct buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->cap);
	free(buf->data);
	*buf = (struct buf)BUF_INIT(buf->max);
}

void
buf_reset(struct buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->cap);
	buf->len = 0;
	buf->full = false;
}

/* Never realloc: it would leave the old copy behind. */
static void
grow(struct buf *buf, size_t needed)
{
	size_t cap = buf->cap > 0 ? buf->cap : FIRST_CAPACITY;
	uint8_t *data;

	/* What is filled at once needs no more room than that. */
	if (buf->cap == 0 && cap <= needed)
		cap = needed + 1;
	while (cap <= needed)
		cap *= 2;
	data = xcalloc(cap, 1);
	if (buf->len > 0)
		memcpy(data, buf->data, buf->len);
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->cap);
	free(buf->data);
	buf->data = data;
	buf->cap = cap;
}

uint8_t *
buf_extend(struct buf *buf, size_t len)
{
	uint8_t *start;

	if (buf->full || len > buf->max || buf->len > buf->max - len) {
		buf->full = true;
		return NULL;
	}
	if (buf->len + len >= buf->cap)
		grow(buf, buf->len + len);
	start = buf->data + buf->len;
	buf->len += len;
	buf->data[buf->len] = 0;
	return start;
}

void
buf_append(struct buf *buf, struct bytes bytes)
{
	uint8_t *start = buf_extend(buf, bytes.len);

	if (start != NULL && bytes.len > 0)
		memcpy(start, bytes.data, bytes.len);
}

void
buf_append_text(struct buf *buf, const char *text)
{
	buf_append(buf, bytes_of(text));
}

void
buf_append_byte(struct buf *buf, uint8_t byte)
{
	buf_append(buf, (struct bytes){ &byte, 1 });
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len > 0 && buf_extend(buf, (size_t)len) != NULL)
		(void)vsnprintf((char *)buf->data + buf->len - (size_t)len, (size_t)len + 1, format,
				again);
	va_end(again);
}

int
buf_check(const struct buf *buf, const char *what, struct error *err)
{
	if (!buf->full)
		return 0;
	return error_set(err, ERROR_FAILED, "%s is larger than %zu bytes", what, buf->max);
}

struct bytes
buf_bytes(const struct buf *buf)
{
	return (struct bytes){ buf->data, buf->len };
}

const char *
buf_text(const struct buf *buf)
{
	return buf->data != NULL ? (const char *)buf->data : "";
}

char *
buf_take_text(struct buf *buf)
{
	char *text = xstrndup(buf_text(buf), buf->len);

	buf_clear(buf);
	return text;
}
