/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "crypto/random.h"

enum { LONGEST = 300 };

/* RFC 4648 section 10. */
static const struct {
	const char *bytes, *padded, *unpadded;
} vectors[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "+/+/", "+/+/" },
};

static void
assert_encodes(const char *bytes, enum base64_padding padding, const char *text)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(100);

	buf_append_text(&out, "before ");
	base64_encode(bytes_of(bytes), padding, 0, &out);
	assert_string_equal(buf_text(&out) + 7, text);
	assert_int_equal(out.len, 7 + strlen(text));
	assert_int_equal(base64_length(strlen(bytes), padding), strlen(text));

	buf_reset(&out);
	buf_append_text(&out, "before ");
	assert_true(base64_decode(bytes_of(text), padding, &out));
	assert_string_equal(buf_text(&out) + 7, bytes);
}

static void
test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		assert_encodes(vectors[i].bytes, BASE64_PADDED, vectors[i].padded);
		assert_encodes(vectors[i].bytes, BASE64_UNPADDED, vectors[i].unpadded);
	}
}

static void
test_every_length(void **state)
{
	uint8_t bytes[LONGEST];

	(void)state;
	random_bytes(bytes, sizeof(bytes));
	for (size_t len = 0; len <= LONGEST; len++) {
		for (int padding = BASE64_PADDED; padding <= BASE64_UNPADDED; padding++) {
			CLEANUP(buf_clear) struct buf text = BUF_INIT(1000);
			CLEANUP(buf_clear) struct buf back = BUF_INIT(1000);
			enum base64_padding kind = (enum base64_padding)padding;

			base64_encode((struct bytes){ bytes, len }, kind, 0, &text);
			assert_int_equal(text.len, base64_length(len, kind));
			assert_true(base64_decode(buf_bytes(&text), kind, &back));
			assert_true(bytes_equal(buf_bytes(&back), (struct bytes){ bytes, len }));
		}
	}
}

static const char *const not_padded[] = {
	"Z",	    "Zg",   "Zg=",  "Zg===",	  "Zh==",  "Zm8",      "Zm9=",	 "Zm8==",   "Zm9v=",
	"Zm9v====", "=",    "==",   "====",	  "Z===",  "Zg==Zg==", "Zm9v\n", " Zm9v",   "Zm 9v",
	"Zm9v ",    "Zm-v", "Zm_v", "Zm9vYg==\n", "Zg=\n", "Zg=A",     "Z=g=",	 "Zm9\x80", "Zm9*",
};

static const char *const not_unpadded[] = {
	"Z", "Zh", "Zm9", "Zg==", "Zm8=", "Zm9vY", "Zg=", "=", "Zm9v\n", "Zm9vYg\n", "Zg ",
};

/* What is refused leaves what stood there. */
static void
assert_refused(struct bytes text, enum base64_padding padding)
{
	struct error err = ERROR_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT(100);
	CLEANUP(secret_clear) struct secret secret = SECRET_INIT;

	buf_append_text(&out, "before");
	assert_false(base64_decode(text, padding, &out));
	assert_string_equal(buf_text(&out), "before");
	assert_int_equal(out.len, 6);

	assert_int_equal(secret_new(100, &secret, &err), 0);
	secret_reset(&secret);
	assert_int_equal(secret_append(&secret, bytes_of("before"), &err), 0);
	assert_false(base64_decode_secret(text, padding, &secret));
	assert_int_equal(secret.len, 6);
	for (size_t i = 6; i < secret.cap; i++)
		assert_int_equal(secret.data[i], 0);
}

static void
test_not_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(not_padded); i++)
		assert_refused(bytes_of(not_padded[i]), BASE64_PADDED);
	for (size_t i = 0; i < COUNT(not_unpadded); i++)
		assert_refused(bytes_of(not_unpadded[i]), BASE64_UNPADDED);
	assert_refused((struct bytes){ (const uint8_t *)"Zm\0v", 4 }, BASE64_PADDED);
	assert_refused((struct bytes){ (const uint8_t *)"Zm9v\0", 5 }, BASE64_UNPADDED);
}

/* All texts of up to five characters of a small alphabet: accepted exactly when it is its own
 * re-encoding. */
