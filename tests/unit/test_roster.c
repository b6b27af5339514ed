/* SPDX-License-Identifier: Apache-2.0 */
/* Rosters and chains of them: every rule of crypto/FORMAT.md section 2, broken one at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/bech32.h"
#include "crypto/random.h"
#include "injector/repository/chain.h"
#include "injector/repository/tree.h"

enum { PEOPLE = 4, KEYS = 6 };

static struct secret seeds[PEOPLE];
static char recipients[PEOPLE][AGE_RECIPIENT_TEXT_BYTES], signers[PEOPLE][SSH_PUBLIC_TEXT_BYTES];
static char keys[KEYS][BECH32_TEXT_MAX];
static char directory[64];
static int root_fd;

static void
make_person(size_t i)
{
	struct age_identity identity;
	uint8_t signing[ED25519_PUBLIC_BYTES];
	struct error err;

	assert_int_equal(age_identity_generate(&identity, &err), 0);
	age_recipient_format(&identity.recipient, recipients[i]);
	age_identity_clear(&identity);
	assert_int_equal(secret_new(32, &seeds[i], &err), 0);
	random_bytes(seeds[i].data, 32);
	seeds[i].len = 32;
	ed25519_public(&seeds[i], signing);
	ssh_public_format(signing, signers[i]);
}

static int
setup(void **state)
{
	struct error err;

	(void)state;
	if (secret_start(&err) < 0)
		return -1;
	for (size_t i = 0; i < PEOPLE; i++)
		make_person(i);
	for (size_t i = 0; i < KEYS; i++) {
		CLEANUP(secret_clear) struct secret key = SECRET_INIT;
		uint8_t public[X25519_BYTES];

		assert_int_equal(x25519_generate(&key, &err), 0);
		x25519_public(&key, public);
		bech32_encode_public("tfsecrets", public, keys[i]);
	}
	(void)snprintf(directory, sizeof(directory), "/tmp/test_roster.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	root_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return file_make_directories(root_fd, ROSTER_DIRECTORY, ROSTER_DIRECTORY, &err);
}

static void
remove_rosters(void)
{
	struct list names = LIST_INIT;
	struct error err;

	assert_int_equal(file_list(root_fd, ROSTER_DIRECTORY, "r", &names, &err), 0);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(free_text) char *path = xasprintf(ROSTER_DIRECTORY "/%s", names.items[i]);

		assert_int_equal(unlinkat(root_fd, path, 0), 0);
	}
	list_clear(&names);
}

static int
teardown(void **state)
{
	(void)state;
	remove_rosters();
	(void)unlinkat(root_fd, ROSTER_DIRECTORY, AT_REMOVEDIR);
	(void)unlinkat(root_fd, "tfsecrets", AT_REMOVEDIR);
	(void)close(root_fd);
	for (size_t i = 0; i < PEOPLE; i++)
		secret_clear(&seeds[i]);
	secret_stop();
	return rmdir(directory);
}

/* Expands $Rn to person n's recipient, $Sn to the signing key, $Kn to an environment key, $H to 64 hex digits
 * (or to `previous` where it is given as $P), $I to the project-id. */
