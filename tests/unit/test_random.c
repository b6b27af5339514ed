/* SPDX-License-Identifier: Apache-2.0 */
/* random_text with three letters and without room is in test_secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "crypto/random.h"

enum { DRAWS = 64, LETTERS = 255, ROUNDS = 40 };

/* Nothing but the bytes that were asked for is written, and all of these are: that one stays zero in each of
 * 40 rounds happens once in 10^96. */
static void
test_bytes(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 32; len++) {
		uint8_t seen[40] = { 0 };

		for (int round = 0; round < ROUNDS; round++) {
			uint8_t bytes[40] = { 0 };

			random_bytes(bytes, len);
			for (size_t i = 0; i < sizeof(bytes); i++)
				seen[i] |= bytes[i];
		}
		for (size_t i = 0; i < sizeof(seen); i++)
			assert_int_equal(seen[i] != 0, i < len);
	}
}

/* Sixteen bytes twice are another sixteen. */
static void
test_draws_differ(void **state)
{
	uint8_t draws[DRAWS][16];

	(void)state;
	for (size_t i = 0; i < DRAWS; i++) {
		random_bytes(draws[i], sizeof(draws[i]));
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(draws[i], draws[k], sizeof(draws[i]));
	}
}

/* The smallest alphabet, and the largest that is a C string: each letter comes, the last one too. */
static void
test_alphabets(void **state)
{
	char letters[LETTERS + 1];

	(void)state;
	for (size_t i = 0; i < LETTERS; i++)
		letters[i] = (char)(i + 1);
	letters[LETTERS] = 0;
	for (size_t choices = 2; choices <= LETTERS; choices += LETTERS - 2) {
		CLEANUP(secret_clear) struct secret text = SECRET_INIT;
		struct error err = ERROR_INIT;
		bool seen[LETTERS + 1] = { false };

		assert_int_equal(secret_new(32 * 1024, &text, &err), 0);
		assert_int_equal(random_text(&text, 32 * 1024, letters + LETTERS - choices, &err),
				 0);
		for (size_t i = 0; i < text.len; i++)
			seen[text.data[i]] = true;
		/* Of 255 letters one is missing once in 10^53 runs. */
		for (size_t i = 0; i <= LETTERS; i++)
			assert_int_equal(seen[i], i > LETTERS - choices);
	}
}

static int
start(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return secret_start(&err);
}

static int
stop(void **state)
{
	(void)state;
	secret_stop();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_draws_differ),
		cmocka_unit_test(test_alphabets),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
