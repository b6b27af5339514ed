/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "crypto/wire.h"

/* RFC 4251 section 5: 699921578 is 29 b7 f4 aa, "testing" is 00 00 00 07 and seven letters. */
static void
test_examples(void **state)
{
	static const uint8_t wire[] = "\x29\xb7\xf4\xaa\0\0\0\7testing\0\0\0\0";
	CLEANUP(buf_clear) struct buf out = BUF_INIT(100);
	struct bytes rest = { wire, sizeof(wire) - 1 }, string;
	uint32_t number;

	(void)state;
	wire_put_number(&out, 699921578);
	wire_put_string(&out, bytes_of("testing"));
	wire_put_text(&out, "");
	assert_true(bytes_equal(buf_bytes(&out), rest));

	assert_true(wire_take_number(&rest, &number));
	assert_int_equal(number, 699921578);
	assert_true(wire_take_string(&rest, &string));
	assert_true(bytes_equal(string, bytes_of("testing")));
	assert_ptr_equal(string.data, wire + 8);
	assert_true(wire_take_string(&rest, &string));
	assert_int_equal(string.len, 0);
	assert_int_equal(rest.len, 0);
	assert_ptr_equal(rest.data, wire + sizeof(wire) - 1);
}

/* Every length that is announced against every length that is there. */
static void
test_bounds(void **state)
{
	enum { MOST = 12 };

	(void)state;
	for (uint32_t announced = 0; announced <= MOST; announced++) {
		for (size_t there = 0; there <= MOST; there++) {
			CLEANUP(buf_clear) struct buf wire = BUF_INIT(100);
			/* A block of exactly this size, for a sanitizer to watch. */
			uint8_t *block = xcalloc(4 + there, 1);
			struct bytes rest = { block, 4 + there }, string = { NULL, 99 };

			wire_put_number(&wire, announced);
			memcpy(block, wire.data, 4);
			if (announced <= there) {
				assert_true(wire_take_string(&rest, &string));
				assert_ptr_equal(string.data, block + 4);
				assert_int_equal(string.len, announced);
				assert_ptr_equal(rest.data, block + 4 + announced);
				assert_int_equal(rest.len, there - announced);
			} else {
				assert_false(wire_take_string(&rest, &string));
				assert_ptr_equal(rest.data, block);
				assert_int_equal(rest.len, 4 + there);
			}
			free(block);
		}
	}
}

/* Lengths whose sum with a position would wrap around. */
static void
test_huge_lengths(void **state)
{
	static const uint32_t lengths[] = { UINT32_MAX, UINT32_MAX - 3, UINT32_MAX - 4,
					    0x80000000, 0x7fffffff,	0x01000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		CLEANUP(buf_clear) struct buf wire = BUF_INIT(100);
		struct bytes rest, string;

		wire_put_number(&wire, lengths[i]);
		buf_append_text(&wire, "some");
		rest = buf_bytes(&wire);
		assert_false(wire_take_string(&rest, &string));
		assert_true(bytes_equal(rest, buf_bytes(&wire)));
	}
	assert_false(wire_take(&(struct bytes){ (const uint8_t *)"ab", 2 }, SIZE_MAX,
			       &(struct bytes){ NULL, 0 }));
}

static void
test_cut_numbers(void **state)
{
	static const uint8_t wire[] = { 1, 2, 3, 4 };

	(void)state;
	for (size_t len = 0; len < sizeof(wire); len++) {
		struct bytes rest = { wire, len }, string;
		uint32_t number = 7;

		assert_false(wire_take_number(&rest, &number));
		assert_int_equal(number, 7);
		assert_false(wire_take_string(&rest, &string));
		assert_ptr_equal(rest.data, wire);
		assert_int_equal(rest.len, len);
	}
}

static void
test_text(void **state)
{
	static const char *const others[] = { "", "non", "nonee", "None", "nonf", "none\n" };
	CLEANUP(buf_clear) struct buf wire = BUF_INIT(100);
	struct bytes rest;

	(void)state;
	wire_put_text(&wire, "none");
	wire_put_text(&wire, "next");
	rest = buf_bytes(&wire);
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_false(wire_take_text(&rest, others[i]));
		assert_true(bytes_equal(rest, buf_bytes(&wire)));
	}
	assert_true(wire_take_text(&rest, "none"));
	assert_true(wire_take_text(&rest, "next"));
	assert_int_equal(rest.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),     cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_huge_lengths), cmocka_unit_test(test_cut_numbers),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
