/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

static void
expect_invariants(const struct buf *buf)
{
	assert_true(buf->len <= buf->max);
	if (buf->data == NULL) {
		assert_int_equal(buf->len, 0);
		assert_int_equal(buf->cap, 0);
		return;
	}
	assert_true(buf->len < buf->cap);
	assert_int_equal(buf->data[buf->len], 0);
}

static void
expect_full(const struct buf *buf, const char *message)
{
	struct error err = ERROR_INIT;

	assert_true(buf->full);
	assert_int_equal(buf_check(buf, "the file", &err), -1);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, message);
}

static void
test_empty(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(10);
	struct error err = ERROR_INIT;
	char *text;

	(void)state;
	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf_bytes(&buf).len, 0);
	assert_int_equal(buf_check(&buf, "the file", &err), 0);
	assert_int_equal(err.code, ERROR_NONE);
	buf_append(&buf, (struct bytes){ NULL, 0 });
	buf_append_text(&buf, "");
	buf_printf(&buf, "%s", "");
	assert_int_equal(buf.len, 0);
	assert_false(buf.full);
	expect_invariants(&buf);
	text = buf_take_text(&buf);
	assert_string_equal(text, "");
	free(text);
	buf_reset(&buf);
	buf_clear(&buf);
	buf_clear(&buf);
}

static void
test_append(void **state)
{
	static const uint8_t bytes[] = { 'a', 0, 0xff };
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(100);

	(void)state;
	buf_append(&buf, BYTES(bytes));
	buf_append_text(&buf, "text");
	buf_append_byte(&buf, '!');
	buf_printf(&buf, "%d-%s", 42, "x");
	assert_int_equal(buf.len, 12);
	assert_memory_equal(buf.data, "a\0\xfftext!42-x", 13);
	assert_true(bytes_equal(buf_bytes(&buf), (struct bytes){ buf.data, 12 }));
	expect_invariants(&buf);
}

/* Over every size at which it grows, whole and byte by byte. */
static void
test_growth(void **state)
{
	enum { SIZE = 5000 };
	CLEANUP(buf_clear) struct buf whole = BUF_INIT(SIZE), single = BUF_INIT(SIZE);
	uint8_t expected[SIZE];

	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		expected[i] = (uint8_t)(i * 7 + 1);
		buf_append_byte(&single, expected[i]);
		expect_invariants(&single);
		assert_memory_equal(single.data, expected, i + 1);
	}
	for (size_t len = 0; len < SIZE; len += 97) {
		buf_clear(&whole);
		buf_append(&whole, (struct bytes){ expected, len });
		expect_invariants(&whole);
		assert_true(bytes_equal(buf_bytes(&whole), (struct bytes){ expected, len }));
	}
	assert_false(single.full);
	buf_append_byte(&single, 1);
	expect_full(&single, "the file is larger than 5000 bytes");
	assert_int_equal(single.len, SIZE);
}

/* The last byte that fits, and the first that does not. */
static void
test_maximum(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(4);
	struct error err = ERROR_INIT;

	(void)state;
	buf_append_text(&buf, "abcd");
	assert_int_equal(buf_check(&buf, "the file", &err), 0);
	assert_string_equal(buf_text(&buf), "abcd");
	buf_append_text(&buf, "");
	assert_false(buf.full);
	buf_append_text(&buf, "e");
	expect_full(&buf, "the file is larger than 4 bytes");
	assert_string_equal(buf_text(&buf), "abcd");
}

/* What does not fit is left out whole, and nothing gets in behind the gap. */
static void
test_full_stays(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(4);

	(void)state;
	buf_append_text(&buf, "ab");
	buf_append_text(&buf, "cde");
	buf_append_text(&buf, "f");
	buf_append_byte(&buf, 'g');
	buf_printf(&buf, "%d", 1);
	assert_null(buf_extend(&buf, 1));
	assert_null(buf_extend(&buf, 0));
	assert_string_equal(buf_text(&buf), "ab");
	expect_full(&buf, "the file is larger than 4 bytes");
	buf_reset(&buf);
	assert_false(buf.full);
	buf_append_text(&buf, "wxyz");
	assert_string_equal(buf_text(&buf), "wxyz");
	buf_printf(&buf, "%d", 1);
	assert_true(buf.full);
	buf_clear(&buf);
	assert_false(buf.full);
	assert_int_equal(buf.max, 4);
}

