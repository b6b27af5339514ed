/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/repository/lines.h"

static struct lines
start(const char *text)
{
	struct lines lines;
	struct error err;

	assert_int_equal(lines_start(&lines, bytes_of(text), "f", &err), 0);
	return lines;
}

static void
expect_refused(struct bytes text, const char *message)
{
	struct lines lines;
	struct error err;

	assert_int_equal(lines_start(&lines, text, "f", &err), -1);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message, message);
}

static void
test_rules(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "f:1: the file is empty" },
		{ "\n", "f:1: an empty line" },
		{ "a\n\nb\n", "f:2: an empty line" },
		{ "a\n\n", "f:2: an empty line" },
		{ "a", "f:1: the last line has no line feed, the file was cut off" },
		{ "a\nb", "f:2: the last line has no line feed, the file was cut off" },
		{ "a\r\n", "f:1: a carriage return; lines end with a line feed alone" },
		{ "a\nb\rc\n", "f:2: a carriage return; lines end with a line feed alone" },
		{ "a \n", "f:1: a blank at the end of a line" },
		{ " a\n", "f:1: a blank at the start of a line" },
		{ " \n", "f:1: a blank at the end of a line" },
		{ "a  b\n", "f:1: two blanks in a row" },
		{ "a\tb\n", "f:1: a byte that is not printable ASCII" },
		{ "\xef\xbb\xbf"
		  "a\n",
		  "f:1: a byte that is not printable ASCII" },
		{ "a\x7f\n", "f:1: a byte that is not printable ASCII" },
		{ "a\x1f\n", "f:1: a byte that is not printable ASCII" },
		{ "x\n<<<<<<< HEAD\n", "f:2: a merge conflict was left here" },
		{ "x\n=======\ny\n", "f:2: a merge conflict was left here" },
		{ "x\ny\n>>>>>>> branch\n", "f:3: a merge conflict was left here" },
		{ "|||||||\n", "f:1: a merge conflict was left here" },
		/* Not all seven alike: an ordinary line. */
		{ "======-\na \n", "f:2: a blank at the end of a line" },
		{ "======\na \n", "f:2: a blank at the end of a line" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_refused(bytes_of(cases[i].text), cases[i].message);
	expect_refused((struct bytes){ (const uint8_t *)"a\0b\n", 4 },
		       "f:1: a byte that is not printable ASCII");
}

/* A text that would be read behind its end has no NUL behind it: the sanitizer sees the read. */
static void
test_no_nul_behind(void **state)
{
	static const char text[] = "name value\n";
	size_t len = sizeof(text) - 1;
	CLEANUP(free_text) char *exact = xcalloc(len, 1);
	struct lines lines;
	struct bytes value;
	struct error err;

	(void)state;
	memcpy(exact, text, len);
	assert_int_equal(lines_start(&lines, (struct bytes){ (uint8_t *)exact, len }, "f", &err),
			 0);
	assert_int_equal(lines_field(&lines, "name", &value, &err), 0);
	assert_int_equal(value.len, 5);
	assert_false(lines_at(&lines, "name"));
	assert_int_equal(lines_field(&lines, "name", &value, &err), -1);
	assert_string_equal(err.message, "f:1: the file was cut off, expected the field 'name'");
}

static void
test_length(void **state)
{
	char text[LINE_MAX_BYTES + 3];
	struct lines lines;
	struct bytes line;
	struct error err;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[LINE_MAX_BYTES] = '\n';
	assert_int_equal(lines_start(&lines, (struct bytes){ (uint8_t *)text, LINE_MAX_BYTES + 1 },
				     "f", &err),
			 0);
	assert_true(lines_next(&lines, &line));
	assert_int_equal(line.len, LINE_MAX_BYTES);
	assert_false(lines_next(&lines, &line));
	text[LINE_MAX_BYTES] = 'a';
	text[LINE_MAX_BYTES + 1] = '\n';
	expect_refused((struct bytes){ (uint8_t *)text, LINE_MAX_BYTES + 2 },
		       "f:1: a line is longer than 1024 bytes");
}

