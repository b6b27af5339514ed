/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/repository/git.h"
#include "injector/repository/pin.h"

#define ID_A "7c2a90e17c2a90e17c2a90e17c2a90e1"
#define ID_B "00000000000000000000000000000000"
#define HASH_1 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH_2 "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

static char *directory, *pins_path;

static int
setup(void **state)
{
	const char *scratch = getenv("TMPDIR");

	(void)state;
	directory = xasprintf("%s/test_pin.XXXXXX", scratch != NULL ? scratch : "/tmp");
	if (mkdtemp(directory) == NULL)
		return -1;
	pins_path = xasprintf("%s/git/tfsecrets/pins", directory);
	return 0;
}

static void
remove_below(const char *name)
{
	CLEANUP(free_text) char *path = xasprintf("%s/%s", directory, name);

	(void)remove(path);
}

static void
remove_all(void)
{
	remove_below("git/tfsecrets/pins");
	remove_below("git/tfsecrets");
	remove_below("git");
	remove_below("tfsecrets/pins");
	remove_below("tfsecrets");
	remove_below(".local/state/tfsecrets/pins");
	remove_below(".local/state/tfsecrets");
	remove_below(".local/state");
	remove_below(".local");
}

static int
clean(void **state)
{
	(void)state;
	remove_all();
	return 0;
}

static int
teardown(void **state)
{
	int result;

	(void)state;
	remove_all();
	result = rmdir(directory);
	free(directory);
	free(pins_path);
	return result;
}

/* A git repository whose common directory is DIRECTORY/git and whose project lies at prefix. */
static struct git
git_at(const char *prefix)
{
	return (struct git){ .top = NULL,
			     .directory = NULL,
			     .prefix = xstrdup(prefix),
			     .common = xasprintf("%s/git", directory) };
}

static int
read_at(const char *prefix, struct pins *ret, struct error *err)
{
	CLEANUP(git_clear) struct git git = git_at(prefix);

	return pins_read("/elsewhere", &git, ret, err);
}

static void
put(const char *text)
{
	CLEANUP(free_text) char *folder = xasprintf("%s/git/tfsecrets", directory);
	struct error err;

	assert_int_equal(file_make_directories(AT_FDCWD, folder, folder, &err), 0);
	assert_int_equal(file_replace(AT_FDCWD, pins_path, "p", bytes_of(text), 0600, &err), 0);
}

static void
expect_file(const char *path, const char *text)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(PINS_FILE_MAX);
	struct error err;

	assert_int_equal(file_read(AT_FDCWD, path, path, PINS_FILE_MAX, &content, &err), 0);
	assert_string_equal(buf_text(&content), text);
}

static struct pin
pin(const char *id, uint32_t serial, const char *hash)
{
	struct pin made = { .serial = serial };

	memcpy(made.project_id, id, sizeof(made.project_id));
	memcpy(made.hash, hash, sizeof(made.hash));
	return made;
}

static void
test_parse(void **state)
{
	struct pin parsed;
	char text[PIN_TEXT_BYTES];

	(void)state;
	assert_true(pin_parse(bytes_of(ID_A ":4294967295:" HASH_1), &parsed));
	assert_true(parsed.serial == UINT32_MAX);
	assert_string_equal(parsed.project_id, ID_A);
	assert_string_equal(parsed.hash, HASH_1);
	pin_format(&parsed, text);
	assert_string_equal(text, ID_A ":4294967295:" HASH_1);
	assert_true(pin_parse(bytes_of(ID_B ":1:" HASH_2), &parsed));
	pin_format(&parsed, text);
	assert_string_equal(text, ID_B ":1:" HASH_2);
}

