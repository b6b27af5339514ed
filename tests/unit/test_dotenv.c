/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/repository/dotenv.h"

#define BOM "\xef\xbb\xbf"

enum { RANDOM_FILES = 20000, RANDOM_VALUES = 5000, SHELL_VALUES = 300 };

/* The same sequence in every run. */
static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint32_t
random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % limit;
}

static int
start(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return secret_start(&err);
}

static void
assert_bytes(struct bytes got, const void *data, size_t len)
{
	assert_int_equal(got.len, len);
	if (len > 0)
		assert_memory_equal(got.data, data, len);
}

static const struct {
	const char *source, *value;
} accepted[] = {
	{ "A=b\n", "b" },
	{ "A=b", "b" },
	{ "A=", "" },
	{ "A=\n", "" },
	{ "A= \t\n", "" },
	{ "A=b \t \n", "b" },
	{ "A=b c  d\n", "b c  d" },
	/* comments */
	{ "A=b # c\n", "b" },
	{ "A=b\t# c\n", "b" },
	{ "A=b   # c # d\n", "b" },
	{ "A=b#c\n", "b#c" },
	{ "A=b#c # d\n", "b#c" },
	{ "A=#b\n", "#b" },
	{ "A= # b\n", "" },
	{ "# c\n\n \t\n  # 'open\nA=b\n#", "b" },
	{ "# a lone \r is fine here\nA=b # and \r here\n", "b" },
	/* what stands before the name */
	{ "export A=b\n", "b" },
	{ "export\tA=b\n", "b" },
	{ " \texport  A=b\n", "b" },
	{ "\tA=b\n", "b" },
	/* literal all the same */
	{ "A=$B${C}$(d)`e`\n", "$B${C}$(d)`e`" },
	{ "A=b=c==\n", "b=c==" },
	{ "A=it's\n", "it's" },
	{ "A=b\"c d\"\n", "b\"c d\"" },
	{ "A=b\\n\\\n", "b\\n\\" },
	{ "A=~/b*\n", "~/b*" },
	{ "A=\xff\xc3\xa9\x01\n", "\xff\xc3\xa9\x01" },
	/* line ends and BOM */
	{ "A=b\r\n", "b" },
	{ "A=b\r", "b" },
	{ "A=b \r\n", "b" },
	{ "\r\n#\r\nA='b'\r\n\r\n", "b" },
	{ BOM "A=b\n", "b" },
	{ BOM "# c\nA=b\n", "b" },
	/* single quotes */
	{ "A=''", "" },
	{ "A='b # c'\n", "b # c" },
	{ "A=' b '\t # c\n", " b " },
	{ "A='b'  \n", "b" },
	{ "A='b\nc\n'\n", "b\nc\n" },
	{ "A='b\r\nc'\r\n", "b\nc" },
	{ "A='b\rc'\n", "b\rc" },
	{ "A='b\r\r\nc'\n", "b\r\nc" },
	{ "A='\\n\\\"$B\"\\'\n", "\\n\\\"$B\"\\" },
	{ "A='#\nB=c\n'\n", "#\nB=c\n" },
	/* double quotes */
	{ "A=\"\"\n", "" },
	{ "A=\"b # c\" # d\n", "b # c" },
	{ "A=\"\\n\\r\\t\\\\\\\"\\$\"\n", "\n\r\t\\\"$" },
	{ "A=\"\\a\\x41\\'\\ \\0\"\n", "\\a\\x41\\'\\ \\0" },
	{ "A=\"\\\\n\"\n", "\\n" },
	{ "A=\"it's $B ${C} $(d) `e`\"\n", "it's $B ${C} $(d) `e`" },
	{ "A=\"b\nc\"\n", "b\nc" },
	{ "A=\"b\\\nc\"\n", "b\\\nc" },
	{ "A=\"b\r\nc\\\r\nd\"\n", "b\nc\\\nd" },
	{ "A=\"\xff\"\n", "\xff" },
};

static void
test_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(accepted); i++) {
		CLEANUP(dotenv_clear) struct dotenv dotenv = DOTENV_INIT;
		struct error err = ERROR_INIT;

		if (dotenv_read(bytes_of(accepted[i].source), "F", &dotenv, &err) < 0)
			fail_msg("%s: %s", accepted[i].source, err.message);
		assert_int_equal(dotenv.count, 1);
		assert_string_equal(dotenv.entries[0].name, "A");
		assert_bytes(dotenv_value(&dotenv, 0), accepted[i].value,
			     strlen(accepted[i].value));
	}
}

