/* SPDX-License-Identifier: Apache-2.0 */
/* age files made by the parts that make them, each rule broken alone, under a file key that is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/age_parts.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "crypto/random.h"

#define VERSION_LINE "age-encryption.org/v1\n"
#define MAC_MISMATCH "age header: MAC does not match"
#define NOT_BASE64 "age header: a stanza's body is not canonical base64 in lines of 64"
#define FIRST_LINE "age header: a stanza's first line is malformed"
#define LAST_LINE "age header: its last line is malformed"
#define ALTERED "age payload: is altered or cut off"
#define CUT "age payload: is cut off"
#define NOT_LINES "age armor: is not canonical base64 in lines of 64"

enum {
	CHUNK = 64 * 1024,
	SEALED_CHUNK = CHUNK + AGE_TAG_BYTES,
	FILE_MAX = 4 * 1024 * 1024,
	BODY_TEXT = 43,
};

/* [0] reads by X25519, [1] by ssh-ed25519. */
static struct age_identity people[2], stranger;
static struct age_recipient recipients[2];
static struct secret file_key = SECRET_INIT;
static uint8_t content[3 * CHUNK];

static int
setup(void **state)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	struct error err;

	(void)state;
	if (secret_start(&err) < 0 || secret_new(32, &seed, &err) < 0 ||
	    secret_new(AGE_FILE_KEY_BYTES, &file_key, &err) < 0 ||
	    age_identity_generate(&people[0], &err) < 0 ||
	    age_identity_generate(&stranger, &err) < 0)
		return -1;
	random_bytes(seed.data, 32);
	seed.len = 32;
	random_bytes(file_key.data, AGE_FILE_KEY_BYTES);
	file_key.len = AGE_FILE_KEY_BYTES;
	if (age_identity_from_seed(&seed, &people[1], &err) < 0)
		return -1;
	recipients[0] = people[0].recipient;
	recipients[1] = people[1].recipient;
	random_bytes(content, sizeof(content));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	age_identity_clear(&people[0]);
	age_identity_clear(&people[1]);
	age_identity_clear(&stranger);
	secret_clear(&file_key);
	secret_stop();
	return 0;
}

