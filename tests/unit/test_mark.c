/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/mark.h"

#define TEXT(literal)                                                                              \
	(char[])                                                                                   \
	{                                                                                          \
		literal                                                                            \
	}

static struct setting settings[] = { { .name = TEXT("B") }, { .name = TEXT("A") } };
static size_t by_name[] = { 1, 0 };
static const struct schema schema = { .settings = settings,
				      .setting_count = 2,
				      .by_name = by_name };

/* What setting A has here; B is plain. */
static struct object_value here;
static bool is_unreadable;
static char notes[1024];

static int
value_of(void *context, size_t setting, struct object_value *ret, struct error *err)
{
	(void)context;
	if (is_unreadable)
		return error_set(err, ERROR_FAILED, "unreadable");
	*ret = setting == 1 ? here : (struct object_value){ .state = VALUE_PLAIN };
	return 0;
}

/* Our chain: rosters 1 to 3, of which 2 has the hash "two". */
static bool
has_roster(void *context, uint32_t serial, const char *hash)
{
	(void)context;
	return serial == 2 && strcmp(hash, "two") == 0;
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
note(const char *format, ...)
{
	size_t used = strlen(notes);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(notes + used, sizeof(notes) - used, format, args);
	va_end(args);
}

static struct apply
make_apply(bool allow_rollback)
{
	return (struct apply){ .schema = &schema,
			       .project_id = "id",
			       .serial = 3,
			       .roster_hash = "three",
			       .values = { .value = value_of },
			       .has_roster = has_roster,
			       .allow_rollback = allow_rollback,
			       .note = note };
}

static int
reset(void **state)
{
	(void)state;
	notes[0] = 0;
	is_unreadable = false;
	here = (struct object_value){ .state = VALUE_SEALED, .generation = 7 };
	(void)snprintf(here.value_id, sizeof(here.value_id), "0123456789abcdef");
	return 0;
}

/* NULL: nothing to say against a target with that one mark. */
static void
check(const char *roster, const char *setting, uint32_t generation, const char *digits,
      const char *refusal)
{
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
	const struct apply strict = make_apply(false), rollback = make_apply(true);
	struct error err = ERROR_INIT;

	inventory.roster = roster != NULL ? xstrdup(roster) : NULL;
	inventory_set_mark(&inventory, setting, generation, digits);
	assert_int_equal(marks_check(&strict, &inventory, &err), refusal == NULL ? 0 : -1);
	if (refusal == NULL)
		return;
	assert_int_equal(err.code, ERROR_REFUSED);
	if (strncmp(err.message, "refused: ", 9) != 0)
		fail_msg("'%s'", err.message);
	assert_string_equal(err.message + 9, refusal);
	assert_string_equal(notes, "");
	assert_int_equal(marks_check(&rollback, &inventory, &err), 0);
	assert_memory_equal(notes, refusal, strlen(refusal));
	assert_string_equal(notes + strlen(refusal), "; allowed by --allow-rollback");
}

static void
test_generations(void **state)
{
	(void)state;
	check(NULL, "A", 7, "01234567", NULL);
	check(NULL, "A", 6, "ffffffff", NULL);
	assert_string_equal(notes, "");
	check(NULL, "A", 8, "01234567",
	      "'A' is of generation 7, and this target has had generation 8");
}

static void
test_other_digits(void **state)
{
	(void)state;
	check(NULL, "A", 7, "01234568",
	      "'A' is another value of generation 7 than the one that this target has had");
}

static void
test_plain_now(void **state)
{
	(void)state;
	check(NULL, "B", 3, "01234567",
	      "'B' was sealed when this target last got it (generation 3), and is not any more");
}

static void
test_gone(void **state)
{
	(void)state;
	here = (struct object_value){ .state = VALUE_ABSENT };
	check(NULL, "A", 7, "01234567",
	      "'A' was sealed when this target last got it (generation 7), and is not any more");
}

/* What was unset must not come back: the tombstone is held to the mark, and leaves one. */
static void
test_unset(void **state)
{
	CLEANUP(inventory_clear) struct inventory known = INVENTORY_INIT;
	const struct apply apply = make_apply(false);
	const struct kube_objects none = { NULL, 0 };
	struct error err = ERROR_INIT;

	(void)state;
	here.state = VALUE_UNSET;
	here.generation = 8;
	check(NULL, "A", 7, "01234567", NULL);
	here.generation = 6;
	check(NULL, "A", 7, "01234567",
	      "'A' is of generation 6, and this target has had generation 7");
	assert_int_equal(marks_merge(&apply, &none, &known, &err), 0);
	assert_int_equal(inventory_mark(&known, "A")->generation, 6);
}

static void
test_left_the_schema(void **state)
{
	(void)state;
	check(NULL, "C", 9, "01234567", NULL);
	assert_string_equal(notes,
			    "note: 'C' has left tfsecrets.yaml; the target's mark of it stays");
}

/* --allow-rollback is for refusals, not for what cannot be looked at. */
static void
test_unreadable(void **state)
{
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
	const struct apply rollback = make_apply(true);
	struct error err = ERROR_INIT;

	(void)state;
	inventory_set_mark(&inventory, "A", 1, "01234567");
	is_unreadable = true;
	assert_int_equal(marks_check(&rollback, &inventory, &err), -1);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(notes, "");
}

/* Never allowed. */
static void
refuse_roster(const char *roster, const char *message)
{
	for (int allow = 0; allow < 2; allow++) {
		CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
		const struct apply apply = make_apply(allow != 0);
		struct error err = ERROR_INIT;

		inventory.roster = xstrdup(roster);
		assert_int_equal(marks_check(&apply, &inventory, &err), -1);
		assert_int_equal(err.code, ERROR_REFUSED);
		if (strstr(err.message, message) == NULL)
			fail_msg("'%s' is not in '%s'", message, err.message);
	}
	assert_string_equal(notes, "");
}

static void
test_roster(void **state)
{
	static const char *const altered[] = {
		"",	   "id",	"id:2",	    "other:2:two", "id:x:two",
		"id::two", "id:02:two", "ID:2:two", "id:-2:two",   "id:4294967296:two"
	};

	(void)state;
	check("id:2:two", "A", 7, "01234567", NULL);
	refuse_roster("id:4:four", "has had roster 4, and here is only roster 3; pull first");
	refuse_roster("id:2:other", "another roster 2 than the one here");
	for (size_t i = 0; i < COUNT(altered); i++)
		refuse_roster(altered[i], "'tfsecrets.dev/roster' was altered");
}

static void
test_merge(void **state)
{
	CLEANUP(inventory_clear) struct inventory known = INVENTORY_INIT;
	struct kube_object object = { .kind = OBJECT_SECRET, .name = TEXT("s") };
	const struct kube_objects objects = { &object, 1 };
	const struct apply apply = make_apply(false);
	struct error err = ERROR_INIT;

	(void)state;
	known.roster = xstrdup("id:2:two");
	inventory_set_mark(&known, "A", 2, "ffffffff");
	inventory_set_mark(&known, "B", 4, "eeeeeeee");
	inventory_set_mark(&known, "C", 5, "dddddddd");
	inventory_add_object(&known, "ConfigMap", "old");
	assert_int_equal(marks_merge(&apply, &objects, &known, &err), 0);
	assert_string_equal(known.roster, "id:3:three");
	assert_int_equal(known.mark_count, 3);
	assert_int_equal(inventory_mark(&known, "A")->generation, 7);
	assert_string_equal(inventory_mark(&known, "A")->digits, "01234567");
	/* What is plain now, or not in the schema, stays as it was. */
	assert_int_equal(inventory_mark(&known, "B")->generation, 4);
	assert_int_equal(inventory_mark(&known, "C")->generation, 5);
	assert_int_equal(known.objects.count, 2);
	assert_string_equal(known.objects.items[0], "ConfigMap/old");
	assert_string_equal(known.objects.items[1], "Secret/s");
	is_unreadable = true;
	assert_int_equal(marks_merge(&apply, &objects, &known, &err), -1);
}

/* What was allowed is what counts from then on. */
static void
test_merge_rollback(void **state)
{
	CLEANUP(inventory_clear) struct inventory known = INVENTORY_INIT;
	const struct kube_objects objects = { NULL, 0 };
	const struct apply rollback = make_apply(true), strict = make_apply(false);
	struct error err = ERROR_INIT;

	(void)state;
	known.roster = xstrdup("id:2:two");
	inventory_set_mark(&known, "A", 9, "ffffffff");
	inventory_set_mark(&known, "B", 4, "eeeeeeee");
	inventory_set_mark(&known, "C", 5, "dddddddd");
	assert_int_equal(marks_check(&strict, &known, &err), -1);
	assert_int_equal(marks_merge(&rollback, &objects, &known, &err), 0);
	assert_int_equal(inventory_mark(&known, "A")->generation, 7);
	assert_null(inventory_mark(&known, "B"));
	assert_int_equal(inventory_mark(&known, "C")->generation, 5);
	free(known.roster);
	known.roster = xstrdup("id:2:two");
	assert_int_equal(marks_check(&strict, &known, &err), 0);
}

#define TEST(function) cmocka_unit_test_setup(function, reset)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_generations),	    TEST(test_other_digits),
		TEST(test_plain_now),	    TEST(test_gone),
		TEST(test_unreadable),	    TEST(test_roster),
		TEST(test_left_the_schema), TEST(test_merge),
		TEST(test_unset),	    TEST(test_merge_rollback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
