/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"
#include "injector/repository/identity.h"
#include "injector/repository/roster_edit.h"

enum { PEOPLE = 12, ROUNDS = 200, EDITS = 30 };

/* Sorted, with names of which one begins another, and those that a locale would sort otherwise. */
static const char *const names[PEOPLE] = { "0", "a",  "a-b", "a.b", "a_b", "ab",
					   "b", "b1", "b10", "b2",  "c",   "z" };
static struct member members[PEOPLE];

static int
setup(void **state)
{
	struct error err;

	(void)state;
	if (secret_start(&err) < 0)
		return -1;
	for (size_t i = 0; i < PEOPLE; i++) {
		struct identity identity;

		if (identity_generate(&identity, &err) < 0)
			return -1;
		members[i] = (struct member){ .reads = true, .signs = true };
		(void)snprintf(members[i].name, sizeof(members[i].name), "%s", names[i]);
		members[i].recipient = identity.age.recipient;
		memcpy(members[i].signing, identity.signing, sizeof(members[i].signing));
		identity_clear(&identity);
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	secret_stop();
	return 0;
}

/* A key of its own, and a hash. */
static void
fill(struct roster_environment *environment)
{
	CLEANUP(secret_clear) struct secret private = SECRET_INIT;
	struct error err;

	if (x25519_generate(&private, &err) < 0)
		fail_msg("%s", err.message);
	x25519_public(&private, environment->key);
	memset(environment->wrapped, 'a', SHA256_HEX_BYTES - 1);
}

/* b, b2 and z are members; everybody is in every set. */
static struct roster *
three(void)
{
	static const size_t who[] = { 6, 9, 11 };
	static const char *const environments[] = { "dev", "prod" };
	struct roster *roster = xcalloc(1, sizeof(*roster));

	memset(roster->project_id, '7', ID_DIGITS);
	roster->serial = 1;
	roster->threshold = 1;
	for (size_t i = 0; i < COUNT(environments); i++)
		fill(roster_add_environment(roster, environments[i]));
	for (size_t i = 0; i < COUNT(who); i++) {
		roster_add_member(roster, &members[who[i]]);
		roster_grant(roster, &roster->admins, names[who[i]]);
		for (size_t k = 0; k < roster->environment_count; k++) {
			roster_grant(roster, &roster->environments[k].readers, names[who[i]]);
			roster_grant(roster, &roster->environments[k].sealers, names[who[i]]);
		}
	}
	return roster;
}

/* The set's names, as "a b c". */
static void
expect_set(const struct roster *roster, const struct member_set *set, const char *expected)
{
	CLEANUP(list_clear) struct list found = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	for (size_t i = 0; i < set->count; i++) {
		assert_true(set->members[i] < roster->member_count);
		list_add(&found, roster->members[set->members[i]].name);
	}
	joined = list_join(&found, " ", " ");
	assert_string_equal(joined, expected);
}

static void
expect_every_set(const struct roster *roster, const char *expected)
{
	expect_set(roster, &roster->admins, expected);
	for (size_t i = 0; i < roster->environment_count; i++) {
		expect_set(roster, &roster->environments[i].readers, expected);
		expect_set(roster, &roster->environments[i].sealers, expected);
	}
}

static void
test_add_keeps_sets(void **state)
{
	/* In front of all, between, behind all. */
	static const size_t places[] = { 0, 5, 7, 8, 10 };

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		CLEANUP(roster_cleanup) struct roster *roster = three();

		roster_add_member(roster, &members[places[i]]);
		assert_int_equal(roster->member_count, 4);
		expect_every_set(roster, "b b2 z");
		for (size_t k = 1; k < roster->member_count; k++)
			assert_true(strcmp(roster->members[k - 1].name, roster->members[k].name) <
				    0);
		assert_memory_equal(roster_member(roster, names[places[i]])->signing,
				    members[places[i]].signing, ED25519_PUBLIC_BYTES);
	}
}

static void
test_add_grants_at_its_place(void **state)
{
	CLEANUP(roster_cleanup) struct roster *roster = three();

	(void)state;
	roster_add_member(roster, &members[0]);
	roster_add_member(roster, &members[8]);
	roster_grant(roster, &roster->admins, "b10");
	roster_grant(roster, &roster->admins, "0");
	expect_set(roster, &roster->admins, "0 b b10 b2 z");
	expect_set(roster, &roster->environments[1].readers, "b b2 z");
	roster_grant(roster, &roster->admins, "0");
	roster_grant(roster, &roster->admins, "nobody");
	expect_set(roster, &roster->admins, "0 b b10 b2 z");
}