static void
test_next(void **state)
{
	struct lines lines = start("one\ntwo 2\n");
	struct bytes line;
	struct error err;

	(void)state;
	assert_int_equal(lines_error(&lines, &err, "x %d", 7), -1);
	assert_string_equal(err.message, "f:1: x 7");
	assert_true(lines_at(&lines, "one"));
	assert_false(lines_at(&lines, "on"));
	assert_true(lines_next(&lines, &line));
	assert_true(bytes_equal(line, bytes_of("one")));
	(void)lines_error(&lines, &err, "x");
	assert_string_equal(err.message, "f:1: x");
	assert_true(lines_at(&lines, "two"));
	assert_true(lines_next(&lines, &line));
	assert_true(bytes_equal(line, bytes_of("two 2")));
	(void)lines_error(&lines, &err, "x");
	assert_string_equal(err.message, "f:2: x");
	assert_false(lines_next(&lines, &line));
	assert_false(lines_at(&lines, "two"));
	(void)lines_error(&lines, &err, "x");
	assert_string_equal(err.message, "f:2: x");
}

static void
test_literal_and_field(void **state)
{
	struct lines lines = start("magic v1\nname\nnamed x\nname a b\nmagic v1\n");
	struct bytes value = { NULL, 0 };
	struct error err;

	(void)state;
	assert_int_equal(lines_literal(&lines, "magic v1", &err), 0);
	assert_int_equal(lines_field(&lines, "name", &value, &err), -1);
	assert_string_equal(err.message, "f:2: expected the field 'name'");
	assert_int_equal(lines_field(&lines, "name", &value, &err), -1);
	assert_string_equal(err.message, "f:3: expected the field 'name'");
	assert_null(value.data);
	assert_int_equal(lines_field(&lines, "name", &value, &err), 0);
	assert_true(bytes_equal(value, bytes_of("a b")));
	assert_int_equal(lines_literal(&lines, "magic v2", &err), -1);
	assert_string_equal(err.message, "f:5: expected 'magic v2'");
	assert_int_equal(lines_literal(&lines, "magic v1", &err), -1);
	assert_string_equal(err.message, "f:5: the file was cut off, expected 'magic v1'");
}

static int
number(const char *text, uint32_t minimum, uint32_t *ret, struct error *err)
{
	struct lines lines = start(text);

	return lines_number(&lines, "n", minimum, ret, err);
}

static void
test_numbers(void **state)
{
	static const char *const bad[] = {
		"n 01\n",  "n +1\n", "n -1\n", "n 4294967296\n", "n 1 2\n",
		"n 0x1\n", "n 1a\n", "n -0\n", "n 00\n",	 "n 18446744073709551617\n"
	};
	uint32_t value = 77;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(number(bad[i], 0, &value, &err), -1);
		assert_string_equal(err.message, "f:1: 'n' is not a number from 0 to 4294967295");
	}
	assert_int_equal(number("n 0\n", 1, &value, &err), -1);
	assert_string_equal(err.message, "f:1: 'n' is not a number from 1 to 4294967295");
	assert_int_equal(number("m 1\n", 1, &value, &err), -1);
	assert_string_equal(err.message, "f:1: expected the field 'n'");
	assert_int_equal(value, 77);
	assert_int_equal(number("n 0\n", 0, &value, &err), 0);
	assert_int_equal(value, 0);
	assert_int_equal(number("n 4294967295\n", 1, &value, &err), 0);
	assert_true(value == UINT32_MAX);
}

