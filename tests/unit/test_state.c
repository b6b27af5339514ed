/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fixture.h"

static int
setup(void **state)
{
	(void)state;
	return fixture_start("test_state");
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
	scratch_remove(".git");
	return 0;
}

/* Roster, environment and what its sealed files say; where: the directory, or git's index. */
struct view {
	struct chain chain;
	struct tree tree;
	const struct roster_environment *environment;
	struct environment_state state;
};

static void
look(struct view *view, bool in_git)
{
	struct error err;

	*view = (struct view){ .chain = CHAIN_INIT, .tree = TREE_INIT };
	if (in_git)
		assert_int_equal(tree_of_index(scratch, &view->tree, &err), 0);
	else
		tree_of_files(scratch_fd, &view->tree);
	fixture_chain(&view->chain);
	view->environment = roster_environment(chain_current(&view->chain), "prod");
	if (environment_state_read(&view->tree, chain_current(&view->chain), view->environment,
				   NULL, &view->state, &err) < 0)
		fail_msg("%s", err.message);
}

static void
look_away(struct view *view)
{
	environment_state_clear(&view->state);
	tree_clear(&view->tree);
	chain_clear(&view->chain);
}

/* What one setting's file is found to be. problem NULL: none. */
static void
expect(const char *name, enum value_status status, const char *problem)
{
	const struct value_state *found;
	struct view view;

	look(&view, false);
	found = environment_state_find(&view.state, name);
	assert_non_null(found);
	if (problem == NULL)
		assert_null(found->problem);
	else
		assert_string_equal(found->problem != NULL ? found->problem : "(none)", problem);
	assert_int_equal(found->status, status);
	look_away(&view);
}

#define A "tfsecrets/prod/sealed/A"

static void
test_none(void **state)
{
	struct view view;

	(void)state;
	fixture_first();
	look(&view, false);
	assert_int_equal(view.state.count, 0);
	assert_null(environment_state_find(&view.state, "A"));
	look_away(&view);
}

static void
test_valid(void **state)
{
	struct sealed header = fixture_header("A"), tombstone = fixture_header("T");
	struct sealed by_carol = fixture_header("C");
	CLEANUP(free_text) char *text = NULL;
	char hash[SHA256_HEX_BYTES];
	struct view view;

	(void)state;
	fixture_first();
	fixture_seal(&header, "value", 0);
	fixture_seal(&by_carol, "value", 2);
	tombstone.unset = true;
	fixture_seal(&tombstone, "", 0);
	expect("A", STATUS_VALID, NULL);
	expect("C", STATUS_VALID, NULL);
	expect("T", STATUS_UNSET, NULL);
	text = scratch_get(A);
	sha256_hex(bytes_of(text), hash);
	look(&view, false);
	assert_int_equal(view.state.count, 3);
	assert_string_equal(view.state.values[0].hash, hash);
	assert_string_equal(view.state.values[0].sealed.value_id, header.value_id);
	look_away(&view);
}

static void
test_pending(void **state)
{
	struct sealed header = fixture_header("A");
	CLEANUP(free_text) char *stranger = NULL;
	struct identity other = people[3];
	struct error err;

	(void)state;
	fixture_first();
	/* Bob reads, Dave is a member: neither is a sealer. */
	fixture_seal(&header, "value", 1);
	expect("A", STATUS_PENDING, A ": pending: sealed by bob, who is not a sealer of 'prod'");
	fixture_seal(&header, "value", 3);
	expect("A", STATUS_PENDING, A ": pending: sealed by dave, who is not a sealer of 'prod'");
	/* A tombstone as well: it takes a value away. */
	header.unset = true;
	fixture_seal(&header, "", 1);
	expect("A", STATUS_PENDING, A ": pending: sealed by bob, who is not a sealer of 'prod'");
	/* Somebody whom the roster does not know, shown by fingerprint. */
	assert_int_equal(identity_generate(&people[3], &err), 0);
	fixture_seal(&header, "", 3);
	identity_clear(&people[3]);
	people[3] = other;
	stranger = xasprintf(A ": pending: sealed by %s, who is not a sealer of 'prod'",
			     header.sealed_by);
	expect("A", STATUS_PENDING, stranger);
}

