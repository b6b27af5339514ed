/* SPDX-License-Identifier: Apache-2.0 */
/* What sealed delivery brings into a pod: how it is made, its settings, and a chain that begins at a pin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "injector/repository/bundle.h"
#include "injector/repository/values.h"
#include "tests/unit/fixture.h"

#define SCHEMA                                                                                     \
	"version: 1\nproject: taskflow\nenvironments:\n  prod: {}\n  test: {}\nsettings:\n"        \
	"  TOKEN: {kind: secret, key: token.txt}\n"                                                \
	"  PORT: {kind: config, type: port, default: 80}\n"                                        \
	"  LATER: {kind: secret, type: uuid, required-in: [test]}\n"                               \
	"  ABOUT: {kind: secret, optional: true}\n"

static int
setup(void **state)
{
	(void)state;
	return fixture_start("test_bundle");
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
	struct sealed token = fixture_header("TOKEN");

	(void)state;
	fixture_clean();
	scratch_put("tfsecrets.yaml", SCHEMA);
	fixture_first();
	fixture_seal(&token, "a value", 0);
	return 0;
}

static int
make(struct bundle *ret, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(values_clear) struct values values = VALUES_INIT;

	if (fixture_open(PROJECT_READ, &project, err) < 0 ||
	    values_load(&project, "prod", NULL, &values, err) < 0)
		return -1;
	return bundle_make(&values, ret, err);
}

static void
expect_entry(const struct bundle *bundle, size_t at, const char *name, const char *path)
{
	CLEANUP(free_text) char *content = scratch_get(path);

	assert_string_equal(bundle->entries[at].name, name);
	assert_string_equal(buf_text(&bundle->entries[at].content), content);
	assert_ptr_equal(bundle_find(bundle, name), &bundle->entries[at]);
}

static void
test_made(void **state)
{
	CLEANUP(bundle_clear) struct bundle bundle = BUNDLE_INIT;
	struct error err;
	size_t size = 0;

	(void)state;
	if (make(&bundle, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(bundle.count, 4);
	expect_entry(&bundle, 0, "key.age", "tfsecrets/prod/key.age");
	expect_entry(&bundle, 1, "roster.0001", "tfsecrets/roster/0001");
	expect_entry(&bundle, 2, "sealed.TOKEN", "tfsecrets/prod/sealed/TOKEN");
	assert_string_equal(bundle.entries[3].name, "settings");
	assert_string_equal(buf_text(&bundle.entries[3].content),
			    "ABOUT ABOUT secret string optional\n"
			    "LATER LATER secret uuid optional\n"
			    "PORT PORT config port required\n"
			    "TOKEN token.txt secret string required\n");
	for (size_t i = 0; i < bundle.count; i++)
		size += strlen(bundle.entries[i].name) + bundle.entries[i].content.len;
	assert_int_equal(bundle.size, size);
	assert_null(bundle_find(&bundle, "sealed.ABOUT"));
}

/* A line `namespace` has at most 74 bytes: 900 of them make a roster of 66 KB. */
static void
large_roster(uint32_t serial, size_t namespaces)
{
	CLEANUP(buf_clear) struct buf more = BUF_INIT(ROSTER_FILE_MAX);

	for (size_t i = 0; i < namespaces; i++)
		buf_printf(&more, "namespace n%05zu%056d\n", i, 0);
	fixture_roster(&(struct fixture_roster){ .serial = serial,
						 .epoch = 1,
						 .readers = "01",
						 .sealers = "02",
						 .more = buf_text(&more) });
}

static size_t
rosters_in(const struct bundle *bundle)
{
	size_t count = 0;

	for (size_t i = 0; i < bundle->count; i++)
		count += strncmp(bundle->entries[i].name, "roster.", 7) == 0;
	return count;
}

