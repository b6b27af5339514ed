/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/der.h"

#include <stdint.h>

#include "schemas/type_parts.h"

enum {
	LONG_FORM =
		0x80, /* this bit of the first byte of a length: its other bits count more bytes */
	LENGTH_BYTES_MAX = 3, /* more than a value may have */
	SIGN = 0x80,
};

/* X.690 sections 8.1.3 and 10.1. */
static bool
take_length(struct bytes *der, size_t *ret_len)
{
	size_t count, len = 0;

	if (der->len == 0)
		return false;
	count = der->data[0];
	*der = bytes_behind(*der, 1);
	if (count < LONG_FORM) {
		*ret_len = count;
		return true;
	}
	count -= LONG_FORM;
	if (count == 0 || count > LENGTH_BYTES_MAX || count > der->len || der->data[0] == 0)
		return false;
	for (size_t i = 0; i < count; i++)
		len = len << 8 | der->data[i];
	*der = bytes_behind(*der, count);
	*ret_len = len;
	return len >= LONG_FORM;
}

static bool
take_any(struct bytes *der, uint8_t *ret_tag, struct bytes *ret_content)
{
	struct bytes rest = *der;
	size_t len;

	if (rest.len == 0)
		return false;
	*ret_tag = rest.data[0];
	rest = bytes_behind(rest, 1);
	if (!take_length(&rest, &len) || len > rest.len)
		return false;
	*ret_content = bytes_front(rest, len);
	*der = bytes_behind(rest, len);
	return true;
}

bool
der_take(struct bytes *der, enum der_tag tag, struct bytes *ret_content)
{
	struct bytes rest = *der;
	uint8_t found;

	if (!take_any(&rest, &found, ret_content) || found != tag)
		return false;
	*der = rest;
	return true;
}

bool
der_skip(struct bytes *der)
{
	struct bytes ignored;
	uint8_t tag;

	return take_any(der, &tag, &ignored);
}

bool
der_take_optional(struct bytes *der, enum der_tag tag, struct bytes *ret_content)
{
	*ret_content = bytes_front(*der, 0);
	return der->len == 0 || der->data[0] != tag || der_take(der, tag, ret_content);
}

bool
der_take_bits(struct bytes *der, struct bytes *ret_bits)
{
	/* The first byte says how many bits of the last one do not count. */
	if (!der_take(der, DER_BIT_STRING, ret_bits) || ret_bits->len == 0 ||
	    ret_bits->data[0] != 0)
		return false;
	*ret_bits = bytes_behind(*ret_bits, 1);
	return true;
}

bool
der_take_unsigned(struct bytes *der, struct bytes *ret_number)
{
	if (!der_take(der, DER_INTEGER, ret_number) || ret_number->len == 0 ||
	    (ret_number->data[0] & SIGN) != 0)
		return false;
	if (ret_number->len > 1 && ret_number->data[0] == 0) {
		*ret_number = bytes_behind(*ret_number, 1);
		return (ret_number->data[0] & SIGN) != 0;
	}
	return true;
}
