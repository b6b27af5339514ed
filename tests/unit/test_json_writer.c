/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/yaml.h"

enum { OUTPUT_MAX = 1 << 20 };

static void
write_all_kinds(struct json *json)
{
	json_open(json, '{');
	json_name(json, "text");
	json_text(json, "a\"b");
	json_name(json, "list");
	json_open(json, '[');
	json_number(json, 1);
	json_number(json, INT64_MIN);
	json_open(json, '[');
	json_close(json, ']');
	json_boolean(json, true);
	json_close(json, ']');
	json_name(json, "empty");
	json_open(json, '{');
	json_close(json, '}');
	json_name(json, "object");
	json_open(json, '{');
	json_name(json, "no");
	json_boolean(json, false);
	json_close(json, '}');
	json_close(json, '}');
}

static void
test_compact(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	struct json json = JSON_INIT(&out, JSON_COMPACT);

	(void)state;
	write_all_kinds(&json);
	assert_string_equal(buf_text(&out),
			    "{\"text\":\"a\\\"b\",\"list\":[1,-9223372036854775808,[],true],"
			    "\"empty\":{},\"object\":{\"no\":false}}");
}

static void
test_pretty(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	struct json json = JSON_INIT(&out, JSON_PRETTY);

	(void)state;
	write_all_kinds(&json);
	assert_string_equal(buf_text(&out), "{\n"
					    "  \"text\": \"a\\\"b\",\n"
					    "  \"list\": [\n"
					    "    1,\n"
					    "    -9223372036854775808,\n"
					    "    [],\n"
					    "    true\n"
					    "  ],\n"
					    "  \"empty\": {},\n"
					    "  \"object\": {\n"
					    "    \"no\": false\n"
					    "  }\n"
					    "}");
}

/* A value that the caller writes stands where json_value announced it. */
static void
test_value_of_the_caller(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	struct json json = JSON_INIT(&out, JSON_COMPACT);

	(void)state;
	json_open(&json, '[');
	for (int i = 0; i < 2; i++) {
		json_value(&json);
		buf_append_text(&out, "null");
	}
	json_close(&json, ']');
	assert_string_equal(buf_text(&out), "[null,null]");
}

static const struct {
	const char *text, *written;
} strings[] = {
	{ "", "\"\"" },
	{ " !#[]^~/", "\" !#[]^~/\"" },
	{ "\"\\", "\"\\\"\\\\\"" },
	{ "\n\t\r\b\f", "\"\\n\\t\\r\\b\\f\"" },
	{ "\x01\x0b\x1f\x7f", "\"\\u0001\\u000b\\u001f\\u007f\"" },
	{ "\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0", "\"\\u0080\\u0085\\u009f\\u00a0\"" },
	{ "\xc3\xa9\xe2\x82\xac", "\"\\u00e9\\u20ac\"" },
	{ "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"" },
	{ "\xef\xbb\xbf", "\"\\ufeff\"" },
	{ "\xed\x9f\xbf\xee\x80\x80", "\"\\ud7ff\\ue000\"" },
	{ "\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf", "\"\\ufffd\\ufffe\\uffff\"" },
	{ "\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf",
	  "\"\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"" },
	/* what is no character */
	{ "a\xff"
	  "b",
	  "\"a\\ufffdb\"" },
	{ "\xc3", "\"\\ufffd\"" },
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xc0\x80", "\"\\ufffd\\ufffd\"" },
	{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	{ "\xf0\x9f\x98\"", "\"\\ufffd\\ufffd\\ufffd\\\"\"" },
};

static void
test_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);

		json_write_string(&out, bytes_of(strings[i].text));
		assert_string_equal(buf_text(&out), strings[i].written);
	}
}

static void
test_nul(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);

	(void)state;
	json_write_string(&out, (struct bytes){ (const uint8_t *)"a\0b", 3 });
	assert_string_equal(buf_text(&out), "\"a\\u0000b\"");
}

static size_t
encode(uint32_t code, char out[static 5])
{
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(leads[len] | code);
	out[len] = 0;
	return len;
}

/* Every character but NUL and the surrogates comes back from a JSON parser and from a YAML parser. */
static void
test_every_character(void **state)
{
	CLEANUP(buf_clear) struct buf all = BUF_INIT(8 << 20), out = BUF_INIT(8 << 20);
	struct error err = ERROR_INIT;

	(void)state;
	for (uint32_t code = 1; code <= 0x10ffff; code++) {
		char character[5];
		struct yaml *yaml = NULL;
		cJSON *json;

		if (code < 0xd800 || code > 0xdfff)
			buf_append(&all, (struct bytes){ (const uint8_t *)character,
							 encode(code, character) });
		if (code % 0x8000 != 0 && code != 0x10ffff)
			continue;
		buf_append_text(&out, "{\"a\": ");
		json_write_string(&out, buf_bytes(&all));
		buf_append_text(&out, "}");
		json = cJSON_Parse(buf_text(&out));
		assert_non_null(json);
		assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(json, "a")),
				    buf_text(&all));
		cJSON_Delete(json);
		if (yaml_parse(buf_bytes(&out), "F", &yaml, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(yaml_get(yaml->root, "a")->len, all.len);
		assert_memory_equal(yaml_get(yaml->root, "a")->text, all.data, all.len);
		yaml_destroy(yaml);
		buf_reset(&all);
		buf_reset(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compact),
		cmocka_unit_test(test_pretty),
		cmocka_unit_test(test_value_of_the_caller),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_every_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