static void
test_newest_of_the_chain(void **state)
{
	CLEANUP(bundle_clear) struct bundle four = BUNDLE_INIT;
	CLEANUP(bundle_clear) struct bundle one = BUNDLE_INIT;
	struct error err;

	(void)state;
	for (uint32_t serial = 2; serial <= 5; serial++)
		large_roster(serial, 900);
	if (make(&four, &err) < 0)
		fail_msg("%s", err.message);
	/* Two of them, and a third that would not fit. */
	assert_int_equal(rosters_in(&four), 2);
	assert_non_null(bundle_find(&four, "roster.0004"));
	assert_non_null(bundle_find(&four, "roster.0005"));
	large_roster(6, 4000);
	if (make(&one, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(rosters_in(&one), 1);
	assert_true(bundle_find(&one, "roster.0006")->content.len > BUNDLE_CHAIN_MAX);
}

static void
test_key_that_is_not_the_rosters(void **state)
{
	CLEANUP(bundle_clear) struct bundle bundle = BUNDLE_INIT;
	struct error err;

	(void)state;
	scratch_put("tfsecrets/prod/key.age", "another\n");
	assert_int_equal(make(&bundle, &err), -1);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message, "tfsecrets/prod/key.age: is not the file that roster 1 "
					 "names (wrapped)");
}

/* The bytes that were verified, or none. */
static void
test_changed_since(void **state)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(bundle_clear) struct bundle bundle = BUNDLE_INIT;
	struct sealed token = fixture_header("TOKEN");
	struct error err;

	(void)state;
	assert_int_equal(fixture_open(PROJECT_READ, &project, &err), 0);
	assert_int_equal(values_load(&project, "prod", NULL, &values, &err), 0);
	fixture_seal(&token, "a later value", 0);
	assert_int_equal(bundle_make(&values, &bundle, &err), -1);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message, "reading 'TOKEN': it was changed while it was being read");
	fixture_seal(&token, "a value", 0);
	scratch_put("tfsecrets/roster/0001", "tfsecrets roster v1\n");
	assert_int_equal(bundle_make(&values, &bundle, &err), -1);
	assert_string_equal(err.message,
			    "'tfsecrets/roster/0001' was changed while it was being read");
}

static void
test_settings(void **state)
{
	static const char text[] = "A a secret pem optional\nB x-1.y_Z config json required\n";
	CLEANUP(bundle_settings_clear) struct bundle_settings settings = BUNDLE_SETTINGS_INIT;
	CLEANUP(buf_clear) struct buf again = BUF_INIT(1000);
	struct error err;

	(void)state;
	assert_int_equal(bundle_settings_read(bytes_of(text), "settings", &settings, &err), 0);
	assert_int_equal(settings.count, 2);
	assert_true(settings.items[0].is_secret && !settings.items[0].is_required);
	assert_true(!settings.items[1].is_secret && settings.items[1].is_required);
	assert_string_equal(settings.items[1].key, "x-1.y_Z");
	assert_int_equal(settings.items[1].type, TYPE_JSON);
	for (size_t i = 0; i < settings.count; i++)
		bundle_setting_write(&settings.items[i], &again);
	assert_string_equal(buf_text(&again), text);
	assert_ptr_equal(bundle_settings_find(&settings, "B"), &settings.items[1]);
	assert_null(bundle_settings_find(&settings, "C"));
}

static void
test_settings_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "s:1: the file is empty" },
		{ "A a secret pem optional",
		  "s:1: the last line has no line feed, the file was cut "
		  "off" },
		{ "A a secret pem\n", "s:1: is not NAME KEY config|secret TYPE required|optional" },
		{ "A a secret pem optional more\n",
		  "s:1: is not NAME KEY config|secret TYPE required|optional" },
		{ "A ..a secret pem optional\n",
		  "s:1: is not NAME KEY config|secret TYPE required|optional" },
		{ "A a secret stringstringstring optional\n",
		  "s:1: is not NAME KEY config|secret TYPE required|optional" },
		{ "B a secret pem optional\nA b secret pem optional\n",
		  "s:2: settings are not sorted, or one stands there twice" },
		{ "A a secret pem optional\nA b secret pem optional\n",
		  "s:2: settings are not sorted, or one stands there twice" },
		{ "A a secret pem optional\nB a config pem optional\nC a secret pem optional\n",
		  "s: two secrets have the key 'a', and would be one file in the pod" },
	};
	struct bundle_settings settings = BUNDLE_SETTINGS_INIT;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(bundle_settings_read(bytes_of(cases[i].text), "s", &settings,
						      &err),
				 -1);
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_string_equal(err.message, cases[i].message);
	}
}

