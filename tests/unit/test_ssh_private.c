/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSH's private key files: those of the system's ssh-keygen, and ones with one field made otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/base64.h"
#include "crypto/ed25519.h"
#include "crypto/random.h"
#include "crypto/wire.h"
#include "tests/unit/scratch.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END "-----END OPENSSH PRIVATE KEY-----"
#define RULE "OpenSSH private key: "
#define PASSPHRASE_RULE                                                                             \
	RULE "is protected by a passphrase; give its .pub file and sign with ssh-agent, or use an " \
	     "age identity (tfsecrets keygen)"
#define ALGORITHM_RULE RULE "is not an Ed25519 key (ssh-keygen -t ed25519 makes one)"
#define ONE_KEY_RULE RULE "must hold one key and no key derivation"
#define CHECK_RULE RULE "its check numbers differ"
#define PRIVATE_RULE RULE "its private part is malformed"
#define DIFFER_RULE RULE "its public keys differ"
#define PUBLIC_RULE RULE "its public key is not that of its private key"
#define CUT_RULE RULE "is cut off or has something behind it"
#define BEGIN_RULE RULE "does not begin with '" BEGIN "'"
#define END_RULE RULE "does not end with '" END "'"
#define BASE64_RULE RULE "is not canonical base64"
#define VERSION_RULE RULE "is not of version 1"

enum { FILE_MAX = 16 * 1024, COLUMNS = 70 };

static struct secret seed = SECRET_INIT;
static uint8_t public[ED25519_PUBLIC_BYTES];

static int
setup(void **state)
{
	struct error err;

	(void)state;
	if (scratch_make("test_ssh_private") < 0 || secret_start(&err) < 0 ||
	    secret_new(ED25519_SEED_BYTES, &seed, &err) < 0)
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
	return scratch_end();
}

static int
parse(struct bytes file, struct secret *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret secret = SECRET_INIT;

	assert_int_equal(secret_from(file, &secret, err), 0);
	return ssh_private_parse(&secret, ret, err);
}

