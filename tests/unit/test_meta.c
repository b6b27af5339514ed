/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/api.h"
#include "tests/unit/fake_values.h"

#define TEXT(literal)                                                                              \
	(char[])                                                                                   \
	{                                                                                          \
		literal                                                                            \
	}
#define METADATA                                                                                   \
	"\"f:metadata\":{\"f:annotations\":{\"f:tfsecrets.dev/content\":{},"                       \
	"\"f:tfsecrets.dev/keys\":{}},\"f:labels\":{\".\":{},"                                     \
	"\"f:app.kubernetes.io/managed-by\":{},\"f:tfsecrets.dev/environment\":{},"                \
	"\"f:tfsecrets.dev/project\":{}}}"
#define DATA "\"f:data\":{\"f:A\":{},\"f:B\":{}}"
#define TYPE "\"f:type\":{}"
#define ENTRY(manager, operation, fields)                                                          \
	"{\"manager\":\"" manager "\",\"operation\":\"" operation                                  \
	"\",\"time\":\"2026-01-02T03:04:05Z\",\"fieldsV1\":" fields "}"
#define OURS(fields) ENTRY("tfsecrets", "Apply", "{" fields "}")

static const struct fake_value texts[] = { FAKE_PLAIN("a"), FAKE_PLAIN("b") };
static const struct fake_value binary[] = { FAKE_PLAIN("a"), FAKE_PLAIN("\xff") };
static const struct fake_value none[] = { FAKE_ABSENT, FAKE_ABSENT };

static void
make(enum object_kind kind, const struct fake_value *values, struct kube_objects *ret)
{
	struct object_entry entries[] = { { TEXT("A"), 0 }, { TEXT("B"), 1 } };
	struct object object = { TEXT("app"), 1, kind, TEXT("Opaque"), entries, 2 };
	const struct environment prod = { .name = TEXT("prod"), .deliver = DELIVER_OBJECTS };
	const struct schema schema = { .objects = &object, .object_count = 1 };
	const struct object_place place = { &prod, FAKE_PROJECT_ID, "space", NULL, 0 };
	struct fake_values fake = { .values = values };
	const struct value_source source = FAKE_SOURCE(&fake);
	struct error err = ERROR_INIT;

	assert_int_equal(kube_objects_make(&schema, &place, &source, ret, &err), 0);
}

static void
parse(const char *metadata, struct object_meta *ret)
{
	CLEANUP(free_text) char *json = xasprintf("{\"metadata\":{%s}}", metadata);
	struct error err = ERROR_INIT;

	if (json_parse(bytes_of(json), json, &ret->json, &err) < 0)
		fail_msg("%s", err.message);
}

static void
expect_owner(enum object_kind kind, const struct fake_value *values, const char *managed, bool owns)
{
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	CLEANUP(free_text) char *metadata = xasprintf("\"managedFields\":%s", managed);

	make(kind, values, &objects);
	parse(metadata, &meta);
	if (object_meta_owns_exactly(&meta, &objects.items[0]) != owns)
		fail_msg("%s: %s", owns ? "not owned" : "owned", managed);
}

static void
test_owns(void **state)
{
	(void)state;
	expect_owner(OBJECT_SECRET, texts, "[" OURS(METADATA "," DATA "," TYPE) "]", true);
	expect_owner(OBJECT_CONFIGMAP, texts, "[" OURS(METADATA "," DATA) "]", true);
	/* Others' entries do not count, wherever they stand. */
	expect_owner(OBJECT_CONFIGMAP, texts,
		     "[" ENTRY("kubectl", "Apply", "{\"f:data\":{\"f:C\":{}}}") "," ENTRY(
			     "tfsecrets", "Update", "{}") "," OURS(DATA "," METADATA) "]",
		     true);
	expect_owner(OBJECT_CONFIGMAP, binary,
		     "[" OURS(
			     "\"f:binaryData\":{\"f:B\":{}},\"f:data\":{\"f:A\":{}}," METADATA) "]",
		     true);
	expect_owner(OBJECT_CONFIGMAP, none, "[" OURS("\"f:data\":{}," METADATA) "]", true);
	expect_owner(OBJECT_CONFIGMAP, none, "[" OURS("\"f:data\":{\".\":{}}," METADATA) "]", true);
}