/* What is refused gives nothing out, armored or not. */
static void
expect_refused_alone(struct bytes file, const char *message)
{
	struct secret plain = SECRET_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(age_decrypt(file, people, COUNT(people), &plain, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_null(plain.data);
	assert_int_equal(plain.len, 0);
}

static void
expect_refused(struct bytes binary, const char *message)
{
	CLEANUP(buf_clear) struct buf armored = BUF_INIT(2 * FILE_MAX);

	expect_refused_alone(binary, message);
	age_armor_write(binary, &armored);
	expect_refused_alone(buf_bytes(&armored), message);
}

static void
expect_plain(struct bytes file, const struct age_identity *identity, struct bytes expected)
{
	CLEANUP(secret_clear) struct secret plain = SECRET_INIT;
	struct error err = ERROR_INIT;

	if (age_decrypt(file, identity, 1, &plain, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(bytes_equal(secret_bytes(&plain), expected));
}

/* Ends a header that stands in out, with the MAC that belongs to it. */
static void
finish_header(struct buf *out)
{
	uint8_t mac[AGE_MAC_BYTES];

	buf_append_text(out, "---");
	age_header_mac(&file_key, buf_bytes(out), mac);
	buf_append_text(out, " ");
	base64_encode(BYTES(mac), BASE64_UNPADDED, 0, out);
	buf_append_text(out, "\n");
}

static void
wrap(const struct age_recipient *recipient, struct buf *out)
{
	struct error err;

	assert_int_equal(age_wrap(recipient, &file_key, out, &err), 0);
}

/* A whole file whose header has these stanzas behind the version line, then the one of recipient. */
static void
write_file(const char *stanzas, const struct age_recipient *recipient, struct buf *out)
{
	buf_append_text(out, VERSION_LINE);
	buf_append_text(out, stanzas);
	if (recipient != NULL)
		wrap(recipient, out);
	finish_header(out);
	age_payload_write(&file_key, bytes_of("content"), out);
}

static void
test_sizes(void **state)
{
	static const size_t sizes[] = { 0,
					1,
					2,
					CHUNK - 1,
					CHUNK,
					CHUNK + 1,
					2 * CHUNK - 1,
					2 * CHUNK,
					2 * CHUNK + 1,
					3 * CHUNK };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX),
					      binary = BUF_INIT(FILE_MAX);
		struct bytes plain = { content, sizes[i] };
		size_t chunks = sizes[i] == 0 ? 1 : (sizes[i] + CHUNK - 1) / CHUNK;
		struct error err;

		assert_int_equal(age_encrypt(recipients, 2, plain, &file, &err), 0);
		assert_true(age_is_file(buf_bytes(&file)));
		expect_plain(buf_bytes(&file), &people[0], plain);
		expect_plain(buf_bytes(&file), &people[1], plain);
		assert_int_equal(age_check_stanzas(buf_bytes(&file), recipients, 2, &err), 0);

		assert_int_equal(age_armor_read(buf_bytes(&file), &binary, &err), 0);
		assert_true(age_is_file(buf_bytes(&binary)));
		expect_plain(buf_bytes(&binary), &people[0], plain);
		/* Nonce, chunks and their tags, and nothing else, behind the header. */
		struct bytes found = buf_bytes(&binary);
		const uint8_t *end = memmem(found.data, found.len, "\n--- ", 5);
		assert_non_null(end);
		assert_int_equal((size_t)(end - found.data) + 5 + BODY_TEXT + 1 + AGE_NONCE_BYTES +
					 sizes[i] + chunks * AGE_TAG_BYTES,
				 found.len);
	}
}

/* As much as fits, and a byte more than that. */
static void
test_maximum(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX), again = BUF_INIT(0);
	struct bytes plain = { content, CHUNK };
	struct error err;

	(void)state;
	assert_int_equal(age_encrypt(recipients, 1, plain, &file, &err), 0);
	again.max = file.len;
	assert_int_equal(age_encrypt(recipients, 1, plain, &again, &err), 0);
	buf_clear(&again);
	again.max = file.len - 1;
	assert_int_equal(age_encrypt(recipients, 1, plain, &again, &err), -1);
	assert_non_null(strstr(err.message, "an age file is larger than "));
	buf_clear(&again);
	again.max = 100;
	assert_int_equal(age_encrypt(recipients, 1, plain, &again, &err), -1);
	assert_string_equal(err.message, "an age file is larger than 100 bytes");
	assert_int_equal(again.len, 0);
}

static void
test_who_opens(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
	struct secret plain = SECRET_INIT;
	struct error err = ERROR_INIT;
	const struct age_identity both[] = { stranger, people[1] };

	(void)state;
	assert_int_equal(age_encrypt(recipients, 2, bytes_of("x"), &file, &err), 0);
	assert_int_equal(age_decrypt(buf_bytes(&file), &stranger, 1, &plain, &err), -1);
	assert_string_equal(err.message, "no identity opens it");
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_int_equal(age_decrypt(buf_bytes(&file), NULL, 0, &plain, &err), -1);
	assert_string_equal(err.message, "no identity opens it");
	assert_int_equal(age_decrypt(buf_bytes(&file), both, 2, &plain, &err), 0);
	assert_true(bytes_equal(secret_bytes(&plain), bytes_of("x")));
	secret_clear(&plain);
	assert_int_equal(age_decrypt_passphrase(buf_bytes(&file), &file_key, 10, &plain, &err), -1);
	assert_string_equal(err.message, "no identity opens it");
	assert_null(plain.data);
}

/* Stanzas in front of one that opens, which is in order. */
static const struct {
	const char *stanzas, *message;
} malformed[] = {
	{ "->\n\n", "age header: has no stanza" },
	{ "->  a\n\n", FIRST_LINE },
	{ "-> \n\n", FIRST_LINE },
	{ "-> a \n\n", FIRST_LINE },
	{ "-> a  b\n\n", FIRST_LINE },
	{ "-> a\tb\n\n", FIRST_LINE },
	{ "-> a\r\n\n", FIRST_LINE },
	{ "-> \xc3\xa4\n\n", FIRST_LINE },
	{ "-> a\x7f\n\n", FIRST_LINE },
	{ "-> a\n\r\n", NOT_BASE64 },
	{ "-> a\nQUI=\n", NOT_BASE64 },
	{ "-> a\nQUJ\n", NOT_BASE64 },
	{ "-> a\nQ\n", NOT_BASE64 },
	{ "-> a\nQU-I\n", NOT_BASE64 },
	{ "-> a\n QUI\n", NOT_BASE64 },
	/* 64 characters, and no shorter line behind them; 65; 68. */
	{ "-> a\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\n", NOT_BASE64 },
	{ "-> a\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDA\n", NOT_BASE64 },
	{ "-> a\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\n",
	  NOT_BASE64 },
	/* A body ends with its first short line. */
	{ "-> a\n\n\n", "age header: its last line is malformed" },
	{ "-> a\nQUJD\nQUJD\n", LAST_LINE },
	{ "\n-> a\n\n", "age header: has no stanza" },
	{ "# comment\n-> a\n\n", "age header: has no stanza" },
	{ "-> scrypt c2FsdHNhbHRzYWx0c2FsdA 10\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUI\n",
	  "age header: a scrypt stanza must stand alone" },
	/* Of a type that is ours, and not as it is: refused, not passed over. */
	{ "-> X25519\n\n", "age header: a stanza is malformed" },
	{ "-> X25519 QUI\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUI\n",
	  "age header: a stanza is malformed" },
	{ "-> ssh-ed25519 QUJDRA\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUI\n",
	  "age header: a stanza is malformed" },
};

static void
test_malformed_stanzas(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);

		write_file(malformed[i].stanzas, &recipients[0], &file);
		expect_refused(buf_bytes(&file), malformed[i].message);
	}
}

/* What others may put there: types of which we know nothing, with any words and bodies. */
static void
test_unknown_stanzas(void **state)
{
	static const char *const stanzas[] = {
		"",
		"-> a\n\n",
		"-> a b c !~\n\n",
		"-> x25519 QUI\nQUI\n",
		"-> ssh-rsa AAAA\nQUJD\n",
		"-> grease\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\n\n",
		("-> a\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\nQUI\n"
		 "-> b\n\n"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(stanzas); i++) {
		for (size_t k = 0; k < COUNT(people); k++) {
			CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);

			write_file(stanzas[i], &recipients[k], &file);
			expect_plain(buf_bytes(&file), &people[k], bytes_of("content"));
		}
	}
}

