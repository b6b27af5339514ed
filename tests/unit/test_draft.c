/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "injector/repository/draft.h"
#include "tests/unit/fixture.h"

#define SCHEMA                                                                                     \
	"version: 1\nproject: taskflow\nenvironments:\n  prod: {}\nsettings:\n"                    \
	"  TOKEN: {kind: secret}\n  OTHER: {kind: secret}\n"

enum { MANY_VALUES = 150 };

static int
setup(void **state)
{
	(void)state;
	return fixture_start("test_draft");
}

static int
teardown(void **state)
{
	(void)state;
	fixture_clean();
	return fixture_end();
}

/* alice is admin, reader and sealer, bob reads, carol seals without reading. */
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
	struct identities identities;
	struct draft draft;
};

static void
open_project(struct run *run, size_t person)
{
	struct error err;

	*run = (struct run){ .identities = { .items = &people[person], .count = 1 },
			     .draft = DRAFT_INIT };
	if (fixture_open(PROJECT_WRITE, &run->project, &err) < 0)
		fail_msg("%s", err.message);
}

static void
begin(struct run *run, size_t person)
{
	struct error err;

	open_project(run, person);
	if (draft_begin(&run->project, &run->identities, &run->draft, &err) < 0)
		fail_msg("%s", err.message);
}

static void
end(struct run *run)
{
	draft_end(&run->draft);
	project_close(&run->project);
}

static void
expect_refused(int result, const struct error *err, const char *message)
{
	assert_int_equal(result, -1);
	assert_int_equal(err->code, ERROR_REFUSED);
	assert_string_equal(err->message, message);
}

static void
expect_unfinished(struct run *run, const char *message)
{
	struct error err;

	expect_refused(draft_finish(&run->draft, &err), &err, message);
	end(run);
}

static void
test_who_may_not(void **state)
{
	struct error err;
	struct run run;

	(void)state;
	for (size_t person = 1; person < PEOPLE; person++) {
		open_project(&run, person);
		expect_refused(
			draft_begin(&run.project, &run.identities, &run.draft, &err), &err,
			"a roster is signed by an admin, and this identity is none; admins of "
			"roster 1: alice");
		end(&run);
	}
	open_project(&run, 0);
	run.identities.count = 0;
	assert_int_equal(draft_begin(&run.project, &run.identities, &run.draft, &err), -1);
	expect_refused(draft_resume(&run.project, &run.identities, &run.draft, &err), &err,
		       "there is no proposed roster; roster 1 is complete");
	end(&run);
}

static void
test_numbers_end(void **state)
{
	struct error err;
	struct run run;

	(void)state;
	open_project(&run, 0);
	run.project.chain.rosters[0]->serial = UINT32_MAX;
	expect_refused(draft_begin(&run.project, &run.identities, &run.draft, &err), &err,
		       "the serials are used up");
	end(&run);
	begin(&run, 0);
	run.draft.next->environments[0].epoch = UINT32_MAX;
	draft_rotate(&run.draft, "prod");
	expect_unfinished(&run, "'prod': its epochs are used up");
}

static void
test_rules(void **state)
{
	struct run run;

	(void)state;
	begin(&run, 0);
	expect_unfinished(&run, "roster 1 says all of this already");
	begin(&run, 0);
	roster_revoke(run.draft.next, &run.draft.next->environments[0].readers, "alice");
	roster_revoke(run.draft.next, &run.draft.next->environments[0].readers, "bob");
	expect_unfinished(&run, "'prod' would have no reader");
	begin(&run, 0);
	run.draft.next->threshold = 2;
	expect_unfinished(&run, "the new roster: the threshold is greater than the number of "
				"admins");
	begin(&run, 0);
	run.draft.next->members[3].reads = false;
	roster_grant(run.draft.next, &run.draft.next->environments[0].readers, "dave");
	expect_unfinished(&run, "'dave' would read 'prod', but has no recipient");
	begin(&run, 0);
	run.draft.next->members[3].recipient = people[1].age.recipient;
	expect_unfinished(&run, "the new roster: 'dave': another member has the same recipient");
	begin(&run, 0);
	(void)roster_add_environment(run.draft.next, "dev");
	expect_unfinished(&run, "'dev' would have no reader");
	begin(&run, 0);
	run.draft.next->project_id[0] ^= 1;
	expect_unfinished(&run, "the new roster: the project-id is not that of the roster before");
}

