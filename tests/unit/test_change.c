/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "injector/repository/change.h"
#include "tests/unit/fixture.h"

#define SCHEMA                                                                                     \
	"version: 1\nproject: taskflow\nenvironments:\n  prod: {}\nsettings:\n"                    \
	"  PORT: {kind: config, type: port}\n  LOG_LEVEL: {kind: config, one-of: [debug, info]}\n" \
	"  NOTE: {kind: config}\n"                                                                 \
	"  TOKEN: {kind: secret, min-length: 4}\n  OTHER: {kind: secret}\n"
#define CONFIG "tfsecrets/prod/config.yaml"
#define TOKEN "tfsecrets/prod/sealed/TOKEN"

static int
setup(void **state)
{
	(void)state;
	return fixture_start("test_change");
}

static int
teardown(void **state)
{
	(void)state;
	fixture_clean();
	return fixture_end();
}

static int
fresh(void **state)
{
	(void)state;
	fixture_clean();
	scratch_put("tfsecrets.yaml", SCHEMA);
	fixture_first();
	return 0;
}

struct run {
	struct project project;
	struct change change;
};

/* Begins a change as one person; persons under 0 have no identity. */
static void
begin(struct run *run, int person)
{
	struct identities identities = IDENTITIES_INIT;
	struct error err;

	if (person >= 0)
		identities = (struct identities){ .items = &people[person], .count = 1 };
	if (fixture_open(PROJECT_WRITE, &run->project, &err) < 0 ||
	    change_begin(&run->project, "prod", &identities, &run->change, &err) < 0)
		fail_msg("%s", err.message);
}

static void
end(struct run *run)
{
	change_end(&run->change);
	project_close(&run->project);
	assert_int_equal(access("tfsecrets/.journal", F_OK), -1);
}

/* A whole run of `set`. */
static enum outcome
set(int person, const char *name, const char *value)
{
	enum outcome outcome;
	struct run run;
	struct error err;

	begin(&run, person);
	if (change_set(&run.change, schema_setting(run.project.schema, name), bytes_of(value),
		       &outcome, &err) < 0 ||
	    change_commit(&run.change, &err) < 0)
		fail_msg("%s", err.message);
	end(&run);
	return outcome;
}