/* The words of a stanza that would open: X25519 SHARE, and ssh-ed25519 TAG SHARE. */
static void
test_words_of_a_stanza(void **state)
{
	uint8_t zeros[33] = { 0 };
	/* Sizes of the words, at most three, and of the body. */
	static const struct {
		const char *type;
		size_t words[3], body;
		const char *message;
	} cases[] = {
		{ "X25519", { 32 }, 31, "age header: a stanza is malformed" },
		{ "X25519", { 32 }, 33, "age header: a stanza is malformed" },
		{ "X25519", { 32 }, 48, "age header: a stanza is malformed" },
		{ "X25519", { 31 }, 32, "age header: a stanza is malformed" },
		{ "X25519", { 33 }, 32, "age header: a stanza is malformed" },
		{ "X25519", { 32, 32 }, 32, "age header: a stanza is malformed" },
		{ "X25519", { 32 }, 32, "age header: a stanza's share is of low order" },
		{ "ssh-ed25519", { 4, 32 }, 31, "age header: a stanza is malformed" },
		{ "ssh-ed25519", { 4, 32 }, 33, "age header: a stanza is malformed" },
		{ "ssh-ed25519", { 3, 32 }, 32, "age header: a stanza is malformed" },
		{ "ssh-ed25519", { 5, 32 }, 32, "age header: a stanza is malformed" },
		{ "ssh-ed25519", { 4, 31 }, 32, "age header: a stanza is malformed" },
		{ "ssh-ed25519", { 4 }, 32, "age header: a stanza is malformed" },
		{ "ssh-ed25519", { 4, 32, 1 }, 32, "age header: a stanza is malformed" },
		{ "ssh-ed25519", { 4, 32 }, 32, "no identity opens it" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_clear) struct buf stanza = BUF_INIT(1000), file = BUF_INIT(FILE_MAX);
		struct bytes words[3];
		uint8_t body[48] = { 0 };
		size_t count = 0;

		for (; count < 3 && cases[i].words[count] > 0; count++)
			words[count] = (struct bytes){ zeros, cases[i].words[count] };
		age_stanza_write(&stanza, cases[i].type, words, count,
				 (struct bytes){ body, cases[i].body });
		write_file(buf_text(&stanza), NULL, &file);
		expect_refused(buf_bytes(&file), cases[i].message);
	}
}

/* The tag is right, the share is of low order. */
static void
test_low_order_share(void **state)
{
	CLEANUP(buf_clear) struct buf stanza = BUF_INIT(1000), file = BUF_INIT(FILE_MAX);
	CLEANUP(buf_clear) struct buf whole = BUF_INIT(1000);
	char tag[7];
	uint8_t zeros[32] = { 0 };

	(void)state;
	wrap(&recipients[1], &whole);
	memcpy(tag, buf_text(&whole) + strlen("-> ssh-ed25519 "), 6);
	tag[6] = 0;
	buf_printf(&stanza, "-> ssh-ed25519 %s ", tag);
	base64_encode(BYTES(zeros), BASE64_UNPADDED, 0, &stanza);
	buf_append_text(&stanza, "\n");
	base64_encode(BYTES(zeros), BASE64_UNPADDED, 64, &stanza);
	write_file(buf_text(&stanza), NULL, &file);
	expect_refused(buf_bytes(&file), "age header: a stanza's share is of low order");
}

static void
test_first_and_last_line(void **state)
{
	static const char *const versions[] = {
		"age-encryption.org/v2\n",
		"age-encryption.org/v1 \n",
		"age-encryption.org/v1\r\n",
		" age-encryption.org/v1\n",
		"age-encryption.org/v1",
		"",
		"\n",
		"age-encryption.org/v\n",
	};
	/* Behind "---", instead of a blank and 43 characters. */
	static const char *const ends[] = {
		"\n",
		" \n",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
		"  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);

		buf_append_text(&file, versions[i]);
		wrap(&recipients[0], &file);
		finish_header(&file);
		age_payload_write(&file_key, bytes_of("content"), &file);
		expect_refused(buf_bytes(&file),
			       "age header: is not of version 1 (age-encryption.org/v1)");
	}
	for (size_t i = 0; i < COUNT(ends); i++) {
		CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
		bool is_double = strncmp(ends[i], "  ", 2) == 0;

		buf_append_text(&file, VERSION_LINE);
		wrap(&recipients[0], &file);
		buf_append_text(&file, "---");
		buf_append_text(&file, ends[i]);
		age_payload_write(&file_key, bytes_of("content"), &file);
		expect_refused(buf_bytes(&file),
			       is_double ? "age header: its MAC is not canonical base64" :
					   LAST_LINE);
	}
}

static void
test_mac(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
	const uint8_t *dashes;
	size_t mac;

	(void)state;
	write_file("-> a b\nQUJD\n", &recipients[0], &file);
	dashes = memmem(file.data, file.len, "\n--- ", 5);
	assert_non_null(dashes);
	mac = (size_t)(dashes - file.data) + 5;

	/* Each character of the MAC; the last one has two spare bits. */
	for (size_t i = mac; i < mac + BODY_TEXT; i++) {
		uint8_t before = file.data[i];

		file.data[i] = before == 'A' ? 'E' : 'A';
		expect_refused(buf_bytes(&file), MAC_MISMATCH);
		file.data[i] = before;
	}
	file.data[mac + BODY_TEXT - 1] = 'B';
	expect_refused(buf_bytes(&file), "age header: its MAC is not canonical base64");
}

