/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* A text of len times c, and one more character at its end. The caller frees. */
static char *
repeated(char c, size_t len, char last)
{
	char *text = xcalloc(len + 2, 1);

	memset(text, c, len);
	text[len] = last;
	return text;
}

static void
expect(bool (*is)(struct bytes), bool is_accepted, const char *text)
{
	if (is(bytes_of(text)) != is_accepted)
		fail_msg("%s: '%s'", is_accepted ? "refused" : "accepted", text);
}

/* Every byte alone and as the second and last one of three. */
static void
expect_alphabet(bool (*is)(struct bytes), const char *first, const char *inner, const char *last)
{
	for (unsigned c = 1; c < 256; c++) {
		const char text[] = { (char)c, 0 };
		const char middle[] = { 'a', (char)c, 'a', 0 }, end[] = { 'a', 'a', (char)c, 0 };

		expect(is, strchr(first, (int)c) != NULL, text);
		expect(is, strchr(inner, (int)c) != NULL, middle);
		expect(is, strchr(last, (int)c) != NULL, end);
	}
	assert_false(is((struct bytes){ NULL, 0 }));
	assert_false(is((struct bytes){ (const uint8_t *)"a\0b", 3 }));
	assert_false(is((struct bytes){ (const uint8_t *)"a\0", 2 }));
	assert_false(is((struct bytes){ (const uint8_t *)"\0", 1 }));
}

static void
expect_longest(bool (*is)(struct bytes), size_t maximum)
{
	CLEANUP(free_text) char *longest = repeated('a', maximum - 1, 'a');
	CLEANUP(free_text) char *too_long = repeated('a', maximum, 'a');

	expect(is, true, longest);
	expect(is, false, too_long);
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static void
test_setting_name(void **state)
{
	(void)state;
	expect_alphabet(text_is_setting_name, LOWER UPPER "_", LOWER UPPER DIGITS "_",
			LOWER UPPER DIGITS "_");
	expect_longest(text_is_setting_name, 128);
}

static void
test_label(void **state)
{
	(void)state;
	expect_alphabet(text_is_label, LOWER DIGITS, LOWER DIGITS "-", LOWER DIGITS);
	expect_longest(text_is_label, 63);
}

static void
test_member_name(void **state)
{
	(void)state;
	expect_alphabet(text_is_member_name, LOWER DIGITS, LOWER DIGITS "._-", LOWER DIGITS "._-");
	expect_longest(text_is_member_name, 63);
}

/* Encodes a code point as if every one had an encoding of len bytes. */
static struct bytes
encode(uint32_t code, size_t len, uint8_t out[static 4])
{
	static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len; i-- > 1; code >>= 6)
		out[i] = (uint8_t)(0x80 | (code & 0x3f));
	out[0] = (uint8_t)(leads[len] | code);
	return (struct bytes){ out, len };
}

/* Every code point in the one length that is its own, and in no other. */
static void
test_utf8_code_points(void **state)
{
	static const uint32_t first_of[] = { 0, 0, 0x80, 0x800, 0x10000, 0x110000 };
	uint8_t bytes[4];

	(void)state;
	for (size_t len = 1; len <= 4; len++) {
		uint32_t behind = len == 1 ? 0x80 : UINT32_C(1) << (5 * len + 1);

		for (uint32_t code = 0; code < behind; code++) {
			bool is_surrogate = code >= 0xd800 && code < 0xe000;
			bool is_valid =
				code >= first_of[len] && code < first_of[len + 1] && !is_surrogate;

			if (text_is_utf8(encode(code, len, bytes)) != is_valid)
				fail_msg("U+%X in %zu bytes", (unsigned)code, len);
		}
	}
}

/* Whatever two bytes stand behind a letter. */
static void
test_utf8_pairs(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		for (unsigned second = 0; second < 256; second++) {
			const uint8_t text[] = { 'a', (uint8_t)first, (uint8_t)second };
			bool is_valid = (first < 0x80 && second < 0x80) ||
					(first >= 0xc2 && first < 0xe0 && (second & 0xc0) == 0x80);

			assert_true(text_is_utf8(BYTES(text)) == is_valid);
		}
	}
}

