/* SPDX-License-Identifier: Apache-2.0 */
/* SSH signatures as ssh-keygen makes them, each field altered or cut alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "crypto/random.h"
#include "crypto/sshsig.h"
#include "crypto/wire.h"

#define NAMESPACE "tfsecrets-sealed"
#define NOT_BASE64 "SSH signature: is not canonical base64 in lines of 70"
#define NO_BEGIN "SSH signature: does not begin with its marker line"
#define NO_END "SSH signature: does not end with its marker line"
#define VERSION_RULE "SSH signature: is not of version 1"
#define KEY_RULE "SSH signature: is not by an ssh-ed25519 key"
#define NAMESPACE_RULE "SSH signature: its namespace is not '" NAMESPACE "'"
#define RESERVED_RULE "SSH signature: its reserved field is not empty"
#define HASH_RULE "SSH signature: its hash is not sha512"
#define MALFORMED "SSH signature: is malformed"

enum { TEXT_MAX = 4096, COLUMNS = 70 };

static struct secret seed = SECRET_INIT;
static uint8_t public[ED25519_PUBLIC_BYTES];

static int
setup(void **state)
{
	struct error err;

	(void)state;
	if (secret_start(&err) < 0 || secret_new(ED25519_SEED_BYTES, &seed, &err) < 0)
		return -1;
	random_bytes(seed.data, ED25519_SEED_BYTES);
	seed.len = ED25519_SEED_BYTES;
	ed25519_public(&seed, public);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	secret_clear(&seed);
	secret_stop();
	return 0;
}

static void
expect_refused(struct bytes text, const char *message)
{
	struct sshsig sig;
	struct error err = ERROR_INIT;
	size_t len = 7;

	memset(&sig, 0x5a, sizeof(sig));
	assert_int_equal(sshsig_parse(text, NAMESPACE, &sig, &len, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_int_equal(len, 7);
	for (size_t i = 0; i < sizeof(sig.signer); i++)
		assert_int_equal(sig.signer[i], 0x5a);
	for (size_t i = 0; i < sizeof(sig.signature); i++)
		assert_int_equal(sig.signature[i], 0x5a);
}

static void
armor(struct bytes blob, struct buf *out)
{
	buf_append_text(out, SSHSIG_BEGIN);
	base64_encode(blob, BASE64_PADDED, COLUMNS, out);
	buf_append_text(out, SSHSIG_END);
}

static void
expect_refused_blob(struct bytes blob, const char *message)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(TEXT_MAX);

	armor(blob, &text);
	expect_refused(buf_bytes(&text), message);
}

/* What ssh-keygen -Y sign (OpenSSH 9.2) wrote for "message\n" in the namespace tfsecrets-sealed. */
static const char by_ssh_keygen[] =
	"-----BEGIN SSH SIGNATURE-----\n"
	"U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgEJULc0s9O7QYbGRNAF+2feG795\n"
	"xVc+Rqim/deu/D1GUAAAAQdGZzZWNyZXRzLXNlYWxlZAAAAAAAAAAGc2hhNTEyAAAAUwAA\n"
	"AAtzc2gtZWQyNTUxOQAAAEBEt1S99xxIxtLXMuXE/Iz3E4jorv7CpyS6aLpOeR6UqGXXHp\n"
	"SbWJMrezv8HnNuYn1IStHO1QRwh5RwU+ocnHED\n"
	"-----END SSH SIGNATURE-----\n";

static void
test_by_ssh_keygen(void **state)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT(TEXT_MAX);
	struct sshsig sig;
	struct error err = ERROR_INIT;
	size_t len;

	(void)state;
	assert_int_equal(sshsig_parse(bytes_of(by_ssh_keygen), NAMESPACE, &sig, &len, &err), 0);
	assert_int_equal(len, strlen(by_ssh_keygen));
	assert_true(sshsig_verify(&sig, NAMESPACE, bytes_of("message\n")));
	assert_false(sshsig_verify(&sig, NAMESPACE, bytes_of("message")));
	assert_false(sshsig_verify(&sig, "tfsecrets-roster", bytes_of("message\n")));
	sshsig_armor(&sig, NAMESPACE, &again);
	assert_string_equal(buf_text(&again), by_ssh_keygen);
}