/* What stands in front of the stanza that opens is under the MAC: a word, a body, the order, a loss. */
static void
test_what_the_mac_covers(void **state)
{
	CLEANUP(buf_clear) struct buf first = BUF_INIT(FILE_MAX), second = BUF_INIT(FILE_MAX);
	CLEANUP(buf_clear) struct buf end = BUF_INIT(FILE_MAX);
	const uint8_t *dashes;

	(void)state;
	wrap(&recipients[0], &first);
	wrap(&recipients[1], &second);
	buf_append_text(&end, VERSION_LINE);
	buf_append(&end, buf_bytes(&first));
	buf_append(&end, buf_bytes(&second));
	finish_header(&end);
	age_payload_write(&file_key, bytes_of("content"), &end);
	expect_plain(buf_bytes(&end), &people[1], bytes_of("content"));
	dashes = memmem(end.data, end.len, "---", 3);

	for (int what = 0; what < 4; what++) {
		CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);

		buf_append_text(&file, VERSION_LINE);
		buf_append(&file, what == 0 ? buf_bytes(&second) : buf_bytes(&first));
		if (what < 2)
			buf_append(&file, buf_bytes(&first));
		if (what == 2)
			buf_append_text(&file, "-> a\n\n");
		buf_append(&file, (struct bytes){ dashes, end.len - (size_t)(dashes - end.data) });
		expect_refused(buf_bytes(&file), MAC_MISMATCH);
	}
}

/* Every byte of a small file, armored and not: nothing that was altered opens. */
static void
test_altered_everywhere(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);

	(void)state;
	write_file("", &recipients[1], &file);
	for (size_t i = 0; i < file.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct secret plain = SECRET_INIT;
			struct error err = ERROR_INIT;

			file.data[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(age_decrypt(buf_bytes(&file), people, 2, &plain, &err),
					 -1);
			assert_int_equal(err.code, ERROR_REFUSED);
			assert_null(plain.data);
			file.data[i] ^= (uint8_t)(1 << bit);
		}
	}
}

static void
test_cut_everywhere(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX), armored = BUF_INIT(FILE_MAX);
	struct error err = ERROR_INIT;

	(void)state;
	write_file("", &recipients[0], &file);
	age_armor_write(buf_bytes(&file), &armored);
	for (size_t len = 0; len < file.len; len++) {
		struct secret plain = SECRET_INIT;
		uint8_t *block = xcalloc(len + 1, 1);

		memcpy(block, file.data, len);
		assert_int_equal(age_decrypt((struct bytes){ block, len }, people, 1, &plain, &err),
				 -1);
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_null(plain.data);
		free(block);
	}
	/* The last line end of the armor may be missing (C2SP). */
	for (size_t len = 0; len < armored.len - 1; len++) {
		struct secret plain = SECRET_INIT;

		assert_int_equal(age_decrypt((struct bytes){ armored.data, len }, people, 1, &plain,
					     &err),
				 -1);
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_null(plain.data);
	}
	expect_plain((struct bytes){ armored.data, armored.len - 1 }, people, bytes_of("content"));
}

static void
test_too_much_header(void **state)
{
	static const struct {
		const char *more;
		size_t times;
		const char *message;
	} cases[] = {
		{ "-> a\n\n", AGE_STANZAS_MAX - 1, NULL },
		{ "-> a\n\n", AGE_STANZAS_MAX, "age header: has more than 1,024 stanzas" },
		{ "-> a\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\n"
		  "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\n"
		  "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\n"
		  "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\n"
		  "\n",
		  1000, "age header: is cut off or too long" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_clear) struct buf stanzas = BUF_INIT(FILE_MAX),
					      file = BUF_INIT(FILE_MAX);

		for (size_t k = 0; k < cases[i].times; k++)
			buf_append_text(&stanzas, cases[i].more);
		write_file(buf_text(&stanzas), &recipients[0], &file);
		if (cases[i].message == NULL)
			expect_plain(buf_bytes(&file), people, bytes_of("content"));
		else
			expect_refused(buf_bytes(&file), cases[i].message);
	}
}

/* One body alone. */
static void
test_too_long_body(void **state)
{
	CLEANUP(buf_clear) struct buf stanza = BUF_INIT(FILE_MAX), file = BUF_INIT(FILE_MAX);
	CLEANUP(buf_clear) struct buf body = BUF_INIT(FILE_MAX);

	(void)state;
	assert_non_null(buf_extend(&body, AGE_HEADER_MAX + 1));
	memset(body.data, 0, body.len);
	age_stanza_write(&stanza, "a", NULL, 0, buf_bytes(&body));
	write_file(buf_text(&stanza), &recipients[0], &file);
	expect_refused(buf_bytes(&file), "age header: is cut off or too long");
}

static void
test_too_long_lines(void **state)
{
	CLEANUP(buf_clear) struct buf stanzas = BUF_INIT(FILE_MAX), file = BUF_INIT(FILE_MAX);

	(void)state;
	buf_append_text(&stanzas, "-> a ");
	for (size_t i = 0; i < AGE_HEADER_MAX; i++)
		buf_append_byte(&stanzas, 'w');
	buf_append_text(&stanzas, "\n\n");
	write_file(buf_text(&stanzas), &recipients[0], &file);
	expect_refused(buf_bytes(&file), "age header: is cut off or too long");
}

/* Payload */

/* A header for people[0], then what the payload of these lengths was made into. */
static void
write_payload(size_t len, struct buf *file, size_t *ret_start)
{
	buf_append_text(file, VERSION_LINE);
	wrap(&recipients[0], file);
	finish_header(file);
	*ret_start = file->len + AGE_NONCE_BYTES;
	age_payload_write(&file_key, (struct bytes){ content, len }, file);
}