static void
test_utf8_cut(void **state)
{
	static const char whole[] = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z";
	static const bool is_end[] = { true,  false, true,  false, false, true,
				       false, false, false, true,  true };

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		/* In a block of its size, so that a sanitizer sees a byte read too many. */
		uint8_t *copy = xcalloc(len, 1);

		memcpy(copy, whole, len);
		assert_true(text_is_utf8((struct bytes){ copy, len }) == is_end[len]);
		free(copy);
	}
	assert_true(text_is_utf8((struct bytes){ NULL, 0 }));
	assert_true(text_is_utf8((struct bytes){ (const uint8_t *)"\0", 1 }));
}

static void
expect_number(const char *text, uint64_t maximum, uint64_t number)
{
	uint64_t read = ~number;

	if (!text_to_number(bytes_of(text), maximum, &read))
		fail_msg("refused: '%s'", text);
	assert_true(read == number);
}

static void
expect_no_number(const char *text, uint64_t maximum)
{
	uint64_t read = 12345;

	if (text_to_number(bytes_of(text), maximum, &read))
		fail_msg("accepted: '%s'", text);
	assert_true(read == 12345);
}

static void
test_number(void **state)
{
	static const char *const refused[] = { "",    "-1",  "+1",  " 1", "1 ", "00",  "01",
					       "0x1", "1.0", "1e",  "a",  "1a", "1\n", "\xd9\xa1",
					       "-0",  "1,0", "1_0", "/",  ":" };

	(void)state;
	expect_number("0", 0, 0);
	expect_number("7", 7, 7);
	expect_number("10", 10, 10);
	expect_number("4294967295", UINT32_MAX, UINT32_MAX);
	expect_number("18446744073709551615", UINT64_MAX, UINT64_MAX);
	for (size_t i = 0; i < COUNT(refused); i++)
		expect_no_number(refused[i], UINT64_MAX);
	assert_false(
		text_to_number((struct bytes){ (const uint8_t *)"1\0", 2 }, 9, &(uint64_t){ 0 }));
}

static void
test_number_maximum(void **state)
{
	(void)state;
	expect_no_number("1", 0);
	expect_no_number("9", 5);
	expect_no_number("10", 9);
	expect_no_number("11", 10);
	expect_no_number("4294967296", UINT32_MAX);
	expect_no_number("18446744073709551616", UINT64_MAX);
	expect_no_number("18446744073709551620", UINT64_MAX);
	expect_no_number("184467440737095516150", UINT64_MAX);
	expect_no_number("99999999999999999999999999", UINT64_MAX);
	/* Each maximum and each number, both small. */
	for (uint64_t maximum = 0; maximum < 130; maximum++) {
		for (unsigned number = 0; number < 130; number++) {
			CLEANUP(free_text) char *text = xasprintf("%u", number);
			uint64_t read;

			assert_true(text_to_number(bytes_of(text), maximum, &read) ==
				    (number <= maximum));
		}
	}
}

static void
expect_suggestion(const char *word, const char *expected)
{
	static const char *const candidates[] = { "settings", "min-length", "max-length", "type",
						  "kind",     "a",	    "PORT",	  NULL };
	const char *suggested = text_suggest(word, candidates);

	if (expected == NULL)
		assert_null(suggested);
	else if (suggested == NULL)
		fail_msg("nothing for '%s'", word);
	else
		assert_string_equal(suggested, expected);
}

static void
test_suggest(void **state)
{
	(void)state;
	expect_suggestion("settings", "settings");
	expect_suggestion("setings", "settings");
	expect_suggestion("settingss", "settings");
	expect_suggestion("settinfs", "settings");
	/* Two letters exchanged are one slip, letter case is none. */
	expect_suggestion("tpye", "type");
	expect_suggestion("dnik", NULL);
	expect_suggestion("SETTINGS", "settings");
	expect_suggestion("port", "PORT");
	expect_suggestion("prot", "PORT");
	/* A third of the longer one: two of eight, one of four, three at the most. */
	expect_suggestion("sxttixgs", "settings");
	expect_suggestion("sxtxixgs", NULL);
	expect_suggestion("kxxd", NULL);
	expect_suggestion("kxnd", "kind");
	expect_suggestion("min-lxxxth", "min-length");
	expect_suggestion("min-xxxxth", NULL);
	expect_suggestion("min-lengthabcd", NULL);
	/* The nearest, not the first. */
	expect_suggestion("man-length", "min-length");
	expect_suggestion("maxlength", "max-length");
	expect_suggestion("b", "a");
	expect_suggestion("bc", NULL);
	expect_suggestion("", "a");
}

