/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/base64.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/memory.h"

/* A multiple of 3, so that only the last chunk can have padding. */
enum { CHUNK_BYTES = 48, CHUNK_TEXT = CHUNK_BYTES / 3 * 4 + 1 };

static int
variant(enum base64_padding padding)
{
	return padding == BASE64_PADDED ? sodium_base64_VARIANT_ORIGINAL :
					  sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
}

size_t
base64_length(size_t len, enum base64_padding padding)
{
	size_t rest = len % 3;

	if (rest == 0)
		return len / 3 * 4;
	return len / 3 * 4 + (padding == BASE64_PADDED ? 4 : rest + 1);
}

/* The text is written behind the room that the line ends need and then moved forward line by line:
 * where a line goes never reaches past where the next one still stands. */
void
base64_encode(struct bytes bytes, enum base64_padding padding, size_t columns, struct buf *out)
{
	size_t length = base64_length(bytes.len, padding);
	size_t lines = columns > 0 ? (length + columns - 1) / columns : 0;
	uint8_t *to = buf_extend(out, length + lines), *from;

	if (to == NULL || length == 0)
		return;
	from = to + lines;
	/* The NUL that libsodium writes falls on the one that every buf ends with. */
	sodium_bin2base64((char *)from, length + 1, bytes.data, bytes.len, variant(padding));
	for (size_t left = length; lines > 0 && left > 0;) {
		size_t taken = left < columns ? left : columns;

		memmove(to, from, taken);
		to[taken] = '\n';
		to += taken + 1;
		from += taken;
		left -= taken;
	}
}

/* In chunks: libsodium wants room for a NUL, which a secret need not have. */
int
base64_encode_secret(struct bytes bytes, struct secret *out, struct error *err)
{
	size_t before = out->len;
	char text[CHUNK_TEXT];
	int status = 0;

	for (size_t done = 0; done < bytes.len && status == 0; done += CHUNK_BYTES) {
		size_t left = bytes.len - done;

		sodium_bin2base64(text, sizeof(text), bytes.data + done,
				  left < CHUNK_BYTES ? left : CHUNK_BYTES, variant(BASE64_PADDED));
		status = secret_append(out, bytes_of(text), err);
	}
	if (status < 0)
		secret_truncate(out, before);
	secret_wipe(text, sizeof(text));
	return status;
}

/* How many bytes a canonical text stands for. */
static size_t
decoded_length(struct bytes text, enum base64_padding padding)
{
	size_t length = text.len;

	if (padding == BASE64_PADDED)
		for (int i = 0; i < 2 && length > 0 && text.data[length - 1] == '='; i++)
			length--;
	return length / 4 * 3 + length % 4 * 3 / 4;
}

/* libsodium 1.0.18 takes each byte from 0x80 for '/'. In constant time, as all else here. */
static bool
is_ascii(struct bytes text)
{
	uint8_t all = 0;

	for (size_t i = 0; i < text.len; i++)
		all |= text.data[i];
	return all < 0x80;
}

/* The return value says whether libsodium read the whole text and found its last bits zero; the
 * lengths are looked at once more. */
static bool
decode(struct bytes text, enum base64_padding padding, uint8_t *out, size_t len)
{
	size_t decoded = 0;

	return is_ascii(text) &&
	       sodium_base642bin(out, len, (const char *)text.data, text.len, NULL, &decoded, NULL,
				 variant(padding)) == 0 &&
	       decoded == len && base64_length(decoded, padding) == text.len;
}

bool
base64_decode(struct bytes text, enum base64_padding padding, struct buf *out)
{
	size_t len = decoded_length(text, padding);
	uint8_t *start = buf_extend(out, len);

	if (start == NULL)
		return false;
	if (text.len == 0 || decode(text, padding, start, len))
		return true;
	secret_wipe(start, len);
	out->len -= len;
	return false;
}

bool
base64_decode_secret(struct bytes text, enum base64_padding padding, struct secret *out)
{
	size_t len = decoded_length(text, padding);
	uint8_t *start = out->data + out->len;

	if (text.len == 0)
		return true;
	if (len > out->cap - out->len)
		return false;
	if (!decode(text, padding, start, len)) {
		secret_wipe(start, len);
		return false;
	}
	out->len += len;
	return true;
}

/* Each but the last line exactly as long as it may be. *ret_count: of characters, without line ends. */
static bool
are_lines(struct bytes text, size_t columns, size_t *ret_count)
{
	*ret_count = 0;
	while (text.len > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t len = end != NULL ? (size_t)(end - text.data) : 0;

		if (len == 0 || len > columns || (len < columns && len + 1 < text.len))
			return false;
		*ret_count += len;
		text.data += len + 1;
		text.len -= len + 1;
	}
	return true;
}

/* The next characters behind *at, over line ends: a line need not be a multiple of 4 (ssh-keygen writes 70). */
static struct bytes
gather(struct bytes text, size_t *at, uint8_t chunk[static CHUNK_TEXT - 1])
{
	size_t len = 0;

	for (; *at < text.len && len < CHUNK_TEXT - 1; ++*at) {
		if (text.data[*at] != '\n')
			chunk[len++] = text.data[*at];
	}
	return (struct bytes){ chunk, len };
}

/* Chunk by chunk, so that no copy of the whole is made; padding ends the text. out is NULL, or has len bytes. */
static bool
decode_chunks(struct bytes text, uint8_t *out, size_t len)
{
	uint8_t chunk[CHUNK_TEXT - 1], bytes[CHUNK_BYTES];
	bool is_good = true;
	size_t done = 0;

	for (size_t at = 0; is_good && done < len;) {
		struct bytes next = gather(text, &at, chunk);
		size_t got = decoded_length(next, BASE64_PADDED);

		is_good = next.len > 0 && (got == CHUNK_BYTES || done + got == len) &&
			  decode(next, BASE64_PADDED, bytes, got);
		if (is_good && out != NULL)
			memcpy(out + done, bytes, got);
		done += got;
	}
	secret_wipe(chunk, sizeof(chunk));
	secret_wipe(bytes, sizeof(bytes));
	return is_good && done == len;
}

/* False: not lines of padded text. *ret_len: of the bytes that they stand for, if they are canonical. */
static bool
measure_lines(struct bytes text, size_t columns, size_t *ret_len)
{
	size_t count, padding = 0;

	assert(columns > 0);
	if (!are_lines(text, columns, &count) || count % 4 != 0)
		return false;
	for (size_t at = text.len; at > 0 && padding < 2; at--) {
		if (text.data[at - 1] == '=')
			padding++;
		else if (text.data[at - 1] != '\n')
			break;
	}
	*ret_len = count / 4 * 3 - padding;
	return true;
}

bool
base64_is_lines(struct bytes text, size_t columns)
{
	size_t len;

	return measure_lines(text, columns, &len) && decode_chunks(text, NULL, len);
}

bool
base64_decode_lines(struct bytes text, size_t columns, struct buf *out)
{
	uint8_t *start;
	size_t len;

	if (!measure_lines(text, columns, &len))
		return false;
	start = buf_extend(out, len);
	if (start == NULL)
		return false;
	if (decode_chunks(text, start, len))
		return true;
	secret_wipe(start, len);
	out->len -= len;
	return false;
}

bool
base64_decode_lines_secret(struct bytes text, size_t columns, struct secret *out)
{
	uint8_t *start = out->data + out->len;
	size_t len;

	if (!measure_lines(text, columns, &len) || len > out->cap - out->len)
		return false;
	if (!decode_chunks(text, start, len)) {
		secret_wipe(start, len);
		return false;
	}
	out->len += len;
	return true;
}
