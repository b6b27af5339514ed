/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

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

/* Accepts what is pending in the file of a setting, as one person; the message, or "". */
static char *
accept(int person, const char *name)
{
	struct sealed_file file = SEALED_FILE_INIT;
	struct secret value = SECRET_INIT;
	struct run run;
	struct error err = ERROR_INIT;
	const struct setting *setting;
	int result = -1;
	bool unset;

	begin(&run, person);
	setting = schema_setting(run.project.schema, name);
	assert_int_equal(change_read(&run.change, name, &file, &err), 0);
	assert_int_equal(file.state.status, STATUS_PENDING);
	unset = file.state.sealed.unset;
	if ((unset || change_open(&run.change, &file, &value, &err) == 0) &&
	    change_accept(&run.change, setting, &file, unset ? NULL : &value, &err) == 0)
		result = change_commit(&run.change, &err);
	assert_int_equal(result < 0, err.code != ERROR_NONE);
	secret_clear(&value);
	sealed_file_clear(&file);
	end(&run);
	return xstrdup(err.message);
}

static void
expect_accepted(int person, const char *name, const char *message)
{
	CLEANUP(free_text) char *said = accept(person, name);

	assert_string_equal(said, message);
}

static void
test_accept(void **state)
{
	struct sealed first, pending, accepted;
	char hash[SHA256_HEX_BYTES], pending_hash[SHA256_HEX_BYTES];

	(void)state;
	(void)set(0, "TOKEN", "old value");
	(void)look("TOKEN", &first, hash);
	(void)set(1, "TOKEN", "bob's value");
	assert_int_equal(look("TOKEN", &pending, pending_hash), STATUS_PENDING);
	expect_accepted(0, "TOKEN", "");
	assert_int_equal(look("TOKEN", &accepted, hash), STATUS_VALID);
	expect_opened("TOKEN", "bob's value");
	assert_int_equal(accepted.generation, 3);
	assert_string_equal(accepted.previous, pending_hash);
	assert_string_not_equal(accepted.value_id, pending.value_id);
	assert_string_not_equal(accepted.value_id, first.value_id);
	assert_true(accepted.changed_at == pending.changed_at + 1);
	assert_int_equal(accepted.changed, 1);
}

static void
test_accept_a_tombstone(void **state)
{
	struct sealed sealed;
	char hash[SHA256_HEX_BYTES];

	(void)state;
	(void)set(0, "TOKEN", "value");
	(void)unset(1, "TOKEN");
	assert_int_equal(look("TOKEN", &sealed, hash), STATUS_PENDING);
	/* Nothing is to be opened: Carol can. */
	expect_accepted(2, "TOKEN", "");
	assert_int_equal(look("TOKEN", &sealed, hash), STATUS_UNSET);
	assert_int_equal(sealed.generation, 3);
}

/* Whoever had the key of the epoch before knows the value: `changed` goes on saying so. */
static void
test_accept_of_the_epoch_before(void **state)
{
	struct sealed sealed;
	char hash[SHA256_HEX_BYTES];

	(void)state;
	(void)set(3, "TOKEN", "dave's value");
	fixture_second();
	expect_accepted(0, "TOKEN", "");
	assert_int_equal(look("TOKEN", &sealed, hash), STATUS_VALID);
	expect_opened("TOKEN", "dave's value");
	assert_int_equal(sealed.epoch, 2);
	assert_int_equal(sealed.changed, 1);
}

static void
test_accept_refused(void **state)
{
	struct sealed pending = fixture_header("TOKEN");

	(void)state;
	(void)set(3, "TOKEN", "value");
	expect_accepted(1, "TOKEN",
			"accepting 'TOKEN' needs the identity of a sealer of 'prod': alice, carol");
	expect_accepted(2, "TOKEN",
			"the value of 'TOKEN' must be opened first, which needs an identity that "
			"reads 'prod'; who reads and seals it: alice");
	fixture_seal(&pending, "abc", 3);
	expect_accepted(0, "TOKEN",
			"the value of 'TOKEN' is shorter than min-length 4 (tfsecrets.yaml:9)");
	pending.generation = UINT32_MAX;
	memset(pending.previous, '1', SHA256_HEX_BYTES - 1);
	fixture_seal(&pending, "value", 3);
	expect_accepted(0, "TOKEN", "'TOKEN': its generations are used up");
}

/* git has put another file there while somebody was asked. */
static void
test_accept_changed_meanwhile(void **state)
{
	struct sealed pending = fixture_header("TOKEN"), now;
	char hash[SHA256_HEX_BYTES];
	struct sealed_file file = SEALED_FILE_INIT;
	struct secret value = SECRET_INIT;
	struct run run;
	struct error err;

	(void)state;
	fixture_seal(&pending, "shown", 3);
	begin(&run, 0);
	assert_int_equal(change_read(&run.change, "TOKEN", &file, &err), 0);
	assert_int_equal(change_open(&run.change, &file, &value, &err), 0);
	fixture_seal(&pending, "not shown", 3);
	assert_int_equal(change_accept(&run.change, schema_setting(run.project.schema, "TOKEN"),
				       &file, &value, &err),
			 0);
	assert_int_equal(change_commit(&run.change, &err), -1);
	assert_string_equal(err.message, "'" TOKEN "' was changed by somebody else meanwhile; run "
					 "the command again");
	secret_clear(&value);
	sealed_file_clear(&file);
	end(&run);
	assert_int_equal(look("TOKEN", &now, hash), STATUS_PENDING);
}