/* An environment's name that any roster had, not only the last one. */
static void
test_names_of_the_past(void **state)
{
	struct error err;
	struct run run;

	(void)state;
	begin(&run, 0);
	roster_grant(run.draft.next, &roster_add_environment(run.draft.next, "dev")->readers,
		     "alice");
	for (uint32_t serial = 2; serial < 5; serial++) {
		struct draft_result result;

		if (draft_finish(&run.draft, &err) < 0 ||
		    draft_commit(&run.draft, NULL, &result, &err) < 0)
			fail_msg("%s", err.message);
		assert_true(result.is_complete);
		assert_int_equal(result.serial, serial);
		end(&run);
		begin(&run, 0);
		if (serial == 2)
			roster_remove_environment(run.draft.next, "dev");
		else
			run.draft.next->members[3].signs = serial == 4;
	}
	end(&run);
	begin(&run, 0);
	roster_grant(run.draft.next, &roster_add_environment(run.draft.next, "dev")->readers,
		     "alice");
	expect_unfinished(&run, "the new roster: 'dev': the name of a removed environment is never "
				"used again");
}

/* A reader without a right to seal, a sealer without one to read: each is told who has both. */
static void
test_who_could(void **state)
{
	struct draft_result result;
	struct error err;
	struct run run;

	(void)state;
	fixture_roster(&(struct fixture_roster){
		.serial = 1, .epoch = 1, .admins = "0123", .readers = "013", .sealers = "02" });
	for (size_t person = 1; person < PEOPLE; person++) {
		static const char *const reads[PEOPLE] = { NULL, "yes", NULL, "yes" };

		begin(&run, person);
		draft_rotate(&run.draft, "prod");
		if (reads[person] == NULL) {
			expect_unfinished(&run,
					  "the key of 'prod' is needed for this, which only a "
					  "reader has: alice, bob or dave");
			continue;
		}
		assert_int_equal(draft_finish(&run.draft, &err), 0);
		expect_refused(draft_commit(&run.draft, NULL, &result, &err), &err,
			       "the values of 'prod' are resealed with this, by one who reads and "
			       "seals it: alice");
		end(&run);
		assert_false(file_exists(scratch_fd, "tfsecrets/roster/0002"));
		assert_false(file_exists(scratch_fd, "tfsecrets/.journal"));
	}
}

/* What appeared in the meantime is not overwritten. */
static void
test_roster_appears(void **state)
{
	struct draft_result result;
	struct error err;
	struct run run;

	(void)state;
	begin(&run, 0);
	draft_rotate(&run.draft, "prod");
	assert_int_equal(draft_finish(&run.draft, &err), 0);
	scratch_put("tfsecrets/roster/0002", "somebody else's\n");
	assert_int_equal(draft_commit(&run.draft, NULL, &result, &err), -1);
	assert_string_equal(err.message, "'tfsecrets/roster/0002' was changed by somebody else "
					 "meanwhile; run the command again");
	end(&run);
	assert_false(file_exists(scratch_fd, "tfsecrets/.journal"));
	assert_int_equal(unlinkat(scratch_fd, "tfsecrets/roster/0002", 0), 0);
	begin(&run, 0);
	end(&run);
}

/* What a merge brings while the values are resealed is not overwritten. */
static void
change_token(size_t done, size_t total)
{
	if (done == total)
		scratch_put("tfsecrets/prod/sealed/TOKEN", "of a merge\n");
}

