/* SPDX-License-Identifier: Apache-2.0 */
/* The text in front of an age file's payload (C2SP age.md, "Header"). */
#include <string.h>

#include "base/memory.h"
#include "crypto/age_parts.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

#define VERSION_LINE "age-encryption.org/v1"
#define MAC_LINE "---"
#define TOO_LONG "is cut off or too long"

enum { COLUMNS = 64, MAC_TEXT = 43 };

int
age_header_refuse(struct error *err, const char *rule)
{
	return error_set(err, ERROR_REFUSED, "age header: %s", rule);
}

void
age_header_clear(struct age_header *header)
{
	free(header->stanzas);
	buf_clear(&header->bodies);
	*header = (struct age_header)AGE_HEADER_INIT;
}

struct bytes
age_stanza_body(const struct age_header *header, const struct age_stanza *stanza)
{
	return (struct bytes){ header->bodies.data + stanza->body_start, stanza->body_len };
}

/* The next line without its LF; false when the text ends before one. */
static bool
take_line(struct bytes *rest, struct bytes *ret)
{
	const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;

	if (end == NULL)
		return false;
	*ret = (struct bytes){ rest->data, (size_t)(end - rest->data) };
	rest->data += ret->len + 1;
	rest->len -= ret->len + 1;
	return true;
}

static bool
starts(struct bytes line, const char *prefix)
{
	return line.len >= strlen(prefix) && memcmp(line.data, prefix, strlen(prefix)) == 0;
}

/* Words of visible characters with one blank between them. */
static bool
is_words(struct bytes text)
{
	bool in_word = false;

	for (size_t i = 0; i < text.len; i++) {
		bool is_blank = text.data[i] == ' ';

		if (!is_blank && (text.data[i] < 0x21 || text.data[i] > 0x7e))
			return false;
		if (is_blank && !in_word)
			return false;
		in_word = !is_blank;
	}
	return in_word;
}

/* Full lines, then one that is shorter, empty when need be; each is base64 of its own, 48 bytes a line. */
static int
parse_body(struct bytes *rest, struct age_header *header, struct age_stanza *stanza,
	   struct error *err)
{
	struct bytes line = { NULL, COLUMNS };

	stanza->body_start = header->bodies.len;
	while (line.len == COLUMNS) {
		if (!take_line(rest, &line) || line.len > COLUMNS ||
		    !base64_decode(line, BASE64_UNPADDED, &header->bodies))
			return age_header_refuse(
				err,
				header->bodies.full ?
					TOO_LONG :
					"a stanza's body is not canonical base64 in lines of 64");
	}
	stanza->body_len = header->bodies.len - stanza->body_start;
	return 0;
}

static int
parse_stanza(struct bytes line, struct bytes *rest, struct age_header *header, struct error *err)
{
	struct age_stanza stanza;
	const uint8_t *blank;

	line = (struct bytes){ line.data + strlen("-> "), line.len - strlen("-> ") };
	if (!is_words(line))
		return age_header_refuse(err, "a stanza's first line is malformed");
	if (header->count == AGE_STANZAS_MAX)
		return age_header_refuse(err, "has more than 1,024 stanzas");
	blank = memchr(line.data, ' ', line.len);
	stanza.type =
		(struct bytes){ line.data, blank != NULL ? (size_t)(blank - line.data) : line.len };
	stanza.args = blank != NULL ? (struct bytes){ blank + 1, line.len - stanza.type.len - 1 } :
				      (struct bytes){ line.data + line.len, 0 };
	if (parse_body(rest, header, &stanza, err) < 0)
		return -1;
	header->stanzas = xreallocarray(header->stanzas, header->count + 1, sizeof(stanza));
	header->stanzas[header->count++] = stanza;
	return 0;
}

static int
parse_mac(struct bytes line, const uint8_t *start, struct age_header *header, struct error *err)
{
	CLEANUP(buf_clear) struct buf mac = BUF_INIT(AGE_MAC_BYTES);
	const size_t prefix = strlen(MAC_LINE " ");
	struct bytes text;

	if (!starts(line, MAC_LINE " ") || line.len != prefix + MAC_TEXT)
		return age_header_refuse(err, "its last line is malformed");
	text = (struct bytes){ line.data + prefix, MAC_TEXT };
	if (!base64_decode(text, BASE64_UNPADDED, &mac))
		return age_header_refuse(err, "its MAC is not canonical base64");
	memcpy(header->mac, mac.data, AGE_MAC_BYTES);
	header->authenticated =
		(struct bytes){ start, (size_t)(line.data - start) + strlen(MAC_LINE) };
	return 0;
}

int
age_header_parse(struct bytes file, struct age_header *header, struct error *err)
{
	struct bytes rest = file, line;

	if (!take_line(&rest, &line) || !bytes_equal(line, bytes_of(VERSION_LINE)))
		return age_header_refuse(err, "is not of version 1 (" VERSION_LINE ")");
	for (;;) {
		if ((size_t)(rest.data - file.data) > AGE_HEADER_MAX || !take_line(&rest, &line))
			return age_header_refuse(err, TOO_LONG);
		if (!starts(line, "-> "))
			break;
		if (parse_stanza(line, &rest, header, err) < 0)
			return -1;
	}
	if (header->count == 0)
		return age_header_refuse(err, "has no stanza");
	header->payload = rest;
	return parse_mac(line, file.data, header, err);
}

void
age_stanza_write(struct buf *out, const char *type, const struct bytes *args, size_t arg_count,
		 struct bytes body)
{
	size_t start;

	buf_append_text(out, "-> ");
	buf_append_text(out, type);
	for (size_t i = 0; i < arg_count; i++) {
		buf_append_byte(out, ' ');
		base64_encode(args[i], BASE64_UNPADDED, 0, out);
	}
	buf_append_byte(out, '\n');
	start = out->len;
	base64_encode(body, BASE64_UNPADDED, COLUMNS, out);
	/* A body that fills its last line, or is none, ends with an empty one. */
	if ((out->len - start) % (COLUMNS + 1) == 0)
		buf_append_byte(out, '\n');
}

void
age_header_mac(const struct secret *file_key, struct bytes authenticated,
	       uint8_t out[static AGE_MAC_BYTES])
{
	uint8_t key[AGE_MAC_BYTES];

	hkdf_sha256(secret_bytes(file_key), bytes_of(""), bytes_of("header"), key, sizeof(key));
	hmac_sha256(BYTES(key), &authenticated, 1, out);
	secret_wipe(key, sizeof(key));
}