static void
test_order_and_lines(void **state)
{
	static const char source[] = "\nB=1\nA='2\n3'\nexport=4\nb=5\nC=\n";
	static const struct {
		const char *name, *value;
		size_t line;
	} wanted[] = {
		{ "B", "1", 2 }, { "A", "2\n3", 3 }, { "export", "4", 5 },
		{ "b", "5", 6 }, { "C", "", 7 },
	};
	CLEANUP(dotenv_clear) struct dotenv dotenv = DOTENV_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(dotenv_read(bytes_of(source), "F", &dotenv, &err), 0);
	assert_int_equal(dotenv.count, COUNT(wanted));
	for (size_t i = 0; i < COUNT(wanted); i++) {
		assert_string_equal(dotenv.entries[i].name, wanted[i].name);
		assert_int_equal(dotenv.entries[i].line, wanted[i].line);
		assert_bytes(dotenv_value(&dotenv, i), wanted[i].value, strlen(wanted[i].value));
	}
}

static void
test_empty(void **state)
{
	static const char *const sources[] = { "", "\n", BOM, "# c", " ", "\r\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(sources); i++) {
		CLEANUP(dotenv_clear) struct dotenv dotenv = DOTENV_INIT;
		struct error err = ERROR_INIT;

		assert_int_equal(dotenv_read(bytes_of(sources[i]), "F", &dotenv, &err), 0);
		assert_int_equal(dotenv.count, 0);
	}
}

#define BAD_NAME "a name is letters, digits and '_', at most 128 and no digit first"
#define TEXT(literal) (literal), sizeof(literal) - 1

/* hunter2 stands where a value or a line's text is: no message may have it. */
static const struct {
	const char *source;
	size_t len;
	const char *message;
} refused[] = {
	{ TEXT("hunter2"), "F:1: expected NAME=value" },
	{ TEXT("# c\n\nexport hunter2\n"), "F:3: expected NAME=value" },
	{ TEXT("A=b\r\nhunter2\r\nB=c"), "F:2: expected NAME=value" },
	{ TEXT("<<<<<<< hunter2\n"), "F:1: expected NAME=value" },
	{ TEXT("hunter2: b=c\n"), "F:1: " BAD_NAME },
	{ TEXT("hunter2-b=c\n"), "F:1: " BAD_NAME },
	{ TEXT("2hunter2=c\n"), "F:1: " BAD_NAME },
	{ TEXT("hunter2.b=c\n"), "F:1: " BAD_NAME },
	{ TEXT("hunter2 b=c\n"), "F:1: " BAD_NAME },
	{ TEXT("\xc3\xa9hunter2=c\n"), "F:1: " BAD_NAME },
	{ TEXT("=hunter2\n"), "F:1: " BAD_NAME },
	{ TEXT("A=b\n=======\n"), "F:2: " BAD_NAME },
	{ TEXT("A=b\n" BOM "B=hunter2\n"), "F:2: " BAD_NAME },
	{ TEXT("hunter2 =b\n"), "F:1: a blank before the '='" },
	{ TEXT("export A\t=hunter2\n"), "F:1: a blank before the '='" },
	{ TEXT("A= hunter2\n"), "F:1: a blank behind the '='" },
	{ TEXT("A=\t'hunter2'\n"), "F:1: a blank behind the '='" },
	{ TEXT("A='hunter2"), "F:1: a quote is opened and never closed" },
	{ TEXT("A=b\nB=\"hunter2\nC=d\n"), "F:2: a quote is opened and never closed" },
	{ TEXT("A=\"hunter2\\\""), "F:1: a quote is opened and never closed" },
	{ TEXT("A=\"hunter2'\n"), "F:1: a quote is opened and never closed" },
	{ TEXT("A='b'hunter2\n"), "F:1: text behind the closing quote" },
	{ TEXT("A='b' hunter2\n"), "F:1: text behind the closing quote" },
	{ TEXT("A='b'#hunter2\n"), "F:1: text behind the closing quote" },
	{ TEXT("A='b''hunter2'\n"), "F:1: text behind the closing quote" },
	{ TEXT("A='b\n\nc' hunter2\n"), "F:3: text behind the closing quote" },
	{ TEXT("A=b\nhunter2=c\nhunter2=d\nA=e\n"), "F:3: the name of line 2 again" },
	{ TEXT("A='\n'\nexport A=hunter2\nA=b\n"), "F:3: the name of line 1 again" },
	{ TEXT("A=b\rB=hunter2\n"), "F:1: a carriage return inside a line" },
	{ TEXT("A=hunter2\r\r\n"), "F:1: a carriage return inside a line" },
	{ TEXT("A=hunter2\0\n"), "F:1: a NUL byte" },
	{ TEXT("A=b\nB='hunter2\n\0'\n"), "F:3: a NUL byte" },
	{ TEXT("#hunter2\0\n"), "F:1: a NUL byte" },
};