static void
test_suggest_long(void **state)
{
	CLEANUP(free_text) char *name = repeated('a', 127, 'b');
	CLEANUP(free_text) char *slip = repeated('a', 127, 'c');
	CLEANUP(free_text) char *endless = repeated('a', 5000, 'b');
	const char *const candidates[] = { endless, name, NULL }, *const none[] = { NULL };

	(void)state;
	assert_ptr_equal(text_suggest(slip, candidates), name);
	assert_null(text_suggest(endless, candidates));
	assert_null(text_suggest("a", none));
}

static void
expect_neutral(const char *text, bool keep_lines, const char *expected)
{
	CLEANUP(free_text) char *copy = xstrdup(text);

	text_neutralise(copy, keep_lines);
	assert_string_equal(copy, expected);
}

static void
test_neutralise(void **state)
{
	(void)state;
	expect_neutral("", false, "");
	expect_neutral("a b\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", false,
		       "a b\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	expect_neutral("a\x1b[31mb\x7f", false, "a?[31mb?");
	expect_neutral("a\n\tb\r\n", true, "a\n\tb?\n");
	expect_neutral("a\n\tb\r\n", false, "a??b??");
	/* C1 as UTF-8, U+0080 and U+009F; U+00A0 is none. */
	expect_neutral("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", true, "??????\xc2\xa0");
	/* Invalid, each byte on its own; a byte cut off keeps what is behind it. */
	expect_neutral("\x80\xff\xc3(\xe2\x82", true, "??\?(??");
	expect_neutral("\xc0\x9b\xed\xa0\x80", true, "?????");
	expect_neutral("\xf0\x9f\x98\x1b[", true, "???\?[");
}

static void
test_neutralise_bytes(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		char text[] = { 'a', (char)c, 'b', 0 };
		bool is_kept = c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f);

		text_neutralise(text, true);
		assert_int_equal(text[0], 'a');
		assert_int_equal((unsigned char)text[1], is_kept ? c : '?');
		assert_int_equal(text[2], 'b');
	}
}

static void
test_hex(void **state)
{
	static const uint8_t bytes[] = { 0, 1, 0x7f, 0x80, 0xab, 0xff };
	char text[2 * sizeof(bytes) + 1];
	uint8_t read[sizeof(bytes)];

	(void)state;
	text_to_hex(BYTES(bytes), text);
	assert_string_equal(text, "00017f80abff");
	assert_true(text_from_hex(bytes_of(text), read, sizeof(read)));
	assert_memory_equal(read, bytes, sizeof(bytes));
	text_to_hex((struct bytes){ NULL, 0 }, text);
	assert_string_equal(text, "");
	assert_true(text_from_hex((struct bytes){ NULL, 0 }, read, 0));
	assert_false(text_from_hex(bytes_of("0"), read, 0));
	assert_false(text_from_hex(bytes_of("0"), read, 1));
	assert_false(text_from_hex(bytes_of("000"), read, 1));
	assert_false(text_from_hex(bytes_of(""), read, 1));
}

/* Every byte as either digit. */
static void
test_hex_digits(void **state)
{
	static const char digits[] = "0123456789abcdef";

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		const uint8_t high[] = { (uint8_t)c, '5' }, low[] = { '5', (uint8_t)c };
		const char *at = c > 0 ? strchr(digits, (int)c) : NULL;
		uint8_t read;

		assert_true(text_from_hex(BYTES(high), &read, 1) == (at != NULL));
		assert_true(text_from_hex(BYTES(low), &read, 1) == (at != NULL));
		if (at != NULL)
			assert_int_equal(read, 0x50 + (at - digits));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setting_name), cmocka_unit_test(test_label),
		cmocka_unit_test(test_member_name),  cmocka_unit_test(test_utf8_code_points),
		cmocka_unit_test(test_utf8_pairs),   cmocka_unit_test(test_utf8_cut),
		cmocka_unit_test(test_number),	     cmocka_unit_test(test_number_maximum),
		cmocka_unit_test(test_suggest),	     cmocka_unit_test(test_suggest_long),
		cmocka_unit_test(test_neutralise),   cmocka_unit_test(test_neutralise_bytes),
		cmocka_unit_test(test_hex),	     cmocka_unit_test(test_hex_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
