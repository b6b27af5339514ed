/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "tests/unit/fake_values.h"

enum { LOG_LEVEL, DATABASE_URL, FRONTEND_URL };

#define TEXT(literal)                                                                              \
	(char[])                                                                                   \
	{                                                                                          \
		literal                                                                            \
	}

/* What kube_object_check adds up. */
static size_t total;

static struct object_entry config_entries[] = { { TEXT("FRONTEND_URL"), FRONTEND_URL },
						{ TEXT("LOG_LEVEL"), LOG_LEVEL } };
static struct object_entry secret_entries[] = { { TEXT("LOG_LEVEL"), LOG_LEVEL },
						{ TEXT("database-url"), DATABASE_URL } };
static struct object objects_of_schema[] = {
	{ TEXT("app-config"), 1, OBJECT_CONFIGMAP, TEXT("ConfigMap"), config_entries, 2 },
	{ TEXT("app-secrets"), 2, OBJECT_SECRET, TEXT("Opaque"), secret_entries, 2 },
};
static const struct schema schema = { .objects = objects_of_schema, .object_count = 2 };
static const struct environment prod = { .name = TEXT("prod"), .deliver = DELIVER_OBJECTS };
static const struct object_place place = { &prod, FAKE_PROJECT_ID, "app", NULL, 0 };

static const struct fake_value all[] = { FAKE_PLAIN(""), FAKE_SEALED("hunter2"),
					 FAKE_PLAIN("https://example.org") };

static int
start(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return secret_start(&err);
}

static void
assert_marks(const struct kube_object *object, const char *content, const char *keys)
{
	static const char *const labels[][2] = {
		{ "app.kubernetes.io/managed-by", "tfsecrets" },
		{ "tfsecrets.dev/environment", "prod" },
		{ "tfsecrets.dev/project", FAKE_PROJECT_ID },
	};

	for (size_t i = 0; i < COUNT(labels); i++) {
		assert_string_equal(object->labels[i].name, labels[i][0]);
		assert_string_equal(object->labels[i].value, labels[i][1]);
	}
	assert_string_equal(object->annotations[0].name, "tfsecrets.dev/content");
	assert_string_equal(object->annotations[0].value, content);
	assert_string_equal(object->annotations[1].name, "tfsecrets.dev/keys");
	assert_string_equal(object->annotations[1].value, keys);
}

/* The digests were made by another implementation of FORMAT.md's section "On the cluster". */
static void
test_make(void **state)
{
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	struct fake_values fake = { .values = all };
	const struct value_source source = FAKE_SOURCE(&fake);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(kube_objects_make(&schema, &place, &source, &objects, &err), 0);
	assert_int_equal(objects.count, 2);
	assert_string_equal(objects.items[0].name, "app-config");
	assert_string_equal(objects.items[0].namespace, "app");
	assert_string_equal(kube_kind_name(objects.items[0].kind), "ConfigMap");
	assert_marks(&objects.items[0],
		     "v1:fc27ef4aa9348fa72198888990d2a5874af0758586de05521b2f408961277efa",
		     "FRONTEND_URL=50d7a905,LOG_LEVEL=e3b0c442");
	assert_string_equal(kube_kind_name(objects.items[1].kind), "Secret");
	assert_string_equal(objects.items[1].type, "Opaque");
	assert_marks(&objects.items[1],
		     "v1:493042f550e0654859ee727d8e769d79e42bf6caa8a151d5694cae14fcdf1ccd",
		     "LOG_LEVEL=e3b0c442,database-url=01234567");
	assert_int_equal(objects.items[1].entry_count, 2);
	assert_string_equal(objects.items[1].entries[1].key, "database-url");
	assert_int_equal(objects.items[1].entries[1].setting, DATABASE_URL);
	assert_int_equal(fake.opened, 0);
}

static void
test_empty(void **state)
{
	static const struct fake_value none[] = { FAKE_ABSENT, FAKE_ABSENT, FAKE_ABSENT };
	const struct object_place nowhere = { &prod, FAKE_PROJECT_ID, NULL, NULL, 0 };
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	struct fake_values fake = { .values = none };
	const struct value_source source = FAKE_SOURCE(&fake);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(kube_objects_make(&schema, &nowhere, &source, &objects, &err), 0);
	assert_int_equal(objects.count, 2);
	assert_null(objects.items[0].namespace);
	assert_int_equal(objects.items[0].entry_count, 0);
	assert_marks(&objects.items[0],
		     "v1:dc958880e974a3b696879f0e8525d3eca784cca418ed3ccc89fd77bb682b49e6", "");
	assert_int_equal(kube_object_check(&objects.items[1], &source, &total, &err), 0);
}

/* With sealed delivery no Secret is written, and nothing of one is looked at. */
static void
test_sealed_delivery(void **state)
{
	const struct environment sealed = { .name = TEXT("prod"), .deliver = DELIVER_SEALED };
	const struct object_place there = { &sealed, FAKE_PROJECT_ID, "app", NULL, 0 };
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	struct fake_values fake = { .values = all };
	const struct value_source source = FAKE_SOURCE(&fake);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(kube_objects_make(&schema, &there, &source, &objects, &err), 0);
	assert_int_equal(objects.count, 1);
	assert_string_equal(objects.items[0].name, "app-config");
}