static void
assert_refused(struct bytes source, const char *message)
{
	struct dotenv dotenv = DOTENV_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(dotenv_read(source, "F", &dotenv, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_null(strstr(err.message, "hunter2"));
	assert_null(dotenv.entries);
	assert_null(dotenv.values.data);
}

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_refused((struct bytes){ (const uint8_t *)refused[i].source, refused[i].len },
			       refused[i].message);
}

static void
test_name_length(void **state)
{
	char source[160];
	struct error err = ERROR_INIT;
	CLEANUP(dotenv_clear) struct dotenv dotenv = DOTENV_INIT;

	(void)state;
	memset(source, 'A', sizeof(source));
	memcpy(source + 128, "=b", sizeof("=b"));
	assert_int_equal(dotenv_read(bytes_of(source), "F", &dotenv, &err), 0);
	memcpy(source + 128, "A=b", sizeof("A=b"));
	assert_refused(bytes_of(source), "F:1: " BAD_NAME);
}

static void
test_maxima(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(DOTENV_SOURCE_MAX + 1);
	CLEANUP(dotenv_clear) struct dotenv dotenv = DOTENV_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	for (int i = 0; i < DOTENV_ENTRIES_MAX; i++)
		buf_printf(&source, "A%d=%d\n", i, i);
	assert_int_equal(dotenv_read(buf_bytes(&source), "F", &dotenv, &err), 0);
	assert_int_equal(dotenv.count, DOTENV_ENTRIES_MAX);
	assert_bytes(dotenv_value(&dotenv, 19999), "19999", 5);
	buf_append_text(&source, "B=hunter2");
	assert_refused(buf_bytes(&source), "F:20001: more than 20000 entries");

	dotenv_clear(&dotenv);
	buf_reset(&source);
	buf_append_text(&source, "A=");
	memset(buf_extend(&source, DOTENV_SOURCE_MAX - 2), 'b', DOTENV_SOURCE_MAX - 2);
	assert_int_equal(dotenv_read(buf_bytes(&source), "F", &dotenv, &err), 0);
	assert_int_equal(dotenv_value(&dotenv, 0).len, DOTENV_SOURCE_MAX - 2);
	buf_append_byte(&source, 'b');
	assert_refused(buf_bytes(&source), "'F' is larger than 4194304 bytes");
}

static const struct {
	const char *value, *line;
} written[] = {
	{ "", "A=\n" },
	{ "b", "A=b\n" },
	{ "postgres://u:p@host:5432/db", "A=postgres://u:p@host:5432/db\n" },
	{ "a,b+c%20=_-.", "A=a,b+c%20=_-.\n" },
	{ "b c", "A='b c'\n" },
	{ "#", "A='#'\n" },
	{ "$B", "A='$B'\n" },
	{ "~", "A='~'\n" },
	{ "*", "A='*'\n" },
	{ "!", "A='!'\n" },
	{ "\"", "A='\"'\n" },
	{ "\\", "A='\\'\n" },
	{ "b\nc\n", "A='b\nc\n'\n" },
	{ "\xc3\xa9\xff", "A='\xc3\xa9\xff'\n" },
	{ "it's", "A=\"it's\"\n" },
	{ "'\"\\$\n\t`", "A=\"'\\\"\\\\\\$\\n\\t`\"\n" },
	{ "b\r\n", "A=\"b\\r\\n\"\n" },
};

static void
test_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(written); i++) {
		CLEANUP(secret_clear) struct secret out = SECRET_INIT;
		struct bytes value = bytes_of(written[i].value);
		struct error err = ERROR_INIT;

		assert_int_equal(secret_new(dotenv_write_size("A", value), &out, &err), 0);
		assert_int_equal(dotenv_write("A", value, &out, &err), 0);
		assert_bytes(secret_bytes(&out), written[i].line, strlen(written[i].line));
	}
}