static void
test_epochs(void **state)
{
	struct sealed header = fixture_header("A");

	(void)state;
	fixture_first();
	fixture_seal(&header, "value", 0);
	fixture_second();
	expect("A", STATUS_STALE,
	       A ": of epoch 1, but 'prod' is at 2; reseal it with 'tfsecrets seal'");
	fixture_roster(&(struct fixture_roster){
		.serial = 3, .epoch = 3, .removed = 2, .readers = "0", .sealers = "0" });
	expect("A", STATUS_INVALID, A ": is of an epoch that ended long ago");
	header.epoch = 3;
	fixture_seal(&header, "value", 0);
	expect("A", STATUS_VALID, NULL);
	header.epoch = 4;
	fixture_seal(&header, "value", 0);
	expect("A", STATUS_INVALID, A ": is of an epoch that the roster does not know");
	header.epoch = UINT32_MAX;
	fixture_seal(&header, "value", 0);
	expect("A", STATUS_INVALID, A ": is of an epoch that the roster does not know");
}

/* Pending comes before stale: whose value it is matters first. */
static void
test_pending_of_the_epoch_before(void **state)
{
	struct sealed header = fixture_header("A");

	(void)state;
	fixture_first();
	fixture_seal(&header, "value", 1);
	fixture_second();
	expect("A", STATUS_PENDING, A ": pending: sealed by bob, who is not a sealer of 'prod'");
}

static void
test_place(void **state)
{
	struct sealed header = fixture_header("A");

	(void)state;
	fixture_first();
	fixture_seal_at("tfsecrets/prod/sealed/B", &header, "value", 0, NULL);
	expect("B", STATUS_INVALID, "tfsecrets/prod/sealed/B: was sealed for another setting");
	fixture_seal_at("tfsecrets/prod/sealed/a", &header, "value", 0, NULL);
	expect("a", STATUS_INVALID, "tfsecrets/prod/sealed/a: was sealed for another setting");
	memcpy(header.environment, "dev", 4);
	fixture_seal_at(A, &header, "value", 0, NULL);
	expect("A", STATUS_INVALID, A ": was sealed for another environment");
	memcpy(header.environment, "prod", 5);
	header.project_id[0] = '0';
	fixture_seal_at(A, &header, "value", 0, NULL);
	expect("A", STATUS_INVALID, A ": was sealed for another project");
}

/* Another byte anywhere: never valid, never somebody's pending value either. */
static void
test_every_byte(void **state)
{
	struct sealed header = fixture_header("A");
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(free_text) char *text = NULL;
	const struct roster_environment *environment;
	size_t len;

	(void)state;
	fixture_first();
	fixture_seal(&header, "value", 0);
	fixture_chain(&chain);
	environment = roster_environment(chain_current(&chain), "prod");
	text = scratch_get(A);
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		CLEANUP(value_clear) struct value_state value = { .status = STATUS_VALID };
		char kept = text[i];

		text[i] = kept == 'a' ? 'b' : 'a';
		value_verify((struct bytes){ (uint8_t *)text, len }, "f", "A",
			     chain_current(&chain), environment, &value);
		if (value.status != STATUS_INVALID || value.problem == NULL)
			fail_msg("byte %zu was changed and nobody noticed", i);
		text[i] = kept;
	}
	for (size_t cut = 0; cut < len; cut++) {
		CLEANUP(value_clear) struct value_state value = { .status = STATUS_VALID };

		value_verify((struct bytes){ (uint8_t *)text, cut }, "f", "A",
			     chain_current(&chain), environment, &value);
		assert_int_equal(value.status, STATUS_INVALID);
	}
}

/* Another sealer's signature over the same bytes: it is not the one that the header names. */
static void
test_signature_of_another(void **state)
{
	struct sealed header = fixture_header("A");
	CLEANUP(buf_clear) struct buf forged = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(free_text) char *text = NULL;
	size_t signed_len;

	(void)state;
	fixture_first();
	fixture_seal(&header, "value", 0);
	text = scratch_get(A);
	signed_len = (size_t)(strstr(text, "-----BEGIN") - text);
	buf_append(&forged, (struct bytes){ (uint8_t *)text, signed_len });
	sshsig_sign(&people[2].seed, "tfsecrets-sealed",
		    (struct bytes){ (uint8_t *)text, signed_len }, &forged);
	scratch_put(A, buf_text(&forged));
	expect("A", STATUS_INVALID, A ":17: 'sealed-by' is not the key that made the signature");
	/* By the right key, over other bytes. */
	buf_reset(&forged);
	buf_append(&forged, (struct bytes){ (uint8_t *)text, signed_len });
	sshsig_sign(&people[0].seed, "tfsecrets-sealed", bytes_of("x"), &forged);
	scratch_put(A, buf_text(&forged));
	expect("A", STATUS_INVALID, A ": the signature does not verify");
}

