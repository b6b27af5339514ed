/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64: RFC 4648 section 4, canonical: every accepted text equals its own re-encoding.
 * By libsodium (constant time), so it serves for secrets too.
 */
#ifndef CRYPTO_BASE64_H
#define CRYPTO_BASE64_H

#include <stdbool.h>

#include "base/buf.h"
#include "crypto/secret.h"

enum base64_padding { BASE64_PADDED, BASE64_UNPADDED };

/* Length of the text for len bytes, without NUL. */
size_t base64_length(size_t len, enum base64_padding padding);

/* Appends the text, in lines of `columns` characters each ended by LF (the last too, and there is no
 * empty one), or on one line without LF when columns is 0. */
void base64_encode(struct bytes bytes, enum base64_padding padding, size_t columns,
		   struct buf *out);
/* The same on one line into secret memory. */
int base64_encode_secret(struct bytes bytes, struct secret *out, struct error *err)
	__attribute__((warn_unused_result));

/* Strict decoding of one text without line ends, appended to out. False: not canonical base64. */
bool base64_decode(struct bytes text, enum base64_padding padding, struct buf *out);
/* The same into secret memory; false also when out has no room. */
bool base64_decode_secret(struct bytes text, enum base64_padding padding, struct secret *out);

/* Strict decoding of padded lines: each but the last exactly `columns` characters, each ended by LF,
 * none empty. False: not so. No text at all is no bytes. */
bool base64_decode_lines(struct bytes text, size_t columns, struct buf *out);
/* The same into secret memory; false also when out has no room. */
bool base64_decode_lines_secret(struct bytes text, size_t columns, struct secret *out);
/* Whether the text is such lines; nothing is kept. */
bool base64_is_lines(struct bytes text, size_t columns);

#endif