static void
test_no_room_at_all(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(0);

	(void)state;
	assert_non_null(buf_extend(&buf, 0));
	assert_string_equal(buf_text(&buf), "");
	assert_null(buf_extend(&buf, 1));
	expect_full(&buf, "the file is larger than 0 bytes");
}

/* Lengths that overflow when they are added up. */
static void
test_huge_extend(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(100), endless = BUF_INIT(SIZE_MAX);

	(void)state;
	buf_append_text(&buf, "abc");
	assert_null(buf_extend(&buf, SIZE_MAX));
	assert_int_equal(buf.len, 3);
	buf_append_text(&endless, "abc");
	assert_null(buf_extend(&endless, SIZE_MAX));
	assert_null(buf_extend(&endless, SIZE_MAX - 2));
	assert_int_equal(endless.len, 3);
}

static void
test_extend(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(1000);
	uint8_t *room;

	(void)state;
	buf_append_text(&buf, "ab");
	room = buf_extend(&buf, 600);
	assert_ptr_equal(room, buf.data + 2);
	assert_int_equal(buf.len, 602);
	memset(room, 'x', 600);
	expect_invariants(&buf);
	assert_memory_equal(buf.data, "abxx", 4);
}

/* What was in the bytes that it gave up is gone. */
static void
test_wiped(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(1000);
	static const uint8_t zeros[300] = { 0 };

	(void)state;
	buf_append_text(&buf, "a value that nobody should find");
	buf_reset(&buf);
	assert_non_null(buf.data);
	assert_int_equal(buf.len, 0);
	assert_true(buf.cap <= sizeof(zeros));
	assert_memory_equal(buf.data, zeros, buf.cap);
}

static void
test_take_text(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(10);
	char *text;

	(void)state;
	buf_append(&buf, (struct bytes){ (const uint8_t *)"a\0b", 3 });
	text = buf_take_text(&buf);
	assert_memory_equal(text, "a\0b", 4);
	free(text);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf.max, 10);
	buf_append_text(&buf, "0123456789");
	assert_string_equal(buf_text(&buf), "0123456789");
}

static void
test_printf_long(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(2000);

	(void)state;
	buf_printf(&buf, "%1000d", 7);
	assert_int_equal(buf.len, 1000);
	assert_string_equal(buf_text(&buf) + 998, " 7");
	buf_printf(&buf, "%1001d", 7);
	assert_true(buf.full);
	assert_int_equal(buf.len, 1000);
}

static void
test_compare(void **state)
{
	/* In the order that they must have. */
	static const struct bytes sorted[] = {
		{ NULL, 0 },
		{ (const uint8_t *)"\0", 1 },
		{ (const uint8_t *)"\0\0", 2 },
		{ (const uint8_t *)"A", 1 },
		{ (const uint8_t *)"a", 1 },
		{ (const uint8_t *)"a\0b", 3 },
		{ (const uint8_t *)"ab", 2 },
		{ (const uint8_t *)"b", 1 },
		{ (const uint8_t *)"\x7f", 1 },
		{ (const uint8_t *)"\x80", 1 },
		{ (const uint8_t *)"\xff", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++) {
		for (size_t k = 0; k < COUNT(sorted); k++) {
			int order = bytes_compare(sorted[i], sorted[k]);

			assert_true(i < k ? order < 0 : i > k ? order > 0 : order == 0);
			assert_true(bytes_equal(sorted[i], sorted[k]) == (i == k));
		}
	}
	assert_true(bytes_equal(bytes_of(""), (struct bytes){ NULL, 0 }));
	assert_int_equal(bytes_of("ab\0c").len, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),	    cmocka_unit_test(test_append),
		cmocka_unit_test(test_growth),	    cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_full_stays),  cmocka_unit_test(test_no_room_at_all),
		cmocka_unit_test(test_huge_extend), cmocka_unit_test(test_extend),
		cmocka_unit_test(test_wiped),	    cmocka_unit_test(test_take_text),
		cmocka_unit_test(test_printf_long), cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