static void
test_round_trip(void **state)
{
	static uint8_t large[100000];
	const struct bytes messages[] = { bytes_of(""), bytes_of("x"), BYTES(large) };
	static const char *const namespaces[] = {
		"n", "tfsecrets-sealed", "tfsecrets-roster",
		"a-namespace-of-sixty-four-characters-which-is-all-that-it-may-be"
	};

	(void)state;
	assert_int_equal(strlen(namespaces[3]), SSHSIG_NAMESPACE_MAX);
	for (size_t i = 0; i < COUNT(messages) * COUNT(namespaces); i++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT(SSHSIG_ARMOR_MAX + 6);
		const char *namespace = namespaces[i % COUNT(namespaces)];
		struct bytes message = messages[i / COUNT(namespaces)];
		struct sshsig sig;
		struct error err = ERROR_INIT;
		size_t len;

		sshsig_sign(&seed, namespace, message, &text);
		assert_false(text.full);
		/* It takes its own bytes of what stands there. */
		size_t whole = text.len;
		buf_append_text(&text, "behind");
		assert_int_equal(sshsig_parse(buf_bytes(&text), namespace, &sig, &len, &err), 0);
		assert_int_equal(len, whole);
		assert_memory_equal(sig.signer, public, sizeof(public));
		assert_true(sshsig_verify(&sig, namespace, message));
		assert_false(sshsig_verify(&sig, "other", message));
		assert_false(sshsig_verify(&sig, namespace, bytes_of("another")));
	}
}

