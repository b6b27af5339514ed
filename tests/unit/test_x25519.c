/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "crypto/x25519.h"

static void
from_hex(const char *hex, uint8_t key[static X25519_BYTES])
{
	assert_true(text_from_hex(bytes_of(hex), key, X25519_BYTES));
}

/* RFC 7748 section 6.1, both sides; section 5.2, one iteration (a public key is k times 9). */
static const struct {
	const char *private, *public;
} pairs[] = {
	{ "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
	  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a" },
	{ "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f" },
	{ "0900000000000000000000000000000000000000000000000000000000000000",
	  "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079" },
};

static void
test_public_of_private(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		CLEANUP(secret_clear) struct secret private = SECRET_INIT;
		uint8_t bytes[X25519_BYTES], expected[X25519_BYTES], public[X25519_BYTES];

		from_hex(pairs[i].private, bytes);
		from_hex(pairs[i].public, expected);
		assert_int_equal(secret_from(BYTES(bytes), &private, &err), 0);
		x25519_public(&private, public);
		assert_memory_equal(public, expected, sizeof(public));
		assert_true(x25519_is_valid_public(public));
	}
}

/* Order 1, 2, 4 and 8 on the curve and on its twist, and the same ones plus p. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void
test_low_order(void **state)
{
	uint8_t key[X25519_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(low_order); i++) {
		from_hex(low_order[i], key);
		assert_false(x25519_is_valid_public(key));
		/* The topmost bit does not count, RFC 7748 section 5. */
		key[31] |= 0x80;
		assert_false(x25519_is_valid_public(key));
		/* What stands next to a point of low order is an ordinary one. */
		key[15] ^= 0x40;
		assert_true(x25519_is_valid_public(key));
	}
}

static void
test_generate(void **state)
{
	CLEANUP(secret_clear) struct secret a = SECRET_INIT;
	CLEANUP(secret_clear) struct secret b = SECRET_INIT;
	struct error err = ERROR_INIT;
	uint8_t public[X25519_BYTES];

	(void)state;
	assert_int_equal(x25519_generate(&a, &err), 0);
	assert_int_equal(x25519_generate(&b, &err), 0);
	assert_int_equal(a.len, X25519_BYTES);
	assert_false(secret_equal(&a, &b));
	x25519_public(&a, public);
	assert_true(x25519_is_valid_public(public));
}

static int
start(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return secret_start(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public_of_private),
		cmocka_unit_test(test_low_order),
		cmocka_unit_test(test_generate),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