static void
test_parse_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		"::",
		ID_A,
		ID_A ":1:",
		ID_A "::" HASH_1,
		ID_A ":0:" HASH_1,
		ID_A ":01:" HASH_1,
		ID_A ":-1:" HASH_1,
		ID_A ":+1:" HASH_1,
		ID_A ": 1:" HASH_1,
		ID_A ":1 :" HASH_1,
		ID_A ":4294967296:" HASH_1,
		ID_A ":1:1:" HASH_1,
		ID_A ":99999999999999999999999:" HASH_1,
		ID_A ":1" HASH_1 ":",
		ID_A "1::" HASH_1,
		" " ID_A ":1:" HASH_1,
		ID_A ":1:" HASH_1 " ",
		ID_A ":1:" HASH_1 "\n",
		ID_A ":1:" HASH_1 "0",
		"7" ID_A ":1:" HASH_1,
		"7C2A90E17c2a90e17c2a90e17c2a90e1:1:" HASH_1,
		ID_A ":1:FF112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		ID_A ":1:g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		"zc2a90e17c2a90e17c2a90e17c2a90e1:1:" HASH_1,
	};
	struct pin parsed;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		/* Behind the text there is nothing, so that the sanitizer sees a read that goes too far. */
		size_t len = strlen(bad[i]);
		uint8_t *exact = xcalloc(len > 0 ? len : 1, 1);

		memcpy(exact, bad[i], len);
		if (pin_parse((struct bytes){ exact, len }, &parsed))
			fail_msg("'%s' was taken for a pin", bad[i]);
		free(exact);
	}
	assert_false(pin_parse((struct bytes){ NULL, 0 }, &parsed));
}

static void
test_no_file(void **state)
{
	struct pins pins;
	struct error err;

	(void)state;
	assert_int_equal(read_at(".", &pins, &err), 0);
	assert_int_equal(pins.count, 0);
	assert_null(pins_find(&pins, 1));
	assert_int_equal(pins_add(&pins, NULL, 0, &err), 0);
	assert_int_equal(access(pins_path, F_OK), -1);
	pins_clear(&pins);
}

