/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "crypto/bech32.h"
#include "crypto/random.h"
#include "crypto/x25519.h"

#define HRP_PRIVATE "age-secret-key-"
#define COUNTING "age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m"

/* The bytes 0, 1, ... 31 are behind COUNTING and each text that is COUNTING but for one fault. */
static void
counting(uint8_t key[static BECH32_KEY_BYTES])
{
	for (size_t i = 0; i < BECH32_KEY_BYTES; i++)
		key[i] = (uint8_t)i;
}

static const struct {
	const char *hrp, *text;
	int byte; /* 32 times this one, or -1: counting */
} valid[] = {
	{ "age", COUNTING, -1 },
	{ "age", "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z", 0x00 },
	{ "age", "age1lllllllllllllllllllllllllllllllllllllllllllllllllllskxlyh4", 0xff },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
	  "qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0s60rv8j",
	  -1 },
};

static void
test_public_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(valid); i++) {
		uint8_t expected[BECH32_KEY_BYTES], key[BECH32_KEY_BYTES];
		char text[BECH32_TEXT_MAX];

		counting(expected);
		if (valid[i].byte >= 0)
			memset(expected, valid[i].byte, sizeof(expected));
		bech32_encode_public(valid[i].hrp, expected, text);
		assert_string_equal(text, valid[i].text);
		assert_true(bech32_decode_public(valid[i].hrp, bytes_of(text), key));
		assert_memory_equal(key, expected, sizeof(key));
	}
}

/* The identity and recipient of the age test vectors (C2SP/CCTV), which age-keygen -y agrees on. */
static void
test_age_pair(void **state)
{
	static const char identity[] =
		"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
	static const char recipient[] =
		"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
	CLEANUP(secret_clear) struct secret key = SECRET_INIT;
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	struct error err = ERROR_INIT;
	uint8_t public[X25519_BYTES];
	char public_text[BECH32_TEXT_MAX];

	(void)state;
	assert_int_equal(bech32_decode_private(HRP_PRIVATE, bytes_of(identity), &key, &err), 0);
	assert_int_equal(key.len, 32);
	for (size_t i = 0; i < key.len; i++)
		assert_int_equal(key.data[i], 0x42);
	x25519_public(&key, public);
	bech32_encode_public("age", public, public_text);
	assert_string_equal(public_text, recipient);

	assert_int_equal(secret_new(100, &text, &err), 0);
	assert_int_equal(secret_append(&text, bytes_of("# key: 1a "), &err), 0);
	assert_int_equal(bech32_encode_private(HRP_PRIVATE, &key, &text, &err), 0);
	assert_true(
		bytes_equal((struct bytes){ text.data + 10, text.len - 10 }, bytes_of(identity)));
	assert_memory_equal(text.data, "# key: 1a ", 10);
	assert_int_equal(bech32_encode_private(HRP_PRIVATE, &key, &text, &err), -1);
	assert_string_equal(err.message, "a secret is larger than 100 bytes");
	assert_int_equal(text.len, 84);
}

/* Each of the first group has a checksum that is right for what it says. */
static const char *const invalid[] = {
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc03q6rzrf",  /* padding 0001 */
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jwfk5dk",  /* padding 0010 */
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc05jx433p",  /* padding 0100 */
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0crcnmqx",  /* padding 1000 */
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc535lh4",	   /* 31 bytes */
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jzcgj8xx", /* 33 bytes */
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sq47der8", /* 53 symbols */
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sgs8mme",  /* Bech32m */
	"AGE1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SAVHH7M",  /* upper case */

	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7M", /* mixed case */
	"Age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m",
	"age1Qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m",
	"age1bqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m", /* b, i, o, 1 */
	"age1iqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m",
	"age1oqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m",
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh71",
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7\x7f",
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7\xed",
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7 ",
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7",
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m ",
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m\n",
	"age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7mq",
	" age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m",
	"bge1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m",
	"age2qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m",
	"ageqqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0savhh7m",
	"",
	"a",
	"age",
	"age1",
	"1",

	/* BIP-173: valid there, but not 32 bytes; and invalid there. */
	"A12UEL5L",
	"a12uel5l",
	"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
	"?1ezyfcl",
	"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
	"pzry9x0s0muk",
	"1pzry9x0s0muk",
	"x1b4n0q5v",
	"li1dgmt3",
	"A1G7SGD8",
	"10a06t8",
	"1qzzfhee",
};

