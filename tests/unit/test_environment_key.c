/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fixture.h"

#define FILE_NAME "tfsecrets/prod/key.age"

static int
setup(void **state)
{
	(void)state;
	return fixture_start("test_environment_key");
}

static int
teardown(void **state)
{
	(void)state;
	return fixture_end();
}

static int
clean(void **state)
{
	(void)state;
	scratch_remove("tfsecrets");
	return 0;
}

/* Opens key.age as it stands, with person's identity. */
static int
open_as(size_t person, struct environment_key *ret, struct error *err)
{
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(buf_clear) struct buf file = BUF_INIT(KEY_FILE_MAX);
	const struct identities identities = { .items = &people[person], .count = 1 };

	fixture_chain(&chain);
	assert_int_equal(file_read(scratch_fd, FILE_NAME, "f", KEY_FILE_MAX, &file, err), 0);
	return environment_key_open(buf_bytes(&file), "f", &chain,
				    roster_environment(chain_current(&chain), "prod"), &identities,
				    ret, err);
}

static void
expect_refused(size_t person, const char *message)
{
	struct environment_key key;
	struct error err;

	assert_int_equal(open_as(person, &key, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
}

static void
test_first_epoch(void **state)
{
	struct environment_key key;
	const uint8_t *public;
	struct error err;

	(void)state;
	fixture_first();
	for (size_t person = 0; person < 2; person++) {
		if (open_as(person, &key, &err) < 0)
			fail_msg("%s", err.message);
		assert_true(secret_equal(&key.private, &keys[1].private));
		assert_memory_equal(key.public, keys[1].public, X25519_BYTES);
		assert_int_equal(key.previous.len, 0);
		assert_ptr_equal(environment_key_of_epoch(&key, 1, 1, &public), &key.private);
		assert_ptr_equal(public, key.public);
		assert_null(environment_key_of_epoch(&key, 1, 0, &public));
		assert_null(environment_key_of_epoch(&key, 1, 2, &public));
		environment_key_clear(&key);
	}
}

static void
test_second_epoch(void **state)
{
	struct environment_key key;
	const uint8_t *public;
	struct error err;

	(void)state;
	fixture_first();
	fixture_second();
	if (open_as(0, &key, &err) < 0)
		fail_msg("%s", err.message);
	assert_ptr_equal(environment_key_of_epoch(&key, 2, 2, &public), &key.private);
	assert_memory_equal(public, keys[2].public, X25519_BYTES);
	assert_ptr_equal(environment_key_of_epoch(&key, 2, 1, &public), &key.previous);
	assert_memory_equal(public, keys[1].public, X25519_BYTES);
	assert_null(environment_key_of_epoch(&key, 2, 0, &public));
	environment_key_clear(&key);
}

static void
test_not_a_reader(void **state)
{
	struct identities none = IDENTITIES_INIT;
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(buf_clear) struct buf file = BUF_INIT(KEY_FILE_MAX);
	struct environment_key key;
	struct error err;

	(void)state;
	fixture_first();
	expect_refused(2, "this identity is not a reader of 'prod'; a reader must add it");
	fixture_second();
	expect_refused(1, "this identity is not a reader of 'prod'; a reader must add it");
	fixture_chain(&chain);
	assert_int_equal(file_read(scratch_fd, FILE_NAME, "f", KEY_FILE_MAX, &file, &err), 0);
	assert_int_equal(environment_key_open(buf_bytes(&file), "f", &chain,
					      roster_environment(chain_current(&chain), "prod"),
					      &none, &key, &err),
			 -1);
	assert_string_equal(err.message,
			    "this identity is not a reader of 'prod'; a reader must add it");
}

/* A file that is not the roster's, whatever it holds. */
static void
test_other_file(void **state)
{
	char hash[SHA256_HEX_BYTES];

	(void)state;
	fixture_first();
	fixture_key(&keys[1], "prod", 1, "01", FILE_NAME, hash);
	expect_refused(0, "f: is not the file that roster 1 names (wrapped)");
}

/* Writes the file first, so that the roster names it by its hash. */
static void
first_with(const struct environment_key *key, const char *environment, uint32_t epoch,
	   const char *readers)
{
	char hash[SHA256_HEX_BYTES];

	fixture_key(key, environment, epoch, readers, FILE_NAME, hash);
	fixture_roster(&(struct fixture_roster){
		.serial = 1, .epoch = 1, .readers = "01", .sealers = "0", .wrapped = hash });
}

static void
test_other_stanzas(void **state)
{
	static const struct {
		const char *readers, *message;
	} other_numbers[] = {
		{ "0", "f: has 1 stanzas, the roster has 2 readers" },
		{ "012", "f: has 3 stanzas, the roster has 2 readers" },
	};
	struct environment_key key;
	struct error err;

	(void)state;
	/* X25519 stanzas do not tell for whom they are: only their number can be wrong. */
	for (size_t i = 0; i < COUNT(other_numbers); i++) {
		first_with(&keys[1], "prod", 1, other_numbers[i].readers);
		expect_refused(0, other_numbers[i].message);
	}
	first_with(&keys[1], "prod", 1, "02");
	assert_int_equal(open_as(0, &key, &err), 0);
	environment_key_clear(&key);
	expect_refused(1, "f: no identity opens it");
}

static void
test_other_content(void **state)
{
	struct environment_key with_previous = { .private = keys[1].private,
						 .previous = keys[0].private };

	(void)state;
	first_with(&keys[1], "stage", 1, "01");
	expect_refused(0, "f:3: 'environment' is not the roster's");
	first_with(&keys[1], "prod", 2, "01");
	expect_refused(0, "f:4: 'epoch' is not the roster's");
	first_with(&keys[2], "prod", 1, "01");
	expect_refused(0, "f: 'key' is not the roster's key");
	first_with(&keys[0], "prod", 1, "01");
	expect_refused(0, "f: 'key' is not the roster's key");
	first_with(&with_previous, "prod", 1, "01");
	expect_refused(0, "f: 'previous' must be '-' in epoch 1");
}

static void
test_other_previous(void **state)
{
	struct environment_key wrong = { .private = keys[2].private, .previous = keys[0].private };
	struct environment_key none = { .private = keys[2].private };
	char hash[SHA256_HEX_BYTES];

	(void)state;
	fixture_first();
	fixture_key(&wrong, "prod", 2, "0", FILE_NAME, hash);
	fixture_roster(&(struct fixture_roster){ .serial = 2,
						 .epoch = 2,
						 .removed = 2,
						 .readers = "0",
						 .sealers = "0",
						 .wrapped = hash });
	expect_refused(0, "f: 'previous' is not the key of the epoch before");
	clean(NULL);
	fixture_first();
	fixture_key(&none, "prod", 2, "0", FILE_NAME, hash);
	fixture_roster(&(struct fixture_roster){ .serial = 2,
						 .epoch = 2,
						 .removed = 2,
						 .readers = "0",
						 .sealers = "0",
						 .wrapped = hash });
	expect_refused(0, "f:6: 'previous' is missing");
}

/* Any text, encrypted to alice and bob, under a roster that names it. */
static void
put_plain(const char *plain)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(KEY_FILE_MAX);
	const struct age_recipient readers[] = { people[0].age.recipient, people[1].age.recipient };
	char hash[SHA256_HEX_BYTES];
	struct error err;

	assert_int_equal(age_encrypt(readers, 2, bytes_of(plain), &text, &err), 0);
	sha256_hex(buf_bytes(&text), hash);
	scratch_put(FILE_NAME, buf_text(&text));
	fixture_roster(&(struct fixture_roster){
		.serial = 1, .epoch = 1, .readers = "01", .sealers = "0", .wrapped = hash });
}

#define HEAD                                                                                       \
	"tfsecrets environment key v1\nproject-id " FIXTURE_PROJECT "\nenvironment prod\nepoch 1\n"

static void
test_other_grammar(void **state)
{
	CLEANUP(secret_clear) struct secret key = SECRET_INIT;
	CLEANUP(free_text) char *good = NULL;
	CLEANUP(free_text) char *more = NULL;
	CLEANUP(free_text) char *cut = NULL;
	struct environment_key opened;
	struct error err;

	(void)state;
	assert_int_equal(secret_new(200, &key, &err), 0);
	assert_int_equal(bech32_encode_private("tfsecrets-env-key-", &keys[1].private, &key, &err),
			 0);
	good = xasprintf(HEAD "key %.*s\nprevious -\n", (int)key.len, (const char *)key.data);
	more = xasprintf("%sx\n", good);
	cut = xasprintf(HEAD "key %.*s\n", (int)key.len, (const char *)key.data);
	put_plain(good);
	assert_int_equal(open_as(0, &opened, &err), 0);
	environment_key_clear(&opened);
	put_plain(more);
	expect_refused(0, "f:6: a line too many");
	put_plain(cut);
	expect_refused(0, "f:5: the file was cut off, expected the field 'previous'");
	put_plain(HEAD "key -\nprevious -\n");
	expect_refused(0, "f:5: 'key' is missing");
	put_plain(HEAD "key TFSECRETS-ENV-KEY-1QQQQ\nprevious -\n");
	expect_refused(0, "f:5: 'key' is not an environment key");
	put_plain("tfsecrets environment key v2\n");
	expect_refused(0, "f:1: expected 'tfsecrets environment key v1'");
	put_plain("tfsecrets environment key v1\nproject-id 00112233445566778899aabbccddeeff\n");
	expect_refused(0, "f:2: 'project-id' is not the roster's");
	put_plain("");
	expect_refused(0, "f:1: the file is empty");
}

/* FORMAT promises that stock age reads it, and what it prints. */
static void
test_stock_age(void **state)
{
	CLEANUP(free_text) char *path = xasprintf("%s/identity", scratch);
	struct error err;

	(void)state;
	fixture_first();
	fixture_second();
	scratch_remove("identity");
	assert_int_equal(identity_write(&people[0], path, &err), 0);
	scratch_shell(
		"age -d -i identity tfsecrets/prod/key.age >plain && test $(wc -l <plain) = 6 && "
		"sed -n 1,4p plain >head && printf 'tfsecrets environment key v1\\nproject-id " FIXTURE_PROJECT
		"\\nenvironment prod\\nepoch 2\\n' | cmp - head && "
		"grep -qE '^key TFSECRETS-ENV-KEY-1[A-Z0-9]{58}$' plain && "
		"grep -qE '^previous TFSECRETS-ENV-KEY-1[A-Z0-9]{58}$' plain");
	scratch_remove("plain");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_first_epoch, clean),
		cmocka_unit_test_setup(test_second_epoch, clean),
		cmocka_unit_test_setup(test_not_a_reader, clean),
		cmocka_unit_test_setup(test_other_file, clean),
		cmocka_unit_test_setup(test_other_stanzas, clean),
		cmocka_unit_test_setup(test_other_content, clean),
		cmocka_unit_test_setup(test_other_previous, clean),
		cmocka_unit_test_setup(test_other_grammar, clean),
		cmocka_unit_test_setup(test_stock_age, clean),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