static void
test_add(void **state)
{
	const struct pin first[] = { pin(ID_A, 1, HASH_1), pin(ID_A, 2, HASH_2) };
	const struct pin again[] = { pin(ID_A, 2, HASH_1), pin(ID_A, 3, HASH_1) };
	struct stat status;
	struct pins pins;
	struct error err;

	(void)state;
	assert_int_equal(read_at(".", &pins, &err), 0);
	assert_int_equal(pins_add(&pins, first, COUNT(first), &err), 0);
	expect_file(pins_path, ". " ID_A ":1:" HASH_1 "\n. " ID_A ":2:" HASH_2 "\n");
	assert_int_equal(stat(pins_path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	pins_clear(&pins);

	/* What is kept never changes. */
	assert_int_equal(read_at(".", &pins, &err), 0);
	assert_int_equal(pins.count, 2);
	assert_int_equal(pins_add(&pins, again, COUNT(again), &err), 0);
	assert_int_equal(pins.count, 3);
	assert_string_equal(pins_find(&pins, 2)->hash, HASH_2);
	assert_string_equal(pins_find(&pins, 3)->hash, HASH_1);
	assert_null(pins_find(&pins, 4));
	expect_file(pins_path,
		    ". " ID_A ":1:" HASH_1 "\n. " ID_A ":2:" HASH_2 "\n. " ID_A ":3:" HASH_1 "\n");
	pins_clear(&pins);
}

static void
test_nothing_new_writes_nothing(void **state)
{
	const struct pin known = pin(ID_A, 1, HASH_1);
	struct stat before, after;
	struct pins pins;
	struct error err;

	(void)state;
	put(". " ID_A ":1:" HASH_1 "\n");
	assert_int_equal(stat(pins_path, &before), 0);
	assert_int_equal(read_at(".", &pins, &err), 0);
	assert_int_equal(pins_add(&pins, &known, 1, &err), 0);
	assert_int_equal(stat(pins_path, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	pins_clear(&pins);
}

/* One file serves every project of the work tree, and every work tree of the clone. */
static void
test_other_roots(void **state)
{
	const struct pin mine = pin(ID_A, 2, HASH_1);
	struct pins pins;
	struct error err;

	(void)state;
	put(". " ID_B ":7:" HASH_1 "\nsome path/with blanks " ID_A ":1:" HASH_2 "\nsome " ID_B
	    ":1:" HASH_2 "\n");
	assert_int_equal(read_at("some path/with blanks", &pins, &err), 0);
	assert_int_equal(pins.count, 1);
	assert_string_equal(pins.pins[0].hash, HASH_2);
	assert_int_equal(pins_add(&pins, &mine, 1, &err), 0);
	expect_file(pins_path, ". " ID_B ":7:" HASH_1 "\nsome " ID_B ":1:" HASH_2
			       "\nsome path/with blanks " ID_A ":1:" HASH_2
			       "\nsome path/with blanks " ID_A ":2:" HASH_1 "\n");
	pins_clear(&pins);
}

static void
test_malformed(void **state)
{
	static const struct {
		const char *text;
		int line;
	} cases[] = {
		{ "\n", 1 },
		{ "garbage\n", 1 },
		{ ID_A ":1:" HASH_1 "\n", 1 },
		{ " " ID_A ":1:" HASH_1 "\n", 1 },
		{ ". " ID_A ":1:" HASH_1 "\n\n", 2 },
		{ ". " ID_A ":1:" HASH_1 "\n. " ID_A ":x:" HASH_1 "\n", 2 },
		/* Of another root: nobody should find out only when it is needed. */
		{ ". " ID_A ":1:" HASH_1 "\nother " ID_A ":1:abc\n", 2 },
		{ ". " ID_A ":1:" HASH_1 "\r\n", 1 },
	};
	struct pins pins;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(free_text) char *expected =
			xasprintf("%s:%d: not a pin (PATH PROJECT-ID:SERIAL:HASH)", pins_path,
				  cases[i].line);

		put(cases[i].text);
		assert_int_equal(read_at(".", &pins, &err), -1);
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_string_equal(err.message, expected);
	}
}

/* A last line without its line feed is whole or it is malformed; never half a pin. */
static void
test_cut_off(void **state)
{
	struct pins pins;
	struct error err;

	(void)state;
	put(". " ID_A ":1:" HASH_1);
	assert_int_equal(read_at(".", &pins, &err), 0);
	assert_int_equal(pins.count, 1);
	pins_clear(&pins);
	put(". " ID_A ":1:" HASH_1 "\n. " ID_A ":2:0011");
	assert_int_equal(read_at(".", &pins, &err), -1);
}

/* A line feed in a path would make two lines of one, the second for a root of somebody's choice. */
static void
test_line_feed_in_path(void **state)
{
	struct pins pins;
	struct error err;

	(void)state;
	assert_int_equal(read_at("evil " ID_A ":1:" HASH_1 "\n.", &pins, &err), -1);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, "the path of the project holds a line feed");
}

static void
test_outside_git(void **state)
{
	const struct pin mine = pin(ID_A, 1, HASH_1);
	CLEANUP(free_text) char *path = xasprintf("%s/tfsecrets/pins", directory);
	CLEANUP(free_text) char *home = xasprintf("%s/.local/state/tfsecrets/pins", directory);
	struct pins pins;
	struct error err;

	(void)state;
	assert_int_equal(setenv("XDG_STATE_HOME", directory, 1), 0);
	assert_int_equal(pins_read("/srv/my app", NULL, &pins, &err), 0);
	assert_int_equal(pins_add(&pins, &mine, 1, &err), 0);
	expect_file(path, "/srv/my app " ID_A ":1:" HASH_1 "\n");
	pins_clear(&pins);

	/* The XDG specification: a relative path is to be ignored. */
	assert_int_equal(setenv("XDG_STATE_HOME", "relative", 1), 0);
	assert_int_equal(setenv("HOME", directory, 1), 0);
	assert_int_equal(pins_read("/srv/my app", NULL, &pins, &err), 0);
	assert_int_equal(pins.count, 0);
	assert_int_equal(pins_add(&pins, &mine, 1, &err), 0);
	expect_file(home, "/srv/my app " ID_A ":1:" HASH_1 "\n");
	pins_clear(&pins);
}

static void
test_not_a_file(void **state)
{
	CLEANUP(free_text) char *folder = xasprintf("%s/git/tfsecrets", directory);
	struct pins pins;
	struct error err;

	(void)state;
	assert_int_equal(file_make_directories(AT_FDCWD, folder, folder, &err), 0);
	assert_int_equal(symlink("/dev/null", pins_path), 0);
	assert_int_equal(read_at(".", &pins, &err), -1);
	assert_non_null(strstr(err.message, "is a link, not a file"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test_setup(test_no_file, clean),
		cmocka_unit_test_setup(test_add, clean),
		cmocka_unit_test_setup(test_nothing_new_writes_nothing, clean),
		cmocka_unit_test_setup(test_other_roots, clean),
		cmocka_unit_test_setup(test_malformed, clean),
		cmocka_unit_test_setup(test_cut_off, clean),
		cmocka_unit_test_setup(test_line_feed_in_path, clean),
		cmocka_unit_test_setup(test_outside_git, clean),
		cmocka_unit_test_setup(test_not_a_file, clean),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
