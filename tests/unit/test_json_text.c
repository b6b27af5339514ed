/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "schemas/type.h"

enum { DEPTH_MAX = 64 };

/* In a block of its own size, so that a sanitizer sees a byte read too many. */
static bool
is_valid(struct bytes text)
{
	CLEANUP(free_text) char *copy = NULL;

	if (text.len > 0) {
		copy = xreallocarray(NULL, text.len, 1);
		memcpy(copy, text.data, text.len);
	}
	return json_is_valid((struct bytes){ (const uint8_t *)copy, text.len });
}

static void
expect(bool is_accepted, const char *text)
{
	if (is_valid(bytes_of(text)) != is_accepted)
		fail_msg("%s: %s", is_accepted ? "refused" : "accepted", text);
}

static void
test_accepted(void **state)
{
	static const char *const texts[] = {
		"null",
		"true",
		"false",
		"0",
		"-0",
		"1",
		"-1",
		"42",
		"\"\"",
		"\"a\"",
		"[]",
		"{}",
		/* Blanks are four characters, and stand between any two tokens. */
		" 1 ",
		"\t1\n",
		"\r\n1\r\n",
		" [ ] ",
		" { } ",
		"[1 , 2]",
		"{ \"a\" : 1 , \"b\" : 2 }",
		"[\n\t1,\r\n\t2\n]",
		"[[] , {}]",
		/* Numbers */
		"0.0",
		"-0.0",
		"0.5",
		"10.25",
		"1e1",
		"1E1",
		"1e+1",
		"1e-1",
		"1.5E+10",
		"0e0",
		"0e00",
		"1e01",
		"123456789012345678901234567890",
		"1e400",
		"-1e-400",
		"0.00000000000000000001",
		/* Strings */
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\u0000\"",
		"\"\\u00e9\\uABCD\\uabcd\"",
		"\"\\ud83d\\ude00\"",
		"\"\\ud800\"",
		"\"\\ude00\\ud83d\"",
		"\"\\ud800\\u0061\"",
		"\"\\\\u0\"",
		"\"\\\\\"",
		"\"/\"",
		"\"\x7f\"",
		"\"'\"",
		"\"[\"",
		"\"{}],:\"",
		"\"\xc3\xa9\"",
		"\"\xe2\x82\xac\"",
		"\"\xf0\x9f\x98\x80\"",
		"\"\xf4\x8f\xbf\xbf\"",
		"\"\xef\xbb\xbf\"",
		"\"\xe2\x80\xa8\"",
		"\"\xc2\x80\"",
		"\"\xef\xbf\xbf\"",
		/* Structure */
		"[1]",
		"[1,2,3]",
		"[null,true,false,\"\",0,[],{}]",
		"{\"a\":1}",
		"{\"\":0}",
		"{\"a\":{\"b\":[{\"c\":null}]},\"d\":[[1],[2]]}",
		"{\"a\":1,\"a\":2}",
		"{\"\\u0061\":1}",
		"[[],[]]",
		"[{},{}]",
		"[[[[]]]]",
		"{\"a\":[],\"b\":{}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		expect(true, texts[i]);
}

static void
test_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"\n",
		/* Words */
		"nul",
		"nulll",
		"Null",
		"NULL",
		"True",
		"TRUE",
		"fals",
		"falsee",
		"undefined",
		"NaN",
		"Infinity",
		"-Infinity",
		"nan",
		"yes",
		"a",
		"'a'",
		"truefalse",
		"true false",
		/* Numbers */
		"+1",
		"-",
		"--1",
		"01",
		"-01",
		"00",
		"1.",
		".5",
		"-.5",
		"1.e1",
		"1e",
		"1e+",
		"1e-",
		"1E",
		"1.5.2",
		"1e1.5",
		"1e1e1",
		"0x10",
		"0b1",
		"0o7",
		"1_000",
		"1,000",
		"1 000",
		"- 1",
		"1-",
		"1+1",
		"1a",
		"1f",
		"\xef\xbc\x91",
		"[-]",
		"[1.]",
		"[.5]",
		"[1e]",
		"[01]",
		"[+1]",
		/* Strings */
		"\"",
		"\"a",
		"a\"",
		"\"a\\\"",
		"\"\\",
		"\"\\\\\\\"",
		"\"\\a\"",
		"\"\\v\"",
		"\"\\0\"",
		"\"\\x41\"",
		"\"\\'\"",
		"\"\\U0041\"",
		"\"\\u\"",
		"\"\\u1\"",
		"\"\\u12\"",
		"\"\\u123\"",
		"\"\\u123g\"",
		"\"\\u 123\"",
		"\"\\u{41}\"",
		"\"\\u123",
		"\"\\u1234",
		"\"\\ud800\\\"",
		"\"\\ud800\\u\"",
		"\"\n\"",
		"\"\t\"",
		"\"\r\"",
		"\"\x1f\"",
		"\"\x01\"",
		"\"a\" \"b\"",
		"\"a\"b",
		"\"\\\n\"",
		"\"\\ \"",
		"'",
		"\"a\nb\"",
		/* Not UTF-8: alone, cut off, overlong, a surrogate, above U+10FFFF */
		"\"\x80\"",
		"\"\xff\"",
		"\"\xfe\"",
		"\"\xc3\"",
		"\"\xe2\x82\"",
		"\"\xf0\x9f\x98\"",
		"\"\xc0\x80\"",
		"\"\xc0\xaf\"",
		"\"\xe0\x80\xaf\"",
		"\"\xf0\x80\x80\xaf\"",
		"\"\xed\xa0\x80\"",
		"\"\xed\xbf\xbf\"",
		"\"\xf4\x90\x80\x80\"",
		"\"\xf5\x80\x80\x80\"",
		"\"\xfc\x80\x80\x80\x80\x80\"",
		"\"\xe9\"",
		"[\xff]",
		"{\"\xff\":1}",
		"\xff",
		"1\xff",
		/* Blanks of other alphabets, a byte order mark */
		"\v1",
		"\f1",
		"\xc2\xa0"
		"1",
		"\xe2\x80\x83"
		"1",
		"\xe2\x81\xa0[]",
		"\xef\xbb\xbf{}",
		"\xef\xbb\xbf",
		"{}\xef\xbb\xbf",
		"1\v",
		"[\f]",
		"\x01",
		"[1\x01]",
		/* Arrays */
		"[",
		"]",
		"[1",
		"1]",
		"[1,",
		"[1,]",
		"[,1]",
		"[,]",
		"[1,,2]",
		"[1 2]",
		"[1;2]",
		"[1:2]",
		"[]]",
		"[[]",
		"[][]",
		"[}",
		"[1}",
		"[\"a\":1]",
		"[1,2",
		"[\"a\"",
		"[\"a",
		"[tru]",
		"[nul",
		"[a]",
		"[1 true]",
		"(1)",
		"[1\n2]",
		"[[1]2]",
		"[{}{}]",
		/* Objects */
		"{",
		"}",
		"{1",
		"{]",
		"{\"a\"",
		"{\"a\"}",
		"{\"a\":",
		"{\"a\":}",
		"{\"a\":1",
		"{\"a\":1,",
		"{\"a\":1,}",
		"{,\"a\":1}",
		"{,}",
		"{\"a\":1,,\"b\":2}",
		"{\"a\" 1}",
		"{\"a\"=1}",
		"{\"a\"::1}",
		"{:1}",
		"{a:1}",
		"{'a':1}",
		"{1:1}",
		"{null:1}",
		"{[]:1}",
		"{{}:1}",
		"{\"a\":1 \"b\":2}",
		"{\"a\",1}",
		"{\"a\":1]",
		"{\"a\":1}}",
		"{}{}",
		"{} {}",
		"{\"a\"\"b\":1}",
		"{\"a\":1:2}",
		"{\"a\":,\"b\":1}",
		"{\"a\":\"b}",
		"{\"a\":b}",
		"{true}",
		/* What stands behind the text, and comments */
		"1 2",
		"[] 1",
		"{} a",
		"null,",
		"[1],",
		"{\"a\":1};",
		"// a\n1",
		"1 // a",
		"/* a */ 1",
		"[1 /* a */]",
		"# a\n1",
		"{}#",
		"[1]\"",
		"1 \"",
		"<null>",
		"*",
		"&",
		"%",
		"$",
		"${A}",
		"\\",
		",",
		":",
		";",
		"\\u0031",
		"{}\n]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		expect(false, texts[i]);
}