static void
test_owns_not(void **state)
{
	static const char *const managed[] = {
		"[]",
		"null",
		"{}",
		"[1,null,\"x\"]",
		"[" OURS(DATA) "]",
		"[" OURS(METADATA ",\"f:data\":{\"f:A\":{}}") "]",
		"[" OURS(METADATA ",\"f:data\":{\"f:A\":{},\"f:B\":{},\"f:C\":{}}") "]",
		"[" OURS(METADATA ",\"f:data\":{\"f:A\":{},\"f:C\":{}}") "]",
		"[" OURS(METADATA "," DATA "," TYPE) "]",
		"[" OURS(METADATA "," DATA ",\"f:immutable\":{}") "]",
		"[" OURS(METADATA ",\"f:binaryData\":{\"f:A\":{},\"f:B\":{}}") "]",
		"[" ENTRY("other", "Apply", "{" METADATA "," DATA "}") "]",
		"[" ENTRY("tfsecrets", "Update", "{" METADATA "," DATA "}") "]",
		"[" OURS(METADATA ",\"f:data\":[1,\"f:B\"]") "]",
		"[" ENTRY("tfsecrets", "Apply", "[1]") "]",
		"[" ENTRY("tfsecrets", "Apply", "null") "]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(managed); i++)
		expect_owner(OBJECT_CONFIGMAP, texts, managed[i], false);
	expect_owner(OBJECT_SECRET, texts, "[" OURS(METADATA "," DATA) "]", false);
}

static void
expect_changes(const char *metadata, const char *expected)
{
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	CLEANUP(free_text) char *changes = NULL;

	make(OBJECT_CONFIGMAP, texts, &objects);
	if (metadata != NULL)
		parse(metadata, &meta);
	changes = object_meta_changes(&meta, &objects.items[0]);
	assert_string_equal(changes, expected);
}

#define KEYS(keys) "\"annotations\":{\"tfsecrets.dev/keys\":\"" keys "\"}"

/* ca978112 and 3e23e816 begin the SHA-256 of "a" and of "b". */
static void
test_changes(void **state)
{
	(void)state;
	expect_changes(NULL, "+A, +B");
	expect_changes("", "+A, +B");
	expect_changes(KEYS(""), "+A, +B");
	expect_changes(KEYS("A=ca978112,B=3e23e816"), "");
	expect_changes(KEYS("A=00000000,B=3e23e816"), "~A");
	expect_changes(KEYS("0=1,AA=2,B=00000000,C=3"), "-0, +A, -AA, ~B, -C");
	expect_changes(KEYS("A"), "+A, +B");
	/* What is no key is not shown. */
	expect_changes(KEYS("\\u001b[31m=1,x y=1,=1,\xc3\xa9=1,,,A=ca978112,B=0"), "~B");
}

/* 20,000 keys that the object has no more: "-K00000, ", nine bytes each, the first two bytes less. */
static void
test_many_changes(void **state)
{
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	CLEANUP(buf_clear) struct buf metadata = BUF_INIT(512 * 1024);
	CLEANUP(free_text) char *changes = NULL;

	(void)state;
	make(OBJECT_CONFIGMAP, texts, &objects);
	buf_append_text(&metadata,
			"\"annotations\":{\"tfsecrets.dev/keys\":\"A=ca978112,B=3e23e816");
	for (int i = 0; i < 20000; i++)
		buf_printf(&metadata, ",K%05d=0", i);
	buf_append_text(&metadata, "\"}");
	parse(buf_text(&metadata), &meta);
	changes = object_meta_changes(&meta, &objects.items[0]);
	assert_memory_equal(changes, "-K00000, -K00001, ", 18);
	assert_int_equal(strlen(changes), 7282 * 9 - 2 + strlen(" and 12718 more"));
	assert_string_equal(strrchr(changes, 'K'), "K07281 and 12718 more");
}

static void
test_texts(void **state)
{
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;

	(void)state;
	assert_null(object_meta_text(&meta, "uid"));
	parse("\"uid\":\"u\",\"generation\":1,\"annotations\":{\"a/b\":\"c\"},\"labels\":"
	      "{\"a/b\":\"d\"},\"managedFields\":[" OURS("") "]",
	      &meta);
	assert_string_equal(object_meta_text(&meta, "uid"), "u");
	assert_null(object_meta_text(&meta, "generation"));
	assert_string_equal(object_meta_annotation(&meta, "a/b"), "c");
	assert_string_equal(object_meta_label(&meta, "a/b"), "d");
	assert_null(object_meta_label(&meta, "A/B"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owns),	cmocka_unit_test(test_owns_not),
		cmocka_unit_test(test_changes), cmocka_unit_test(test_many_changes),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