static void
test_cut_payload(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
	size_t start;

	(void)state;
	write_payload(2 * CHUNK + 5, &file, &start);
	expect_plain(buf_bytes(&file), people, (struct bytes){ content, 2 * CHUNK + 5 });

	expect_refused((struct bytes){ file.data, start - 1 },
		       "age header: is followed by no payload");
	expect_refused((struct bytes){ file.data, start - AGE_NONCE_BYTES },
		       "age header: is followed by no payload");
	expect_refused((struct bytes){ file.data, start }, CUT);
	expect_refused((struct bytes){ file.data, start + AGE_TAG_BYTES - 1 }, CUT);
	expect_refused((struct bytes){ file.data, start + AGE_TAG_BYTES }, ALTERED);
	/* Whole chunks are there and the last is not among them. */
	expect_refused((struct bytes){ file.data, start + SEALED_CHUNK }, ALTERED);
	expect_refused((struct bytes){ file.data, start + (size_t)2 * SEALED_CHUNK }, ALTERED);
	expect_refused((struct bytes){ file.data, start + (size_t)2 * SEALED_CHUNK + 1 }, CUT);
	expect_refused((struct bytes){ file.data,
				       start + (size_t)2 * SEALED_CHUNK + AGE_TAG_BYTES },
		       CUT);
	expect_refused((struct bytes){ file.data, file.len - 1 }, ALTERED);
}

static void
test_longer_payload(void **state)
{
	static const size_t sizes[] = { 0, 5, CHUNK, 2 * CHUNK };
	static const uint8_t more[AGE_TAG_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t len = 1; len <= sizeof(more); len++) {
			CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
			size_t start;

			write_payload(sizes[i], &file, &start);
			buf_append(&file, (struct bytes){ more, len });
			expect_refused(buf_bytes(&file), ALTERED);
		}
	}
}

/* Sealed as chunk `index` under the payload key of a nonce of zeros. */
static void
seal_chunk(size_t len, uint8_t index, bool is_last, struct buf *out)
{
	const uint8_t salt[AGE_NONCE_BYTES] = { 0 };
	const uint8_t nonce[12] = { [10] = index, [11] = is_last };
	uint8_t key[32], *sealed = buf_extend(out, len + AGE_TAG_BYTES);

	assert_non_null(sealed);
	hkdf_sha256(secret_bytes(&file_key), BYTES(salt), bytes_of("payload"), key, sizeof(key));
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, content, len, NULL, 0, NULL,
							nonce, key);
}

/* Chunks that are authentic each, and yet no payload: an empty one behind another, a short one that is not
 * the last, none that is the last, one behind the last, and a number that is left out. */
static void
test_chunks_that_make_no_payload(void **state)
{
	static const struct {
		size_t lengths[2];
		uint8_t indexes[2];
		bool last[2];
		const char *message; /* NULL: it is one */
	} cases[] = {
		{ { CHUNK, 1 }, { 0, 1 }, { false, true }, NULL },
		{ { CHUNK, 0 }, { 0, 1 }, { false, true }, CUT },
		{ { CHUNK - 1, 1 }, { 0, 1 }, { false, true }, ALTERED },
		{ { CHUNK, 1 }, { 0, 1 }, { false, false }, ALTERED },
		{ { CHUNK, 1 }, { 0, 1 }, { true, true }, ALTERED },
		{ { CHUNK, 1 }, { 0, 2 }, { false, true }, ALTERED },
		{ { CHUNK, 1 }, { 1, 2 }, { false, true }, ALTERED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
		CLEANUP(secret_clear) struct secret plain = SECRET_INIT;
		struct error err = ERROR_INIT;
		uint8_t *salt;

		buf_append_text(&file, VERSION_LINE);
		wrap(&recipients[0], &file);
		finish_header(&file);
		salt = buf_extend(&file, AGE_NONCE_BYTES);
		assert_non_null(salt);
		memset(salt, 0, AGE_NONCE_BYTES);
		for (size_t k = 0; k < 2; k++)
			seal_chunk(cases[i].lengths[k], cases[i].indexes[k], cases[i].last[k],
				   &file);
		if (cases[i].message != NULL) {
			expect_refused(buf_bytes(&file), cases[i].message);
			continue;
		}
		assert_int_equal(age_decrypt(buf_bytes(&file), people, 1, &plain, &err), 0);
		assert_int_equal(plain.len, CHUNK + 1);
		assert_memory_equal(plain.data, content, CHUNK);
	}
}

/* Chunk i of one file at place k of another. */
static void
test_chunks_in_another_order(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX), again = BUF_INIT(FILE_MAX);
	size_t start;

	(void)state;
	write_payload(3 * CHUNK, &file, &start);
	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < 3; k++) {
			buf_reset(&again);
			buf_append(&again, buf_bytes(&file));
			memcpy(again.data + start + i * SEALED_CHUNK,
			       file.data + start + k * SEALED_CHUNK, SEALED_CHUNK);
			if (i == k)
				expect_plain(buf_bytes(&again), people, BYTES(content));
			else
				expect_refused_alone(buf_bytes(&again), ALTERED);
		}
	}
	/* One missing in the middle, one twice. */
	buf_reset(&again);
	buf_append(&again, (struct bytes){ file.data, start + SEALED_CHUNK });
	buf_append(&again,
		   (struct bytes){ file.data + start + (size_t)2 * SEALED_CHUNK, SEALED_CHUNK });
	expect_refused_alone(buf_bytes(&again), ALTERED);
	buf_reset(&again);
	buf_append(&again, buf_bytes(&file));
	buf_append(&again,
		   (struct bytes){ file.data + start + (size_t)2 * SEALED_CHUNK, SEALED_CHUNK });
	expect_refused_alone(buf_bytes(&again), ALTERED);
}