static void
test_nul(void **state)
{
	static const char *const texts[] = { "\0",	"1\0",		"\0001",  "[\0]",
					     "\"\0\"",	"\"\\\0\"",	"1\0001", "{\"a\0\":1}",
					     "\"a\"\0", "\"\\u\0000\"", "tr\0ue" };
	static const size_t lens[] = { 1, 2, 2, 3, 3, 4, 3, 8, 4, 6, 5 };

	(void)state;
	for (size_t i = 0; i < COUNT(lens); i++)
		assert_false(is_valid((struct bytes){ (const uint8_t *)texts[i], lens[i] }));
	assert_false(json_is_valid((struct bytes){ NULL, 0 }));
}

/* depth times `opener`, `middle`, then what closes them. */
static bool
is_nested_valid(size_t depth, const char *opener, const char *middle, const char *closer)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(1 << 20);

	for (size_t i = 0; i < depth; i++)
		buf_append_text(&text, opener);
	buf_append_text(&text, middle);
	for (size_t i = 0; i < depth; i++)
		buf_append_text(&text, closer);
	return is_valid(buf_bytes(&text));
}

static void
test_depth(void **state)
{
	(void)state;
	for (size_t depth = 1; depth <= DEPTH_MAX; depth++) {
		assert_true(is_nested_valid(depth, "[", "1", "]"));
		assert_true(is_nested_valid(depth, "{\"a\":", "1", "}"));
		assert_true(is_nested_valid(depth, " [\n[] , ", "null", ", {} ] ") ==
			    (depth < DEPTH_MAX));
	}
	for (size_t depth = DEPTH_MAX + 1; depth < DEPTH_MAX + 4; depth++) {
		assert_false(is_nested_valid(depth, "[", "1", "]"));
		assert_false(is_nested_valid(depth, "{\"a\":", "1", "}"));
	}
	/* An empty array or object is a level too. */
	assert_true(is_nested_valid(DEPTH_MAX - 1, "[", "[]", "]"));
	assert_true(is_nested_valid(DEPTH_MAX - 1, "{\"a\":", "{}", "}"));
	assert_false(is_nested_valid(DEPTH_MAX, "[", "[]", "]"));
	assert_false(is_nested_valid(DEPTH_MAX, "[", "{}", "]"));
	assert_false(is_nested_valid(DEPTH_MAX, "{\"a\":", "[]", "}"));
	assert_false(is_nested_valid(200000, "[", "", "]"));
	assert_false(is_nested_valid(200000, "[", "", ""));
	assert_false(is_nested_valid(200000, "{\"a\":", "", ""));
}

