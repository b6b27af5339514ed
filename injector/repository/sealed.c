/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/sealed.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "crypto/random.h"
#include "injector/repository/lines.h"

#define MAGIC "tfsecrets sealed v1"
#define INFO_LABEL "tfsecrets/v1/sealed"

enum {
	INFO_LABEL_BYTES = sizeof(INFO_LABEL) - 1,
	INFO_BYTES = INFO_LABEL_BYTES + SHA256_BYTES,
	FRAME_BYTES = 5, /* 0x01 and the length, u32 big-endian */
	PAD_FLOOR = 64,
	BASE64_COLUMNS = 64,
};

static unsigned
log2_floor(size_t number)
{
	unsigned bits = 0;

	while (number >>= 1)
		bits++;
	return bits;
}

/* Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", algorithm 1): the last E - S
 * bits of the length are zero, so that at most O(log log L) bits of it show. */
static size_t
pad(size_t len)
{
	unsigned e = log2_floor(len);
	unsigned s = log2_floor(e) + 1;
	size_t step = (size_t)1 << (e > s ? e - s : 0);

	if (step < PAD_FLOOR)
		step = PAD_FLOOR;
	return (len + step - 1) / step * step;
}

size_t
sealed_padded_length(size_t len)
{
	return pad(FRAME_BYTES + len);
}

/* info = label and SHA-256 of the header: what the ciphertext is bound to. */
static void
header_info(struct bytes text, size_t header_len, uint8_t out[static INFO_BYTES])
{
	memcpy(out, INFO_LABEL, INFO_LABEL_BYTES);
	sha256((struct bytes){ text.data, header_len }, out + INFO_LABEL_BYTES);
}

static int
parse_header(struct lines *lines, struct sealed *sealed, struct error *err)
{
	struct bytes sealed_by;

	if (lines_literal(lines, MAGIC, err) < 0 ||
	    lines_hex(lines, "project-id", ID_DIGITS, sealed->project_id, err) < 0 ||
	    lines_name(lines, "environment", text_is_label, LABEL_MAX, sealed->environment, err) <
		    0 ||
	    lines_name(lines, "setting", text_is_setting_name, SETTING_NAME_MAX, sealed->setting,
		       err) < 0 ||
	    lines_number(lines, "epoch", 1, &sealed->epoch, err) < 0 ||
	    lines_number(lines, "generation", 1, &sealed->generation, err) < 0 ||
	    lines_hex_or_none(lines, "previous", SHA256_HEX_BYTES - 1, sealed->previous, err) < 0)
		return -1;
	if ((sealed->generation == 1) != (sealed->previous[0] == 0))
		return lines_error(lines, err, "'previous' must be '-' exactly at generation 1");
	if (lines_number(lines, "changed", 1, &sealed->changed, err) < 0)
		return -1;
	if (sealed->changed > sealed->epoch)
		return lines_error(lines, err, "'changed' is greater than 'epoch'");
	if (lines_time(lines, "changed-at", &sealed->changed_at, err) < 0 ||
	    lines_hex(lines, "value-id", ID_DIGITS, sealed->value_id, err) < 0 ||
	    lines_time(lines, "sealed-at", &sealed->sealed_at, err) < 0 ||
	    lines_field(lines, "sealed-by", &sealed_by, err) < 0)
		return -1;
	if (sealed_by.len != SSH_FINGERPRINT_BYTES - 1)
		return lines_error(lines, err, "'sealed-by' is not a fingerprint (SHA256:…)");
	memcpy(sealed->sealed_by, sealed_by.data, sealed_by.len);
	sealed->sealed_by[sealed_by.len] = 0;
	return 0;
}