/* The last bit of the last chunk: the chunks in front of it have been opened by then. */
static void
test_nothing_partial(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
	size_t start;

	(void)state;
	write_payload(2 * CHUNK + 1, &file, &start);
	file.data[file.len - 1] ^= 0x80;
	expect_refused(buf_bytes(&file), ALTERED);
	file.data[file.len - 1] ^= 0x80;
	file.data[start - 1] ^= 1;
	expect_refused(buf_bytes(&file), ALTERED);
}

/* Armor */

/* Replaces the first `what` in text by `with`. */
static void
replace(struct bytes text, const char *what, const char *with, struct buf *out)
{
	const uint8_t *at = memmem(text.data, text.len, what, strlen(what));
	size_t before;

	assert_non_null(at);
	before = (size_t)(at - text.data);
	buf_append(out, (struct bytes){ text.data, before });
	buf_append_text(out, with);
	buf_append(out, (struct bytes){ at + strlen(what), text.len - before - strlen(what) });
}

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define END "-----END AGE ENCRYPTED FILE-----"

static const struct {
	const char *what, *with, *message; /* NULL: it opens, and yet is not as we write it */
} armors[] = {
	{ BEGIN "\n", " \n\t\n" BEGIN "\n", NULL },
	{ BEGIN "\n", BEGIN "\r\n", NULL },
	{ END "\n", END, NULL },
	{ END "\n", END "\n \n\t\r\n", NULL },
	{ BEGIN "\n", BEGIN " \n", "age armor: does not begin with '" BEGIN "'" },
	{ BEGIN "\n", "-----BEGIN AGE ENCRYPTED FILE----\n",
	  "age armor: does not begin with '" BEGIN "'" },
	{ BEGIN "\n", "-----BEGIN AGE FILE-----\n", "age armor: does not begin with '" BEGIN "'" },
	{ BEGIN "\n", BEGIN, "age armor: does not begin with '" BEGIN "'" },
	{ BEGIN "\n", BEGIN "\n\n", NOT_LINES },
	{ BEGIN "\n", BEGIN "\nVersion: 1\n\n", NOT_LINES },
	{ BEGIN "\n", BEGIN "\n" BEGIN "\n", NOT_LINES },
	{ BEGIN "\nYWdl", BEGIN "\nYWd\nl", NOT_LINES },
	{ BEGIN "\nYWdl", BEGIN "\n YWdl", NOT_LINES },
	{ BEGIN "\nYWdl", BEGIN "\nYW-l", NOT_LINES },
	{ END "\n", "", "age armor: does not end with '" END "'" },
	{ "\n" END "\n", "\n\n" END "\n", NOT_LINES },
	{ "\n" END "\n", "\nAAAA\n" END "\n", NOT_LINES },
	{ "\n" END "\n", " \n" END "\n", NOT_LINES },
	{ "\n" END "\n", "\n " END "\n", NOT_LINES },
	{ "\n" END "\n", "\n-----END AGE FILE-----\n", NOT_LINES },
	{ END "\n", END "\nx", "age armor: has something behind its end" },
	{ END "\n", END "\n" BEGIN "\n", "age armor: has something behind its end" },
	{ END "\n", END "-\n", NOT_LINES },
};

static void
test_armor(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(age_encrypt(recipients, 1, bytes_of("content"), &file, &err), 0);
	for (size_t i = 0; i < COUNT(armors); i++) {
		CLEANUP(buf_clear) struct buf other = BUF_INIT(FILE_MAX);

		replace(buf_bytes(&file), armors[i].what, armors[i].with, &other);
		if (armors[i].message != NULL)
			expect_refused_alone(buf_bytes(&other), armors[i].message);
		else
			expect_plain(buf_bytes(&other), people, bytes_of("content"));
		assert_int_equal(age_check_stanzas(buf_bytes(&other), recipients, 1, &err), -1);
		assert_string_equal(err.message,
				    armors[i].message != NULL ?
					    armors[i].message :
					    "age armor: is not as tfsecrets writes it");
		assert_int_equal(err.code, ERROR_REFUSED);
	}
}

/* The reference takes 1,024 bytes of blanks on each side. */
static void
test_blanks_around_armor(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(age_encrypt(recipients, 1, bytes_of("content"), &file, &err), 0);
	for (size_t len = 1024; len <= 1025; len++) {
		CLEANUP(buf_clear) struct buf before = BUF_INIT(FILE_MAX),
					      after = BUF_INIT(FILE_MAX);

		buf_append(&after, buf_bytes(&file));
		for (size_t i = 0; i < len; i++) {
			buf_append_byte(&before, '\n');
			buf_append_byte(&after, ' ');
		}
		buf_append(&before, buf_bytes(&file));
		if (len == 1024) {
			expect_plain(buf_bytes(&before), people, bytes_of("content"));
			expect_plain(buf_bytes(&after), people, bytes_of("content"));
			continue;
		}
		expect_refused_alone(buf_bytes(&before),
				     "age armor: does not begin with '" BEGIN "'");
		expect_refused_alone(buf_bytes(&after), "age armor: has something behind its end");
	}
}

/* Data that fills its last line ends without an empty one. */
static void
test_full_last_line(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(1000), back = BUF_INIT(1000);
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t len = 0; len <= 100; len++) {
		buf_reset(&text);
		buf_reset(&back);
		age_armor_write((struct bytes){ content, len }, &text);
		assert_null(strstr(buf_text(&text), "\n\n"));
		assert_int_equal(age_armor_read(buf_bytes(&text), &back, &err), 0);
		assert_true(bytes_equal(buf_bytes(&back), (struct bytes){ content, len }));
	}
}

/* Stanzas against recipients, without a key */

