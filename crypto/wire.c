/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/wire.h"

bool
wire_take(struct bytes *rest, size_t len, struct bytes *ret)
{
	if (len > rest->len)
		return false;
	*ret = (struct bytes){ rest->data, len };
	rest->data += len;
	rest->len -= len;
	return true;
}

bool
wire_take_number(struct bytes *rest, uint32_t *ret)
{
	struct bytes b;

	if (!wire_take(rest, 4, &b))
		return false;
	*ret = (uint32_t)b.data[0] << 24 | (uint32_t)b.data[1] << 16 | (uint32_t)b.data[2] << 8 |
	       b.data[3];
	return true;
}

bool
wire_take_string(struct bytes *rest, struct bytes *ret)
{
	struct bytes before = *rest;
	uint32_t len;

	if (wire_take_number(rest, &len) && wire_take(rest, len, ret))
		return true;
	*rest = before;
	return false;
}

bool
wire_take_text(struct bytes *rest, const char *text)
{
	struct bytes before = *rest, found;

	if (wire_take_string(rest, &found) && bytes_equal(found, bytes_of(text)))
		return true;
	*rest = before;
	return false;
}

void
wire_put_number(struct buf *out, uint32_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_append_byte(out, (uint8_t)(number >> shift));
}

void
wire_put_string(struct buf *out, struct bytes string)
{
	wire_put_number(out, (uint32_t)string.len);
	buf_append(out, string);
}

void
wire_put_text(struct buf *out, const char *text)
{
	wire_put_string(out, bytes_of(text));
}
