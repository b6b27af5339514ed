/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

static void
assert_hex(const uint8_t *got, size_t len, const char *expected)
{
	char hex[512];

	assert_true(2 * len < sizeof(hex));
	text_to_hex((struct bytes){ got, len }, hex);
	assert_string_equal(hex, expected);
}

/* FIPS 180-4 examples. */
static void
test_sha(void **state)
{
	uint8_t digest[SHA512_BYTES];
	char hex[SHA256_HEX_BYTES];

	(void)state;
	sha256(bytes_of("abc"), digest);
	assert_hex(digest, SHA256_BYTES,
		   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hex);
	assert_string_equal(hex,
			    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	sha256_hex((struct bytes){ NULL, 0 }, hex);
	assert_string_equal(hex,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha512(bytes_of("abc"), digest);
	assert_hex(digest, SHA512_BYTES,
		   "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

/* A text, or count times one byte. */
struct input {
	const char *text;
	uint8_t byte;
	size_t count;
};

/* RFC 4231 section 4, SHA-256; case 5 is the one that is cut to 128 bits. */
static const struct {
	struct input key, data;
	const char *mac;
	size_t len;
} hmac_cases[] = {
	{ { NULL, 0x0b, 20 },
	  { "Hi There", 0, 0 },
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	  32 },
	{ { "Jefe", 0, 0 },
	  { "what do ya want for nothing?", 0, 0 },
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	  32 },
	{ { NULL, 0xaa, 20 },
	  { NULL, 0xdd, 50 },
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
	  32 },
	{ { "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13"
	    "\x14\x15\x16\x17\x18\x19",
	    0, 0 },
	  { NULL, 0xcd, 50 },
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
	  32 },
	{ { NULL, 0x0c, 20 },
	  { "Test With Truncation", 0, 0 },
	  "a3b6167473100ee06e0c796c2955552b",
	  16 },
	{ { NULL, 0xaa, 131 },
	  { "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0 },
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	  32 },
	{ { NULL, 0xaa, 131 },
	  { "This is a test using a larger than block-size key and a larger than block-size data."
	    " The key needs to be hashed before being used by the HMAC algorithm.",
	    0, 0 },
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
	  32 },
};

static struct bytes
expand_input(const struct input *input, uint8_t *memory)
{
	if (input->text != NULL)
		return bytes_of(input->text);
	memset(memory, input->byte, input->count);
	return (struct bytes){ memory, input->count };
}

/* In one part, and cut in three at every place. */
static void
test_hmac(void **state)
{
	uint8_t key_memory[256], data_memory[256], mac[SHA256_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(hmac_cases); i++) {
		struct bytes key = expand_input(&hmac_cases[i].key, key_memory);
		struct bytes data = expand_input(&hmac_cases[i].data, data_memory);

		hmac_sha256(key, &data, 1, mac);
		assert_hex(mac, hmac_cases[i].len, hmac_cases[i].mac);
		for (size_t cut = 0; cut <= data.len; cut++) {
			struct bytes parts[] = {
				{ data.data, cut },
				{ NULL, 0 },
				{ data.data + cut, data.len - cut },
			};

			hmac_sha256(key, parts, COUNT(parts), mac);
			assert_hex(mac, hmac_cases[i].len, hmac_cases[i].mac);
		}
	}
	hmac_sha256((struct bytes){ NULL, 0 }, NULL, 0, mac);
	assert_hex(mac, sizeof(mac),
		   "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 5869 appendix A.1 to A.3: ranges of bytes, by their first one. */
static const struct {
	uint8_t ikm_first, salt_first, info_first;
	bool is_constant;
	size_t ikm_len, salt_len, info_len, okm_len;
	const char *prk, *okm;
} hkdf_cases[] = {
	{ 0x0b, 0x00, 0xf0, true, 22, 13, 10, 42,
	  "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
	  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
	{ 0x00, 0x60, 0xb0, false, 80, 80, 80, 82,
	  "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
	  "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	  "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	  "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
	{ 0x0b, 0x00, 0x00, true, 22, 0, 0, 42,
	  "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
	  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
};

static struct bytes
range(uint8_t first, bool is_constant, size_t len, uint8_t *memory)
{
	for (size_t i = 0; i < len; i++)
		memory[i] = is_constant ? first : (uint8_t)(first + i);
	return (struct bytes){ memory, len };
}

static void
test_hkdf(void **state)
{
	uint8_t memory[3][80], prk[SHA256_BYTES], okm[82];

	(void)state;
	for (size_t i = 0; i < COUNT(hkdf_cases); i++) {
		struct bytes ikm = range(hkdf_cases[i].ikm_first, hkdf_cases[i].is_constant,
					 hkdf_cases[i].ikm_len, memory[0]);
		struct bytes salt =
			range(hkdf_cases[i].salt_first, false, hkdf_cases[i].salt_len, memory[1]);
		struct bytes info =
			range(hkdf_cases[i].info_first, false, hkdf_cases[i].info_len, memory[2]);
		struct bytes ikm_parts[] = { { ikm.data, 7 }, { ikm.data + 7, ikm.len - 7 } };
		struct bytes info_parts[8] = { info };

		hkdf_extract(salt, ikm_parts, COUNT(ikm_parts), prk);
		assert_hex(prk, sizeof(prk), hkdf_cases[i].prk);
		hkdf_expand(prk, info_parts, COUNT(info_parts), okm, hkdf_cases[i].okm_len);
		assert_hex(okm, hkdf_cases[i].okm_len, hkdf_cases[i].okm);
		hkdf_sha256(ikm, salt, info, okm, hkdf_cases[i].okm_len);
		assert_hex(okm, hkdf_cases[i].okm_len, hkdf_cases[i].okm);
	}
}

/* Each length writes so many bytes and no more. The digest of the longest is from Python's hmac. */
static void
test_hkdf_lengths(void **state)
{
	static uint8_t longest[HKDF_MAX], okm[HKDF_MAX + 1];
	char hex[SHA256_HEX_BYTES];

	(void)state;
	hkdf_sha256(bytes_of("ikm"), bytes_of("salt"), bytes_of("info"), longest, HKDF_MAX);
	sha256_hex(BYTES(longest), hex);
	assert_string_equal(hex,
			    "e3963f0e8b66c425fb6879cf9bdaf9aac0ffdbac3093b9857871bb35b0056dce");
	for (size_t len = 0; len <= 100; len++) {
		memset(okm, 0xee, sizeof(okm));
		hkdf_sha256(bytes_of("ikm"), bytes_of("salt"), bytes_of("info"), okm, len);
		assert_memory_equal(okm, longest, len);
		assert_int_equal(okm[len], 0xee);
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
		cmocka_unit_test(test_sha),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_hkdf_lengths),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
