/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/json_read.h"
#include "base/memory.h"

static void
refuse(struct bytes text)
{
	struct json_node *tree = NULL;
	struct error err = ERROR_INIT;

	if (json_parse(text, "the answer", &tree, &err) == 0)
		fail_msg("'%.*s' was read", (int)text.len, (const char *)text.data);
	assert_null(tree);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, "the answer is not JSON");
}

static void
test_refused(void **state)
{
	static const char *const broken[] = { "",	 " ",	  "{",	 "{\"a\":}",	"[1,]",
					      "tru",	 "{} {}", "{}x", "\"a\" \"b\"", "{a:1}",
					      "\"\\x\"", "1 2" };

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++)
		refuse(bytes_of(broken[i]));
	/* No byte behind its length is read, and a NUL is no white space. */
	refuse((struct bytes){ (const uint8_t *)"{\"a\":1}", 6 });
	refuse((struct bytes){ (const uint8_t *)"{}\0", 3 });
	refuse((struct bytes){ NULL, 0 });
}

static void
test_depth(void **state)
{
	char deep[4002];
	struct json_node *tree = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	memset(deep, '[', 2000);
	memset(deep + 2000, ']', 2000);
	refuse((struct bytes){ (const uint8_t *)deep, 4000 });
	memset(deep, '[', 900);
	memset(deep + 900, ']', 900);
	assert_int_equal(json_parse((struct bytes){ (const uint8_t *)deep, 1800 }, "deep", &tree,
				    &err),
			 0);
	json_destroy(tree);
}

static void
test_walk(void **state)
{
	static const char text[] =
		" {\"a\": {\"b\": {\"c\": \"d\\u00e9\"}}, \"A\": \"other\","
		"\"n\": 1, \"l\": [\"x\", \"y\"], \"e\": {}, \"z\": null}\r\n\t ";
	CLEANUP(json_cleanup) struct json_node *tree = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(json_parse(bytes_of(text), "text", &tree, &err), 0);
	assert_string_equal(json_string_of(json_walk(tree, "a", "b", "c", NULL)), "d\xc3\xa9");
	assert_ptr_equal(json_walk(tree, NULL), tree);
	assert_string_equal(json_string_of(json_get(tree, "A")), "other");
	assert_null(json_walk(tree, "a", "B", "c", NULL));
	assert_null(json_walk(tree, "a", "b", "c", "d", NULL));
	assert_null(json_walk(tree, "l", "x", NULL));
	assert_null(json_walk(NULL, "a", NULL));
	assert_null(json_get(NULL, "a"));
	assert_null(json_string_of(NULL));
	assert_null(json_string_of(json_get(tree, "n")));
	assert_null(json_string_of(json_get(tree, "z")));
	assert_null(json_string_of(json_get(tree, "a")));
}

static void
test_order(void **state)
{
	static const char text[] = "{\"b\": 1, \"a\": [\"x\", \"y\"], \"e\": []}";
	CLEANUP(json_cleanup) struct json_node *tree = NULL;
	const struct json_node *member, *element;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(json_parse(bytes_of(text), "text", &tree, &err), 0);
	member = json_first(tree);
	assert_string_equal(json_name_of(member), "b");
	assert_null(json_first(member));
	member = json_next(member);
	assert_string_equal(json_name_of(member), "a");
	element = json_first(member);
	assert_null(json_name_of(element));
	assert_string_equal(json_string_of(element), "x");
	element = json_next(element);
	assert_string_equal(json_string_of(element), "y");
	assert_null(json_next(element));
	member = json_next(member);
	assert_null(json_first(member));
	assert_null(json_next(member));
	assert_null(json_first(NULL));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