static void
expect_stanzas(struct bytes file, const struct age_recipient *expected, size_t count,
	       const char *message)
{
	struct error err = ERROR_INIT;

	assert_int_equal(age_check_stanzas(file, expected, count, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
}

static void
test_check_stanzas(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX), ssh = BUF_INIT(FILE_MAX);
	const struct age_recipient swapped[] = { recipients[1], recipients[0] };
	struct age_identity other;
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(age_encrypt(recipients, 2, bytes_of("x"), &file, &err), 0);
	assert_int_equal(age_check_stanzas(buf_bytes(&file), recipients, 2, &err), 0);
	expect_stanzas(buf_bytes(&file), swapped, 2, "stanza 1 is not for the roster's reader 1");
	expect_stanzas(buf_bytes(&file), recipients, 1, "has 2 stanzas, the roster has 1 readers");
	expect_stanzas(buf_bytes(&file), recipients, 0, "has 2 stanzas, the roster has 0 readers");

	/* By the tag it shows for whom it is. */
	assert_int_equal(secret_from(bytes_of("a seed of thirty-two characters."), &seed, &err), 0);
	assert_int_equal(age_identity_from_seed(&seed, &other, &err), 0);
	assert_int_equal(age_encrypt(&recipients[1], 1, bytes_of("x"), &ssh, &err), 0);
	assert_int_equal(age_check_stanzas(buf_bytes(&ssh), &recipients[1], 1, &err), 0);
	expect_stanzas(buf_bytes(&ssh), &other.recipient, 1,
		       "stanza 1 is not for the roster's reader 1");
	age_identity_clear(&other);

	buf_reset(&file);
	write_file("-> a\n\n", NULL, &file);
	buf_reset(&ssh);
	age_armor_write(buf_bytes(&file), &ssh);
	expect_stanzas(buf_bytes(&ssh), recipients, 1, "stanza 1 is not for the roster's reader 1");
	expect_stanzas(buf_bytes(&file), recipients, 1,
		       "age armor: does not begin with '" BEGIN "'");
}

/* Passphrases */

/* A stanza of scrypt; what it wraps does not matter where it is refused. */
static void
expect_refused_scrypt(const char *stanza, unsigned most, const char *message)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
	struct secret plain = SECRET_INIT;
	struct error err = ERROR_INIT;

	write_file(stanza, NULL, &file);
	assert_int_equal(age_decrypt_passphrase(buf_bytes(&file), &file_key, most, &plain, &err),
			 -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_null(plain.data);
}

#define SALT "c2FsdHNhbHRzYWx0c2FsdA"
#define BODY "\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUI\n"

static void
test_scrypt(void **state)
{
	static const char *const stanzas[] = {
		"-> scrypt" BODY,
		"-> scrypt " SALT BODY,
		"-> scrypt " SALT " 0" BODY,
		"-> scrypt " SALT " 01" BODY,
		"-> scrypt " SALT " +1" BODY,
		"-> scrypt " SALT " 1x" BODY,
		"-> scrypt " SALT " 64" BODY,
		"-> scrypt " SALT " 18446744073709551617" BODY,
		"-> scrypt " SALT " 1 1" BODY,
		"-> scrypt c2FsdHNhbHRzYWx0c2Fs 1" BODY,
		"-> scrypt c2FsdHNhbHRzYWx0c2FsdHM 1" BODY,
		"-> scrypt c2FsdHNhbHRzYWx0c2FsdB 1" BODY,
		"-> scrypt " SALT " 1\nQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQQ\n",
		"-> scrypt " SALT " 1\n\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(stanzas); i++)
		expect_refused_scrypt(stanzas[i], 10, "age header: the scrypt stanza is malformed");
	expect_refused_scrypt("-> scrypt " SALT " 10" BODY, 10, "no identity opens it");
	expect_refused_scrypt("-> scrypt " SALT " 11" BODY, 10,
			      "age header: the scrypt work factor is too high");
	expect_refused_scrypt("-> scrypt " SALT " 63" BODY, AGE_WORK_FACTOR_MAX,
			      "age header: the scrypt work factor is too high");
	expect_refused_scrypt("-> scrypt " SALT " 1" BODY "-> a\n\n", 10,
			      "age header: a scrypt stanza must stand alone");
	expect_refused_scrypt("-> a\n\n", 10, "no identity opens it");
}

/* Keys as text */

static void
expect_not_recipient(const char *text, const char *message)
{
	struct age_recipient recipient;
	struct error err = ERROR_INIT;

	assert_int_equal(age_recipient_parse(bytes_of(text), &recipient, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
}

static void
test_recipients(void **state)
{
	char text[AGE_RECIPIENT_TEXT_BYTES], longer[AGE_RECIPIENT_TEXT_BYTES + 2];
	struct age_recipient back, low = { .kind = AGE_X25519 };
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(recipients); i++) {
		age_recipient_format(&recipients[i], text);
		assert_int_equal(age_recipient_parse(bytes_of(text), &back, &err), 0);
		assert_true(age_recipient_equal(&back, &recipients[i]));
		assert_false(age_recipient_equal(&back, &recipients[1 - i]));
		(void)snprintf(longer, sizeof(longer), "%s ", text);
		assert_int_equal(age_recipient_parse(bytes_of(longer), &back, &err), -1);
		(void)snprintf(longer, sizeof(longer), " %s", text);
		assert_int_equal(age_recipient_parse(bytes_of(longer), &back, &err), -1);
	}
	/* The same 32 bytes as another kind of key are another key. */
	back = recipients[0];
	back.kind = AGE_SSH_ED25519;
	assert_false(age_recipient_equal(&back, &recipients[0]));

	age_recipient_format(&low, text);
	expect_not_recipient(text, "is a key of low order");
	age_recipient_format(&(struct age_recipient){ .kind = AGE_SSH_ED25519 }, text);
	expect_not_recipient(text, "is not a valid ssh-ed25519 key");
	(void)snprintf(longer, sizeof(longer), "ssh-ed25519 %s", "");
	expect_not_recipient(longer, "is not a valid ssh-ed25519 key");
	expect_not_recipient("", "is not an age1… or ssh-ed25519 key");
	expect_not_recipient("age1", "is not an age1… or ssh-ed25519 key");
	expect_not_recipient("age1pq1abc", "post-quantum recipients (age1pq1…) are not supported "
					   "in version 1");
	expect_not_recipient("age1tagpq1abc", "post-quantum recipients (age1tagpq1…) are not "
					      "supported in version 1");
	expect_not_recipient("age1tag1abc", "hardware recipients (age1tag1…) are not supported");
	expect_not_recipient("age1yubikey1abc", "plug-in recipients are not supported");
	expect_not_recipient("ssh-rsa AAAA",
			     "ssh-rsa keys are not supported; use ssh-ed25519 or age1…");
	expect_not_recipient("ecdsa-sha2-nistp256 AAAA",
			     "ECDSA keys are not supported; use ssh-ed25519 or age1…");
	expect_not_recipient("sk-ssh-ed25519@openssh.com AAAA",
			     "security keys are not supported; use ssh-ed25519 or age1…");
	expect_not_recipient("AGE-SECRET-KEY-1ABC",
			     "is a private key; give the public one (age1…)");
}

static void
test_identities(void **state)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "is not an identity (AGE-SECRET-KEY-1…)" },
		{ "AGE-SECRET-KEY-1", "is not an identity (AGE-SECRET-KEY-1…)" },
		{ "AGE-SECRET-KEY-PQ-1ABC",
		  "post-quantum identities (AGE-SECRET-KEY-PQ-1…) are not supported in version 1" },
		{ "AGE-PLUGIN-YUBIKEY-1ABC",
		  "plug-in identities (AGE-PLUGIN-…) are not supported" },
		{ "age1abc", "is a public key; an identity is AGE-SECRET-KEY-1…" },
	};
	struct age_identity back;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(secret_new(200, &text, &err), 0);
	assert_int_equal(age_identity_format(&people[0], &text, &err), 0);
	assert_int_equal(age_identity_parse(secret_bytes(&text), &back, &err), 0);
	assert_true(secret_equal(&back.private, &people[0].private));
	assert_true(age_recipient_equal(&back.recipient, &recipients[0]));
	age_identity_clear(&back);
	assert_null(back.private.data);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(age_identity_parse(bytes_of(cases[i].text), &back, &err), -1);
		assert_string_equal(err.message, cases[i].message);
		assert_int_equal(err.code, ERROR_REFUSED);
	}
}

