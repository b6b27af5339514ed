/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/inventory.h"

#define ID "00112233445566778899aabbccddeeff"

static void
annotated(const char *roster, const char *generations, const char *objects, struct object_meta *ret)
{
	CLEANUP(free_text) char *text =
		xasprintf("{\"metadata\":{\"resourceVersion\":\"7\",\"annotations\":{"
			  "\"tfsecrets.dev/roster\":%s,\"tfsecrets.dev/generations\":%s,"
			  "\"tfsecrets.dev/objects\":%s}}}",
			  roster, generations, objects);
	struct error err;

	*ret = (struct object_meta)OBJECT_META_INIT;
	assert_int_equal(json_parse(bytes_of(text), "it", &ret->json, &err), 0);
}

static int
read_inventory(const char *roster, const char *generations, const char *objects,
	       struct inventory *ret, struct error *err)
{
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;

	annotated(roster, generations, objects, &meta);
	return inventory_read(&meta, ret, err);
}

static void
test_read(void **state)
{
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
	struct error err;

	(void)state;
	assert_int_equal(read_inventory("\"r\"", "\"B=2:0123abcd,A=4294967295:ffffffff\"",
					"\"Secret/b,ConfigMap/a\"", &inventory, &err),
			 0);
	assert_string_equal(inventory.roster, "r");
	assert_int_equal(inventory.mark_count, 2);
	assert_string_equal(inventory.marks[0].setting, "A");
	assert_int_equal(inventory.marks[0].generation, UINT32_MAX);
	assert_string_equal(inventory_mark(&inventory, "B")->digits, "0123abcd");
	assert_null(inventory_mark(&inventory, "C"));
	assert_null(inventory_mark(&inventory, ""));
	assert_int_equal(inventory.objects.count, 2);
	assert_string_equal(inventory.objects.items[0], "ConfigMap/a");
}

static void
test_read_nothing(void **state)
{
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
	struct error err;

	(void)state;
	assert_int_equal(read_inventory("\"r\"", "\"\"", "\"\"", &inventory, &err), 0);
	assert_int_equal(inventory.mark_count, 0);
	assert_int_equal(inventory.objects.count, 0);
}

static void
test_altered(void **state)
{
	static const char *const marks[] = {
		"A",
		"A=1",
		"A=:01234567",
		"=1:01234567",
		"A=0:01234567",
		"A=-1:01234567",
		"A=1:0123456",
		"A=1:012345678",
		"A=1:0123456G",
		"A=1:01234567,",
		",A=1:01234567",
		"A=1:01234567,A=2:01234567",
		"A:1=01234567",
		"A=1:ABCDEF01",
		"A=4294967296:01234567",
		"A=01:01234567",
		"A=1:01234567 ",
		"A=1 :01234567",
		"A B=1:01234567",
		"1A=1:01234567",
		"\\u001b[31mA=1:01234567",
		"\xc3\xa9=1:01234567",
		"A-B=1:01234567",
	};
	static const char *const objects[] = { "Pod/a",
					       "Secret",
					       "secret/a",
					       "Secret/a,",
					       ",",
					       "Secret/",
					       "Secret/A",
					       "Secret/a/b",
					       "Secret/a b",
					       "ConfigMap/a,Secret/b,ConfigMap/a",
					       "Secret/\\u001b[31m",
					       "Secret/.a",
					       "Secret/a..b" };
	struct inventory inventory;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(marks); i++) {
		CLEANUP(free_text) char *quoted = xasprintf("\"%s\"", marks[i]);

		print_message("%s\n", marks[i]);
		assert_int_equal(read_inventory("\"r\"", quoted, "\"\"", &inventory, &err), -1);
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_non_null(strstr(err.message, "'tfsecrets.dev/generations'"));
	}
	for (size_t i = 0; i < COUNT(objects); i++) {
		CLEANUP(free_text) char *quoted = xasprintf("\"%s\"", objects[i]);

		assert_int_equal(read_inventory("\"r\"", "\"\"", quoted, &inventory, &err), -1);
		assert_non_null(strstr(err.message, "'tfsecrets.dev/objects'"));
	}
	assert_int_equal(read_inventory("null", "\"\"", "\"\"", &inventory, &err), -1);
	assert_non_null(strstr(err.message, "'tfsecrets.dev/roster'"));
	assert_int_equal(read_inventory("\"r\"", "7", "\"\"", &inventory, &err), -1);
	assert_int_equal(read_inventory("\"r\"", "\"\"", "[]", &inventory, &err), -1);
}