static void
test_write_refused(void **state)
{
	CLEANUP(secret_clear) struct secret out = SECRET_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(secret_new(8, &out, &err), 0);
	assert_int_equal(dotenv_write("A", bytes_of("b"), &out, &err), 0);
	assert_int_equal(dotenv_write("A", (struct bytes){ (const uint8_t *)"b\0c", 3 }, &out,
				      &err),
			 -1);
	assert_string_equal(err.message, "'A' has a NUL byte, which a .env cannot hold");
	assert_bytes(secret_bytes(&out), "A=b\n", 4);
	assert_int_equal(dotenv_write("A", bytes_of("it's"), &out, &err), -1);
	assert_bytes(secret_bytes(&out), "A=b\n", 4);
}

/* All entries, written: into exactly as many bytes as dotenv_write_size asks for. */
static void
write_all(const struct dotenv *dotenv, struct secret *ret)
{
	struct error err = ERROR_INIT;
	size_t size = 1;

	for (size_t i = 0; i < dotenv->count; i++)
		size += dotenv_write_size(dotenv->entries[i].name, dotenv_value(dotenv, i));
	assert_int_equal(secret_new(size, ret, &err), 0);
	for (size_t i = 0; i < dotenv->count; i++)
		assert_int_equal(dotenv_write(dotenv->entries[i].name, dotenv_value(dotenv, i), ret,
					      &err),
				 0);
}

static void
assert_reads_back(const struct dotenv *dotenv)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	CLEANUP(dotenv_clear) struct dotenv again = DOTENV_INIT;
	struct error err = ERROR_INIT;

	write_all(dotenv, &text);
	if (dotenv_read(secret_bytes(&text), "F", &again, &err) < 0)
		fail_msg("what was written is refused: %s", err.message);
	assert_int_equal(again.count, dotenv->count);
	for (size_t i = 0; i < again.count; i++) {
		struct bytes value = dotenv_value(dotenv, i);

		assert_string_equal(again.entries[i].name, dotenv->entries[i].name);
		assert_bytes(dotenv_value(&again, i), value.data, value.len);
	}
}

static const char *
one_of(const char *const *pieces, size_t count)
{
	return pieces[random_below((uint32_t)count)];
}

/* Lines of which most are good, from pieces that are special somewhere, and now and then any byte. */
static void
random_file(struct buf *out)
{
	static const char *const starts[] = {
		"", "", "", " ", "\t", "export ", "# ", "\n", "export"
	};
	static const char *const equals[] = { "=", "=", "=", "='", "=\"", "='", "=\"", "= ", "" };
	static const char *const pieces[] = {
		"a", "b c", "#", " #", "\\", "\\n", "\\\"", "$",
		"=", "\t",  "`", "'",  "\"", "\n",  "\r\n", "\r",
	};
	static const char *const ends[] = { "",	  "",	   "'",	     "'",    "\"",
					    "\"", "' # c", "\" # c", " # c", " " };
	static const char *const line_ends[] = { "\n", "\n", "\n", "\r\n", "\r", "" };
	uint32_t lines = random_below(5);

	buf_reset(out);
	for (uint32_t i = 0; i < lines; i++) {
		buf_append_text(out, one_of(starts, COUNT(starts)));
		buf_append_byte(out, (uint8_t)('A' + random_below(26)));
		buf_append_text(out, one_of(equals, COUNT(equals)));
		for (uint32_t j = random_below(4); j > 0; j--)
			buf_append_text(out, one_of(pieces, COUNT(pieces)));
		if (random_below(40) == 0)
			buf_append_byte(out, (uint8_t)random_below(256));
		buf_append_text(out, one_of(ends, COUNT(ends)));
		buf_append_text(out, one_of(line_ends, COUNT(line_ends)));
	}
}

static void
test_random_files(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(4096);
	size_t good = 0, bad = 0;

	(void)state;
	for (size_t i = 0; i < RANDOM_FILES; i++) {
		CLEANUP(dotenv_clear) struct dotenv dotenv = DOTENV_INIT;
		struct error err = ERROR_INIT;
		unsigned line = 0;

		random_file(&source);
		if (dotenv_read(buf_bytes(&source), "F", &dotenv, &err) == 0) {
			assert_reads_back(&dotenv);
			good += dotenv.count > 0;
			continue;
		}
		assert_int_equal(sscanf(err.message, "F:%u: ", &line), 1);
		assert_in_range(line, 1, source.len + 1);
		bad++;
	}
	assert_true(good > RANDOM_FILES / 10);
	assert_true(bad > RANDOM_FILES / 10);
}

