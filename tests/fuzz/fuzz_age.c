/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A header that is accepted is written again byte for byte from its stanzas; armor does not matter to what is
 * said of a file; a payload comes back whole, and altered anywhere it does not. The keys are fixed, so that
 * files of the corpus open.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/age_parts.h"
#include "crypto/base64.h"

#define KEY "a seed of thirty-two characters."

enum { WORK_FACTOR_MAX = 2, IDENTITIES = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct age_identity identities[IDENTITIES];
static struct age_recipient recipients[IDENTITIES];
static struct secret file_key, passphrase;

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
start(void)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	struct error err;

	require(secret_start(&err) == 0 && secret_from(bytes_of(KEY), &seed, &err) == 0 &&
		secret_from(bytes_of(KEY), &identities[0].private, &err) == 0 &&
		secret_from(bytes_of("sixteen letters."), &file_key, &err) == 0 &&
		secret_from(bytes_of("correct horse"), &passphrase, &err) == 0 &&
		age_identity_from_seed(&seed, &identities[1], &err) == 0);
	identities[0].kind = identities[0].recipient.kind = AGE_X25519;
	x25519_public(&identities[0].private, identities[0].recipient.key);
	recipients[0] = identities[0].recipient;
	recipients[1] = identities[1].recipient;
}

static void
write_stanza(const struct age_header *header, size_t i, struct buf *out)
{
	const struct age_stanza *stanza = &header->stanzas[i];
	CLEANUP(buf_clear) struct buf type = BUF_INIT(AGE_HEADER_MAX);

	buf_append(&type, stanza->type);
	if (stanza->args.len > 0)
		buf_append_byte(&type, ' ');
	buf_append(&type, stanza->args);
	age_stanza_write(out, buf_text(&type), NULL, 0, age_stanza_body(header, stanza));
}

static void
check_header(struct bytes file)
{
	CLEANUP(age_header_clear) struct age_header header = AGE_HEADER_INIT;
	CLEANUP(buf_clear) struct buf again = BUF_INIT((size_t)2 * AGE_HEADER_MAX);
	struct error err = ERROR_INIT;

	if (age_header_parse(file, &header, &err) < 0) {
		require(err.code == ERROR_REFUSED);
		return;
	}
	buf_append_text(&again, "age-encryption.org/v1\n");
	for (size_t i = 0; i < header.count; i++) {
		struct secret unwrapped = SECRET_INIT;

		write_stanza(&header, i, &again);
		for (size_t k = 0; k < IDENTITIES; k++) {
			if (age_unwrap(&header, &header.stanzas[i], &identities[k], &unwrapped,
				       &err) == AGE_UNWRAPPED)
				require(age_stanza_is_for(&header.stanzas[i], &recipients[k]));
			secret_clear(&unwrapped);
		}
	}
	buf_append_text(&again, "---");
	require(bytes_equal(buf_bytes(&again), header.authenticated));
	buf_append_text(&again, " ");
	base64_encode(BYTES(header.mac), BASE64_UNPADDED, 0, &again);
	buf_append_text(&again, "\n");
	require(again.len + header.payload.len == file.len &&
		memcmp(again.data, file.data, again.len) == 0);
}

static int
decrypt(struct bytes file, struct secret *ret, struct error *err)
{
	int status = age_decrypt(file, identities, IDENTITIES, ret, err);

	require(status == 0 || (err->code == ERROR_REFUSED && ret->data == NULL));
	return status;
}

static void
check_stanzas(struct bytes file)
{
	struct error err = ERROR_INIT;

	if (age_check_stanzas(file, recipients, IDENTITIES, &err) < 0)
		require(err.code == ERROR_REFUSED);
	else
		require(age_armor_is(file) && age_is_file(file));
}

static void
check_armored(struct bytes file)
{
	CLEANUP(buf_clear) struct buf armored = BUF_INIT(2 * file.len + 200);
	CLEANUP(secret_clear) struct secret one = SECRET_INIT;
	CLEANUP(secret_clear) struct secret other = SECRET_INIT;
	struct error err = ERROR_INIT, again = ERROR_INIT;
	int status = decrypt(file, &one, &err);

	check_stanzas(file);
	if (age_armor_is(file))
		return;
	age_armor_write(file, &armored);
	require(decrypt(buf_bytes(&armored), &other, &again) == status);
	require(status == 0 ? secret_equal(&one, &other) : strcmp(err.message, again.message) == 0);
	check_stanzas(buf_bytes(&armored));
}

static void
check_passphrase(struct bytes file)
{
	CLEANUP(secret_clear) struct secret plain = SECRET_INIT;
	struct error err = ERROR_INIT;

	if (age_decrypt_passphrase(file, &passphrase, WORK_FACTOR_MAX, &plain, &err) < 0)
		require(err.code == ERROR_REFUSED && plain.data == NULL);
}

static void
check_payload(struct bytes plain)
{
	CLEANUP(buf_clear) struct buf payload = BUF_INIT(plain.len + 10000);
	CLEANUP(secret_clear) struct secret back = SECRET_INIT;
	struct secret nothing = SECRET_INIT;
	struct error err = ERROR_INIT;
	size_t place = plain.len > 1 ? (size_t)plain.data[0] << 8 | plain.data[1] : 0;

	age_payload_write(&file_key, plain, &payload);
	require(age_payload_read(&file_key, buf_bytes(&payload), &back, &err) == 0);
	require(bytes_equal(secret_bytes(&back), plain));
	payload.data[place % payload.len] ^= 1;
	require(age_payload_read(&file_key, buf_bytes(&payload), &nothing, &err) < 0);
	require(nothing.data == NULL && err.code == ERROR_REFUSED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	struct bytes file = { data, size };

	if (!is_started)
		start();
	is_started = true;
	check_header(file);
	check_armored(file);
	check_passphrase(file);
	check_payload(file);
	return 0;
}