static void
test_invalid(void **state)
{
	uint8_t key[BECH32_KEY_BYTES], untouched[BECH32_KEY_BYTES];

	(void)state;
	memset(key, 0xee, sizeof(key));
	memset(untouched, 0xee, sizeof(untouched));
	for (size_t i = 0; i < COUNT(invalid); i++)
		assert_false(bech32_decode_public("age", bytes_of(invalid[i]), key));
	assert_false(bech32_decode_public("ag", bytes_of(COUNTING), key));
	assert_false(bech32_decode_public("agee", bytes_of(COUNTING), key));
	assert_memory_equal(key, untouched, sizeof(key));
}

/* A BCH code of distance 5: no change of one or of two characters goes unseen. */
static void
test_every_single_change(void **state)
{
	char text[] = COUNTING;
	uint8_t key[BECH32_KEY_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char right = text[i];

		for (int c = 0; c < 256; c++) {
			text[i] = (char)c;
			if (text[i] != right)
				assert_false(bech32_decode_public("age", bytes_of(text), key));
		}
		text[i] = right;
	}
	assert_true(bech32_decode_public("age", bytes_of(text), key));
}

static const struct {
	const char *text, *rule;
} invalid_private[] = {
	{ "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEQ",
	  "its checksum does not match" },
	/* The checksum taken over the upper-case form. */
	{ "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQKG2VEP",
	  "its checksum does not match" },
	{ "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAE",
	  "its length is wrong" },
	{ "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n",
	  "its length is wrong" },
	{ "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEO",
	  "it has a character that Bech32 does not use" },
	{ "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEx",
	  "it has a character that Bech32 does not use" },
	{ "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAE\x18",
	  "it has a character that Bech32 does not use" },
	{ "age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpq4egaex",
	  "it is of another kind" },
	{ "aGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
	  "it is of another kind" },
	{ "AGE-SECRET-KEY-PQ-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ0HGUHW",
	  "it is of another kind" },
	{ "", "it is of another kind" },
};

static void
test_invalid_private(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(invalid_private); i++) {
		struct secret key = SECRET_INIT;
		struct error err = ERROR_INIT;
		struct bytes text = bytes_of(invalid_private[i].text);

		assert_int_equal(bech32_decode_private(HRP_PRIVATE, text, &key, &err), -1);
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_memory_equal(err.message, "not a private key: ", 19);
		assert_string_equal(err.message + 19, invalid_private[i].rule);
		assert_null(key.data);
	}
}

static void
test_random_keys(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	for (int i = 0; i < 500; i++) {
		CLEANUP(secret_clear) struct secret key = SECRET_INIT;
		CLEANUP(secret_clear) struct secret text = SECRET_INIT;
		CLEANUP(secret_clear) struct secret back = SECRET_INIT;
		uint8_t public[BECH32_KEY_BYTES];
		char public_text[BECH32_TEXT_MAX];

		assert_int_equal(x25519_generate(&key, &err), 0);
		assert_int_equal(secret_new(BECH32_TEXT_MAX, &text, &err), 0);
		assert_int_equal(bech32_encode_private("x", &key, &text, &err), 0);
		assert_int_equal(bech32_decode_private("x", secret_bytes(&text), &back, &err), 0);
		assert_true(secret_equal(&key, &back));
		bech32_encode_public("x", key.data, public_text);
		assert_true(bech32_decode_public("x", bytes_of(public_text), public));
		assert_memory_equal(public, key.data, sizeof(public));
	}
}

static int
start(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return secret_start(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public_keys),	cmocka_unit_test(test_age_pair),
		cmocka_unit_test(test_invalid),		cmocka_unit_test(test_every_single_change),
		cmocka_unit_test(test_invalid_private), cmocka_unit_test(test_random_keys),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