static void
expand(const char *template, const char *previous, struct buf *out)
{
	for (const char *at = template; *at != 0; at++) {
		if (*at != '$') {
			buf_append_byte(out, (uint8_t)*at);
			continue;
		}
		at++;
		if (*at == 'R')
			buf_append_text(out, recipients[*++at - '0']);
		else if (*at == 'S')
			buf_append_text(out, signers[*++at - '0']);
		else if (*at == 'K')
			buf_append_text(out, keys[*++at - '0']);
		else if (*at == 'P')
			buf_append_text(out, previous);
		else if (*at == 'I')
			buf_append_text(out, "7c2a90e17c2a90e17c2a90e17c2a90e1");
		else
			buf_append_text(
				out,
				"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	}
}

/* signed_by: digits of the people who sign. */
static void
make(const char *template, const char *previous, const char *signed_by, struct buf *out)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT(ROSTER_FILE_MAX);

	expand(template, previous, &body);
	buf_append(out, buf_bytes(&body));
	for (; *signed_by != 0; signed_by++)
		sshsig_sign(&seeds[*signed_by - '0'], ROSTER_NAMESPACE, buf_bytes(&body), out);
}

#define FIRST                                                                                      \
	"tfsecrets roster v1\nproject-id $I\nserial 1\nprevious -\nthreshold 1\n"                  \
	"member alice $R0 $S0\nmember bob $R1 $S1\nadmin alice\nadmin bob\n"                       \
	"environment prod\nepoch 1\nkey $K0\nwrapped $H\nreader alice\nreader bob\n"               \
	"sealer alice\nremoved 0\nend\n"

static int
parse(const char *template, const char *signed_by, struct roster **ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(ROSTER_FILE_MAX);

	make(template, "", signed_by, &text);
	return roster_parse(buf_bytes(&text), "f", ret, err);
}

static void
test_written_back(void **state)
{
	CLEANUP(roster_cleanup) struct roster *roster = NULL;
	CLEANUP(buf_clear) struct buf expected = BUF_INIT(ROSTER_FILE_MAX);
	CLEANUP(buf_clear) struct buf written = BUF_INIT(ROSTER_FILE_MAX);
	struct error err;

	(void)state;
	assert_int_equal(parse(FIRST, "01", &roster, &err), 0);
	assert_int_equal(roster->signature_count, 2);
	expand(FIRST, "", &expected);
	roster_write_body(roster, &written);
	assert_string_equal(buf_text(&written), buf_text(&expected));
}

struct bad {
	const char *find, *replace, *message;
};

static char *
changed(const char *template, const char *find, const char *with)
{
	const char *at = strstr(template, find);

	assert_non_null(at);
	return xasprintf("%.*s%s%s", (int)(at - template), template, with, at + strlen(find));
}

static void
test_rules_within(void **state)
{
	static const struct bad table[] = {
		{ "previous -", "previous $H", "f:4: 'previous' must be '-' exactly at serial 1" },
		{ "threshold 1", "threshold 0",
		  "f:5: 'threshold' is not a number from 1 to 4294967295" },
		{ "threshold 1", "threshold 3",
		  "f: the threshold is greater than the number of admins" },
		{ "member alice $R0 $S0\nmember bob $R1 $S1",
		  "member bob $R1 $S1\nmember alice $R0 $S0",
		  "f:7: members are not sorted, or one stands there twice" },
		{ "member bob $R1 $S1", "member bob $R0 $S1",
		  "f: 'bob': another member has the same recipient" },
		{ "member bob $R1 $S1", "member bob $R1 $S0",
		  "f: 'bob': another member has the same signing key" },
		{ "member bob $R1 $S1", "member bob - -",
		  "f:7: a member needs a recipient or a signing key" },
		{ "member bob $R1 $S1", "member bob - $S1",
		  "f: 'prod': a reader has no recipient" },
		{ "member bob $R1 $S1", "member bob $R1 -",
		  "f: 'bob': an admin has no signing key" },
		{ "member bob $R1 $S1", "member bob $R1 $S1 more",
		  "f:7: 'member' is not NAME RECIPIENT SIGNING" },
		{ "member bob $R1 $S1", "member Bob $R1 $S1", "f:7: 'member' has no valid name" },
		{ "admin alice\nadmin bob", "admin bob\nadmin alice",
		  "f:9: 'admin' lines are not sorted, or one stands there twice" },
		{ "admin bob", "admin carol", "f:9: 'admin' names 'carol', who is not a member" },
		{ "environment prod", "environment roster", "f:10: 'roster' is a reserved name" },
		{ "epoch 1", "epoch 2",
		  "f: 'prod': a new environment starts with epoch 1 and removed 0" },
		{ "key $K0", "key $R0",
		  "f:12: 'key' is not a valid environment key (tfsecrets1…)" },
		{ "reader alice\nreader bob\n", "", "f: 'prod': the environment has no reader" },
		{ "removed 0", "removed 1",
		  "f: 'prod': a new environment starts with epoch 1 and removed 0" },
		{ "removed 0", "removed 2", "f: 'prod': 'removed' is greater than 'epoch'" },
		{ "removed 0\n", "removed 0\ncluster X\n", "f:18: 'cluster' is not a valid name" },
		{ "removed 0\n", "removed 0\nnamespace b\nnamespace a\n",
		  "f:19: 'namespace' lines are not sorted, or one stands there twice" },
		{ "removed 0\n",
		  "removed 0\nenvironment qa\nepoch 1\nkey $K0\nwrapped $H\nreader bob\nremoved 0\n",
		  "f: 'qa': another environment has the same key" },
		{ "removed 0\n",
		  "removed 0\nenvironment dev\nepoch 1\nkey $K1\nwrapped $H\nreader bob\nremoved 0\n",
		  "f:18: environments are not sorted, or one stands there twice" },
		{ "end\n", "", "f:18: expected 'end'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		CLEANUP(free_text) char *template = changed(FIRST, table[i].find, table[i].replace);
		struct roster *roster;
		struct error err;

		assert_int_equal(parse(template, "0", &roster, &err), -1);
		assert_string_equal(err.message, table[i].message);
		assert_int_equal(err.code, ERROR_REFUSED);
	}
}

static void
test_cut_everywhere(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(ROSTER_FILE_MAX);
	size_t whole;

	(void)state;
	make(FIRST, "", "01", &text);
	/* Cut right behind the body or the first signature it is a whole roster with fewer signatures. */
	whole = (size_t)(strstr(buf_text(&text), "\nend\n") + 5 - buf_text(&text));
	for (size_t len = 0; len < text.len; len++) {
		struct roster *roster = NULL;
		struct error err;
		int result = roster_parse((struct bytes){ text.data, len }, "f", &roster, &err);

		if (result == 0)
			assert_true(len == whole || roster->signature_count == 1);
		else
			assert_int_equal(err.code, ERROR_REFUSED);
		roster_free(roster);
	}
}

/* One more roster in the scratch directory; *hash is its body's. */
static void
put(unsigned serial, const char *template, const char *signed_by, char hash[SHA256_HEX_BYTES])
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(ROSTER_FILE_MAX);
	CLEANUP(free_text) char *path = xasprintf(ROSTER_DIRECTORY "/%04u", serial);
	const char *end;
	struct error err;

	make(template, hash, signed_by, &text);
	end = strstr(buf_text(&text), "\nend\n") + 5;
	sha256_hex((struct bytes){ text.data, (size_t)(end - buf_text(&text)) }, hash);
	assert_int_equal(file_replace(root_fd, path, path, buf_bytes(&text), 0644, &err), 0);
}

static int
read_chain(struct chain *chain, struct error *err)
{
	struct tree tree;
	int result;

	tree_of_files(root_fd, &tree);
	result = chain_read(&tree, chain, err);
	tree_clear(&tree);
	return result;
}

#define SECOND                                                                                     \
	"tfsecrets roster v1\nproject-id $I\nserial 2\nprevious $P\nthreshold 1\n"                 \
	"member alice $R0 $S0\nmember bob $R1 $S1\nmember carol $R2 $S2\nadmin alice\n"            \
	"environment prod\nepoch 1\nkey $K0\nwrapped $H\nreader alice\nreader bob\n"               \
	"reader carol\nsealer alice\nremoved 0\nend\n"

/* Bob is gone: a new epoch with a new key. */
#define BOB_LEFT                                                                                   \
	"tfsecrets roster v1\nproject-id $I\nserial 2\nprevious $P\nthreshold 1\n"                 \
	"member alice $R0 $S0\nadmin alice\n"                                                      \
	"environment prod\nepoch 2\nkey $K1\nwrapped $H\nreader alice\nsealer alice\nremoved 2\nend\n"

static void
test_chain(void **state)
{
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	char hash[SHA256_HEX_BYTES] = "";
	struct error err;

	(void)state;
	remove_rosters();
	put(1, FIRST, "0", hash);
	put(2, BOB_LEFT, "1", hash);
	assert_int_equal(read_chain(&chain, &err), 0);
	assert_int_equal(chain.count, 2);
	assert_null(chain.proposed);
	assert_int_equal(chain_epoch(&chain, "prod", 1)->epoch, 1);
	assert_null(chain_epoch(&chain, "prod", 3));
}

static void
refuse_second(const char *template, const char *signed_by, const char *message)
{
	struct chain chain = CHAIN_INIT;
	char hash[SHA256_HEX_BYTES] = "";
	struct error err;

	remove_rosters();
	put(1, FIRST, "0", hash);
	put(2, template, signed_by, hash);
	assert_int_equal(read_chain(&chain, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
}

#define F2 "tfsecrets/roster/0002: "

static void
test_rules_between(void **state)
{
	static const struct {
		const char *template, *find, *replace, *message;
	} table[] = {
		{ SECOND, "project-id $I", "project-id 00112233445566778899aabbccddeeff",
		  F2 "the project-id is not that of the roster before" },
		{ SECOND, "previous $P", "previous $H",
		  F2 "'previous' is not the hash of the roster before" },
		{ SECOND, "serial 2", "serial 3", F2 "'serial' is 3, not the file's name" },
		{ SECOND, "epoch 1", "epoch 2",
		  F2 "'prod': the key changes exactly when the epoch does" },
		{ SECOND, "key $K0", "key $K1",
		  F2 "'prod': the key changes exactly when the epoch does" },
		{ SECOND, "reader bob\n", "",
		  F2 "'prod': a reader left, so a new epoch must begin and be 'removed'" },
		{ SECOND, "member bob $R1 $S1", "member bob $R3 $S1",
		  F2 "'prod': a reader left, so a new epoch must begin and be 'removed'" },
		{ BOB_LEFT, "epoch 2", "epoch 3", F2 "'prod': the epoch may stay or grow by one" },
		{ BOB_LEFT, "removed 2", "removed 0",
		  F2 "'prod': a reader left, so a new epoch must begin and be 'removed'" },
		{ SECOND, "environment prod\n",
		  "environment dev\nepoch 2\nkey $K2\nwrapped $H\nreader alice\nremoved 0\nenvironment prod\n",
		  F2 "'dev': a new environment starts with epoch 1 and removed 0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		CLEANUP(free_text) char *template =
			changed(table[i].template, table[i].find, table[i].replace);

		refuse_second(template, "0", table[i].message);
	}
}

static void
test_signatures(void **state)
{
	(void)state;
	refuse_second(SECOND, "2", F2 "signature 1 is not by an admin of roster 1");
	refuse_second(SECOND, "00", F2 "signature 2 stands there twice or out of order");
	refuse_second(SECOND, "10", F2 "signature 2 stands there twice or out of order");
}

/* The threshold that counts is that of the roster before. */
static void
test_threshold_is_the_previous_one(void **state)
{
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(free_text) char *first = changed(FIRST, "threshold 1", "threshold 2");
	char hash[SHA256_HEX_BYTES] = "";
	struct error err;

	(void)state;
	remove_rosters();
	put(1, first, "01", hash);
	put(2, SECOND, "0", hash);
	assert_int_equal(read_chain(&chain, &err), 0);
	assert_int_equal(chain.count, 1);
	assert_non_null(chain.proposed);
	assert_null(chain.proposed_problem);
}

static void
test_proposed_with_a_problem(void **state)
{
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(free_text) char *first = changed(FIRST, "threshold 1", "threshold 2");
	CLEANUP(free_text) char *second = changed(SECOND, "epoch 1", "epoch 2");
	char hash[SHA256_HEX_BYTES] = "";
	struct error err;

	(void)state;
	remove_rosters();
	put(1, first, "01", hash);
	put(2, second, "0", hash);
	assert_int_equal(read_chain(&chain, &err), 0);
	assert_string_equal(chain.proposed_problem,
			    F2 "'prod': the key changes exactly when the epoch does");
}

static void
test_incomplete_first(void **state)
{
	CLEANUP(free_text) char *first = changed(FIRST, "threshold 1", "threshold 2");
	struct chain chain = CHAIN_INIT;
	char hash[SHA256_HEX_BYTES] = "";
	struct error err;

	(void)state;
	remove_rosters();
	put(1, first, "0", hash);
	assert_int_equal(read_chain(&chain, &err), -1);
	assert_string_equal(err.message, "tfsecrets/roster/0001: 1 of 2 signatures");
}

static void
test_gap_and_names(void **state)
{
	struct chain chain = CHAIN_INIT;
	char hash[SHA256_HEX_BYTES] = "";
	struct error err;

	(void)state;
	remove_rosters();
	put(1, FIRST, "0", hash);
	put(3, SECOND, "0", hash);
	assert_int_equal(read_chain(&chain, &err), -1);
	assert_string_equal(
		err.message,
		"tfsecrets/roster/0002 is missing: the chain of rosters must be complete");
	remove_rosters();
	put(1, FIRST, "0", hash);
	assert_int_equal(file_replace(root_fd, ROSTER_DIRECTORY "/1", "f", bytes_of("x"), 0644,
				      &err),
			 0);
	assert_int_equal(read_chain(&chain, &err), -1);
	assert_string_equal(err.message,
			    "tfsecrets/roster/1 is not a roster; names are four digits");
}

/* A key that an environment had once, and the name of one that is gone. */
static void
test_nothing_comes_back(void **state)
{
#define THIRD(environments)                                                                        \
	"tfsecrets roster v1\nproject-id $I\nserial 3\nprevious $P\nthreshold 1\n"                 \
	"member alice $R0 $S0\nadmin alice\n" environments "end\n"
	static const struct {
		const char *third, *message;
	} table[] = {
		{ THIRD("environment prod\nepoch 3\nkey $K0\nwrapped $H\nreader alice\nremoved 2\n"),
		  "tfsecrets/roster/0003: 'prod': its key was used before" },
		{ THIRD("environment new\nepoch 1\nkey $K0\nwrapped $H\nreader alice\nremoved 0\n"),
		  "tfsecrets/roster/0003: 'new': its key was used before" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct chain chain = CHAIN_INIT;
		char hash[SHA256_HEX_BYTES] = "";
		struct error err;

		remove_rosters();
		put(1, FIRST, "0", hash);
		put(2, BOB_LEFT, "0", hash);
		put(3, table[i].third, "0", hash);
		assert_int_equal(read_chain(&chain, &err), -1);
		assert_string_equal(err.message, table[i].message);
	}
}

static void
test_name_of_a_dropped_environment(void **state)
{
	struct chain chain = CHAIN_INIT;
	char hash[SHA256_HEX_BYTES] = "";
	struct error err;

	(void)state;
	remove_rosters();
	put(1, FIRST, "0", hash);
	put(2,
	    "tfsecrets roster v1\nproject-id $I\nserial 2\nprevious $P\nthreshold 1\n"
	    "member alice $R0 $S0\nadmin alice\nend\n",
	    "0", hash);
	put(3, THIRD("environment prod\nepoch 1\nkey $K3\nwrapped $H\nreader alice\nremoved 0\n"),
	    "0", hash);
	assert_int_equal(read_chain(&chain, &err), -1);
	assert_string_equal(err.message, "tfsecrets/roster/0003: 'prod': the name of a removed "
					 "environment is never used again");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written_back),
		cmocka_unit_test(test_rules_within),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_rules_between),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_threshold_is_the_previous_one),
		cmocka_unit_test(test_proposed_with_a_problem),
		cmocka_unit_test(test_incomplete_first),
		cmocka_unit_test(test_gap_and_names),
		cmocka_unit_test(test_nothing_comes_back),
		cmocka_unit_test(test_name_of_a_dropped_environment),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
