/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/random.h"
#include "crypto/x25519.h"
#include "injector/repository/sealed.h"

static struct secret seed, private;
static uint8_t public[X25519_BYTES];
static struct signer signer = { .seed = &seed };

static int
setup(void **state)
{
	struct error err;

	(void)state;
	if (secret_start(&err) < 0 || secret_new(32, &seed, &err) < 0 ||
	    x25519_generate(&private, &err) < 0)
		return -1;
	random_bytes(seed.data, 32);
	seed.len = 32;
	ed25519_public(&seed, signer.public);
	x25519_public(&private, public);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	secret_clear(&seed);
	secret_clear(&private);
	secret_stop();
	return 0;
}

static struct sealed
example(void)
{
	struct sealed sealed = { .environment = "prod",
				 .setting = "DATABASE_URL",
				 .epoch = 3,
				 .generation = 7,
				 .changed = 2,
				 .changed_at = 1785661964,
				 .sealed_at = 1795278002 };

	memset(sealed.project_id, 'a', ID_DIGITS);
	memset(sealed.value_id, '1', ID_DIGITS);
	memset(sealed.previous, 'e', SHA256_HEX_BYTES - 1);
	return sealed;
}

static void
write_example(struct buf *out, struct bytes value, bool unset)
{
	struct sealed sealed = example();
	struct error err;

	sealed.unset = unset;
	assert_int_equal(sealed_write(&sealed, value, public, &signer, out, &err), 0);
}

static int
open_text(struct bytes text, struct secret *ret, struct error *err)
{
	struct sealed sealed;
	struct sealed_parts parts;

	if (sealed_parse(text, "f", &sealed, &parts, err) < 0)
		return -1;
	if (!sealed_is_signed(text, &parts))
		return error_set(err, ERROR_REFUSED, "signature");
	return sealed_open(text, &parts, &private, public, ret, err);
}

static void
round_trip(size_t len)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	CLEANUP(secret_clear) struct secret opened = SECRET_INIT;
	struct error err;

	assert_int_equal(secret_new(len > 0 ? len : 1, &value, &err), 0);
	random_bytes(value.data, len);
	value.len = len;
	write_example(&text, secret_bytes(&value), false);
	assert_int_equal(open_text(buf_bytes(&text), &opened, &err), 0);
	assert_true(secret_equal(&value, &opened));
}

static void
test_round_trips(void **state)
{
	static const size_t lengths[] = {
		0, 1, 58, 59, 60, 123, 124, 4096, 65536, SECRET_VALUE_MAX
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++)
		round_trip(lengths[i]);
}

static void
test_too_long(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	struct sealed sealed = example();
	struct error err;

	(void)state;
	assert_int_equal(secret_new(SECRET_VALUE_MAX + 1, &value, &err), 0);
	value.len = value.cap;
	assert_int_equal(sealed_write(&sealed, secret_bytes(&value), public, &signer, &text, &err),
			 -1);
	assert_string_equal(err.message, "a value has at most 1048576 bytes");
}