/* A value of any bytes but NUL, more often those that quoting is about. */
static size_t
random_value(char *out, size_t max, const char *special)
{
	size_t len = random_below((uint32_t)max);

	for (size_t i = 0; i < len; i++)
		out[i] = random_below(2) == 0 ? (char)(1 + random_below(255)) :
						special[random_below((uint32_t)strlen(special))];
	out[len] = 0;
	return len;
}

static void
test_random_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < RANDOM_VALUES; i++) {
		CLEANUP(dotenv_clear) struct dotenv dotenv = DOTENV_INIT;
		CLEANUP(secret_clear) struct secret text = SECRET_INIT;
		struct error err = ERROR_INIT;
		struct bytes value;
		char bytes[64];

		value.len = random_value(bytes, sizeof(bytes), "'\"\\$ #\n\r\t=`abn");
		value.data = (const uint8_t *)bytes;
		assert_int_equal(secret_new(dotenv_write_size("A", value), &text, &err), 0);
		assert_int_equal(dotenv_write("A", value, &text, &err), 0);
		assert_int_equal(dotenv_read(secret_bytes(&text), "F", &dotenv, &err), 0);
		assert_int_equal(dotenv.count, 1);
		assert_bytes(dotenv_value(&dotenv, 0), value.data, value.len);
	}
}

/* What a shell prints that reads the script: text and commands behind it. */
static void
run_shell(struct bytes script, struct buf *ret_output)
{
	const char *parent = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
	CLEANUP(free_text) char *directory = xasprintf("%s/tfsecrets-XXXXXX", parent);
	CLEANUP(free_text) char *path = NULL, *command = NULL;
	struct error err = ERROR_INIT;
	FILE *shell;

	assert_non_null(mkdtemp(directory));
	path = xasprintf("%s/script", directory);
	assert_int_equal(file_create(AT_FDCWD, path, path, script, 0600, &err), 0);
	command = xasprintf("LC_ALL=C sh '%s'", path);
	shell = popen(command, "r");
	assert_non_null(shell);
	assert_int_equal(file_read_all(fileno(shell), "sh", ret_output->max, ret_output, &err), 0);
	assert_int_equal(pclose(shell), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
}

/* A shell reads the same from what is written plain or in single quotes; only of double quotes do
 * shells and .env files think differently. */
static void
test_shell_agrees(void **state)
{
	CLEANUP(buf_clear) struct buf wanted = BUF_INIT(1 << 16), got = BUF_INIT(1 << 16);
	CLEANUP(buf_clear) struct buf script = BUF_INIT(1 << 16), commands = BUF_INIT(1 << 16);
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(secret_new(1 << 16, &text, &err), 0);
	for (unsigned i = 0; i < SHELL_VALUES; i++) {
		CLEANUP(free_text) char *name = xasprintf("A%u", i);
		char value[40];

		(void)random_value(value, sizeof(value), "\"\\$ #\n=`!~*abc");
		for (char *at = value; *at != 0; at++)
			*at = *at == '\'' || *at == '\r' ? 'x' : *at;
		assert_int_equal(dotenv_write(name, bytes_of(value), &text, &err), 0);
		buf_printf(&commands, "printf '%%s\\0' \"$%s\"\n", name);
		buf_append(&wanted, (struct bytes){ (const uint8_t *)value, strlen(value) + 1 });
	}
	buf_append(&script, secret_bytes(&text));
	buf_append(&script, buf_bytes(&commands));
	run_shell(buf_bytes(&script), &got);
	assert_bytes(buf_bytes(&got), wanted.data, wanted.len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),     cmocka_unit_test(test_order_and_lines),
		cmocka_unit_test(test_empty),	     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_name_length),  cmocka_unit_test(test_maxima),
		cmocka_unit_test(test_written),	     cmocka_unit_test(test_write_refused),
		cmocka_unit_test(test_random_files), cmocka_unit_test(test_random_values),
		cmocka_unit_test(test_shell_agrees),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
