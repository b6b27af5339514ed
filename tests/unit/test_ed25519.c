/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "crypto/ed25519.h"
#include "crypto/random.h"
#include "crypto/wire.h"

/* RFC 8032 section 7.1: TEST 1, TEST 2, TEST 3 and TEST SHA(abc). */
static const struct {
	const char *seed, *public, *message, *signature;
} vectors[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
	  "1cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
	  "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
	  "984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	{ "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
	  "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23"
	  "a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	  "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c6"
	  "6431e0303dca179c138ac17ad9bef1177331a704" },
};

/* The eight points whose order divides eight, as they are encoded. */
static const char *const small_order[] = {
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};

/* The order of the group, little endian (RFC 8032 section 5.1). */
static const char order[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

static size_t
unhex(const char *hex, uint8_t *out)
{
	assert_true(text_from_hex(bytes_of(hex), out, strlen(hex) / 2));
	return strlen(hex) / 2;
}

static void
random_seed(struct secret *ret)
{
	struct error err = ERROR_INIT;

	assert_int_equal(secret_new(ED25519_SEED_BYTES, ret, &err), 0);
	random_bytes(ret->data, ED25519_SEED_BYTES);
	ret->len = ED25519_SEED_BYTES;
}

static void
test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
		uint8_t public[32], message[64], signature[64], got_public[32], got[64];
		struct error err = ERROR_INIT;
		struct bytes whole;

		(void)unhex(vectors[i].signature, signature);
		(void)unhex(vectors[i].public, public);
		whole = (struct bytes){ message, unhex(vectors[i].message, message) };
		(void)unhex(vectors[i].seed, got);
		assert_int_equal(secret_from((struct bytes){ got, 32 }, &seed, &err), 0);

		ed25519_public(&seed, got_public);
		assert_memory_equal(got_public, public, sizeof(public));
		assert_true(ed25519_is_valid_public(public));
		ed25519_sign(&seed, whole, got);
		assert_memory_equal(got, signature, sizeof(signature));
		assert_true(ed25519_verify(public, whole, signature));
	}
}