/* A time far ahead would keep the value from ever being due. */
static void
test_pending_of_the_future(void **state)
{
	struct sealed pending = fixture_header("TOKEN");

	(void)state;
	pending.changed_at = 253402300799;
	fixture_seal(&pending, "value", 3);
	expect_set_refused(0, "TOKEN", "value",
			   "'TOKEN' says that it was changed at 9999-12-31T23:59:59Z, which is yet "
			   "to come; put the file before it back (git checkout)");
}

/* A side of a merge: a file of this header by one person; person under 0: it has none. */
static void
make_side(struct sealed_file *side, struct sealed *header, const char *value, int person)
{
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(free_text) char *text = NULL;

	*side = (struct sealed_file)SEALED_FILE_INIT;
	if (person < 0)
		return;
	fixture_seal(header, value, (size_t)person);
	text = scratch_get(TOKEN);
	buf_append_text(&side->text, text);
	fixture_chain(&chain);
	value_verify(bytes_of(text), TOKEN, "TOKEN", chain_current(&chain),
		     roster_environment(chain_current(&chain), "prod"), &side->state);
}

struct side_of {
	uint32_t generation, changed;
	int64_t changed_at;
	const char *value; /* NULL: a tombstone */
	int person;
};

/* Resolves two sides; taken SIDES: by "new value". The message, or "". */
static char *
resolve(int person, const struct side_of how[SIDES], enum side taken, bool may_accept,
	char ret_hashes[SIDES][SHA256_HEX_BYTES])
{
	struct sealed_file sides[SIDES];
	const struct setting *setting;
	struct error err = ERROR_INIT;
	struct run run;
	int result;

	for (size_t i = 0; i < SIDES; i++) {
		struct sealed header = fixture_header("TOKEN");

		header.generation = how[i].generation;
		header.changed = how[i].changed;
		header.epoch = how[i].changed;
		header.changed_at = how[i].changed_at;
		header.unset = how[i].value == NULL;
		if (header.generation > 1)
			memset(header.previous, '1', SHA256_HEX_BYTES - 1);
		make_side(&sides[i], &header, header.unset ? "" : how[i].value, how[i].person);
		memcpy(ret_hashes[i], sides[i].state.hash, SHA256_HEX_BYTES);
	}
	begin(&run, person);
	setting = schema_setting(run.project.schema, "TOKEN");
	result = taken == SIDES ?
			 change_resolve_with(&run.change, setting, sides, bytes_of("new value"),
					     &err) :
			 change_resolve(&run.change, setting, sides, taken, may_accept, &err);
	if (result == 0)
		result = change_commit(&run.change, &err);
	assert_int_equal(result < 0, err.code != ERROR_NONE);
	end(&run);
	for (size_t i = 0; i < SIDES; i++)
		sealed_file_clear(&sides[i]);
	return xstrdup(err.message);
}

static void
expect_resolved(int person, const struct side_of how[SIDES], enum side taken, bool may_accept,
		const char *message)
{
	char hashes[SIDES][SHA256_HEX_BYTES];
	CLEANUP(free_text) char *said = resolve(person, how, taken, may_accept, hashes);

	assert_string_equal(said, message);
}

static void
test_resolve(void **state)
{
	/* Ahead of the clock, so that the times count. */
	const int64_t later = time(NULL) + 1000;
	const struct side_of how[SIDES] = { { 7, 1, later, "our value", 0 },
					    { 3, 1, later + 5, "their value", 2 } };
	char hashes[SIDES][SHA256_HEX_BYTES], hash[SHA256_HEX_BYTES];
	struct sealed sealed;

	(void)state;
	for (enum side side = SIDE_OURS; side <= SIDES; side++) {
		CLEANUP(free_text) char *said = resolve(0, how, side, false, hashes);

		assert_string_equal(said, "");
		assert_int_equal(look("TOKEN", &sealed, hash), STATUS_VALID);
		assert_int_equal(sealed.generation, 9);
		assert_string_equal(sealed.previous, hashes[side == SIDES ? SIDE_OURS : side]);
		assert_true(sealed.changed_at == later + 6);
		expect_opened("TOKEN", side == SIDE_OURS   ? "our value" :
				       side == SIDE_THEIRS ? "their value" :
							     "new value");
	}
}