static void
test_not_files(void **state)
{
	struct sealed header = fixture_header("A");

	(void)state;
	fixture_first();
	fixture_seal(&header, "value", 0);
	scratch_put("tfsecrets/prod/sealed/not-a-name", "x");
	scratch_shell("cd tfsecrets/prod/sealed && ln -s A L && mkfifo P && mkdir D && : >E && "
		      "truncate -s 3M BIG");
	expect("A", STATUS_VALID, NULL);
	expect("not-a-name", STATUS_INVALID,
	       "tfsecrets/prod/sealed/not-a-name: is not the name of a setting");
	expect("L", STATUS_INVALID, "'tfsecrets/prod/sealed/L' is a link, not a file");
	expect("P", STATUS_INVALID, "'tfsecrets/prod/sealed/P' is a pipe, not a file");
	expect("D", STATUS_INVALID, "'tfsecrets/prod/sealed/D' is a directory, not a file");
	expect("E", STATUS_INVALID, "tfsecrets/prod/sealed/E:1: the file is empty");
	expect("BIG", STATUS_INVALID, "'tfsecrets/prod/sealed/BIG' is larger than 2097152 bytes");
}

/* Enough for several threads; the same from git, where there is one. */
static void
test_many(void **state)
{
	enum { MANY = 300 };
	static const bool places[] = { false, true };
	struct sealed header;

	(void)state;
	fixture_first();
	for (int i = 0; i < MANY; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "S%03d", i);
		header = fixture_header(name);
		fixture_seal(&header, "value", i % 10 == 0 ? 1 : 0);
	}
	scratch_shell("git init -q && git add tfsecrets");
	for (size_t place = 0; place < COUNT(places); place++) {
		struct view view;

		look(&view, places[place]);
		assert_int_equal(view.state.count, MANY);
		for (int i = 0; i < MANY; i++) {
			char name[8];

			(void)snprintf(name, sizeof(name), "S%03d", i);
			assert_string_equal(view.state.values[i].name, name);
			assert_int_equal(view.state.values[i].status,
					 i % 10 == 0 ? STATUS_PENDING : STATUS_VALID);
			assert_ptr_equal(environment_state_find(&view.state, name),
					 &view.state.values[i]);
		}
		look_away(&view);
	}
}

static void
read_some(struct tree *tree, bool folder_is_there)
{
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(list_clear) struct list names = LIST_INIT;
	struct environment_state state;
	struct error err;

	fixture_chain(&chain);
	list_add(&names, "Z");
	list_add(&names, "A");
	assert_int_equal(environment_state_read_some(tree, chain_current(&chain),
						     roster_environment(chain_current(&chain),
									"prod"),
						     &names, &state, &err),
			 0);
	assert_int_equal(state.count, 2);
	assert_string_equal(state.values[0].name, "Z");
	assert_int_equal(state.values[0].status, STATUS_ABSENT);
	assert_null(state.values[0].problem);
	assert_string_equal(state.values[1].name, "A");
	assert_int_equal(state.values[1].status, folder_is_there ? STATUS_VALID : STATUS_ABSENT);
	assert_null(state.values[1].problem);
	environment_state_clear(&state);
}

/* An environment whose name begins like another's must not hide it in git's sorted list. */
static void
test_some(void **state)
{
	struct sealed header = fixture_header("A");
	CLEANUP(tree_clear) struct tree files = TREE_INIT;
	CLEANUP(tree_clear) struct tree index = TREE_INIT;
	struct error err;

	(void)state;
	fixture_first();
	tree_of_files(scratch_fd, &files);
	read_some(&files, false);
	fixture_seal(&header, "value", 0);
	fixture_seal_at("tfsecrets/prod/sealed-old/A", &header, "value", 0, NULL);
	fixture_seal_at("tfsecrets/prod-eu/sealed/A", &header, "value", 0, NULL);
	scratch_shell("git init -q && git add tfsecrets");
	read_some(&files, true);
	assert_int_equal(tree_of_index(scratch, &index, &err), 0);
	read_some(&index, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_none, clean),
		cmocka_unit_test_setup(test_valid, clean),
		cmocka_unit_test_setup(test_pending, clean),
		cmocka_unit_test_setup(test_epochs, clean),
		cmocka_unit_test_setup(test_pending_of_the_epoch_before, clean),
		cmocka_unit_test_setup(test_place, clean),
		cmocka_unit_test_setup(test_every_byte, clean),
		cmocka_unit_test_setup(test_signature_of_another, clean),
		cmocka_unit_test_setup(test_not_files, clean),
		cmocka_unit_test_setup(test_many, clean),
		cmocka_unit_test_setup(test_some, clean),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