/* Two files of the same content have nothing in common behind the version line. */
static void
test_every_file_differs(void **state)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT(FILE_MAX), b = BUF_INIT(FILE_MAX);
	CLEANUP(buf_clear) struct buf first = BUF_INIT(FILE_MAX), second = BUF_INIT(FILE_MAX);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(age_encrypt(recipients, 1, bytes_of("content"), &a, &err), 0);
	assert_int_equal(age_encrypt(recipients, 1, bytes_of("content"), &b, &err), 0);
	assert_int_equal(age_armor_read(buf_bytes(&a), &first, &err), 0);
	assert_int_equal(age_armor_read(buf_bytes(&b), &second, &err), 0);
	assert_int_equal(first.len, second.len);
	/* A share or a body of 43 characters each, a MAC, a nonce with what is sealed. */
	for (size_t at = strlen(VERSION_LINE "-> X25519 "); at + 16 <= first.len; at += 16)
		assert_memory_not_equal(first.data + at, second.data + at, 16);
}

static void
test_is_file(void **state)
{
	static const char *const files[] = { "age-encryption.org/v1\n", "age-encryption.org/v9",
					     BEGIN, "\n" BEGIN "\n" };
	static const char *const others[] = { "",
					      "age",
					      "age-encryption.org",
					      " age-encryption.org/v1\n",
					      "AGE-SECRET-KEY-1",
					      "-----BEGIN OPENSSH PRIVATE KEY-----\n",
					      "-----" };

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		assert_true(age_is_file(bytes_of(files[i])));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(age_is_file(bytes_of(others[i])));
	assert_false(age_is_file((struct bytes){ NULL, 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_who_opens),
		cmocka_unit_test(test_malformed_stanzas),
		cmocka_unit_test(test_unknown_stanzas),
		cmocka_unit_test(test_words_of_a_stanza),
		cmocka_unit_test(test_low_order_share),
		cmocka_unit_test(test_first_and_last_line),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_what_the_mac_covers),
		cmocka_unit_test(test_altered_everywhere),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_too_much_header),
		cmocka_unit_test(test_too_long_body),
		cmocka_unit_test(test_too_long_lines),
		cmocka_unit_test(test_cut_payload),
		cmocka_unit_test(test_longer_payload),
		cmocka_unit_test(test_chunks_that_make_no_payload),
		cmocka_unit_test(test_chunks_in_another_order),
		cmocka_unit_test(test_nothing_partial),
		cmocka_unit_test(test_armor),
		cmocka_unit_test(test_blanks_around_armor),
		cmocka_unit_test(test_full_last_line),
		cmocka_unit_test(test_check_stanzas),
		cmocka_unit_test(test_scrypt),
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_every_file_differs),
		cmocka_unit_test(test_is_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