static void
expect_set_refused(int person, const char *name, const char *value, const char *message)
{
	enum outcome outcome;
	struct run run;
	struct error err;

	begin(&run, person);
	assert_int_equal(change_set(&run.change, schema_setting(run.project.schema, name),
				    bytes_of(value), &outcome, &err),
			 -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
	end(&run);
}

static enum outcome
unset(int person, const char *name)
{
	enum outcome outcome;
	struct run run;
	struct error err;

	begin(&run, person);
	if (change_unset(&run.change, schema_setting(run.project.schema, name), &outcome, &err) <
		    0 ||
	    change_commit(&run.change, &err) < 0)
		fail_msg("%s", err.message);
	end(&run);
	return outcome;
}

static enum outcome
reseal(int person, const char *name)
{
	enum outcome outcome;
	struct run run;
	struct error err;

	begin(&run, person);
	if (change_reseal(&run.change, name, &outcome, &err) < 0 ||
	    change_commit(&run.change, &err) < 0)
		fail_msg("%s", err.message);
	end(&run);
	return outcome;
}

/* What stands in the file now: header, status and, where epoch's key opens it, the value. */
static enum value_status
look(const char *name, struct sealed *ret, char hash[SHA256_HEX_BYTES])
{
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(free_text) char *path = xasprintf("tfsecrets/prod/sealed/%s", name);
	CLEANUP(free_text) char *text = scratch_get(path);
	CLEANUP(value_clear) struct value_state state = { .status = STATUS_ABSENT };

	fixture_chain(&chain);
	value_verify(bytes_of(text), path, name, chain_current(&chain),
		     roster_environment(chain_current(&chain), "prod"), &state);
	*ret = state.sealed;
	memcpy(hash, state.hash, SHA256_HEX_BYTES);
	return state.status;
}

static void
expect_opened(const char *name, const char *value)
{
	CLEANUP(free_text) char *path = xasprintf("tfsecrets/prod/sealed/%s", name);
	CLEANUP(free_text) char *text = scratch_get(path);
	CLEANUP(secret_clear) struct secret opened = SECRET_INIT;
	struct sealed_parts parts;
	struct sealed sealed;
	struct error err;

	assert_int_equal(sealed_parse(bytes_of(text), path, &sealed, &parts, &err), 0);
	if (sealed_open(bytes_of(text), &parts, &keys[sealed.epoch].private,
			keys[sealed.epoch].public, &opened, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(bytes_equal(secret_bytes(&opened), bytes_of(value)));
}

static void
test_secret(void **state)
{
	struct sealed first, second;
	char hash_1[SHA256_HEX_BYTES], hash_2[SHA256_HEX_BYTES];

	(void)state;
	assert_int_equal(set(0, "TOKEN", "one-value"), OUTCOME_NEW);
	assert_int_equal(look("TOKEN", &first, hash_1), STATUS_VALID);
	expect_opened("TOKEN", "one-value");
	assert_int_equal(first.generation, 1);
	assert_string_equal(first.previous, "");
	assert_int_equal(first.changed, 1);
	assert_true(first.changed_at == first.sealed_at);

	assert_int_equal(set(0, "TOKEN", "one-value"), OUTCOME_UNCHANGED);
	(void)look("TOKEN", &second, hash_2);
	assert_string_equal(hash_1, hash_2);

	assert_int_equal(set(0, "TOKEN", "two-value"), OUTCOME_CHANGED);
	assert_int_equal(look("TOKEN", &second, hash_2), STATUS_VALID);
	expect_opened("TOKEN", "two-value");
	assert_int_equal(second.generation, 2);
	assert_string_equal(second.previous, hash_1);
	assert_string_not_equal(second.value_id, first.value_id);
	assert_true(second.changed_at > first.changed_at);
	scratch_expect(CONFIG, "");
}

/* Carol seals without reading: she cannot compare, so the same value is a new one. */
static void
test_blind_sealer(void **state)
{
	struct sealed first, second;
	char hash[SHA256_HEX_BYTES];

	(void)state;
	assert_int_equal(set(2, "TOKEN", "value"), OUTCOME_NEW);
	assert_int_equal(look("TOKEN", &first, hash), STATUS_VALID);
	assert_int_equal(set(2, "TOKEN", "value"), OUTCOME_CHANGED);
	assert_int_equal(look("TOKEN", &second, hash), STATUS_VALID);
	assert_string_not_equal(second.value_id, first.value_id);
	expect_opened("TOKEN", "value");
}

static void
test_pending(void **state)
{
	struct sealed sealed;
	char hash[SHA256_HEX_BYTES];

	(void)state;
	assert_int_equal(set(1, "TOKEN", "bob's value"), OUTCOME_NEW);
	assert_int_equal(look("TOKEN", &sealed, hash), STATUS_PENDING);
	/* Alice's is a value of its own, even when it is the same. */
	assert_int_equal(set(0, "TOKEN", "bob's value"), OUTCOME_CHANGED);
	assert_int_equal(look("TOKEN", &sealed, hash), STATUS_VALID);
	assert_int_equal(sealed.generation, 2);
}

static void
test_no_identity(void **state)
{
	(void)state;
	expect_set_refused(-1, "TOKEN", "value",
			   "sealing 'TOKEN' needs an identity to sign with; "
			   "'tfsecrets keygen' makes one");
	assert_int_equal(set(-1, "PORT", "8080"), OUTCOME_NEW);
	scratch_expect(CONFIG, "PORT: \"8080\"\n");
}

static void
test_refused_values(void **state)
{
	(void)state;
	expect_set_refused(0, "TOKEN", "abc",
			   "the value of 'TOKEN' is shorter than min-length 4 "
			   "(tfsecrets.yaml:9)");
	expect_set_refused(0, "LOG_LEVEL", "loud",
			   "the value of 'LOG_LEVEL' is not one of debug, info "
			   "(tfsecrets.yaml:7)");
	scratch_expect(CONFIG, "");
	scratch_expect(TOKEN, "");
}

static void
test_guard(void **state)
{
	enum outcome outcome;
	struct run run;
	struct error err;

	(void)state;
	begin(&run, 0);
	/* The public example of GitHub's own documentation, put together so that no scanner takes it for real. */
	assert_int_equal(change_set(&run.change, schema_setting(run.project.schema, "NOTE"),
				    bytes_of("ghp_"
					     "16C7e42F292c6912E7710c838347Ae178B4a"),
				    &outcome, &err),
			 -1);
	assert_memory_equal(err.message, "'NOTE' looks like a secret: ", 28);
	assert_null(strstr(err.message, "16C7"));
	end(&run);
}

static void
test_plain(void **state)
{
	(void)state;
	assert_int_equal(set(0, "PORT", "8080"), OUTCOME_NEW);
	assert_int_equal(set(0, "LOG_LEVEL", "info"), OUTCOME_NEW);
	assert_int_equal(set(0, "PORT", "8080"), OUTCOME_UNCHANGED);
	assert_int_equal(set(0, "PORT", "9090"), OUTCOME_CHANGED);
	scratch_expect(CONFIG, "PORT: \"9090\"\nLOG_LEVEL: info\n");
	assert_int_equal(unset(0, "PORT"), OUTCOME_UNSET);
	assert_int_equal(unset(0, "PORT"), OUTCOME_UNCHANGED);
	scratch_expect(CONFIG, "LOG_LEVEL: info\n");
}

static void
test_unset(void **state)
{
	struct sealed before, now;
	char hash[SHA256_HEX_BYTES], ignored[SHA256_HEX_BYTES];

	(void)state;
	assert_int_equal(unset(0, "TOKEN"), OUTCOME_UNCHANGED);
	scratch_expect(TOKEN, "");
	(void)set(0, "TOKEN", "value");
	(void)look("TOKEN", &before, hash);
	assert_int_equal(unset(0, "TOKEN"), OUTCOME_UNSET);
	assert_int_equal(look("TOKEN", &now, ignored), STATUS_UNSET);
	assert_int_equal(now.generation, 2);
	assert_string_equal(now.previous, hash);
	assert_string_not_equal(now.value_id, before.value_id);
	assert_true(now.changed_at > before.changed_at);
	assert_int_equal(unset(0, "TOKEN"), OUTCOME_UNCHANGED);
	/* Set again: it goes on from the tombstone. */
	assert_int_equal(set(0, "TOKEN", "value"), OUTCOME_CHANGED);
	assert_int_equal(look("TOKEN", &now, ignored), STATUS_VALID);
	assert_int_equal(now.generation, 3);
	assert_true(now.changed_at >= before.changed_at + 2);
}

/* A secret in the clear and never sealed: taking it out of config.yaml is a change. */
static void
test_unset_in_the_clear(void **state)
{
	(void)state;
	scratch_put(CONFIG, "TOKEN: clear\nPORT: 1\n");
	assert_int_equal(unset(0, "TOKEN"), OUTCOME_UNSET);
	scratch_expect(CONFIG, "PORT: 1\n");
	scratch_expect(TOKEN, "");
}

static void
test_reseal(void **state)
{
	struct sealed before, now;
	char hash[SHA256_HEX_BYTES], ignored[SHA256_HEX_BYTES];

	(void)state;
	(void)set(0, "TOKEN", "value");
	(void)unset(0, "TOKEN");
	(void)set(0, "OTHER", "other");
	(void)set(0, "TOKEN", "value");
	(void)look("TOKEN", &before, hash);
	assert_int_equal(reseal(0, "TOKEN"), OUTCOME_UNCHANGED);
	assert_int_equal(reseal(0, "NONE"), OUTCOME_UNCHANGED);
	fixture_second();
	assert_int_equal(reseal(0, "TOKEN"), OUTCOME_RESEALED);
	assert_int_equal(look("TOKEN", &now, ignored), STATUS_VALID);
	expect_opened("TOKEN", "value");
	assert_int_equal(now.epoch, 2);
	assert_int_equal(now.generation, before.generation + 1);
	assert_string_equal(now.previous, hash);
	assert_int_equal(now.changed, 1);
	assert_true(now.changed_at == before.changed_at);
	assert_string_equal(now.value_id, before.value_id);
}

static void
test_reseal_of_a_tombstone(void **state)
{
	struct sealed before, now;
	char hash[SHA256_HEX_BYTES], ignored[SHA256_HEX_BYTES];

	(void)state;
	(void)set(0, "TOKEN", "value");
	(void)unset(0, "TOKEN");
	(void)look("TOKEN", &before, hash);
	fixture_second();
	/* No key is needed for it: Carol can. */
	assert_int_equal(reseal(2, "TOKEN"), OUTCOME_RESEALED);
	assert_int_equal(look("TOKEN", &now, ignored), STATUS_UNSET);
	assert_int_equal(now.epoch, 2);
	assert_string_equal(now.value_id, before.value_id);
	assert_string_equal(now.previous, hash);
}

static void
test_reseal_without_reading(void **state)
{
	enum outcome outcome;
	struct run run;
	struct error err;

	(void)state;
	(void)set(0, "TOKEN", "value");
	fixture_second();
	begin(&run, 2);
	assert_int_equal(change_reseal(&run.change, "TOKEN", &outcome, &err), -1);
	assert_string_equal(err.message,
			    "resealing 'TOKEN' needs an identity that reads 'prod'; or set it "
			    "anew with 'tfsecrets set'");
	end(&run);
}

/* The same value after somebody left is still the one that he knew; another is not. */
static void
test_set_in_a_new_epoch(void **state)
{
	struct sealed before, now;
	char hash[SHA256_HEX_BYTES];

	(void)state;
	(void)set(0, "TOKEN", "value");
	(void)look("TOKEN", &before, hash);
	fixture_second();
	assert_int_equal(set(0, "TOKEN", "value"), OUTCOME_RESEALED);
	(void)look("TOKEN", &now, hash);
	assert_int_equal(now.epoch, 2);
	assert_int_equal(now.changed, 1);
	assert_string_equal(now.value_id, before.value_id);
	assert_int_equal(set(0, "TOKEN", "other value"), OUTCOME_CHANGED);
	(void)look("TOKEN", &now, hash);
	assert_int_equal(now.changed, 2);
	assert_int_equal(now.generation, 3);
}

static void
test_invalid_present(void **state)
{
	(void)state;
	scratch_put(TOKEN, "garbage\n");
	expect_set_refused(0, "TOKEN", "value",
			   TOKEN ":1: expected 'tfsecrets sealed v1'; put a valid file "
				 "back first (git checkout)");
	scratch_expect(TOKEN, "garbage\n");
}

static void
test_seal_plain(void **state)
{
	struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;
	struct run run;
	struct error err;

	(void)state;
	scratch_put(
		CONFIG,
		"# first\nTOKEN: 'in the clear'\nPORT: 80 # stays\nOTHER: |\n  two\n  lines\nLOG_LEVEL: info\n");
	begin(&run, 0);
	if (change_seal_plain(&run.change, &names, &err) < 0)
		fail_msg("%s", err.message);
	/* Nothing happens before the commit. */
	scratch_expect(TOKEN, "");
	assert_int_equal(change_commit(&run.change, &err), 0);
	end(&run);
	joined = list_join(&names, " ", " ");
	list_clear(&names);
	assert_string_equal(joined, "TOKEN OTHER");
	scratch_expect(CONFIG, "# first\nPORT: 80 # stays\nLOG_LEVEL: info\n");
	expect_opened("TOKEN", "in the clear");
	expect_opened("OTHER", "two\nlines\n");
}

/* One of two is refused: neither is sealed, and config.yaml keeps both. */
static void
test_all_or_nothing(void **state)
{
	static const char before[] = "OTHER: good\nTOKEN: abc\n";
	CLEANUP(list_clear) struct list names = LIST_INIT;
	struct run run;
	struct error err;

	(void)state;
	scratch_put(CONFIG, before);
	begin(&run, 0);
	assert_int_equal(change_seal_plain(&run.change, &names, &err), -1);
	end(&run);
	scratch_expect(CONFIG, before);
	scratch_expect("tfsecrets/prod/sealed/OTHER", "");
}

static void
test_edited_meanwhile(void **state)
{
	enum outcome outcome;
	struct run run;
	struct error err;

	(void)state;
	for (int existed = 0; existed < 2; existed++) {
		if (existed)
			scratch_put(CONFIG, "LOG_LEVEL: info\n");
		begin(&run, 0);
		assert_int_equal(change_set(&run.change, schema_setting(run.project.schema, "PORT"),
					    bytes_of("80"), &outcome, &err),
				 0);
		assert_int_equal(change_set(&run.change,
					    schema_setting(run.project.schema, "TOKEN"),
					    bytes_of("value"), &outcome, &err),
				 0);
		scratch_put(CONFIG, "LOG_LEVEL: debug\n");
		assert_int_equal(change_commit(&run.change, &err), -1);
		assert_string_equal(err.message,
				    "'" CONFIG "' was changed by somebody else meanwhile; run the "
				    "command again");
		end(&run);
		scratch_expect(CONFIG, "LOG_LEVEL: debug\n");
		scratch_expect(TOKEN, "");
	}
}

static void
test_begin_refused(void **state)
{
	const struct identities identities = { .items = people, .count = 1 };
	struct change change;
	struct project project;
	struct error err;

	(void)state;
	assert_int_equal(fixture_open(PROJECT_WRITE, &project, &err), 0);
	assert_int_equal(change_begin(&project, "prd", &identities, &change, &err), -1);
	assert_string_equal(err.message,
			    "tfsecrets.yaml has no environment 'prd', did you mean 'prod'?");
	project_close(&project);
	/* Proposed: it needs a second signature. */
	fixture_clean();
	scratch_put("tfsecrets.yaml", SCHEMA);
	fixture_roster(&(struct fixture_roster){ .serial = 1,
						 .threshold = 2,
						 .epoch = 1,
						 .readers = "01",
						 .admins = "01",
						 .sealers = "0",
						 .signed_by = "01" });
	fixture_roster(&(struct fixture_roster){ .serial = 2,
						 .epoch = 1,
						 .readers = "01",
						 .sealers = "0",
						 .wrapped = "00112233445566778899aabbccddeeff"
							    "00112233445566778899aabbccddeeff" });
	assert_int_equal(fixture_open(PROJECT_WRITE, &project, &err), 0);
	assert_int_equal(change_begin(&project, "prod", &identities, &change, &err), -1);
	assert_string_equal(
		err.message,
		"roster 2 still lacks signatures; nothing is sealed until 'tfsecrets roster "
		"sign' completes it, or 'tfsecrets roster withdraw' takes it back");
	project_close(&project);
	assert_int_equal(access("tfsecrets/.journal", F_OK), -1);
}

/* The branch that is checked out is older than what this clone has seen: nothing is sealed to it. */
static void
test_older_roster(void **state)
{
	const struct identities identities = { .items = people, .count = 1 };
	struct change change;
	struct project project;
	struct error err;

	(void)state;
	scratch_shell("cp -r tfsecrets kept");
	fixture_second();
	assert_int_equal(fixture_open(PROJECT_WRITE, &project, &err), 0);
	project_close(&project);
	scratch_shell("rm -r tfsecrets && mv kept tfsecrets");
	assert_int_equal(fixture_open(PROJECT_WRITE, &project, &err), 0);
	assert_true(project.is_older);
	assert_int_equal(change_begin(&project, "prod", &identities, &change, &err), -1);
	assert_string_equal(err.message,
			    "roster 1 is older than the last one that this clone has verified; "
			    "update the branch first");
	project_close(&project);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_secret, fresh),
		cmocka_unit_test_setup(test_blind_sealer, fresh),
		cmocka_unit_test_setup(test_pending, fresh),
		cmocka_unit_test_setup(test_no_identity, fresh),
		cmocka_unit_test_setup(test_refused_values, fresh),
		cmocka_unit_test_setup(test_guard, fresh),
		cmocka_unit_test_setup(test_plain, fresh),
		cmocka_unit_test_setup(test_unset, fresh),
		cmocka_unit_test_setup(test_unset_in_the_clear, fresh),
		cmocka_unit_test_setup(test_reseal, fresh),
		cmocka_unit_test_setup(test_reseal_of_a_tombstone, fresh),
		cmocka_unit_test_setup(test_reseal_without_reading, fresh),
		cmocka_unit_test_setup(test_set_in_a_new_epoch, fresh),
		cmocka_unit_test_setup(test_invalid_present, fresh),
		cmocka_unit_test_setup(test_seal_plain, fresh),
		cmocka_unit_test_setup(test_all_or_nothing, fresh),
		cmocka_unit_test_setup(test_edited_meanwhile, fresh),
		cmocka_unit_test_setup(test_begin_refused, fresh),
		cmocka_unit_test_setup(test_older_roster, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