static void
test_sealed_in_configmap(void **state)
{
	static const struct fake_value sealed[] = { FAKE_SEALED("hunter2"), FAKE_ABSENT,
						    FAKE_ABSENT };
	struct kube_objects objects = KUBE_OBJECTS_INIT;
	struct fake_values fake = { .values = sealed };
	const struct value_source source = FAKE_SOURCE(&fake);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(kube_objects_make(&schema, &place, &source, &objects, &err), -1);
	assert_string_equal(err.message,
			    "ConfigMap 'app-config': the value for 'LOG_LEVEL' is sealed, "
			    "and a ConfigMap is no place for it");
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_null(objects.items);
}

static int
fail_value(void *context, size_t setting, struct object_value *ret, struct error *err)
{
	(void)context;
	(void)setting;
	(void)ret;
	return error_set(err, ERROR_REFUSED, "pending");
}

static void
test_failing_source(void **state)
{
	struct kube_objects objects = KUBE_OBJECTS_INIT;
	const struct value_source source = { .value = fail_value };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(kube_objects_make(&schema, &place, &source, &objects, &err), -1);
	assert_string_equal(err.message, "pending");
	assert_null(objects.items);
}

static void
check_size(size_t sealed, size_t plain, const char *message)
{
	uint8_t *zeros = xcalloc(OBJECT_DATA_MAX + 1, 1);
	const struct fake_value values[] = { { VALUE_PLAIN, zeros, plain },
					     { VALUE_SEALED, zeros, sealed },
					     FAKE_ABSENT };
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	struct fake_values fake = { .values = values };
	const struct value_source source = FAKE_SOURCE(&fake);
	struct error err = ERROR_INIT;

	assert_int_equal(kube_objects_make(&schema, &place, &source, &objects, &err), 0);
	assert_int_equal(kube_object_check(&objects.items[1], &source, &total, &err),
			 message != NULL ? -1 : 0);
	assert_string_equal(err.message, message != NULL ? message : "");
	if (message == NULL)
		assert_int_equal(total, sealed + plain);
	assert_int_equal(fake.opened, 1);
	free(zeros);
}

static void
test_data_maximum(void **state)
{
	(void)state;
	check_size(OBJECT_DATA_MAX, 0, NULL);
	check_size(OBJECT_DATA_MAX - 10, 10, NULL);
	check_size(OBJECT_DATA_MAX, 1,
		   "Secret 'app-secrets': 1048577 bytes of values, and the most is 1048576");
}

static void
test_does_not_open(void **state)
{
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	struct fake_values fake = { .values = all, .is_broken = true };
	const struct value_source source = FAKE_SOURCE(&fake);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(kube_objects_make(&schema, &place, &source, &objects, &err), 0);
	assert_int_equal(kube_object_check(&objects.items[0], &source, &total, &err), 0);
	assert_int_equal(kube_object_check(&objects.items[1], &source, &total, &err), -1);
	assert_string_equal(err.message, "altered, or sealed to another key");
	assert_int_equal(err.code, ERROR_REFUSED);
}

/* count keys of 253 characters each, and one of last characters. */
static int
make_with_keys(size_t count, size_t last, struct error *err)
{
	static const struct fake_value value[] = { FAKE_SEALED("") };
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	struct object_entry *entries = xcalloc(count + 1, sizeof(*entries));
	struct object object = { TEXT("s"), 1, OBJECT_SECRET, TEXT("Opaque"), entries, count + 1 };
	struct schema large = { .objects = &object, .object_count = 1 };
	struct fake_values fake = { .values = value };
	const struct value_source source = FAKE_SOURCE(&fake);
	int result;

	for (size_t i = 0; i <= count; i++)
		entries[i].key = xasprintf("%0*zu", (int)(i < count ? OBJECT_KEY_MAX : last), i);
	result = kube_objects_make(&large, &place, &source, &objects, err);
	for (size_t i = 0; i <= count; i++)
		free(entries[i].key);
	free(entries);
	return result;
}

/* 262144 = 21 + 67 for the content and its name, 18 for the name of the keys, then the keys: 996 of
 * 253 + 9 characters with a comma each, and the last. */
static void
test_annotation_maximum(void **state)
{
	enum { LAST = 262144 - (21 + 67) - 18 - 996 * (253 + 10) - 9 };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(make_with_keys(996, LAST, &err), 0);
	assert_int_equal(make_with_keys(996, LAST + 1, &err), -1);
	assert_string_equal(err.message,
			    "Secret 's': the annotations are larger than 262144 bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_sealed_delivery),
		cmocka_unit_test(test_sealed_in_configmap),
		cmocka_unit_test(test_failing_source),
		cmocka_unit_test(test_data_maximum),
		cmocka_unit_test(test_does_not_open),
		cmocka_unit_test(test_annotation_maximum),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