static void
test_hex(void **state)
{
	static const char *const bad[] = { "h 0a1\n", "h 0a1bc\n", "h 0A1B\n", "h 0a1g\n",
					   "h 0a b\n" };
	char out[8];
	struct error err;
	struct lines lines;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		memset(out, 'x', sizeof(out));
		lines = start(bad[i]);
		assert_int_equal(lines_hex(&lines, "h", 4, out, &err), -1);
		assert_string_equal(err.message, "f:1: 'h' is not 4 lower-case hex digits");
		lines = start(bad[i]);
		assert_int_equal(lines_hex_or_none(&lines, "h", 4, out, &err), -1);
		assert_string_equal(err.message, "f:1: 'h' is not 4 lower-case hex digits");
		assert_int_equal(out[0], 'x');
	}
	lines = start("h -\n");
	assert_int_equal(lines_hex(&lines, "h", 4, out, &err), -1);
	lines = start("h 0a1b\nh -\nend\n");
	assert_int_equal(lines_hex_or_none(&lines, "h", 4, out, &err), 0);
	assert_string_equal(out, "0a1b");
	assert_int_equal(lines_hex_or_none(&lines, "h", 4, out, &err), 0);
	assert_string_equal(out, "");
	assert_int_equal(lines_hex_or_none(&lines, "h", 4, out, &err), -1);
	assert_string_equal(err.message, "f:3: expected the field 'h'");
}

static void
test_time(void **state)
{
	static const char *const bad[] = {
		"t 2026-02-29T00:00:00Z\n",   "t 2026-11-21T24:00:00Z\n",
		"t 2026-11-21t16:40:02Z\n",   "t 2026-11-21T16:40:02\n",
		"t 2026-11-21T16:40:02.0Z\n", "t 1969-12-31T23:59:59Z\n"
	};
	struct lines lines;
	int64_t value = 5;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		lines = start(bad[i]);
		assert_int_equal(lines_time(&lines, "t", &value, &err), -1);
		assert_string_equal(err.message,
				    "f:1: 't' is not a time such as 2026-11-21T16:40:02Z");
	}
	assert_int_equal(value, 5);
	lines = start("t 1970-01-01T00:01:00Z\n");
	assert_int_equal(lines_time(&lines, "t", &value, &err), 0);
	assert_int_equal(value, 60);
}

static void
test_names(void **state)
{
	struct lines lines = start("e prod\ne Prod\ne prod\n");
	char out[5] = "";
	struct error err;

	(void)state;
	assert_int_equal(lines_name(&lines, "e", text_is_label, 4, out, &err), 0);
	assert_string_equal(out, "prod");
	assert_int_equal(lines_name(&lines, "e", text_is_label, 4, out, &err), -1);
	assert_string_equal(err.message, "f:2: 'e' is not a valid name");
	assert_int_equal(lines_name(&lines, "e", text_is_label, 3, out, &err), -1);
	assert_string_equal(err.message, "f:3: 'e' is not a valid name");
}

static void
test_words(void **state)
{
	struct bytes rest = bytes_of("one two three");

	(void)state;
	assert_true(bytes_equal(lines_word(&rest), bytes_of("one")));
	assert_true(bytes_equal(rest, bytes_of("two three")));
	assert_true(bytes_equal(lines_word(&rest), bytes_of("two")));
	assert_true(bytes_equal(lines_word(&rest), bytes_of("three")));
	assert_int_equal(rest.len, 0);
	assert_int_equal(lines_word(&rest).len, 0);
}

static void
test_conflict(void **state)
{
	(void)state;
	assert_false(lines_have_conflict((struct bytes){ NULL, 0 }));
	assert_false(lines_have_conflict(bytes_of("one\n<<<<<< six\n two <<<<<<<\n<<<=<<<\n")));
	assert_true(lines_have_conflict(bytes_of("one\n<<<<<<< HEAD\n")));
	assert_true(lines_have_conflict(bytes_of("=======")));
	/* Whatever else is wrong with the text. */
	assert_true(lines_have_conflict(bytes_of("\n \r\n>>>>>>> side\n")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conflict),      cmocka_unit_test(test_rules),
		cmocka_unit_test(test_no_nul_behind), cmocka_unit_test(test_length),
		cmocka_unit_test(test_next),	      cmocka_unit_test(test_literal_and_field),
		cmocka_unit_test(test_numbers),	      cmocka_unit_test(test_hex),
		cmocka_unit_test(test_time),	      cmocka_unit_test(test_names),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