/* Each bit of the signature, of the message and of the key. */
static void
test_altered(void **state)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	uint8_t parts[64 + 32 + 20];
	uint8_t *signature = parts, *public = parts + 64, *message = parts + 96;
	const struct bytes whole = { message, 20 };

	(void)state;
	random_seed(&seed);
	random_bytes(message, 20);
	ed25519_public(&seed, public);
	ed25519_sign(&seed, whole, signature);
	for (size_t bit = 0; bit < sizeof(parts) * 8; bit++) {
		parts[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(ed25519_verify(public, whole, signature));
		parts[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(ed25519_verify(public, whole, signature));
	assert_false(ed25519_verify(public, (struct bytes){ message, 19 }, signature));
	assert_false(ed25519_verify(public, bytes_of(""), signature));
}

/* S plus the group's order fits the equation too: whoever took it would let signatures be altered. */
static void
test_s_is_reduced(void **state)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	uint8_t public[32], signature[64], l[32];
	unsigned carry = 0;

	(void)state;
	(void)unhex(order, l);
	random_seed(&seed);
	ed25519_public(&seed, public);
	ed25519_sign(&seed, bytes_of("message"), signature);
	assert_true(ed25519_verify(public, bytes_of("message"), signature));
	for (size_t i = 0; i < sizeof(l); i++) {
		carry += (unsigned)signature[32 + i] + l[i];
		signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_false(ed25519_verify(public, bytes_of("message"), signature));
}

static void
assert_refused_public(const uint8_t key[static 32])
{
	CLEANUP(buf_clear) struct buf wire = BUF_INIT(100), text = BUF_INIT(100);
	uint8_t ret[32] = { 7 };

	assert_false(ed25519_is_valid_public(key));
	wire_put_text(&wire, "ssh-ed25519");
	wire_put_string(&wire, (struct bytes){ key, 32 });
	base64_encode(buf_bytes(&wire), BASE64_PADDED, 0, &text);
	assert_false(ssh_public_parse(buf_bytes(&text), ret));
	assert_int_equal(ret[0], 7);
}

/* Under a key of small order, a signature with S = 0 can hold for any message. */
static void
test_small_order(void **state)
{
	uint8_t key[32], signature[64] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(small_order); i++) {
		(void)unhex(small_order[i], key);
		assert_refused_public(key);
		for (size_t k = 0; k < COUNT(small_order); k++) {
			(void)unhex(small_order[k], signature);
			assert_false(ed25519_verify(key, bytes_of("message"), signature));
		}
	}
}

/* y from p to 2^255 - 1 is written as a number that is not reduced; with either sign. So are the signs of
 * the two points whose x is zero. */
static void
test_not_canonical(void **state)
{
	uint8_t key[32];

	(void)state;
	memset(key, 0xff, sizeof(key));
	for (unsigned low = 0xed; low <= 0xff; low++) {
		key[0] = (uint8_t)low;
		key[31] = 0x7f;
		assert_refused_public(key);
		key[31] = 0xff;
		assert_refused_public(key);
	}
	(void)unhex(small_order[0], key);
	key[31] |= 0x80;
	assert_refused_public(key);
	(void)unhex(small_order[1], key);
	key[31] |= 0x80;
	assert_refused_public(key);
}

/* Half of all y belong to no point. 2 is such a one. */
static void
test_no_point(void **state)
{
	(void)state;
	assert_refused_public((const uint8_t[32]){ 2 });
}

static void
test_ssh_text(void **state)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	uint8_t public[32], back[32];
	char text[SSH_PUBLIC_TEXT_BYTES], longer[SSH_PUBLIC_TEXT_BYTES + 4];

	(void)state;
	random_seed(&seed);
	ed25519_public(&seed, public);
	ssh_public_format(public, text);
	assert_int_equal(strlen(text), SSH_PUBLIC_TEXT_BYTES - 1);
	assert_memory_equal(text, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", 37);
	assert_true(ssh_public_parse(bytes_of(text + 12), back));
	assert_memory_equal(back, public, sizeof(public));

	assert_false(ssh_public_parse(bytes_of(text), back));
	for (size_t len = 0; len < strlen(text + 12); len++)
		assert_false(ssh_public_parse((struct bytes){ (uint8_t *)text + 12, len }, back));
	for (const char *more = "A=\n "; *more != 0; more++) {
		(void)snprintf(longer, sizeof(longer), "%s%c", text + 12, *more);
		assert_false(ssh_public_parse(bytes_of(longer), back));
	}
	(void)snprintf(longer, sizeof(longer), "%sAAAA", text + 12);
	assert_false(ssh_public_parse(bytes_of(longer), back));
}

/* Each field of the blob, with the length of the text kept. */
static void
test_ssh_fields(void **state)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	uint8_t public[32], wire[SSH_WIRE_BYTES], back[32];

	(void)state;
	random_seed(&seed);
	ed25519_public(&seed, public);
	ssh_public_wire(public, wire);
	assert_memory_equal(wire + 19, public, sizeof(public));
	/* What is in front of the key: a length, the algorithm, a length. */
	for (size_t bit = 0; bit < (size_t)19 * 8; bit++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT(100);

		wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
		base64_encode(BYTES(wire), BASE64_PADDED, 0, &text);
		assert_false(ssh_public_parse(buf_bytes(&text), back));
		wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* The fingerprint was printed by ssh-keygen -l of OpenSSH 9.2. */
static void
test_fingerprint(void **state)
{
	static const char key[] =
		"AAAAC3NzaC1lZDI1NTE5AAAAIBV9Gbg1oAO/QmqyoUJC3crYvC+Gi1fOflT3qJ5XVcV8";
	char fingerprint[SSH_FINGERPRINT_BYTES];
	uint8_t public[32];

	(void)state;
	assert_true(ssh_public_parse(bytes_of(key), public));
	ssh_fingerprint(public, fingerprint);
	assert_string_equal(fingerprint, "SHA256:povgqXxhy1AMdbtQehiSA1ZnqMp6RwY1WfhYi3Muzts");
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
		cmocka_unit_test(test_vectors),	      cmocka_unit_test(test_altered),
		cmocka_unit_test(test_s_is_reduced),  cmocka_unit_test(test_small_order),
		cmocka_unit_test(test_not_canonical), cmocka_unit_test(test_no_point),
		cmocka_unit_test(test_ssh_text),      cmocka_unit_test(test_ssh_fields),
		cmocka_unit_test(test_fingerprint),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