static void
expect_refused(struct bytes file, const char *message)
{
	struct secret ret = SECRET_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(parse(file, &ret, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_null(ret.data);
}

static void
expect_key(struct bytes file, const uint8_t expected[static ED25519_PUBLIC_BYTES])
{
	CLEANUP(secret_clear) struct secret ret = SECRET_INIT;
	uint8_t computed[ED25519_PUBLIC_BYTES];
	struct error err = ERROR_INIT;

	if (parse(file, &ret, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(ret.len, ED25519_SEED_BYTES);
	ed25519_public(&ret, computed);
	assert_memory_equal(computed, expected, sizeof(computed));
}

/* By ssh-keygen */

/* What ssh-keygen makes of these options. */
static char *
keygen(const char *options)
{
	CLEANUP(free_text) char *line =
		xasprintf("rm -f key key.pub; ssh-keygen -q -f key %s", options);

	scratch_shell(line);
	return scratch_get("key");
}

/* Comments of eight lengths that follow one another: every length of the padding. */
static void
test_by_ssh_keygen(void **state)
{
	(void)state;
	for (int len = 0; len < 8; len++) {
		CLEANUP(free_text) char *options =
			xasprintf("-t ed25519 -N '' -C '%.*s'", len, "comments");
		CLEANUP(free_text) char *file = keygen(options);
		CLEANUP(free_text) char *text = scratch_get("key.pub");
		uint8_t expected[ED25519_PUBLIC_BYTES];

		assert_true(strlen(text) > 80);
		assert_true(ssh_public_parse((struct bytes){ (uint8_t *)text + 12, 68 }, expected));
		expect_key(bytes_of(file), expected);
	}
}

static void
test_other_keys(void **state)
{
	static const struct {
		const char *options, *message;
	} cases[] = {
		{ "-t ed25519 -N 'correct horse'", PASSPHRASE_RULE },
		{ "-t ed25519 -N 'correct horse' -Z aes256-gcm@openssh.com", PASSPHRASE_RULE },
		{ "-t ecdsa -N 'correct horse'", PASSPHRASE_RULE },
		{ "-t ecdsa -N ''", ALGORITHM_RULE },
		{ "-t rsa -b 1024 -N ''", ALGORITHM_RULE },
		{ "-t rsa -b 1024 -N '' -m PEM", BEGIN_RULE },
		{ "-t rsa -b 1024 -N '' -m PKCS8", BEGIN_RULE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(free_text) char *file = keygen(cases[i].options);
		CLEANUP(free_text) char *other = scratch_get("key.pub");

		expect_refused(bytes_of(file), cases[i].message);
		expect_refused(bytes_of(other), BEGIN_RULE);
	}
}

/* By fields */

struct fields {
	struct bytes magic;
	const char *cipher, *kdf, *kdf_options;
	uint32_t count;
	struct bytes outer; /* the public key, as a blob */
	uint32_t check[2];
	const char *algorithm;
	struct bytes public, pair;
	const char *comment;
	struct bytes padding;
	const char *behind;
};

static uint8_t key_wire[SSH_WIRE_BYTES], pair[64];

static struct fields
good_fields(void)
{
	ssh_public_wire(public, key_wire);
	memcpy(pair, seed.data, 32);
	memcpy(pair + 32, public, 32);
	return (struct fields){
		.magic = { (const uint8_t *)"openssh-key-v1", 15 },
		.cipher = "none",
		.kdf = "none",
		.kdf_options = "",
		.count = 1,
		.outer = BYTES(key_wire),
		.check = { 0x01020304, 0x01020304 },
		.algorithm = "ssh-ed25519",
		.public = BYTES(public),
		.pair = BYTES(pair),
		.comment = "comment",
		.padding = { (const uint8_t *)"\1\2\3\4\5\6", 6 },
		.behind = "",
	};
}

static void
put_inner(const struct fields *fields, struct buf *out)
{
	wire_put_number(out, fields->check[0]);
	wire_put_number(out, fields->check[1]);
	wire_put_text(out, fields->algorithm);
	wire_put_string(out, fields->public);
	wire_put_string(out, fields->pair);
	wire_put_text(out, fields->comment);
	buf_append(out, fields->padding);
}

static void
put_blob(const struct fields *fields, struct bytes inner, struct buf *out)
{
	buf_append(out, fields->magic);
	wire_put_text(out, fields->cipher);
	wire_put_text(out, fields->kdf);
	wire_put_text(out, fields->kdf_options);
	wire_put_number(out, fields->count);
	wire_put_string(out, fields->outer);
	wire_put_string(out, inner);
	buf_append_text(out, fields->behind);
}

static void
armor(struct bytes blob, struct buf *out)
{
	buf_append_text(out, BEGIN "\n");
	base64_encode(blob, BASE64_PADDED, COLUMNS, out);
	buf_append_text(out, END "\n");
}

static void
put_file(const struct fields *fields, struct buf *out)
{
	CLEANUP(buf_clear) struct buf inner = BUF_INIT(FILE_MAX), blob = BUF_INIT(FILE_MAX);

	put_inner(fields, &inner);
	put_blob(fields, buf_bytes(&inner), &blob);
	armor(buf_bytes(&blob), out);
}

static void
expect_refused_fields(const struct fields *fields, const char *message)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);

	put_file(fields, &file);
	expect_refused(buf_bytes(&file), message);
}

#define WITH(field, value, message)                                                                \
	do {                                                                                       \
		struct fields fields = good_fields();                                              \
                                                                                                   \
		fields.field = (value);                                                            \
		expect_refused_fields(&fields, message);                                           \
	} while (0)

static struct bytes
literal(const char *text, size_t len)
{
	return (struct bytes){ (const uint8_t *)text, len };
}

static void
test_outer_fields(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
	struct fields good = good_fields();
	uint8_t other_wire[SSH_WIRE_BYTES];

	(void)state;
	put_file(&good, &file);
	expect_key(buf_bytes(&file), public);

	WITH(magic, literal("openssh-key-v2", 15), VERSION_RULE);
	WITH(magic, literal("openssh-key-v1\n", 15), VERSION_RULE);
	WITH(magic, literal("", 0), VERSION_RULE);
	WITH(cipher, "aes256-ctr", PASSPHRASE_RULE);
	WITH(cipher, "", PASSPHRASE_RULE);
	WITH(kdf, "bcrypt", ONE_KEY_RULE);
	WITH(kdf_options, "x", ONE_KEY_RULE);
	WITH(count, 0, ONE_KEY_RULE);
	WITH(count, 2, ONE_KEY_RULE);
	WITH(count, UINT32_MAX, ONE_KEY_RULE);
	WITH(behind, "x", CUT_RULE);
	WITH(outer, literal("", 0), PUBLIC_RULE);
	ssh_public_wire((const uint8_t[32]){ 1 }, other_wire);
	WITH(outer, BYTES(other_wire), PUBLIC_RULE);
	WITH(outer, ((struct bytes){ key_wire, SSH_WIRE_BYTES - 1 }), PUBLIC_RULE);
}

static void
test_inner_fields(void **state)
{
	static const uint8_t longer[65];
	uint8_t other_public[32], other_pair[64];

	(void)state;
	(void)good_fields();
	WITH(check[0], 0x01020305, CHECK_RULE);
	WITH(check[1], 0x02020304, CHECK_RULE);
	WITH(algorithm, "ssh-rsa", ALGORITHM_RULE);
	WITH(algorithm, "ssh-ed2551", ALGORITHM_RULE);
	WITH(algorithm, "sk-ssh-ed25519@openssh.com", ALGORITHM_RULE);
	WITH(algorithm, "", ALGORITHM_RULE);
	WITH(public, ((struct bytes){ public, 31 }), PRIVATE_RULE);
	WITH(public, ((struct bytes){ longer, 33 }), PRIVATE_RULE);
	WITH(pair, ((struct bytes){ pair, 63 }), PRIVATE_RULE);
	WITH(pair, ((struct bytes){ pair, 32 }), PRIVATE_RULE);
	WITH(pair, BYTES(longer), PRIVATE_RULE);

	memcpy(other_public, public, sizeof(public));
	other_public[31] ^= 0x80;
	WITH(public, BYTES(other_public), DIFFER_RULE);
	memcpy(other_pair, pair, sizeof(pair));
	other_pair[32] ^= 1;
	WITH(pair, BYTES(other_pair), DIFFER_RULE);
	/* Another seed under the same public key. */
	memcpy(other_pair, pair, sizeof(pair));
	other_pair[0] ^= 1;
	WITH(pair, BYTES(other_pair), PUBLIC_RULE);
	/* Another pair within the public key that stands outside. */
	memcpy(other_pair + 32, other_public, 32);
	{
		CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
		CLEANUP(secret_clear) struct secret other = SECRET_INIT;
		struct fields fields = good_fields();
		struct error err;

		assert_int_equal(secret_from((struct bytes){ other_pair, 32 }, &other, &err), 0);
		ed25519_public(&other, other_pair + 32);
		fields.pair = BYTES(other_pair);
		fields.public = (struct bytes){ other_pair + 32, 32 };
		put_file(&fields, &file);
		expect_refused(buf_bytes(&file), PUBLIC_RULE);
	}
}

/* 1, 2, 3 … up to a multiple of eight, and less than eight of it. */
static void
test_padding(void **state)
{
	static const char wrong[][7] = { "\1\2\3\4\5\7", "\0\2\3\4\5\6", "\2\3\4\5\6\7",
					 "\0\0\0\0\0\0", "\6\6\6\6\6\6", "\1\2\3\3\5\6" };

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		WITH(padding, literal(wrong[i], 6), PRIVATE_RULE);
	for (size_t len = 0; len < 20; len++) {
		if (len != 6)
			WITH(padding,
			     literal("\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10\x11\x12\x13", len),
			     PRIVATE_RULE);
	}
	WITH(comment, "comments", PRIVATE_RULE);
}

/* The private part at every shorter length, where the whole is framed well; then the whole. */
static void
test_cut_blob(void **state)
{
	CLEANUP(buf_clear) struct buf inner = BUF_INIT(FILE_MAX), blob = BUF_INIT(FILE_MAX);
	struct fields good = good_fields();

	(void)state;
	put_inner(&good, &inner);
	put_blob(&good, buf_bytes(&inner), &blob);
	for (size_t len = 0; len < inner.len; len++) {
		CLEANUP(buf_clear) struct buf cut = BUF_INIT(FILE_MAX), file = BUF_INIT(FILE_MAX);

		put_blob(&good, (struct bytes){ inner.data, len }, &cut);
		armor(buf_bytes(&cut), &file);
		expect_refused(buf_bytes(&file), len < 8      ? CHECK_RULE :
						 len < 8 + 15 ? ALGORITHM_RULE :
								PRIVATE_RULE);
	}
	for (size_t len = 0; len < blob.len; len++) {
		CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);

		armor((struct bytes){ blob.data, len }, &file);
		expect_refused(buf_bytes(&file), len < 15 ? VERSION_RULE : CUT_RULE);
	}
}

/* Any bit but those of the comment is noticed. */
static void
test_altered_everywhere(void **state)
{
	CLEANUP(buf_clear) struct buf inner = BUF_INIT(FILE_MAX), blob = BUF_INIT(FILE_MAX);
	struct fields good = good_fields();
	size_t comment, opened = 0;

	(void)state;
	put_inner(&good, &inner);
	put_blob(&good, buf_bytes(&inner), &blob);
	comment = blob.len - 6 - strlen(good.comment);
	for (size_t i = 0; i < blob.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
			CLEANUP(secret_clear) struct secret ret = SECRET_INIT;
			bool is_comment = i >= comment && i < comment + strlen(good.comment);
			struct error err = ERROR_INIT;

			blob.data[i] ^= (uint8_t)(1 << bit);
			armor(buf_bytes(&blob), &file);
			assert_int_equal(parse(buf_bytes(&file), &ret, &err), is_comment ? 0 : -1);
			opened += is_comment;
			blob.data[i] ^= (uint8_t)(1 << bit);
		}
	}
	assert_int_equal(opened, strlen(good.comment) * 8);
}

static void
test_text(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX);
	struct fields good = good_fields();
	struct secret ret = SECRET_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	put_file(&good, &file);
	for (size_t len = 0; len < file.len - 1; len++)
		expect_refused((struct bytes){ file.data, len },
			       len < strlen(BEGIN) ? BEGIN_RULE : END_RULE);
	/* The last line end may be missing. */
	expect_key((struct bytes){ file.data, file.len - 1 }, public);
	assert_int_equal(ssh_private_parse(&(struct secret)SECRET_INIT, &ret, &err), -1);
	assert_string_equal(err.message, BEGIN_RULE);
	assert_false(ssh_private_is(&(struct secret)SECRET_INIT));

	expect_refused(bytes_of(BEGIN "\n" END "\n"), VERSION_RULE);
	expect_refused(bytes_of(BEGIN END), VERSION_RULE);
	expect_refused(bytes_of(BEGIN "\nb3BlbnNzaC1\n" END "\n"), BASE64_RULE);
	expect_refused(bytes_of(BEGIN "\nb3Bl bnNz\n" END "\n"), BASE64_RULE);
	expect_refused(bytes_of(BEGIN "\nb3BlbnM\n" END "\n"), BASE64_RULE);
	expect_refused(bytes_of(BEGIN "\n" BEGIN "\n" END "\n"), BASE64_RULE);
	expect_refused(bytes_of("\n" BEGIN "\n" END "\n"), BEGIN_RULE);
	expect_refused(bytes_of(" " BEGIN "\n" END "\n"), BEGIN_RULE);
}

/* As it may come from a checkout on another system. */
static void
test_crlf(void **state)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(FILE_MAX), other = BUF_INIT(FILE_MAX);
	struct fields good = good_fields();

	(void)state;
	put_file(&good, &file);
	for (size_t i = 0; i < file.len; i++) {
		if (file.data[i] == '\n')
			buf_append_byte(&other, '\r');
		buf_append_byte(&other, file.data[i]);
	}
	expect_key(buf_bytes(&other), public);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_ssh_keygen),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_outer_fields),
		cmocka_unit_test(test_inner_fields),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_cut_blob),
		cmocka_unit_test(test_altered_everywhere),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_crlf),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
