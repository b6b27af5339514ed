/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "injector/repository/roster_changes.h"
#include "injector/repository/roster_edit.h"

/* Keys of which every byte is the same: only shown here, never used. */
static struct member
person(const char *name, uint8_t key)
{
	struct member member = { .reads = true, .signs = true };

	memcpy(member.name, name, strlen(name));
	member.recipient.kind = AGE_X25519;
	memset(member.recipient.key, key, sizeof(member.recipient.key));
	memset(member.signing, key, sizeof(member.signing));
	return member;
}

static struct roster *
two(void)
{
	struct roster *roster = xcalloc(1, sizeof(*roster));
	const struct member people[] = { person("alice", 1), person("bob", 2) };
	struct roster_environment *prod;

	roster->serial = 1;
	roster->threshold = 1;
	roster_add_member(roster, &people[0]);
	roster_add_member(roster, &people[1]);
	roster_grant(roster, &roster->admins, "alice");
	prod = roster_add_environment(roster, "prod");
	roster_grant(roster, &prod->readers, "alice");
	roster_grant(roster, &prod->sealers, "alice");
	return roster;
}

/* The changes from two() to next are these lines; next is freed. */
static void
expect(struct roster *next, const char *lines)
{
	CLEANUP(roster_cleanup) struct roster *before = two();
	CLEANUP(roster_cleanup) struct roster *after = next;
	CLEANUP(list_clear) struct list found = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	roster_changes(before, after, &found);
	joined = list_join(&found, "\n", "\n");
	assert_string_equal(joined, lines);
}

static void
test_nothing(void **state)
{
	(void)state;
	expect(two(), "");
}

static void
test_members(void **state)
{
	struct member carol = person("carol", 3), only = person("dave", 4);
	char recipient[MEMBER_KEY_BYTES], signing[MEMBER_KEY_BYTES];
	CLEANUP(free_text) char *line = NULL;
	CLEANUP(free_text) char *reader = NULL;
	struct roster *next = two();

	(void)state;
	member_show_recipient(&carol, recipient);
	member_show_signing(&carol, signing);
	assert_int_equal(strncmp(recipient, "age1", 4), 0);
	assert_int_equal(strncmp(signing, "SHA256:", 7), 0);
	line = xasprintf("carol comes: recipient %s, signing key %s", recipient, signing);
	roster_add_member(next, &carol);
	expect(next, line);

	only.signs = false;
	member_show_recipient(&only, recipient);
	reader = xasprintf("dave comes: recipient %s, signing key -", recipient);
	next = two();
	roster_add_member(next, &only);
	expect(next, reader);

	next = two();
	roster_remove_member(next, "bob");
	expect(next, "bob leaves");
}

/* Who leaves is named once, not for every right. */
static void
test_leaves_with_rights(void **state)
{
	struct roster *next = two();
	const struct member eve = person("eve", 5);

	(void)state;
	roster_remove_member(next, "alice");
	roster_add_member(next, &eve);
	roster_grant(next, &next->admins, "bob");
	roster_grant(next, &next->environments[0].readers, "bob");
	roster_remove_member(next, "eve");
	expect(next, "alice leaves\nbob is an admin\nprod: bob reads");
}

static void
test_other_keys(void **state)
{
	char old[MEMBER_KEY_BYTES], new[MEMBER_KEY_BYTES];
	struct member bob = person("bob", 2), other = person("bob", 9);
	CLEANUP(free_text) char *recipient = NULL;
	CLEANUP(free_text) char *signing = NULL;
	CLEANUP(free_text) char *gone = NULL;
	struct roster *next = two();

	(void)state;
	member_show_recipient(&bob, old);
	member_show_recipient(&other, new);
	recipient = xasprintf("bob has another recipient: %s, not %s", new, old);
	next->members[1].recipient = other.recipient;
	expect(next, recipient);
	gone = xasprintf("bob has another recipient: -, not %s", old);
	next = two();
	next->members[1].reads = false;
	expect(next, gone);
	member_show_signing(&bob, old);
	member_show_signing(&other, new);
	signing = xasprintf("bob has another signing key: %s, not %s", new, old);
	next = two();
	memcpy(next->members[1].signing, other.signing, sizeof(other.signing));
	expect(next, signing);
}