/* What is written is read again as the same. */
static void
test_there_and_back(void **state)
{
	CLEANUP(inventory_clear) struct inventory first = INVENTORY_INIT, second = INVENTORY_INIT;
	CLEANUP(buf_clear) struct buf body = BUF_INIT(64 * 1024);
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	struct error err;

	(void)state;
	first.roster = xstrdup(ID ":3:hash");
	inventory_set_mark(&first, "Z", 9, "0123456789abcdef");
	inventory_set_mark(&first, "A", 1, "fedcba9876543210");
	inventory_set_mark(&first, "M", 5, "00000000ffffffff");
	inventory_set_mark(&first, "M", 6, "11111111ffffffff");
	inventory_add_object(&first, "Secret", "b");
	inventory_add_object(&first, "ConfigMap", "a");
	inventory_add_object(&first, "Secret", "b");
	assert_int_equal(inventory_body(&first, ID, "prod", NULL, &body, &err), 0);
	assert_int_equal(json_parse(buf_bytes(&body), "it", &meta.json, &err), 0);
	assert_string_equal(json_string_of(json_get(meta.json, "type")), INVENTORY_TYPE);
	assert_string_equal(object_meta_text(&meta, "name"), "tfsecrets." ID ".prod");
	assert_string_equal(object_meta_label(&meta, LABEL_ENVIRONMENT), "prod");
	assert_string_equal(object_meta_annotation(&meta, "tfsecrets.dev/generations"),
			    "A=1:fedcba98,M=6:11111111,Z=9:01234567");
	assert_string_equal(object_meta_annotation(&meta, "tfsecrets.dev/objects"),
			    "ConfigMap/a,Secret/b");
	assert_int_equal(inventory_read(&meta, &second, &err), 0);
	assert_true(inventory_equal(&first, &second));
	inventory_set_mark(&second, "M", 7, "11111111");
	assert_false(inventory_equal(&first, &second));
}

static void
test_drop(void **state)
{
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;

	(void)state;
	inventory_drop_mark(&inventory, "A");
	inventory_set_mark(&inventory, "A", 1, "00000000");
	inventory_set_mark(&inventory, "B", 2, "11111111");
	inventory_set_mark(&inventory, "C", 3, "22222222");
	inventory_drop_mark(&inventory, "B");
	inventory_drop_mark(&inventory, "D");
	assert_int_equal(inventory.mark_count, 2);
	assert_null(inventory_mark(&inventory, "B"));
	assert_int_equal(inventory_mark(&inventory, "C")->generation, 3);
	inventory_drop_mark(&inventory, "A");
	inventory_drop_mark(&inventory, "C");
	assert_int_equal(inventory.mark_count, 0);
}

static void
test_patch(void **state)
{
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
	CLEANUP(buf_clear) struct buf body = BUF_INIT(64 * 1024);
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	struct error err;

	(void)state;
	inventory.roster = xstrdup("r");
	assert_int_equal(inventory_body(&inventory, ID, "prod", "42", &body, &err), 0);
	assert_int_equal(json_parse(buf_bytes(&body), "it", &meta.json, &err), 0);
	assert_string_equal(object_meta_text(&meta, "resourceVersion"), "42");
	assert_null(json_get(meta.json, "type"));
}

static void
test_too_large(void **state)
{
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
	CLEANUP(buf_clear) struct buf body = BUF_INIT(4 * OBJECT_ANNOTATIONS_MAX);
	char name[32];
	struct error err;

	(void)state;
	inventory.roster = xstrdup("r");
	for (int i = 0; i < 16000; i++) {
		(void)snprintf(name, sizeof(name), "SETTING_%05d", i);
		inventory_set_mark(&inventory, name, 1, "01234567");
	}
	assert_int_equal(inventory_body(&inventory, ID, "prod", NULL, &body, &err), -1);
	assert_string_equal(err.message, "the list of generations is larger than 262144 bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),	  cmocka_unit_test(test_read_nothing),
		cmocka_unit_test(test_altered),	  cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_patch),	  cmocka_unit_test(test_drop),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