/* Any bit of the signature and of who made it. */
static void
test_altered(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(TEXT_MAX);
	struct sshsig sig;
	struct error err = ERROR_INIT;
	size_t len;

	(void)state;
	sshsig_sign(&seed, NAMESPACE, bytes_of("message"), &text);
	assert_int_equal(sshsig_parse(buf_bytes(&text), NAMESPACE, &sig, &len, &err), 0);
	for (size_t bit = 0; bit < sizeof(sig.signature) * 8; bit++) {
		sig.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(sshsig_verify(&sig, NAMESPACE, bytes_of("message")));
		sig.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < sizeof(sig.signer) * 8; bit++) {
		sig.signer[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(sshsig_verify(&sig, NAMESPACE, bytes_of("message")));
		sig.signer[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(sshsig_verify(&sig, NAMESPACE, bytes_of("message")));
}

/* PROTOCOL.sshsig: SSHSIG, namespace, reserved, hash, hash of the message; SHA-512 of "abc" (FIPS 180). */
static void
test_signed_data(void **state)
{
	static const char expected[] =
		"SSHSIG\0\0\0\1n\0\0\0\0\0\0\0\6sha512\0\0\0\x40"
		"\xdd\xaf\x35\xa1\x93\x61\x7a\xba\xcc\x41\x73\x49\xae\x20\x41\x31"
		"\x12\xe6\xfa\x4e\x89\xa9\x7e\xa2\x0a\x9e\xee\xe6\x4b\x55\xd3\x9a"
		"\x21\x92\x99\x2a\x27\x4f\xc1\xa8\x36\xba\x3c\x23\xa3\xfe\xeb\xbd"
		"\x45\x4d\x44\x23\x64\x3c\xe8\x0e\x2a\x9a\xc9\x4f\xa5\x4c\xa4\x9f";
	CLEANUP(buf_clear) struct buf out = BUF_INIT(TEXT_MAX);

	(void)state;
	sshsig_signed_data("n", bytes_of("abc"), &out);
	assert_int_equal(out.len, sizeof(expected) - 1);
	assert_memory_equal(out.data, expected, out.len);
}

/* The fields of a blob, any of which a test makes otherwise. */
struct fields {
	const char *magic;
	uint32_t version;
	struct bytes key;
	const char *namespace, *reserved, *hash;
	struct bytes signature;
	const char *behind;
};

static uint8_t key_wire[SSH_WIRE_BYTES], signature_wire[83];

static struct fields
good_fields(void)
{
	CLEANUP(buf_clear) struct buf wire = BUF_INIT(sizeof(signature_wire)), data = BUF_INIT(500);
	uint8_t signature[ED25519_SIGNATURE_BYTES];

	ssh_public_wire(public, key_wire);
	sshsig_signed_data(NAMESPACE, bytes_of("message"), &data);
	ed25519_sign(&seed, buf_bytes(&data), signature);
	wire_put_text(&wire, "ssh-ed25519");
	wire_put_string(&wire, BYTES(signature));
	assert_int_equal(wire.len, sizeof(signature_wire));
	memcpy(signature_wire, wire.data, wire.len);
	return (struct fields){
		.magic = "SSHSIG",
		.version = 1,
		.key = BYTES(key_wire),
		.namespace = NAMESPACE,
		.reserved = "",
		.hash = "sha512",
		.signature = BYTES(signature_wire),
		.behind = "",
	};
}

static void
put_fields(const struct fields *fields, struct buf *out)
{
	buf_append_text(out, fields->magic);
	wire_put_number(out, fields->version);
	wire_put_string(out, fields->key);
	wire_put_text(out, fields->namespace);
	wire_put_text(out, fields->reserved);
	wire_put_text(out, fields->hash);
	wire_put_string(out, fields->signature);
	buf_append_text(out, fields->behind);
}

static void
expect_refused_fields(const struct fields *fields, const char *message)
{
	CLEANUP(buf_clear) struct buf blob = BUF_INIT(TEXT_MAX);

	put_fields(fields, &blob);
	expect_refused_blob(buf_bytes(&blob), message);
}

#define WITH(field, value, message)                                                                \
	do {                                                                                       \
		struct fields fields = good_fields();                                              \
                                                                                                   \
		fields.field = (value);                                                            \
		expect_refused_fields(&fields, message);                                           \
	} while (0)

static void
test_fields(void **state)
{
	CLEANUP(buf_clear) struct buf blob = BUF_INIT(TEXT_MAX), ours = BUF_INIT(TEXT_MAX);
	CLEANUP(buf_clear) struct buf text = BUF_INIT(TEXT_MAX);
	struct fields good = good_fields();

	(void)state;
	/* Unchanged, they are what we write. */
	put_fields(&good, &blob);
	armor(buf_bytes(&blob), &text);
	sshsig_sign(&seed, NAMESPACE, bytes_of("message"), &ours);
	assert_string_equal(buf_text(&text), buf_text(&ours));

	WITH(magic, "SSHSIH", VERSION_RULE);
	WITH(magic, "sshsig", VERSION_RULE);
	WITH(magic, "", VERSION_RULE);
	WITH(version, 0, VERSION_RULE);
	WITH(version, 2, VERSION_RULE);
	WITH(version, 0x01000000, VERSION_RULE);
	WITH(namespace, "tfsecrets-roster", NAMESPACE_RULE);
	WITH(namespace, "tfsecrets-seale", NAMESPACE_RULE);
	WITH(namespace, "tfsecrets-sealed2", NAMESPACE_RULE);
	WITH(namespace, "Tfsecrets-sealed", NAMESPACE_RULE);
	WITH(namespace, "", NAMESPACE_RULE);
	WITH(reserved, "x", RESERVED_RULE);
	WITH(hash, "sha256", HASH_RULE);
	WITH(hash, "SHA512", HASH_RULE);
	WITH(hash, "", HASH_RULE);
	WITH(signature, bytes_of(""), MALFORMED);
	WITH(behind, "x", MALFORMED);
	WITH(key, bytes_of(""), KEY_RULE);
}

/* Of the key, and of the signature: algorithm, length, and something behind. */
static void
test_inner_fields(void **state)
{
	static const struct {
		const char *algorithm;
		size_t more; /* added to the length */
		const char *behind;
	} cases[] = {
		{ "ssh-rsa", 0, "" },
		{ "ecdsa-sha2-nistp256", 0, "" },
		{ "sk-ssh-ed25519@openssh.com", 0, "" },
		{ "ssh-ed25519-cert-v01@openssh.com", 0, "" },
		{ "ssh-ed2551", 0, "" },
		{ "", 0, "" },
		{ "ssh-ed25519", 1, "" },
		{ "ssh-ed25519", (size_t)-1, "" },
		{ "ssh-ed25519", 0, "\1" },
	};
	uint8_t zeros[80] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_clear) struct buf key = BUF_INIT(500), signature = BUF_INIT(500);

		wire_put_text(&key, cases[i].algorithm);
		wire_put_string(&key, (struct bytes){ zeros, 32 + cases[i].more });
		buf_append_text(&key, cases[i].behind);
		WITH(key, buf_bytes(&key), KEY_RULE);

		wire_put_text(&signature, cases[i].algorithm);
		wire_put_string(&signature, (struct bytes){ zeros, 64 + cases[i].more });
		buf_append_text(&signature, cases[i].behind);
		WITH(signature, buf_bytes(&signature), MALFORMED);
	}
}

/* The blob at every shorter length: the rule of the field that is not there. */
static void
test_cut_blob(void **state)
{
	CLEANUP(buf_clear) struct buf blob = BUF_INIT(TEXT_MAX);
	struct fields good = good_fields();
	/* Where each field ends. */
	const size_t version = 6 + 4, key = version + 4 + SSH_WIRE_BYTES;
	const size_t namespace = key + 4 + strlen(NAMESPACE), reserved = namespace + 4;
	const size_t hash = reserved + 4 + 6;

	(void)state;
	put_fields(&good, &blob);
	for (size_t len = 0; len < blob.len; len++)
		expect_refused_blob((struct bytes){ blob.data, len },
				    len < version   ? VERSION_RULE :
				    len < key	    ? KEY_RULE :
				    len < namespace ? NAMESPACE_RULE :
				    len < reserved  ? RESERVED_RULE :
				    len < hash	    ? HASH_RULE :
						      MALFORMED);
}

/* The armor at every shorter length, in a block of exactly that. */
static void
test_cut_armor(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(TEXT_MAX);

	(void)state;
	sshsig_sign(&seed, NAMESPACE, bytes_of("message"), &text);
	for (size_t len = 0; len < text.len; len++) {
		uint8_t *block = xcalloc(len + 1, 1);

		memcpy(block, text.data, len);
		expect_refused((struct bytes){ block, len },
			       len < strlen(SSHSIG_BEGIN) ? NO_BEGIN : NO_END);
		free(block);
	}
	expect_refused((struct bytes){ NULL, 0 }, NO_BEGIN);
}

static void
test_armor(void **state)
{
	static const struct {
		size_t at; /* counted from where the base64 begins */
		const char *more, *message;
	} cases[] = {
		{ 0, "\n", NOT_BASE64 },	  { 0, " ", NOT_BASE64 },
		{ 0, "A", NOT_BASE64 },		  { 1, "\n", NOT_BASE64 },
		{ COLUMNS, "\r", NOT_BASE64 },	  { COLUMNS, "\n", NOT_BASE64 },
		{ COLUMNS, " ", NOT_BASE64 },	  { COLUMNS + 1, "Comment: x\n", NOT_BASE64 },
		{ COLUMNS + 1, "=", NOT_BASE64 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT(TEXT_MAX), other = BUF_INIT(TEXT_MAX);
		size_t at = strlen(SSHSIG_BEGIN) + cases[i].at;

		sshsig_sign(&seed, NAMESPACE, bytes_of("message"), &text);
		buf_append(&other, (struct bytes){ text.data, at });
		buf_append_text(&other, cases[i].more);
		buf_append(&other, (struct bytes){ text.data + at, text.len - at });
		expect_refused(buf_bytes(&other), cases[i].message);
	}
}

static void
test_markers(void **state)
{
	static const char *const begins[] = { "",
					      " " SSHSIG_BEGIN,
					      "-----BEGIN SSH SIGNATURE-----\r\n",
					      "-----BEGIN SSH SIGNATURE----\n",
					      "-----begin ssh signature-----\n",
					      "\n" SSHSIG_BEGIN };

	(void)state;
	for (size_t i = 0; i < COUNT(begins); i++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT(TEXT_MAX), other = BUF_INIT(TEXT_MAX);

		sshsig_sign(&seed, NAMESPACE, bytes_of("message"), &text);
		buf_append_text(&other, begins[i]);
		buf_append_text(&other, buf_text(&text) + strlen(SSHSIG_BEGIN));
		expect_refused(buf_bytes(&other), NO_BEGIN);
	}
	expect_refused(bytes_of(SSHSIG_BEGIN SSHSIG_END), VERSION_RULE);
	expect_refused(bytes_of(SSHSIG_BEGIN "\n" SSHSIG_END), NOT_BASE64);
	expect_refused(bytes_of(SSHSIG_BEGIN SSHSIG_BEGIN SSHSIG_END), NOT_BASE64);
}

/* Signatures that hold in the equation for any message, by keys of small order (see test_ed25519). */
static void
test_small_order(void **state)
{
	struct sshsig sig = { .signer = { 1 }, .signature = { 1 } };

	(void)state;
	assert_false(sshsig_verify(&sig, NAMESPACE, bytes_of("message")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_ssh_keygen), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_altered),	      cmocka_unit_test(test_signed_data),
		cmocka_unit_test(test_fields),	      cmocka_unit_test(test_inner_fields),
		cmocka_unit_test(test_cut_blob),      cmocka_unit_test(test_cut_armor),
		cmocka_unit_test(test_armor),	      cmocka_unit_test(test_markers),
		cmocka_unit_test(test_small_order),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