/* The same key as a recipient of two kinds is not the same recipient. */
static void
test_kind_of_recipient(void **state)
{
	char shown[MEMBER_KEY_BYTES];
	struct member member = person("bob", 2);

	(void)state;
	member.recipient.kind = AGE_SSH_ED25519;
	member_show_recipient(&member, shown);
	assert_int_equal(strncmp(shown, "SHA256:", 7), 0);
	member.reads = member.signs = false;
	member_show_recipient(&member, shown);
	assert_string_equal(shown, "-");
	member_show_signing(&member, shown);
	assert_string_equal(shown, "-");
}

static void
test_rights(void **state)
{
	struct roster *next = two();

	(void)state;
	roster_grant(next, &next->admins, "bob");
	roster_grant(next, &next->environments[0].readers, "bob");
	roster_grant(next, &next->environments[0].sealers, "bob");
	next->threshold = 2;
	expect(next, "bob is an admin\na roster needs the signatures of 2 admins, not 1\n"
		     "prod: bob reads\nprod: bob seals");
	next = two();
	roster_revoke(next, &next->admins, "alice");
	roster_revoke(next, &next->environments[0].readers, "alice");
	roster_revoke(next, &next->environments[0].sealers, "alice");
	expect(next, "alice is no admin any more\nprod: alice reads no more\n"
		     "prod: alice seals no more");
}

static void
test_epochs(void **state)
{
	struct roster *next = two();

	(void)state;
	next->environments[0].epoch = 2;
	expect(next, "prod: epoch 2 begins with a new key");
	next = two();
	next->environments[0].epoch = next->environments[0].removed = 2;
	expect(next, "prod: epoch 2 begins with a new key, as a reader left");
}

static void
test_environments(void **state)
{
	struct roster *next = two();
	struct roster_environment *dev = roster_add_environment(next, "dev");

	(void)state;
	roster_grant(next, &dev->readers, "bob");
	list_add(&dev->namespaces, "web");
	expect(next, "dev: a new environment\ndev: bob reads\ndev: bound to namespace web");
	next = two();
	roster_remove_environment(next, "prod");
	expect(next, "prod: dropped, its name is never used again");
}

static void
test_bindings(void **state)
{
	CLEANUP(roster_cleanup) struct roster *before = two();
	CLEANUP(roster_cleanup) struct roster *after = two();
	CLEANUP(list_clear) struct list found = LIST_INIT;

	(void)state;
	list_add(&before->environments[0].clusters, "aa");
	list_add(&before->environments[0].namespaces, "web");
	list_add(&after->environments[0].clusters, "bb");
	list_add(&after->environments[0].namespaces, "web");
	roster_changes(before, after, &found);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.items[0], "prod: bound to cluster bb");
	assert_string_equal(found.items[1], "prod: no longer bound to cluster aa");
}

static void
test_first(void **state)
{
	CLEANUP(roster_cleanup) struct roster *roster = two();
	CLEANUP(list_clear) struct list found = LIST_INIT;
	static const char *const ends[] = { "alice comes: ",	 "bob comes: ",
					    "alice is an admin", "prod: a new environment",
					    "prod: alice reads", "prod: alice seals" };

	(void)state;
	roster_changes(NULL, roster, &found);
	assert_int_equal(found.count, COUNT(ends));
	for (size_t i = 0; i < COUNT(ends); i++)
		assert_int_equal(strncmp(found.items[i], ends[i], strlen(ends[i])), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_leaves_with_rights),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_kind_of_recipient),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_epochs),
		cmocka_unit_test(test_environments),
		cmocka_unit_test(test_bindings),
		cmocka_unit_test(test_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