static void
test_remove_keeps_sets(void **state)
{
	static const char *const cases[][2] = {
		{ "b", "b2 z" }, { "b2", "b z" }, { "z", "b b2" }, { "nobody", "b b2 z" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(roster_cleanup) struct roster *roster = three();

		roster_remove_member(roster, cases[i][0]);
		expect_every_set(roster, cases[i][1]);
		assert_null(roster_member(roster, cases[i][0]));
		assert_int_equal(roster->member_count, i < 3 ? 2 : 3);
	}
}

static void
test_remove_all(void **state)
{
	CLEANUP(roster_cleanup) struct roster *roster = three();

	(void)state;
	roster_remove_member(roster, "b2");
	roster_remove_member(roster, "z");
	roster_remove_member(roster, "b");
	assert_int_equal(roster->member_count, 0);
	expect_every_set(roster, "");
}

static void
test_revoke(void **state)
{
	CLEANUP(roster_cleanup) struct roster *roster = three();
	struct roster_environment *prod = roster_edit_environment(roster, "prod");

	(void)state;
	roster_revoke(roster, &prod->readers, "b");
	roster_revoke(roster, &prod->sealers, "z");
	roster_revoke(roster, &roster->admins, "b2");
	roster_revoke(roster, &roster->admins, "nobody");
	expect_set(roster, &prod->readers, "b2 z");
	expect_set(roster, &prod->sealers, "b b2");
	expect_set(roster, &roster->admins, "b z");
	expect_set(roster, &roster->environments[0].readers, "b b2 z");
	assert_int_equal(roster->member_count, 3);
}

static void
test_environments_are_sorted(void **state)
{
	CLEANUP(roster_cleanup) struct roster *roster = three();
	static const char *const added[] = { "qa", "a", "dev-2", "zz" };
	static const char *const expected[] = { "a", "dev", "dev-2", "prod", "qa", "zz" };

	(void)state;
	for (size_t i = 0; i < COUNT(added); i++) {
		struct roster_environment *environment = roster_add_environment(roster, added[i]);

		assert_string_equal(environment->name, added[i]);
		assert_int_equal(environment->epoch, 1);
		assert_int_equal(environment->removed, 0);
		assert_int_equal(environment->readers.count, 0);
	}
	assert_int_equal(roster->environment_count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_string_equal(roster->environments[i].name, expected[i]);
	expect_set(roster, &roster_environment(roster, "prod")->readers, "b b2 z");
	roster_remove_environment(roster, "a");
	roster_remove_environment(roster, "zz");
	roster_remove_environment(roster, "dev-2");
	roster_remove_environment(roster, "none");
	assert_int_equal(roster->environment_count, 3);
	assert_null(roster_edit_environment(roster, "dev-2"));
	assert_string_equal(roster->environments[2].name, "qa");
	expect_set(roster, &roster->environments[1].sealers, "b b2 z");
}

static void
body_of(const struct roster *roster, struct buf *ret)
{
	buf_reset(ret);
	roster_write_body(roster, ret);
}

static void
test_copy_is_deep(void **state)
{
	CLEANUP(roster_cleanup) struct roster *roster = three();
	CLEANUP(roster_cleanup) struct roster *copy = NULL;
	CLEANUP(buf_clear) struct buf before = BUF_INIT(ROSTER_FILE_MAX);
	CLEANUP(buf_clear) struct buf after = BUF_INIT(ROSTER_FILE_MAX);

	(void)state;
	list_add(&roster->environments[0].clusters, "aa");
	list_add(&roster->environments[0].namespaces, "web");
	roster->signatures = xcalloc(1, sizeof(*roster->signatures));
	roster->signature_count = 1;
	body_of(roster, &before);
	copy = roster_copy(roster);
	body_of(copy, &after);
	assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
	assert_null(copy->signatures);
	assert_int_equal(copy->signature_count, 0);
	copy->members[0].name[0] = 'x';
	copy->environments[0].clusters.items[0][0] = 'b';
	copy->environments[0].namespaces.items[0][0] = 'v';
	copy->environments[1].readers.members[0] = 2;
	copy->environments[1].sealers.members[0] = 2;
	copy->admins.members[0] = 2;
	roster_remove_environment(copy, "dev");
	roster_remove_member(copy, "z");
	body_of(roster, &after);
	assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
}

static void
test_copy_of_nobody(void **state)
{
	CLEANUP(roster_cleanup) struct roster *empty = xcalloc(1, sizeof(*empty));
	CLEANUP(roster_cleanup) struct roster *copy = roster_copy(empty);

	(void)state;
	assert_int_equal(copy->member_count, 0);
	roster_add_member(copy, &members[0]);
	assert_string_equal(copy->members[0].name, "0");
}

/* The same numbers in every run. */
static uint32_t
chance(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

/* One edit of any kind; what the rules, not the grammar, forbid is kept away. */
static void
edit(struct roster *roster, uint32_t *seed)
{
	static const char *const places[] = { "a", "dev", "prod", "qa", "z" };
	const char *name = names[chance(seed, PEOPLE)];
	const char *place = places[chance(seed, COUNT(places))];
	struct roster_environment *environment = roster_edit_environment(roster, place);
	struct member_set *set = NULL;

	if (environment != NULL)
		set = chance(seed, 2) == 0 ? &environment->readers : &environment->sealers;
	switch (chance(seed, 6)) {
	case 0:
		for (size_t i = 0; i < PEOPLE; i++) {
			if (strcmp(names[i], name) == 0 && roster_member(roster, name) == NULL)
				roster_add_member(roster, &members[i]);
		}
		break;
	case 1:
		roster_remove_member(roster, name);
		break;
	case 2:
		if (environment == NULL)
			fill(roster_add_environment(roster, place));
		else if (chance(seed, 3) == 0)
			roster_remove_environment(roster, place);
		break;
	case 3:
		roster_grant(roster, set != NULL ? set : &roster->admins, name);
		break;
	case 4:
		roster_revoke(roster, set != NULL ? set : &roster->admins, name);
		break;
	default:
		roster_grant(roster, &roster->admins, name);
	}
}

/* What the grammar does not ask for but the rules do: somebody everywhere. */
static void
mend(struct roster *roster)
{
	if (roster_member(roster, names[6]) == NULL)
		roster_add_member(roster, &members[6]);
	roster_grant(roster, &roster->admins, names[6]);
	for (size_t i = 0; i < roster->environment_count; i++)
		roster_grant(roster, &roster->environments[i].readers, names[6]);
}

static void
test_any_edits_are_parsed(void **state)
{
	uint32_t seed = 20261125;
	size_t sizes = 0;

	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		CLEANUP(roster_cleanup) struct roster *roster = three();
		CLEANUP(roster_cleanup) struct roster *parsed = NULL;
		CLEANUP(roster_cleanup) struct roster *copy = NULL;
		CLEANUP(buf_clear) struct buf text = BUF_INIT(ROSTER_FILE_MAX);
		CLEANUP(buf_clear) struct buf again = BUF_INIT(ROSTER_FILE_MAX);
		struct error err;

		for (size_t i = 0; i < EDITS; i++)
			edit(roster, &seed);
		mend(roster);
		sizes |= (size_t)1 << roster->member_count;
		body_of(roster, &text);
		if (roster_parse(buf_bytes(&text), "f", &parsed, &err) < 0)
			fail_msg("round %zu: %s in\n%s", round, err.message, buf_text(&text));
		copy = roster_copy(parsed);
		body_of(copy, &again);
		assert_true(bytes_equal(buf_bytes(&text), buf_bytes(&again)));
	}
	/* Not the same few every time. */
	assert_true(__builtin_popcountl(sizes) >= 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_keeps_sets),
		cmocka_unit_test(test_add_grants_at_its_place),
		cmocka_unit_test(test_remove_keeps_sets),
		cmocka_unit_test(test_remove_all),
		cmocka_unit_test(test_revoke),
		cmocka_unit_test(test_environments_are_sorted),
		cmocka_unit_test(test_copy_is_deep),
		cmocka_unit_test(test_copy_of_nobody),
		cmocka_unit_test(test_any_edits_are_parsed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
