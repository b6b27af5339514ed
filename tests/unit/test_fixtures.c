/* SPDX-License-Identifier: Apache-2.0 */
/* The schemas below tests/schemas. Those in good/ begin with "# good: " and what they declare, those in bad/
 * with "# error: " and the message behind the file's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "schemas/schema.h"

#define GOOD "# good: "
#define BAD "# error: "
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum { GOOD_LEAST = 25, BAD_LEAST = 70, FIXTURE_MAX = 1 << 20 };

static void
read_fixture(const char *path, struct buf *ret_source)
{
	struct error err;

	if (file_read(AT_FDCWD, path, path, ret_source->max, ret_source, &err) < 0)
		fail_msg("%s", err.message);
}

/* The first line behind its prefix, without its end; the caller frees. */
static char *
first_line(const struct buf *source, const char *path, const char *prefix)
{
	const char *text = buf_text(source);

	if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		text += strlen(BYTE_ORDER_MARK);
	if (strncmp(text, prefix, strlen(prefix)) != 0)
		fail_msg("%s does not begin with '%s'", path, prefix);
	text += strlen(prefix);
	return xstrndup(text, strcspn(text, "\r\n"));
}

static void
for_each(const char *pattern, size_t least, void (*check)(const char *path))
{
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= least);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check(found.gl_pathv[i]);
	globfree(&found);
}

static void
check_settings(const struct schema *schema, const char *path)
{
	char rule[RULE_TEXT_BYTES];

	for (size_t i = 0; i < schema->setting_count; i++) {
		const struct setting *setting = &schema->settings[i];

		assert_ptr_equal(schema_setting(schema, setting->name), setting);
		assert_true(setting->line > 1);
		if (setting->default_value != NULL &&
		    setting_check(setting, bytes_of(setting->default_value), rule) != NULL)
			fail_msg("%s: the default of '%s' %s", path, setting->name, rule);
	}
}

static void
check_objects(const struct schema *schema)
{
	for (size_t i = 0; i < schema->object_count; i++) {
		const struct object *object = &schema->objects[i];

		for (size_t k = 0; k < object->entry_count; k++) {
			assert_true(object->entries[k].setting < schema->setting_count);
			assert_true(object->kind == OBJECT_SECRET ||
				    schema->settings[object->entries[k].setting].kind ==
					    KIND_CONFIG);
			assert_true(k == 0 ||
				    strcmp(object->entries[k - 1].key, object->entries[k].key) < 0);
		}
	}
}

static void
check_good(const char *path)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(FIXTURE_MAX);
	CLEANUP(schema_cleanup) struct schema *schema = NULL;
	CLEANUP(free_text) char *declared = NULL, *found = NULL;
	struct error err;
	size_t entries = 0;

	read_fixture(path, &source);
	declared = first_line(&source, path, GOOD);
	if (schema_read(buf_bytes(&source), path, &schema, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < schema->object_count; i++)
		entries += schema->objects[i].entry_count;
	found = xasprintf("project %s, %zu environments, %zu settings, %zu objects, %zu entries",
			  schema->project, schema->environment_count, schema->setting_count,
			  schema->object_count, entries);
	if (strcmp(declared, found) != 0)
		fail_msg("%s: %s", path, found);
	check_settings(schema, path);
	check_objects(schema);
}

static void
check_bad(const char *path)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(FIXTURE_MAX);
	CLEANUP(free_text) char *rule = NULL, *message = NULL;
	struct schema *schema = NULL;
	struct error err;
	bool has_place;

	read_fixture(path, &source);
	rule = first_line(&source, path, BAD);
	if (schema_read(buf_bytes(&source), path, &schema, &err) == 0)
		fail_msg("%s was accepted", path);
	has_place = rule[0] >= '1' && rule[0] <= '9';
	message = xasprintf("%s:%s%s", path, has_place ? "" : " ", rule);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, message);
	assert_null(schema);
}

/* Wherever a file was cut off, it is read or refused with its name. */
static void
check_cut_off(const char *path)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(FIXTURE_MAX);

	read_fixture(path, &source);
	for (size_t len = 0; len < source.len; len++) {
		CLEANUP(schema_cleanup) struct schema *schema = NULL;
		struct bytes front = { source.data, len };
		struct error err;

		if (schema_read(front, path, &schema, &err) < 0) {
			assert_int_equal(err.code, ERROR_FAILED);
			assert_memory_equal(err.message, path, strlen(path));
			assert_int_equal(err.message[strlen(path)], ':');
		}
	}
}

static void
test_good(void **state)
{
	(void)state;
	for_each("tests/schemas/good/*.yaml", GOOD_LEAST, check_good);
}

static void
test_bad(void **state)
{
	(void)state;
	for_each("tests/schemas/bad/*.yaml", BAD_LEAST, check_bad);
}

static void
test_cut_off(void **state)
{
	(void)state;
	for_each("tests/schemas/good/*.yaml", GOOD_LEAST, check_cut_off);
	for_each("tests/schemas/bad/*.yaml", BAD_LEAST, check_cut_off);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
