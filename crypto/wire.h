/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: SSH's binary encoding (RFC 4251 section 5): uint32 big-endian, and string, a uint32 length with
 * that many bytes behind it. Keys, signatures and the agent's messages are made of these.
 */
#ifndef CRYPTO_WIRE_H
#define CRYPTO_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Each takes its part off the front of *rest; false, and nothing taken, when it is not there whole.
 * What is given back is borrowed from *rest. */
bool wire_take(struct bytes *rest, size_t len, struct bytes *ret);
bool wire_take_number(struct bytes *rest, uint32_t *ret);
bool wire_take_string(struct bytes *rest, struct bytes *ret);
/* The next string must be exactly text. */
bool wire_take_text(struct bytes *rest, const char *text);

void wire_put_number(struct buf *out, uint32_t number);
void wire_put_string(struct buf *out, struct bytes string);
void wire_put_text(struct buf *out, const char *text);

#endif
