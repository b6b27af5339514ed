/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "schemas/json_scan.h"

/* "NAME=VALUE;" of each member, as they stand there; "none" where it is no object. In a block of its own size, so that
 * a sanitizer sees a byte read too many. */
static void
expect(const char *text, const char *wanted)
{
	CLEANUP(free_text) char *copy = xstrdup(text);
	CLEANUP(buf_clear) struct buf out = BUF_INIT(1024);
	struct bytes name, value;
	struct json_scan scan;

	if (!json_scan_enter((struct bytes){ (const uint8_t *)copy, strlen(copy) }, &scan))
		buf_append_text(&out, "none");
	else
		while (json_scan_member(&scan, &name, &value)) {
			buf_append(&out, name);
			buf_append_byte(&out, '=');
			buf_append(&out, value);
			buf_append_byte(&out, ';');
		}
	if (strcmp(buf_text(&out), wanted) != 0)
		fail_msg("%s: %s", text, buf_text(&out));
}

static void
test_members(void **state)
{
	(void)state;
	expect("{}", "");
	expect(" \t\r\n{ }", "");
	expect("{\"a\":\"b\"}", "a=\"b\";");
	expect("{\"a\":1,\"b\":true,\"c\":null}", "a=1;b=true;c=null;");
	expect("{\"a\":1\t,\"b\":2\r\n,\"c\":3\r\n}", "a=1;b=2;c=3;");
	expect("{\n\t\"a\" : {\"b\":[1,{\"c\":\"}\"}]} ,\n\t\"d\":[ ] }",
	       "a={\"b\":[1,{\"c\":\"}\"}]};d=[ ];");
	expect("{\"a\\\"\\\\\":\"\\\\\\\"\",\"\":\"\"}", "a\\\"\\\\=\"\\\\\\\"\";=\"\";");
}

/* What is no JSON is not read past its end. */
static void
test_broken(void **state)
{
	(void)state;
	expect("", "none");
	expect("[]", "none");
	expect("\"a\"", "none");
	expect("{", "");
	expect("{\"", "");
	expect("{\"a", "");
	expect("{\"a\\", "");
	expect("{\"a\"", "");
	expect("{\"a\":", "");
	expect("{\"a\":}", "");
	expect("{\"a\":\"", "");
	expect("{\"a\":\"\\", "");
	expect("{\"a\":[", "");
	expect("{a:1}", "");
	expect("{\"a\":1,", "a=1;");
	expect("{\"a\":1,\"b\"", "a=1;");
}

static void
test_find(void **state)
{
	const struct bytes text = bytes_of("{\"ab\":1,\"a\":{\"b\":2},\"b\":3,\"b\":4}");
	struct bytes value;

	(void)state;
	assert_true(json_scan_find(text, "a", &value));
	assert_true(bytes_equal(value, bytes_of("{\"b\":2}")));
	assert_true(json_scan_find(text, "b", &value));
	assert_true(bytes_equal(value, bytes_of("3")));
	assert_false(json_scan_find(text, "c", &value));
	assert_false(json_scan_find(bytes_of("[]"), "a", &value));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
