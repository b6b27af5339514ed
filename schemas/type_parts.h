/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type_parts: what the files behind schemas/type.h share. Nothing else includes it. Everything is read
 * in place; nothing is copied.
 */
#ifndef SCHEMAS_TYPE_PARTS_H
#define SCHEMAS_TYPE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* type_host.c */
bool host_is_valid(struct bytes text);	  /* DNS name, IPv4 or IPv6 address */
bool host_is_dns_name(struct bytes text); /* no address, no dot at the end */
bool host_is_ipv6(struct bytes text);	  /* RFC 4291 section 2.2, without a zone */

/* type_url.c: RFC 3986; RFC 5321 without quotes and address literals */
bool url_is_valid(struct bytes text);
bool email_is_valid(struct bytes text);

/* type_pem.c */
bool pem_is_valid(struct bytes text);
/* The next block: its label, and the base64 between its lines, line ends and all; *text becomes what is behind it. */
enum pem_step { PEM_BLOCK, PEM_END, PEM_BROKEN };
enum pem_step pem_next(struct bytes *text, struct bytes *ret_label, struct bytes *ret_body);
/* RFC 4648 section 4, padded, unused bits zero. Blanks and line ends between the characters, as PEM
 * has them, count for nothing when skip_blanks. */
bool base64_is_canonical(struct bytes text, bool skip_blanks);

/* 1 to 65535 */
bool port_is_valid(struct bytes text);

static inline bool
byte_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool
byte_is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
byte_is_hex(uint8_t c)
{
	return byte_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The first `len` bytes, and what is left behind them; len is at most text.len. */
static inline struct bytes
bytes_front(struct bytes text, size_t len)
{
	return (struct bytes){ text.data, len };
}

static inline struct bytes
bytes_behind(struct bytes text, size_t len)
{
	return len == 0 ? text : (struct bytes){ text.data + len, text.len - len };
}

/* Where the first c is; text.len when there is none. */
static inline size_t
bytes_find(struct bytes text, uint8_t c)
{
	size_t at = 0;

	while (at < text.len && text.data[at] != c)
		at++;
	return at;
}

#endif
