/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"

static void
expect_joined(const char *const *texts, size_t count, const char *expected)
{
	CLEANUP(list_clear) struct list list = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	for (size_t i = 0; i < count; i++)
		list_add(&list, texts[i]);
	joined = list_join(&list, ", ", " and ");
	assert_string_equal(joined, expected);
}

static void
test_join(void **state)
{
	static const char *const texts[] = { "a", "b", "", "d" };

	(void)state;
	expect_joined(texts, 0, "");
	expect_joined(texts, 1, "a");
	expect_joined(texts, 2, "a and b");
	expect_joined(texts, 3, "a, b and ");
	expect_joined(texts, 4, "a, b,  and d");
}

static void
test_copies(void **state)
{
	CLEANUP(list_clear) struct list list = LIST_INIT;
	char text[] = "abc", *taken = xstrdup("taken");

	(void)state;
	list_add(&list, text);
	text[0] = 'x';
	list_take(&list, taken);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0], "abc");
	assert_ptr_equal(list.items[1], taken);
}

static void
test_has(void **state)
{
	CLEANUP(list_clear) struct list list = LIST_INIT;

	(void)state;
	assert_false(list_has(&list, ""));
	list_add(&list, "abc");
	list_add(&list, "x");
	assert_true(list_has(&list, "abc"));
	assert_true(list_has(&list, "x"));
	assert_false(list_has(&list, "ab"));
	assert_false(list_has(&list, "abcd"));
	assert_false(list_has(&list, "ABC"));
	assert_false(list_has(&list, ""));
}

/* By bytes, whatever the locale; those that are equal all stay. */
static void
test_sort(void **state)
{
	static const char *const unsorted[] = {
		"b", "a", "\xc3\xa4", "B", "", "a", "a1", "a-", "_"
	};
	static const char *const sorted[] = { "", "B", "_", "a", "a", "a-", "a1", "b", "\xc3\xa4" };
	CLEANUP(list_clear) struct list list = LIST_INIT;

	(void)state;
	list_sort(&list);
	assert_int_equal(list.count, 0);
	for (size_t i = 0; i < COUNT(unsorted); i++)
		list_add(&list, unsorted[i]);
	list_sort(&list);
	assert_int_equal(list.count, COUNT(sorted));
	for (size_t i = 0; i < COUNT(sorted); i++)
		assert_string_equal(list.items[i], sorted[i]);
}

static void
test_many(void **state)
{
	CLEANUP(list_clear) struct list list = LIST_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		list_take(&list, xasprintf("%d", i));
	assert_int_equal(list.count, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(atoi(list.items[i]), i);
	list_clear(&list);
	assert_int_equal(list.count, 0);
	list_clear(&list);
	list_add(&list, "again");
	assert_true(list_has(&list, "again"));
	assert_int_equal(list.count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join), cmocka_unit_test(test_copies),
		cmocka_unit_test(test_has),  cmocka_unit_test(test_sort),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