static void
test_accepted_is_canonical(void **state)
{
	static const char alphabet[] = "AQgw/=\n";
	size_t accepted = 0;

	(void)state;
	for (size_t number = 0; number < 7 * 7 * 7 * 7 * 7 * 6; number++) {
		uint8_t text[5];
		size_t rest = number, len = number % 6;
		enum base64_padding padding = number % 2 == 0 ? BASE64_PADDED : BASE64_UNPADDED;
		CLEANUP(buf_clear) struct buf bytes = BUF_INIT(10);
		CLEANUP(buf_clear) struct buf again = BUF_INIT(10);

		rest /= 6;
		for (size_t i = 0; i < len; i++, rest /= 7)
			text[i] = (uint8_t)alphabet[rest % 7];
		if (!base64_decode((struct bytes){ text, len }, padding, &bytes))
			continue;
		base64_encode(buf_bytes(&bytes), padding, 0, &again);
		assert_true(bytes_equal(buf_bytes(&again), (struct bytes){ text, len }));
		accepted++;
	}
	assert_true(accepted > 1000);
}

/* Every byte at every place of four. */
static void
test_alphabet(void **state)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		bool is_expected = byte != 0 && strchr(alphabet, byte) != NULL;

		for (size_t i = 0; i < 4; i++) {
			uint8_t text[4] = { 'A', 'A', 'A', 'A' };
			CLEANUP(buf_clear) struct buf out = BUF_INIT(10);

			text[i] = (uint8_t)byte;
			assert_int_equal(base64_decode(BYTES(text), BASE64_UNPADDED, &out),
					 is_expected);
			if (byte != '=')
				assert_int_equal(base64_decode(BYTES(text), BASE64_PADDED, &out),
						 is_expected);
		}
	}
}

static void
test_secrets(void **state)
{
	struct error err = ERROR_INIT;
	uint8_t bytes[LONGEST];

	(void)state;
	random_bytes(bytes, sizeof(bytes));
	for (size_t len = 0; len <= LONGEST; len++) {
		struct bytes plain = { bytes, len };
		size_t length = base64_length(len, BASE64_PADDED);
		CLEANUP(secret_clear) struct secret text = SECRET_INIT;
		CLEANUP(secret_clear) struct secret back = SECRET_INIT;
		CLEANUP(buf_clear) struct buf expected = BUF_INIT(1000);

		/* Exactly as much room as it takes, behind something that is there. */
		assert_int_equal(secret_new(1 + length, &text, &err), 0);
		assert_int_equal(secret_new(1 + len, &back, &err), 0);
		assert_int_equal(secret_append(&text, bytes_of("="), &err), 0);
		assert_int_equal(secret_append(&back, bytes_of("="), &err), 0);
		base64_encode(plain, BASE64_PADDED, 0, &expected);

		assert_int_equal(base64_encode_secret(plain, &text, &err), 0);
		assert_int_equal(text.len, 1 + length);
		assert_memory_equal(text.data + 1, buf_text(&expected), length);
		assert_true(base64_decode_secret((struct bytes){ text.data + 1, length },
						 BASE64_PADDED, &back));
		assert_int_equal(back.len, 1 + len);
		assert_memory_equal(back.data + 1, bytes, len);
	}
}

static void
test_no_room(void **state)
{
	struct error err = ERROR_INIT;
	CLEANUP(secret_clear) struct secret secret = SECRET_INIT;
	CLEANUP(buf_clear) struct buf buf = BUF_INIT(5);

	(void)state;
	assert_int_equal(secret_new(100, &secret, &err), 0);
	secret_reset(&secret);
	assert_int_equal(secret_append(&secret, bytes_of("before"), &err), 0);
	assert_int_equal(base64_encode_secret(BYTES(((uint8_t[71]){ 1 })), &secret, &err), -1);
	assert_string_equal(err.message, "a secret is larger than 100 bytes");
	assert_int_equal(secret.len, 6);
	for (size_t i = 6; i < secret.cap; i++)
		assert_int_equal(secret.data[i], 0);

	secret_clear(&secret);
	assert_int_equal(secret_new(2, &secret, &err), 0);
	assert_false(base64_decode_secret(bytes_of("Zm9v"), BASE64_PADDED, &secret));
	assert_true(base64_decode_secret(bytes_of("Zm8="), BASE64_PADDED, &secret));
	assert_false(base64_decode_secret(bytes_of("Zg=="), BASE64_PADDED, &secret));
	assert_true(base64_decode_secret(bytes_of(""), BASE64_PADDED, &secret));
	assert_true(bytes_equal(secret_bytes(&secret), bytes_of("fo")));
	assert_false(base64_decode_lines_secret(bytes_of("Zg==\n"), 4, &secret));
	assert_true(bytes_equal(secret_bytes(&secret), bytes_of("fo")));

	base64_encode(bytes_of("foob"), BASE64_PADDED, 0, &buf);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf_check(&buf, "the text", &err), -1);
	assert_string_equal(err.message, "the text is larger than 5 bytes");
	assert_false(base64_decode(bytes_of("Zm9v"), BASE64_PADDED, &buf));
}