/* `changed` is that of the side taken, also when its value is given anew by somebody who can compare. */
static void
test_resolve_keeps_who_knows(void **state)
{
	const struct side_of how[SIDES] = { { 2, 2, FIXTURE_TIME, "our value", 0 },
					    { 2, 1, FIXTURE_TIME, "new value", 0 } };
	static const struct {
		int person;
		enum side taken;
		uint32_t changed;
	} cases[] = {
		{ 0, SIDE_OURS, 2 }, { 0, SIDE_THEIRS, 1 }, { 0, SIDES, 1 }, { 2, SIDES, 2 }
	};
	char hash[SHA256_HEX_BYTES];
	struct sealed sealed;

	(void)state;
	fixture_second();
	for (size_t i = 0; i < COUNT(cases); i++) {
		expect_resolved(cases[i].person, how, cases[i].taken, false, "");
		assert_int_equal(look("TOKEN", &sealed, hash), STATUS_VALID);
		assert_int_equal(sealed.epoch, 2);
		assert_int_equal(sealed.changed, cases[i].changed);
	}
}

static void
test_resolve_without_a_value(void **state)
{
	const struct side_of unset[SIDES] = { { 2, 1, FIXTURE_TIME, NULL, 0 },
					      { 2, 1, FIXTURE_TIME, "value", 0 } };
	const struct side_of gone[SIDES] = { { 0, 1, 0, NULL, -1 },
					     { 4, 1, FIXTURE_TIME, "value", 0 } };
	char hash[SHA256_HEX_BYTES];
	struct sealed sealed;

	(void)state;
	/* No value is to be opened: Carol can. */
	expect_resolved(2, unset, SIDE_OURS, false, "");
	assert_int_equal(look("TOKEN", &sealed, hash), STATUS_UNSET);
	assert_int_equal(sealed.generation, 4);
	expect_resolved(2, gone, SIDE_OURS, false, "");
	assert_int_equal(look("TOKEN", &sealed, hash), STATUS_UNSET);
	assert_int_equal(sealed.generation, 6);
	expect_resolved(0, gone, SIDE_THEIRS, false, "");
	assert_int_equal(look("TOKEN", &sealed, hash), STATUS_VALID);
	expect_resolved(2, gone, SIDES, false, "");
	assert_int_equal(look("TOKEN", &sealed, hash), STATUS_VALID);
}

static void
test_resolve_refused(void **state)
{
	struct side_of how[SIDES] = { { 2, 1, FIXTURE_TIME, "value", 0 },
				      { 2, 1, FIXTURE_TIME, "value", 3 } };

	(void)state;
	expect_resolved(0, how, SIDE_THEIRS, false,
			"theirs is pending: " TOKEN
			": pending: sealed by dave, who is not a sealer "
			"of 'prod'; --accept takes it over");
	expect_resolved(1, how, SIDE_THEIRS, true,
			"accepting 'TOKEN' needs the identity of a sealer of 'prod': alice, carol");
	expect_resolved(0, how, SIDE_THEIRS, true, "");
	expect_resolved(0, how, SIDE_OURS, false, "");
	expect_resolved(2, how, SIDE_OURS, false,
			"the value of 'TOKEN' must be opened first, which needs an identity that "
			"reads 'prod'; who reads and seals it: alice");
	how[1].generation = 1001;
	expect_resolved(0, how, SIDE_OURS, false,
			"'TOKEN': the other side is more than 1000 generations ahead, which "
			"'tfsecrets check' would refuse");
	expect_resolved(0, how, SIDE_THEIRS, true, "");
	how[1].generation = UINT32_MAX - 1;
	expect_resolved(0, how, SIDE_THEIRS, true, "'TOKEN': its generations are used up");
	how[1].generation = 2;
	how[1].changed_at = 253402300799;
	expect_resolved(0, how, SIDE_OURS, false,
			"'TOKEN' says that it was changed at 9999-12-31T23:59:59Z, which is yet to "
			"come; put the file before it back (git checkout)");
	how[0].value = "abc";
	how[1].changed_at = FIXTURE_TIME;
	expect_resolved(0, how, SIDE_OURS, false,
			"the value of 'TOKEN' is shorter than min-length 4 (tfsecrets.yaml:9)");
}

static void
test_conflict_left(void **state)
{
	CLEANUP(free_text) char *text = NULL;

	(void)state;
	(void)set(0, "TOKEN", "value");
	text = scratch_get(TOKEN);
	{
		CLEANUP(free_text) char *conflict = xasprintf("<<<<<<< HEAD\n%s", text);

		scratch_put(TOKEN, conflict);
	}
	expect_set_refused(0, "TOKEN", "value",
			   TOKEN ":1: a merge conflict was left here; 'tfsecrets resolve TOKEN "
				 "--env prod' ends it by one side");
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
		cmocka_unit_test_setup(test_accept, fresh),
		cmocka_unit_test_setup(test_accept_a_tombstone, fresh),
		cmocka_unit_test_setup(test_accept_of_the_epoch_before, fresh),
		cmocka_unit_test_setup(test_accept_refused, fresh),
		cmocka_unit_test_setup(test_accept_changed_meanwhile, fresh),
		cmocka_unit_test_setup(test_pending_of_the_future, fresh),
		cmocka_unit_test_setup(test_resolve, fresh),
		cmocka_unit_test_setup(test_resolve_keeps_who_knows, fresh),
		cmocka_unit_test_setup(test_resolve_without_a_value, fresh),
		cmocka_unit_test_setup(test_resolve_refused, fresh),
		cmocka_unit_test_setup(test_conflict_left, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