static void
test_value_appears(void **state)
{
	struct sealed token = fixture_header("TOKEN");
	struct draft_result result;
	struct error err;
	struct run run;

	(void)state;
	fixture_seal(&token, "value", 0);
	begin(&run, 0);
	draft_rotate(&run.draft, "prod");
	assert_int_equal(draft_finish(&run.draft, &err), 0);
	assert_int_equal(draft_commit(&run.draft, change_token, &result, &err), -1);
	assert_string_equal(err.message, "'tfsecrets/prod/sealed/TOKEN' was changed by somebody "
					 "else meanwhile; run the command again");
	end(&run);
	assert_false(file_exists(scratch_fd, "tfsecrets/roster/0002"));
	assert_false(file_exists(scratch_fd, "tfsecrets/.journal"));
	scratch_expect("tfsecrets/prod/sealed/TOKEN", "of a merge\n");
}

static void
test_values(void **state)
{
	struct sealed token = fixture_header("TOKEN"), other = fixture_header("OTHER");
	struct draft_result result;
	struct error err;
	struct run run;

	(void)state;
	other.generation = UINT32_MAX;
	memset(other.previous, 'a', SHA256_HEX_BYTES - 1);
	fixture_seal(&token, "value", 0);
	fixture_seal(&other, "value", 0);
	begin(&run, 0);
	draft_rotate(&run.draft, "prod");
	assert_int_equal(draft_finish(&run.draft, &err), 0);
	expect_refused(draft_commit(&run.draft, NULL, &result, &err), &err,
		       "resealing 'OTHER': its generations are used up");
	end(&run);
	other.generation = UINT32_MAX - 1;
	fixture_seal(&other, "value", 0);
	begin(&run, 0);
	draft_rotate(&run.draft, "prod");
	assert_int_equal(draft_finish(&run.draft, &err), 0);
	if (draft_commit(&run.draft, NULL, &result, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(result.resealed, 2);
	assert_int_equal(chain_current(&run.project.chain)->serial, 2);
	end(&run);
}

/* More than one thread takes; whatever the cores, each file is resealed, once, to its own value. */
static void
test_many_values(void **state)
{
	CLEANUP(environment_state_clear) struct environment_state found = ENVIRONMENT_STATE_INIT;
	char ids[MANY_VALUES][ID_BYTES];
	struct draft_result result;
	struct error err;
	struct run run;

	(void)state;
	for (size_t i = 0; i < MANY_VALUES; i++) {
		CLEANUP(free_text) char *name = xasprintf("S%03zu", i);
		struct sealed header = fixture_header(name);

		header.unset = i % 7 == 0;
		fixture_seal(&header, header.unset ? "" : name, 0);
		memcpy(ids[i], header.value_id, ID_BYTES);
	}
	begin(&run, 0);
	draft_rotate(&run.draft, "prod");
	if (draft_finish(&run.draft, &err) < 0 ||
	    draft_commit(&run.draft, NULL, &result, &err) < 0 ||
	    environment_state_read(&run.project.files, chain_current(&run.project.chain),
				   chain_current(&run.project.chain)->environments, NULL, &found,
				   &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(result.resealed, MANY_VALUES);
	assert_int_equal(found.count, MANY_VALUES);
	for (size_t i = 0; i < MANY_VALUES; i++) {
		assert_int_equal(found.values[i].status, i % 7 == 0 ? STATUS_UNSET : STATUS_VALID);
		assert_int_equal(found.values[i].sealed.epoch, 2);
		assert_int_equal(found.values[i].sealed.generation, 2);
		assert_string_equal(found.values[i].sealed.value_id, ids[i]);
	}
	end(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_who_may_not, fresh),
		cmocka_unit_test_setup(test_numbers_end, fresh),
		cmocka_unit_test_setup(test_rules, fresh),
		cmocka_unit_test_setup(test_names_of_the_past, fresh),
		cmocka_unit_test_setup(test_who_could, fresh),
		cmocka_unit_test_setup(test_roster_appears, fresh),
		cmocka_unit_test_setup(test_value_appears, fresh),
		cmocka_unit_test_setup(test_values, fresh),
		cmocka_unit_test_setup(test_many_values, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