/* Depth is how many are open at once, not how many there are. */
static void
test_breadth(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(1 << 20);

	(void)state;
	buf_append_text(&text, "[");
	for (int i = 0; i < 1000; i++)
		buf_append_text(&text, "[{\"a\":[]}],{},");
	buf_append_text(&text, "0]");
	assert_true(is_valid(buf_bytes(&text)));
}

static const char document[] =
	"{\"a\": [1, -2.5e+3, \"\\u00e9\xc3\xa9\\n\"], \"b\": {\"c\": null, \"d\": "
	"[true, false, [], {}]}}";

static void
test_cut_off(void **state)
{
	(void)state;
	expect(true, document);
	for (size_t len = 0; len < strlen(document); len++)
		assert_false(is_valid((struct bytes){ (const uint8_t *)document, len }));
	for (size_t at = 1; at < strlen(document); at++)
		assert_false(is_valid(bytes_of(document + at)));
}

/* A byte that no JSON text has outside of a string, and none inside of one either. */
static void
test_foreign_bytes(void **state)
{
	uint8_t text[sizeof(document) - 1];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		memcpy(text, document, sizeof(text));
		for (uint8_t byte = 0; byte < 9; byte++) {
			text[at] = byte;
			assert_false(is_valid(BYTES(text)));
		}
		text[at] = 0xff;
		assert_false(is_valid(BYTES(text)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul),	      cmocka_unit_test(test_depth),
		cmocka_unit_test(test_breadth),	      cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_foreign_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