/* The value lines end where the armor starts; lengths first, before anything is allocated. */
static int
parse_box(struct lines *lines, struct sealed_parts *parts, struct error *err)
{
	struct bytes line;
	size_t bytes, columns = BASE64_COLUMNS;

	parts->box_start = lines->offset;
	while (!lines_at(lines, "-----BEGIN")) {
		if (!lines_next(lines, &line))
			return lines_error(lines, err, "the file was cut off in the value");
		if (columns != BASE64_COLUMNS || line.len > BASE64_COLUMNS || line.len % 4 != 0)
			return lines_error(lines, err, "the value is not base64 in lines of 64");
		columns = line.len;
	}
	parts->box_len = lines->offset - parts->box_start;
	bytes = parts->box_len > 0 ? (parts->box_len -
				      (parts->box_len + BASE64_COLUMNS) / (BASE64_COLUMNS + 1)) /
					     4 * 3 :
				     0;
	if (parts->box_len >= 3 && lines->text.data[lines->offset - 2] == '=')
		bytes -= lines->text.data[lines->offset - 3] == '=' ? 2 : 1;
	if (bytes < HPKE_OVERHEAD + PAD_FLOOR ||
	    bytes > HPKE_OVERHEAD + sealed_padded_length(SECRET_VALUE_MAX) ||
	    pad(bytes - HPKE_OVERHEAD) != bytes - HPKE_OVERHEAD)
		return lines_error(lines, err, "the value has a length that no padded value has");
	/* Looked at without a key as well: a box has one spelling. */
	if (!base64_is_lines((struct bytes){ lines->text.data + parts->box_start, parts->box_len },
			     BASE64_COLUMNS))
		return lines_error(lines, err, "the value is not canonical base64");
	return 0;
}

static int
parse_signature(struct lines *lines, const struct sealed *sealed, struct sealed_parts *parts,
		struct error *err)
{
	struct bytes armor = { lines->text.data + lines->offset, lines->text.len - lines->offset };
	char fingerprint[SSH_FINGERPRINT_BYTES];
	struct error cause;
	size_t len;

	lines->line++;
	if (sshsig_parse(armor, SEALED_NAMESPACE, &parts->signature, &len, &cause) < 0)
		return lines_error(lines, err, "%s", cause.message);
	if (len != armor.len)
		return lines_error(lines, err, "something follows the signature");
	ssh_fingerprint(parts->signature.signer, fingerprint);
	if (strcmp(fingerprint, sealed->sealed_by) != 0)
		return lines_error(lines, err,
				   "'sealed-by' is not the key that made the signature");
	parts->signed_len = lines->offset;
	return 0;
}

int
sealed_parse(struct bytes text, const char *file, struct sealed *ret,
	     struct sealed_parts *ret_parts, struct error *err)
{
	struct sealed sealed = { .unset = false };
	struct sealed_parts parts = { .header_len = 0 };
	struct lines lines;

	if (text.len > SEALED_FILE_MAX)
		return error_set(err, ERROR_REFUSED, "%s: larger than 2 MiB", file);
	if (lines_start(&lines, text, file, err) < 0 || parse_header(&lines, &sealed, err) < 0)
		return -1;
	parts.header_len = lines.offset;
	sealed.unset = lines_at(&lines, "unset");
	if (lines_literal(&lines, sealed.unset ? "unset" : "value", err) < 0)
		return -1;
	if (!sealed.unset && parse_box(&lines, &parts, err) < 0)
		return -1;
	if (!lines_at(&lines, "-----BEGIN"))
		return lines_error(&lines, err, "expected the signature");
	if (parse_signature(&lines, &sealed, &parts, err) < 0)
		return -1;
	*ret = sealed;
	*ret_parts = parts;
	return 0;
}

bool
sealed_is_signed(struct bytes text, const struct sealed_parts *parts)
{
	return sshsig_verify(&parts->signature, SEALED_NAMESPACE,
			     (struct bytes){ text.data, parts->signed_len });
}

/* 0x01, the length, the value, and zeros up to exactly the padded length: the value alone is left. */
static bool
unframe(struct secret *framed)
{
	const uint8_t *data = framed->data;
	size_t len;
	uint8_t rest = 0;

	if (framed->len < FRAME_BYTES || data[0] != 1)
		return false;
	len = (size_t)data[1] << 24 | (size_t)data[2] << 16 | (size_t)data[3] << 8 | data[4];
	if (len > SECRET_VALUE_MAX || sealed_padded_length(len) != framed->len)
		return false;
	for (size_t i = FRAME_BYTES + len; i < framed->len; i++)
		rest |= data[i];
	memmove(framed->data, data + FRAME_BYTES, len);
	secret_truncate(framed, len);
	return rest == 0;
}

/* In one piece of memory, from base64 to value: a pod has few of them. */
int
sealed_open(struct bytes text, const struct sealed_parts *parts, const struct secret *private,
	    const uint8_t public[static HPKE_KEY_BYTES], struct secret *ret_value,
	    struct error *err)
{
	CLEANUP(secret_clear) struct secret box = SECRET_INIT;
	struct bytes lines = { text.data + parts->box_start, parts->box_len };
	size_t most = (lines.len / (BASE64_COLUMNS + 1) + 1) * (BASE64_COLUMNS / 4 * 3);
	uint8_t info[INFO_BYTES];

