/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: a growing byte buffer with a maximum, and borrowed bytes.
 *
 * Invariants: data is NULL or has cap bytes; len < cap and data[len] is 0, so that text can be read
 * as a C string. What does not fit below max is not written, and the buffer stays `full`: append
 * freely, then ask once with buf_check. Public bytes only (secrets: crypto/secret.h); contents are
 * wiped all the same when the buffer grows and when it is cleared.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Borrowed: valid while what it points into is. */
struct bytes {
	const uint8_t *data;
	size_t len;
};

#define BYTES(array) ((struct bytes){ (array), sizeof(array) })

/* The bytes of a C string, without its NUL. */
struct bytes bytes_of(const char *text);
bool bytes_equal(struct bytes a, struct bytes b);
/* memcmp order, the shorter first. */
int bytes_compare(struct bytes a, struct bytes b);

struct buf {
	uint8_t *data;
	size_t len, cap, max;
	bool full;
};

/* An empty buffer that may hold at most `maximum` bytes. */
#define BUF_INIT(maximum)                                                                          \
	{                                                                                          \
		.data = NULL, .len = 0, .cap = 0, .max = (maximum), .full = false                  \
	}

/* Wipes, frees, leaves it empty with the same maximum. NULL data is fine. */
void buf_clear(struct buf *buf);
/* Empties without giving memory back; wipes. */
void buf_reset(struct buf *buf);

void buf_append(struct buf *buf, struct bytes bytes);
void buf_append_text(struct buf *buf, const char *text);
void buf_append_byte(struct buf *buf, uint8_t byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for len more bytes, which the caller fills; NULL when over the maximum. buf->len has grown. */
uint8_t *buf_extend(struct buf *buf, size_t len);

/* -1 with "<what> is larger than <max> bytes" (ERROR_FAILED) when something did not fit. */
int buf_check(const struct buf *buf, const char *what, struct error *err)
	__attribute__((warn_unused_result));

struct bytes buf_bytes(const struct buf *buf);
/* The text so far; "" for an empty buffer; valid until the next change. */
const char *buf_text(const struct buf *buf);
/* The text as a heap string that the caller frees; the buffer is empty afterwards. */
char *buf_take_text(struct buf *buf);

#endif
