/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/sink.h"

#include "base/memory.h"
#include "crypto/base64.h"

/* Bytes encoded at a time: a multiple of three, so that only the last group has padding. */
enum { GROUP_BYTES = 3 * 1024 };

int
sink_to_fd(int fd, const char *shown, struct sink *ret, struct error *err)
{
	struct sink sink = { .block = SECRET_INIT, .fd = fd, .shown = shown };

	if (secret_new(SINK_BLOCK_BYTES, &sink.block, err) < 0)
		return -1;
	*ret = sink;
	return 0;
}

int
sink_to_memory(size_t max, struct sink *ret, struct error *err)
{
	struct sink sink = SINK_INIT;

	if (secret_new(max, &sink.block, err) < 0)
		return -1;
	*ret = sink;
	return 0;
}

void
sink_clear(struct sink *sink)
{
	secret_clear(&sink->block);
	*sink = (struct sink)SINK_INIT;
}

int
sink_flush(struct sink *sink, struct error *err)
{
	if (sink->fd < 0)
		return 0;
	if (secret_write(sink->fd, &sink->block, sink->shown, err) < 0)
		return -1;
	secret_reset(&sink->block);
	return 0;
}

/* Room for len bytes, which is less than a block. */
static int
make_room(struct sink *sink, size_t len, struct error *err)
{
	return sink->block.cap - sink->block.len < len ? sink_flush(sink, err) : 0;
}

int
sink_append(struct sink *sink, struct bytes bytes, struct error *err)
{
	while (bytes.len > 0) {
		size_t len = bytes.len < GROUP_BYTES ? bytes.len : GROUP_BYTES;

		if (make_room(sink, len, err) < 0 ||
		    secret_append(&sink->block, (struct bytes){ bytes.data, len }, err) < 0)
			return -1;
		bytes.data += len;
		bytes.len -= len;
	}
	return 0;
}

int
sink_base64(struct sink *sink, struct bytes bytes, struct error *err)
{
	while (bytes.len > 0) {
		size_t len = bytes.len < GROUP_BYTES ? bytes.len : GROUP_BYTES;

		if (make_room(sink, base64_length(len, BASE64_PADDED), err) < 0 ||
		    base64_encode_secret((struct bytes){ bytes.data, len }, &sink->block, err) < 0)
			return -1;
		bytes.data += len;
		bytes.len -= len;
	}
	return 0;
}

/* How many bytes at the front stand for themselves in a JSON string. */
static size_t
plain_run(struct bytes text)
{
	size_t len = 0;

	while (len < text.len && text.data[len] >= 0x20 && text.data[len] != '"' &&
	       text.data[len] != '\\')
		len++;
	return len;
}

static int
append_escape(struct sink *sink, uint8_t byte, struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	static const struct {
		uint8_t byte;
		const char *escape;
	} shorts[] = {
		{ '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" },
		{ '\r', "\\r" }, { '\t', "\\t" },
	};
	const char escape[] = { '\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15], 0 };

	for (size_t i = 0; i < COUNT(shorts); i++) {
		if (shorts[i].byte == byte)
			return sink_append(sink, bytes_of(shorts[i].escape), err);
	}
	return sink_append(sink, bytes_of(escape), err);
}

int
sink_json_string(struct sink *sink, struct bytes text, struct error *err)
{
	if (sink_append(sink, bytes_of("\""), err) < 0)
		return -1;
	while (text.len > 0) {
		size_t len = plain_run(text);

		if (sink_append(sink, (struct bytes){ text.data, len }, err) < 0 ||
		    (len < text.len && append_escape(sink, text.data[len++], err) < 0))
			return -1;
		text.data += len;
		text.len -= len;
	}
	return sink_append(sink, bytes_of("\""), err);
}
