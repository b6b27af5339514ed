/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/age.h"

#include <sodium.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/age_parts.h"
#include "crypto/base64.h"
#include "crypto/random.h"

#define BINARY_START "age-encryption.org/"

bool
age_is_file(struct bytes file)
{
	return age_armor_is(file) ?
		       memmem(file.data, file.len, "BEGIN AGE", strlen("BEGIN AGE")) != NULL :
		       file.len >= strlen(BINARY_START) &&
			       memcmp(file.data, BINARY_START, strlen(BINARY_START)) == 0;
}

static int
write_header(const struct age_recipient *recipients, size_t count, const struct secret *file_key,
	     struct buf *out, struct error *err)
{
	uint8_t mac[AGE_MAC_BYTES];

	buf_append_text(out, BINARY_START "v1\n");
	for (size_t i = 0; i < count; i++) {
		if (age_wrap(&recipients[i], file_key, out, err) < 0)
			return -1;
	}
	buf_append_text(out, "---");
	age_header_mac(file_key, buf_bytes(out), mac);
	buf_append_text(out, " ");
	base64_encode(BYTES(mac), BASE64_UNPADDED, 0, out);
	buf_append_text(out, "\n");
	return 0;
}

int
age_encrypt(const struct age_recipient *recipients, size_t count, struct bytes plain,
	    struct buf *out, struct error *err)
{
	CLEANUP(buf_clear) struct buf binary = BUF_INIT(out->max);
	CLEANUP(secret_clear) struct secret file_key = SECRET_INIT;

	if (secret_new(AGE_FILE_KEY_BYTES, &file_key, err) < 0)
		return -1;
	random_bytes(file_key.data, AGE_FILE_KEY_BYTES);
	file_key.len = AGE_FILE_KEY_BYTES;
	if (write_header(recipients, count, &file_key, &binary, err) < 0)
		return -1;
	age_payload_write(&file_key, plain, &binary);
	if (buf_check(&binary, "an age file", err) < 0)
		return -1;
	age_armor_write(buf_bytes(&binary), out);
	return buf_check(out, "an age file", err);
}

/* scrypt stands alone, so that a passphrase cannot be slipped in beside keys (C2SP age.md). */
static int
check_scrypt_alone(const struct age_header *header, struct error *err)
{
	for (size_t i = 0; header->count > 1 && i < header->count; i++) {
		if (bytes_equal(header->stanzas[i].type, bytes_of("scrypt")))
			return age_header_refuse(err, "a scrypt stanza must stand alone");
	}
	return 0;
}

/* The header of file, which is turned from armor into binary where it has to. */
static int
read_header(struct bytes file, struct buf *binary, struct age_header *header, struct error *err)
{
	if (age_armor_is(file)) {
		binary->max = file.len;
		if (age_armor_read(file, binary, err) < 0)
			return -1;
		file = buf_bytes(binary);
	}
	if (age_header_parse(file, header, err) < 0)
		return -1;
	return check_scrypt_alone(header, err);
}

static int
finish(const struct age_header *header, enum age_unwrapped unwrapped, const struct secret *file_key,
       struct secret *ret_plain, struct error *err)
{
	uint8_t mac[AGE_MAC_BYTES];

	if (unwrapped == AGE_MALFORMED)
		return -1;
	if (unwrapped == AGE_NO_MATCH)
		return error_set(err, ERROR_REFUSED, "no identity opens it");
	age_header_mac(file_key, header->authenticated, mac);
	if (sodium_memcmp(mac, header->mac, sizeof(mac)) != 0)
		return age_header_refuse(err, "MAC does not match");
	return age_payload_read(file_key, header->payload, ret_plain, err);
}

int
age_decrypt(struct bytes file, const struct age_identity *identities, size_t count,
	    struct secret *ret_plain, struct error *err)
{
	CLEANUP(buf_clear) struct buf binary = BUF_INIT(0);
	CLEANUP(age_header_clear) struct age_header header = AGE_HEADER_INIT;
	CLEANUP(secret_clear) struct secret file_key = SECRET_INIT;
	enum age_unwrapped unwrapped = AGE_NO_MATCH;

	if (read_header(file, &binary, &header, err) < 0)
		return -1;
	for (size_t i = 0; i < header.count && unwrapped == AGE_NO_MATCH; i++) {
		for (size_t k = 0; k < count && unwrapped == AGE_NO_MATCH; k++)
			unwrapped = age_unwrap(&header, &header.stanzas[i], &identities[k],
					       &file_key, err);
	}
	return finish(&header, unwrapped, &file_key, ret_plain, err);
}

int
age_decrypt_passphrase(struct bytes file, const struct secret *passphrase, unsigned max_work_factor,
		       struct secret *ret_plain, struct error *err)
{
	CLEANUP(buf_clear) struct buf binary = BUF_INIT(0);
	CLEANUP(age_header_clear) struct age_header header = AGE_HEADER_INIT;
	CLEANUP(secret_clear) struct secret file_key = SECRET_INIT;
	enum age_unwrapped unwrapped;

	if (read_header(file, &binary, &header, err) < 0)
		return -1;
	unwrapped = age_unwrap_scrypt(&header, passphrase, max_work_factor, &file_key, err);
	return finish(&header, unwrapped, &file_key, ret_plain, err);
}

int
age_check_stanzas(struct bytes file, const struct age_recipient *recipients, size_t count,
		  struct error *err)
{
	CLEANUP(buf_clear) struct buf binary = BUF_INIT(file.len);
	CLEANUP(buf_clear) struct buf again = BUF_INIT(file.len + 1);
	CLEANUP(age_header_clear) struct age_header header = AGE_HEADER_INIT;

	if (age_armor_read(file, &binary, err) < 0)
		return -1;
	age_armor_write(buf_bytes(&binary), &again);
	if (!bytes_equal(buf_bytes(&again), file))
		return error_set(err, ERROR_REFUSED, "age armor: is not as tfsecrets writes it");
	if (age_header_parse(buf_bytes(&binary), &header, err) < 0)
		return -1;
	if (header.count != count)
		return error_set(err, ERROR_REFUSED, "has %zu stanzas, the roster has %zu readers",
				 header.count, count);
	for (size_t i = 0; i < count; i++) {
		if (!age_stanza_is_for(&header.stanzas[i], &recipients[i]))
			return error_set(err, ERROR_REFUSED,
					 "stanza %zu is not for the roster's reader %zu", i + 1,
					 i + 1);
	}
	return 0;
}