static void
test_keys(void **state)
{
	static const char *const good[] = { "a", ".a", "a..b", "A-Z_0.9", "-" };
	static const char *const bad[] = { "", ".", "..", "..a", "a/b", "a b", "\xc3\xa4", "a\n" };
	char long_one[BUNDLE_SETTING_KEY_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(bundle_is_key(bytes_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(bundle_is_key(bytes_of(bad[i])));
	memset(long_one, 'a', sizeof(long_one));
	long_one[BUNDLE_SETTING_KEY_MAX] = 0;
	assert_true(bundle_is_key(bytes_of(long_one)));
	long_one[BUNDLE_SETTING_KEY_MAX] = 'a';
	long_one[BUNDLE_SETTING_KEY_MAX + 1] = 0;
	assert_false(bundle_is_key(bytes_of(long_one)));
}

/* Begins a chain with serial, as its own file stands, and a pin that may lie about the hash. */
static int
begin_at(uint32_t serial, const char *hash, struct chain *chain, struct error *err)
{
	CLEANUP(free_text) char *path = xasprintf("tfsecrets/roster/%04u", serial);
	CLEANUP(free_text) char *text = scratch_get(path);
	struct pin pin = { .project_id = FIXTURE_PROJECT, .serial = serial };

	(void)snprintf(pin.hash, sizeof(pin.hash), "%s", hash);
	return chain_begin(chain, bytes_of(text), path, &pin, err);
}

/* The key of the epoch before the pin is of no roster that the pod has seen. */
static void
test_chain_begins_at_the_pin(void **state)
{
	CLEANUP(chain_clear) struct chain whole = CHAIN_INIT;
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(environment_key_clear) struct environment_key key = { .private = SECRET_INIT };
	CLEANUP(free_text) char *file = NULL;
	const struct identities alice = { .items = &people[0], .count = 1 };
	struct error err = ERROR_INIT;

	(void)state;
	fixture_second();
	fixture_chain(&whole);
	assert_int_equal(begin_at(2, whole.rosters[0]->hash, &chain, &err), -1);
	assert_string_equal(err.message,
			    "roster 2 is not the one that the pin names: this is a fork");
	assert_int_equal(begin_at(2, whole.rosters[1]->hash, &chain, &err), 0);
	assert_int_equal(chain.count, 1);
	assert_int_equal(chain_current(&chain)->serial, 2);
	file = scratch_get("tfsecrets/prod/key.age");
	if (environment_key_open(bytes_of(file), "key.age", &chain,
				 roster_environment(chain_current(&chain), "prod"), &alice, &key,
				 &err) < 0)
		fail_msg("%s", err.message);
	assert_true(secret_equal(&key.private, &keys[2].private));
}

/* Serial 1 cannot follow a pin on 2, nor can what its admins have not signed. */
static void
test_chain_goes_on(void **state)
{
	CLEANUP(chain_clear) struct chain whole = CHAIN_INIT;
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(free_text) char *first = scratch_get("tfsecrets/roster/0001");
	CLEANUP(free_text) char *third = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	fixture_second();
	fixture_chain(&whole);
	assert_int_equal(begin_at(2, whole.rosters[1]->hash, &chain, &err), 0);
	assert_int_equal(chain_add(&chain, bytes_of(first), "roster.0003", false, &err), -1);
	assert_string_equal(err.message, "roster.0003: 'serial' is 1, not the file's name");
	fixture_roster(&(struct fixture_roster){ .serial = 3,
						 .epoch = 2,
						 .removed = 2,
						 .readers = "0",
						 .sealers = "0",
						 .signed_by = "1" });
	third = scratch_get("tfsecrets/roster/0003");
	assert_int_equal(chain_add(&chain, bytes_of(third), "roster.0003", false, &err), -1);
	assert_string_equal(err.message, "roster.0003: signature 1 is not by an admin of roster 2");
	assert_int_equal(chain.count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_made, fresh),
		cmocka_unit_test_setup(test_newest_of_the_chain, fresh),
		cmocka_unit_test_setup(test_key_that_is_not_the_rosters, fresh),
		cmocka_unit_test_setup(test_changed_since, fresh),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_settings_refused),
		cmocka_unit_test(test_keys),
		cmocka_unit_test_setup(test_chain_begins_at_the_pin, fresh),
		cmocka_unit_test_setup(test_chain_goes_on, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