/* Against a second way to break lines, at the widths of age and of ssh-keygen and at an odd one. */
static void
test_lines(void **state)
{
	static const size_t widths[] = { 64, 70, 3 };
	uint8_t bytes[LONGEST];

	(void)state;
	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < COUNT(widths); i++) {
		for (size_t len = 0; len <= LONGEST; len++) {
			CLEANUP(buf_clear) struct buf whole = BUF_INIT(2000);
			CLEANUP(buf_clear) struct buf lines = BUF_INIT(2000);
			CLEANUP(buf_clear) struct buf expected = BUF_INIT(2000);
			CLEANUP(buf_clear) struct buf back = BUF_INIT(2000);
			CLEANUP(secret_clear) struct secret secret = SECRET_INIT;
			struct bytes plain = { bytes, len };
			struct error err = ERROR_INIT;

			base64_encode(plain, BASE64_PADDED, 0, &whole);
			for (size_t at = 0; at < whole.len; at++) {
				buf_append_byte(&expected, whole.data[at]);
				if ((at + 1) % widths[i] == 0 || at + 1 == whole.len)
					buf_append_byte(&expected, '\n');
			}
			base64_encode(plain, BASE64_PADDED, widths[i], &lines);
			assert_string_equal(buf_text(&lines), buf_text(&expected));
			assert_int_equal(lines.len, expected.len);
			assert_true(base64_decode_lines(buf_bytes(&lines), widths[i], &back));
			assert_true(bytes_equal(buf_bytes(&back), plain));
			assert_true(base64_is_lines(buf_bytes(&lines), widths[i]));
			assert_int_equal(secret_new(len + 1, &secret, &err), 0);
			assert_true(
				base64_decode_lines_secret(buf_bytes(&lines), widths[i], &secret));
			assert_true(bytes_equal(secret_bytes(&secret), plain));
		}
	}
}

static void
test_bad_lines(void **state)
{
	static const char *const bad[] = {
		"\n",
		"Zm9v",
		"Zm9vYmFy",
		"Zm9vYmFy\n\n",
		"\nZm9vYmFy\n",
		"Zm9v\nYmFy\n",
		"Zm9vYmFyZ\n",
		"Zm9vYmFyZm9v\n",
		"Zm9vYmFy\nZm9v",
		"Zm9vYmFy\r\n",
		"Zm9vYmF\n",
		"Zm9vYmFy\nZg\n",
		"Zm9vYmFy\nZg==\n\n",
		"Zm9vYmFy\n\nZg==\n",
		"Zm9vYmE=\nZg==\n",
		"Zm9vYmFy\nZh==\n",
		" Zm9vYmFy\n",
		"Zm9vYmFy \n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT(100);
		CLEANUP(secret_clear) struct secret secret = SECRET_INIT;
		struct error err = ERROR_INIT;

		assert_int_equal(secret_new(100, &secret, &err), 0);
		assert_false(base64_decode_lines(bytes_of(bad[i]), 8, &out));
		assert_int_equal(out.len, 0);
		assert_false(base64_is_lines(bytes_of(bad[i]), 8));
		assert_false(base64_decode_lines_secret(bytes_of(bad[i]), 8, &secret));
		assert_int_equal(secret.len, 0);
	}
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
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_not_canonical),
		cmocka_unit_test(test_alphabet),
		cmocka_unit_test(test_accepted_is_canonical),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bad_lines),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