	header_info(text, parts->header_len, info);
	if (secret_new(most, &box, err) < 0)
		return -1;
	if (!base64_decode_lines_secret(lines, BASE64_COLUMNS, &box))
		return error_set(err, ERROR_REFUSED, "altered, or sealed to another key");
	if (hpke_open(private, public, BYTES(info), &box, err) < 0)
		return -1;
	if (!unframe(&box))
		return error_set(err, ERROR_REFUSED, "altered, or sealed to another key");
	*ret_value = box;
	box = (struct secret)SECRET_INIT;
	return 0;
}

static int
frame(struct bytes value, struct secret *ret_framed, struct error *err)
{
	size_t total = sealed_padded_length(value.len);
	uint8_t head[FRAME_BYTES] = { 1, (uint8_t)(value.len >> 24), (uint8_t)(value.len >> 16),
				      (uint8_t)(value.len >> 8), (uint8_t)value.len };

	if (secret_new(total, ret_framed, err) < 0 ||
	    secret_append(ret_framed, BYTES(head), err) < 0 ||
	    secret_append(ret_framed, value, err) < 0)
		return -1;
	memset(ret_framed->data + ret_framed->len, 0, total - ret_framed->len);
	ret_framed->len = total;
	return 0;
}

static void
write_header(const struct sealed *sealed, struct buf *out)
{
	char changed_at[TIME_TEXT_BYTES], sealed_at[TIME_TEXT_BYTES];

	text_from_time(sealed->changed_at, changed_at);
	text_from_time(sealed->sealed_at, sealed_at);
	buf_printf(out, MAGIC "\nproject-id %s\nenvironment %s\nsetting %s\n", sealed->project_id,
		   sealed->environment, sealed->setting);
	buf_printf(out, "epoch %u\ngeneration %u\nprevious %s\nchanged %u\nchanged-at %s\n",
		   sealed->epoch, sealed->generation,
		   sealed->previous[0] != 0 ? sealed->previous : "-", sealed->changed, changed_at);
	buf_printf(out, "value-id %s\nsealed-at %s\nsealed-by %s\n", sealed->value_id, sealed_at,
		   sealed->sealed_by);
}

static int
write_box(struct bytes header, struct bytes value, const uint8_t public[static HPKE_KEY_BYTES],
	  struct buf *out, struct error *err)
{
	CLEANUP(secret_clear) struct secret framed = SECRET_INIT;
	CLEANUP(buf_clear) struct buf box = BUF_INIT(SEALED_FILE_MAX);
	uint8_t info[INFO_BYTES];

	header_info(header, header.len, info);
	if (frame(value, &framed, err) < 0 ||
	    hpke_seal(public, BYTES(info), secret_bytes(&framed), &box, err) < 0)
		return -1;
	buf_append_text(out, "value\n");
	base64_encode(buf_bytes(&box), BASE64_PADDED, BASE64_COLUMNS, out);
	return 0;
}

int
sealed_write(struct sealed *sealed, struct bytes value, const uint8_t public[static HPKE_KEY_BYTES],
	     const struct signer *signer, struct buf *out, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(buf_clear) struct buf armor = BUF_INIT(SSHSIG_ARMOR_MAX);

	if (value.len > SECRET_VALUE_MAX)
		return error_set(err, ERROR_REFUSED, "a value has at most 1048576 bytes");
	ssh_fingerprint(signer->public, sealed->sealed_by);
	write_header(sealed, &text);
	if (sealed->unset)
		buf_append_text(&text, "unset\n");
	else if (write_box(buf_bytes(&text), value, public, &text, err) < 0)
		return -1;
	if (signer_sign(signer, SEALED_NAMESPACE, buf_bytes(&text), &armor, err) < 0)
		return -1;
	buf_append(out, buf_bytes(&text));
	buf_append(out, buf_bytes(&armor));
	return 0;
}

void
sealed_new_id(char out[static ID_BYTES])
{
	uint8_t id[ID_DIGITS / 2];

	random_bytes(id, sizeof(id));
	text_to_hex(BYTES(id), out);
}