/* Values worked out by hand from the formula in crypto/FORMAT.md. */
static void
test_padding(void **state)
{
	static const size_t table[][2] = {
		{ 0, 64 },	{ 59, 64 },	      { 60, 128 },    { 123, 128 },
		{ 124, 192 },	{ 1019, 1024 },	      { 1020, 1088 }, { 4091, 4096 },
		{ 4092, 4352 }, { 1048576, 1081344 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(sealed_padded_length(table[i][0]), table[i][1]);
}

static void
test_tombstone(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	struct sealed sealed;
	struct sealed_parts parts;
	struct error err;

	(void)state;
	write_example(&text, (struct bytes){ NULL, 0 }, true);
	assert_non_null(strstr(buf_text(&text), "\nunset\n-----BEGIN SSH SIGNATURE-----\n"));
	assert_int_equal(sealed_parse(buf_bytes(&text), "f", &sealed, &parts, &err), 0);
	assert_true(sealed.unset);
	assert_true(sealed_is_signed(buf_bytes(&text), &parts));
}

static void
test_fields_come_back(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	struct sealed sealed, wrote = example();
	struct sealed_parts parts;
	struct error err;

	(void)state;
	write_example(&text, bytes_of("x"), false);
	assert_int_equal(sealed_parse(buf_bytes(&text), "f", &sealed, &parts, &err), 0);
	assert_string_equal(sealed.project_id, wrote.project_id);
	assert_string_equal(sealed.environment, wrote.environment);
	assert_string_equal(sealed.setting, wrote.setting);
	assert_string_equal(sealed.previous, wrote.previous);
	assert_string_equal(sealed.value_id, wrote.value_id);
	assert_int_equal(sealed.epoch, 3);
	assert_int_equal(sealed.generation, 7);
	assert_int_equal(sealed.changed, 2);
	assert_int_equal(sealed.changed_at, wrote.changed_at);
	assert_int_equal(sealed.sealed_at, wrote.sealed_at);
}

/* Cut off anywhere, it is refused; a byte altered anywhere, too, whatever the byte becomes. */
static void
test_cut_everywhere(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	struct error err;

	(void)state;
	write_example(&text, bytes_of("a value"), false);
	for (size_t len = 0; len < text.len; len++) {
		CLEANUP(secret_clear) struct secret opened = SECRET_INIT;

		assert_int_equal(open_text((struct bytes){ text.data, len }, &opened, &err), -1);
		assert_int_equal(err.code, ERROR_REFUSED);
	}
}

static void
test_altered_everywhere(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	static const uint8_t flips[] = { 0x01, 0x20, 0x80, 0x0a };
	struct error err;

	(void)state;
	write_example(&text, bytes_of("a value"), false);
	for (size_t at = 0; at < text.len; at++) {
		for (size_t i = 0; i < COUNT(flips); i++) {
			CLEANUP(secret_clear) struct secret opened = SECRET_INIT;

			text.data[at] ^= flips[i];
			assert_int_equal(open_text(buf_bytes(&text), &opened, &err), -1);
			assert_int_equal(err.code, ERROR_REFUSED);
			assert_null(strstr(err.message, "a value"));
			text.data[at] ^= flips[i];
		}
	}
}

/* One change of the text, and the rule that it breaks. */
struct bad {
	const char *find, *replace, *message;
};

static void
replace(struct buf *text, const char *find, const char *with)
{
	CLEANUP(buf_clear) struct buf copy = BUF_INIT(SEALED_FILE_MAX);
	const char *at = strstr(buf_text(text), find);

	assert_non_null(at);
	buf_append(&copy, (struct bytes){ text->data, (size_t)(at - buf_text(text)) });
	buf_append_text(&copy, with);
	buf_append_text(&copy, at + strlen(find));
	buf_reset(text);
	buf_append(text, buf_bytes(&copy));
}

static void
test_rules(void **state)
{
	static const struct bad table[] = {
		{ "sealed v1", "sealed v2", "f:1: expected 'tfsecrets sealed v1'" },
		{ "project-id a", "project-id A",
		  "f:2: 'project-id' is not 32 lower-case hex digits" },
		{ "environment prod", "environment Prod",
		  "f:3: 'environment' is not a valid name" },
		{ "DATABASE_URL", "DATABASE-URL", "f:4: 'setting' is not a valid name" },
		{ "epoch 3", "epoch 03", "f:5: 'epoch' is not a number from 1 to 4294967295" },
		{ "epoch 3", "epoch 0", "f:5: 'epoch' is not a number from 1 to 4294967295" },
		{ "epoch 3", "epoch 4294967296",
		  "f:5: 'epoch' is not a number from 1 to 4294967295" },
		{ "generation 7", "generation +7",
		  "f:6: 'generation' is not a number from 1 to 4294967295" },
		{ "generation 7", "generation 1",
		  "f:7: 'previous' must be '-' exactly at generation 1" },
		{ "changed 2", "changed 4", "f:8: 'changed' is greater than 'epoch'" },
		{ "changed-at 2026-08-02", "changed-at 2026-02-30",
		  "f:9: 'changed-at' is not a time such as 2026-11-21T16:40:02Z" },
		{ "value-id 1", "value-id g", "f:10: 'value-id' is not 32 lower-case hex digits" },
		{ "sealed-by SHA256:", "sealed-by MD5:",
		  "f:12: 'sealed-by' is not a fingerprint (SHA256:…)" },
		{ "\nvalue\n", "\nvalues\n", "f:13: expected 'value'" },
		{ "epoch 3\n", "epoch 3\n<<<<<<< HEAD\n", "f:6: a merge conflict was left here" },
		{ "epoch 3\n", "epoch 3\n=======\n", "f:6: a merge conflict was left here" },
		{ "epoch 3\n", "epoch 3\n>>>>>>> other\n", "f:6: a merge conflict was left here" },
		{ "epoch 3\n", "epoch 3\r\n",
		  "f:5: a carriage return; lines end with a line feed alone" },
		{ "epoch 3\n", "epoch 3 \n", "f:5: a blank at the end of a line" },
		{ "epoch 3\n", "epoch  3\n", "f:5: two blanks in a row" },
		{ "epoch 3\n", "epoch 3\n\n", "f:6: an empty line" },
		{ "epoch 3\n", "epoch\t3\n", "f:5: a byte that is not printable ASCII" },
		{ "epoch 3\n", "epoch 3\nepoch 3\n", "f:6: expected the field 'generation'" },
		{ "-----END SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\nmore\n", NULL },
	};
	struct sealed sealed;
	struct sealed_parts parts;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);

		write_example(&text, bytes_of("x"), false);
		replace(&text, table[i].find, table[i].replace);
		assert_int_equal(sealed_parse(buf_bytes(&text), "f", &sealed, &parts, &err), -1);
		if (table[i].message != NULL)
			assert_string_equal(err.message, table[i].message);
		else
			assert_non_null(strstr(err.message, "something follows the signature"));
	}
}

/* Whole header lines exchanged between two valid files: parsed, but neither signed nor opened. */
static void
test_swapped_box(void **state)
{
	CLEANUP(buf_clear) struct buf one = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(secret_clear) struct secret opened = SECRET_INIT;
	struct sealed sealed;
	struct sealed_parts parts;
	struct error err;

	(void)state;
	write_example(&one, bytes_of("x"), false);
	replace(&one, "setting DATABASE_URL", "setting DATABASE_URI");
	assert_int_equal(sealed_parse(buf_bytes(&one), "f", &sealed, &parts, &err), 0);
	assert_false(sealed_is_signed(buf_bytes(&one), &parts));
	assert_int_equal(sealed_open(buf_bytes(&one), &parts, &private, public, &opened, &err), -1);
	assert_string_equal(err.message, "altered, or sealed to another key");
}

static void
test_other_signer(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	struct sealed sealed;
	struct sealed_parts parts;
	struct error err;
	char *by;

	(void)state;
	write_example(&text, bytes_of("x"), false);
	by = strstr((char *)text.data, "sealed-by SHA256:") + strlen("sealed-by SHA256:");
	*by = *by == 'A' ? 'B' : 'A';
	assert_int_equal(sealed_parse(buf_bytes(&text), "f", &sealed, &parts, &err), -1);
	assert_non_null(strstr(err.message, "'sealed-by' is not the key that made the signature"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_tombstone),
		cmocka_unit_test(test_fields_come_back),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_altered_everywhere),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_swapped_box),
		cmocka_unit_test(test_other_signer),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
