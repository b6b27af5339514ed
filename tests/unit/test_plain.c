/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "injector/repository/plain.h"

enum { RANDOM_ROUNDS = 3000 };

/* The same sequence in every run. */
static uint64_t random_state = 0x2545f4914f6cdd1d;

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

static int
parse(struct bytes source, struct plain *ret, struct error *err)
{
	struct secret copy = SECRET_INIT;
	int result;

	assert_int_equal(secret_from(source, &copy, err), 0);
	result = plain_parse(&copy, "F", ret, err);
	assert_null(copy.data);
	return result;
}

static void
assert_bytes(struct bytes got, const char *wanted)
{
	assert_int_equal(got.len, strlen(wanted));
	if (got.len > 0)
		assert_memory_equal(got.data, wanted, got.len);
}

/* A file with every way to write a value, each with its neighbours. */
static const struct {
	const char *name, *lines, *value;
} styles[] = {
	{ "PLAIN", "PLAIN: some text\n", "some text" },
	{ "COMMENT", "COMMENT: some text # why\n", "some text" },
	{ "HASH", "HASH: a#b\n", "a#b" },
	{ "NO", "NO: no\n", "no" },
	{ "OCTAL", "OCTAL: 012\n", "012" },
	{ "EXPONENT", "EXPONENT: 1e3\n", "1e3" },
	{ "HEX", "HEX: 0x1F\n", "0x1F" },
	{ "TILDE", "TILDE: ~\n", "~" },
	{ "DATE", "DATE: 2026-11-21\n", "2026-11-21" },
	{ "EMPTY", "EMPTY:\n", "" },
	{ "EMPTY_COMMENT", "EMPTY_COMMENT: # why\n", "" },
	{ "SINGLE", "SINGLE: 'it''s # text'\n", "it's # text" },
	{ "SINGLE_COMMENT", "SINGLE_COMMENT: '' # why\n", "" },
	{ "SINGLE_LINES", "SINGLE_LINES: 'a\n  b\n\n  c' # why\n", "a b\nc" },
	{ "DOUBLE", "DOUBLE: \"a\\n\\u00e9\\\"\"   # why\n", "a\n\xc3\xa9\"" },
	{ "DOUBLE_LINES", "DOUBLE_LINES: \"a\\\n  b\"\n", "ab" },
	{ "LITERAL", "LITERAL: |\n  a\n\n    b # no comment\n", "a\n\n  b # no comment\n" },
	{ "STRIPPED", "STRIPPED: |- # why\n  a\n  b\n", "a\nb" },
	{ "FOLDED", "FOLDED: >\n  a\n  b\n\n  c\n", "a b\nc\n" },
	{ "FOLDED_STRIPPED", "FOLDED_STRIPPED: >-   # why\n    a\n    b\n", "a b" },
	{ "INDENTED", "INDENTED: |2\n    a\n", "  a\n" },
	{ "NEXT_LINE", "NEXT_LINE:\n  some text\n", "some text" },
	{ "NEXT_LINE_COMMENT", "NEXT_LINE_COMMENT: # why\n  'text' # and why\n", "text" },
	{ "PLAIN_LINES", "PLAIN_LINES: a\n  b\n  c\n", "a b c" },
	{ "'QUOTED'", "'QUOTED': a\n", "a" },
	{ "\"DOUBLY\"", "\"DOUBLY\" : a\n", "a" },
	{ "? ASKED", "? ASKED\n: a # why\n", "a" },
	{ "UTF8", "UTF8: \xc3\xa9 \xf0\x9f\x98\x80 # \xc3\xa9\n", "\xc3\xa9 \xf0\x9f\x98\x80" },
};

static const char *
name_of(size_t style, char out[static 32])
{
	size_t len = 0;

	for (const char *at = styles[style].name; *at != 0; at++) {
		if (*at != '\'' && *at != '"' && *at != '?' && *at != ' ')
			out[len++] = *at;
	}
	out[len] = 0;
	return out;
}

/* The file, without the entry left_out, with line ends as given; COUNT(styles): all are in. */
static void
build(struct buf *out, size_t left_out, const char *line_end)
{
	static const char head[] = "# head\n\n", between[] = "\n# about the next\n";

	buf_reset(out);
	for (size_t i = 0; i <= COUNT(styles); i++) {
		for (const char *at = i == 0 ? head : between; *at != 0; at++)
			buf_append_text(out, *at == '\n' ? line_end : (char[]){ *at, 0 });
		if (i == left_out || i == COUNT(styles))
			continue;
		for (const char *at = styles[i].lines; *at != 0; at++)
			buf_append_text(out, *at == '\n' ? line_end : (char[]){ *at, 0 });
	}
}

static const char *const line_ends[] = { "\n", "\r\n" };

static void
test_values(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(1 << 16);

	(void)state;
	for (size_t end = 0; end < COUNT(line_ends); end++) {
		CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
		struct error err = ERROR_INIT;
		char name[32];
		size_t index;

		build(&source, COUNT(styles), line_ends[end]);
		if (parse(buf_bytes(&source), &plain, &err) < 0)
			fail_msg("%s", err.message);
		assert_true(plain.exists);
		assert_int_equal(plain_count(&plain), COUNT(styles));
		for (size_t i = 0; i < COUNT(styles); i++) {
			assert_string_equal(plain_name(&plain, i), name_of(i, name));
			assert_bytes(plain_value(&plain, i), styles[i].value);
			assert_true(plain_find(&plain, name, &index));
			assert_int_equal(index, i);
		}
		assert_int_equal(plain_line(&plain, 0), 3);
		assert_int_equal(plain_line(&plain, 1), 6);
		assert_false(plain_find(&plain, "plain", &index));
	}
}

/* Every style taken out by itself: the rest is there byte for byte. */
static void
test_without_one(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(1 << 16), wanted = BUF_INIT(1 << 16);
	char name[32];

	(void)state;
	for (size_t i = 0; i < COUNT(styles) * COUNT(line_ends); i++) {
		CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
		CLEANUP(secret_clear) struct secret out = SECRET_INIT;
		CLEANUP(list_clear) struct list names = LIST_INIT;
		const char *line_end = line_ends[i / COUNT(styles)];
		struct error err = ERROR_INIT;

		build(&source, COUNT(styles), line_end);
		build(&wanted, i % COUNT(styles), line_end);
		list_add(&names, name_of(i % COUNT(styles), name));
		list_add(&names, "NOT_THERE");
		assert_int_equal(parse(buf_bytes(&source), &plain, &err), 0);
		if (plain_without(&plain, &names, &out, &err) < 0)
			fail_msg("%s: %s", name, err.message);
		assert_bytes(secret_bytes(&out), buf_text(&wanted));
	}
}

static const struct {
	const char *before, *names[4], *after;
} removals[] = {
	{ "A: b\n", { "A" }, "" },
	{ "A: b", { "A" }, "" },
	{ "A: b\n", { NULL }, "A: b\n" },
	{ "A: b\nC: d", { "C" }, "A: b\n" },
	{ "A: b\nC: d", { "A" }, "C: d" },
	{ "A: b\nC: d\nE: f\n", { "A", "E" }, "C: d\n" },
	{ "A: b\nC: d\nE: f\n", { "E", "C", "A" }, "" },
	{ "---\nA: b\nC: d\n...\n", { "A", "C" }, "---\n...\n" },
	{ "--- # start\nA: b\n... # end\n", { "A" }, "--- # start\n... # end\n" },
	{ "\xef\xbb\xbf"
	  "A: b\nC: d\n",
	  { "A" },
	  "\xef\xbb\xbf"
	  "C: d\n" },
	{ "  A: b\n  C: d\n", { "A" }, "  C: d\n" },
	{ "A: |\n  b\n# about C\nC: d\n", { "A" }, "# about C\nC: d\n" },
	{ "A: |\n  b\n  # text\n # comment\nC: d\n", { "A" }, " # comment\nC: d\n" },
	{ "A: |\n  b\n\n\nC: d\n", { "A" }, "\n\nC: d\n" },
	{ "A: |+\n  b\n\nC: d\n", { "C" }, "A: |+\n  b\n\n" },
	{ "A: |\n  b", { "A" }, "" },
	{ "A: |\nC: d\n", { "A" }, "C: d\n" },
	{ "A:\nC: d\n", { "A" }, "C: d\n" },
	{ "A:\nC:\n", { "C" }, "A:\n" },
	{ "A:", { "A" }, "" },
};

static void
test_without(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(removals); i++) {
		CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
		CLEANUP(secret_clear) struct secret out = SECRET_INIT;
		CLEANUP(list_clear) struct list names = LIST_INIT;
		struct error err = ERROR_INIT;

		for (size_t j = 0; removals[i].names[j] != NULL; j++)
			list_add(&names, removals[i].names[j]);
		if (parse(bytes_of(removals[i].before), &plain, &err) < 0)
			fail_msg("%s: %s", removals[i].before, err.message);
		if (plain_without(&plain, &names, &out, &err) < 0)
			fail_msg("%s: %s", removals[i].before, err.message);
		assert_bytes(secret_bytes(&out), removals[i].after);
	}
}

/* What stands behind an entry would become part of the text before it. */
static void
test_without_refused(void **state)
{
	static const char *const sources[] = {
		"A: |+\n  b\nSECRET: hunter2\n\nC: d\n",
		"A: |\n  b\nSECRET: hunter2\n  # comment\nC: d\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sources); i++) {
		CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
		CLEANUP(list_clear) struct list names = LIST_INIT;
		struct secret out = SECRET_INIT;
		struct error err = ERROR_INIT;

		list_add(&names, "SECRET");
		assert_int_equal(parse(bytes_of(sources[i]), &plain, &err), 0);
		assert_int_equal(plain_without(&plain, &names, &out, &err), -1);
		assert_string_equal(err.message, "F: taking values out would change another one; "
						 "take them out by hand");
		assert_null(out.data);
	}
}

/* No message may have hunter2. */
static const struct {
	const char *source, *message;
} refused[] = {
	{ "{A: hunter2}\n", "F:1:1: expected lines of NAME: value" },
	{ "- hunter2\n", "F:1:1: expected lines of NAME: value" },
	{ "hunter2\n", "F:1:1: expected lines of NAME: value" },
	{ "A-B: hunter2\n",
	  "F:1:1: a name is letters, digits and '_', at most 128 and no digit first" },
	{ "A: b\n9: hunter2\n",
	  "F:2:1: a name is letters, digits and '_', at most 128 and no digit first" },
	{ "A: b\n\"\": hunter2\n",
	  "F:2:1: a name is letters, digits and '_', at most 128 and no digit first" },
	{ "A: [hunter2]\n", "F:1:4: the value of 'A' is not a text" },
	{ "A:\n  hunter2: b\n", "F:2:3: the value of 'A' is not a text" },
	{ "A:\n- hunter2\n", "F:2:1: the value of 'A' is not a text" },
	{ "Abc: b\n\nABC: hunter2\n",
	  "F:3:1: 'ABC' differs from 'Abc' of line 1 only in letter case" },
};

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct plain plain = PLAIN_INIT;
		struct error err = ERROR_INIT;

		assert_int_equal(parse(bytes_of(refused[i].source), &plain, &err), -1);
		assert_string_equal(err.message, refused[i].message);
		assert_int_equal(err.code, ERROR_FAILED);
		assert_null(plain.source.data);
		assert_null(plain.yaml);
	}
}

/* These are refused by base/yaml, in its words; none of them shows the text. */
static void
test_refused_by_yaml(void **state)
{
	static const struct {
		const char *source, *place;
	} sources[] = {
		{ "A: hunter2\nA: hunter2\n", "F:2:1: " },
		{ "A: &hunter2 b\n", "F:1:" },
		{ "A: !hunter2 b\n", "F:1:" },
		{ "A: b\n---\nB: hunter2\n", "F:2:" },
		{ "A: 'hunter2\n", "F:" },
		{ "A: hunter2: b\n", "F:1:" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sources); i++) {
		struct plain plain = PLAIN_INIT;
		struct error err = ERROR_INIT;

		assert_int_equal(parse(bytes_of(sources[i].source), &plain, &err), -1);
		assert_int_equal(strncmp(err.message, sources[i].place, strlen(sources[i].place)),
				 0);
		assert_null(strstr(err.message, "hunter2"));
	}
}

static void
test_largest_value(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(YAML_SOURCE_MAX);
	CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	buf_append_text(&source, "A: ");
	memset(buf_extend(&source, SECRET_VALUE_MAX), 'b', SECRET_VALUE_MAX);
	assert_int_equal(parse(buf_bytes(&source), &plain, &err), 0);
	assert_int_equal(plain_value(&plain, 0).len, SECRET_VALUE_MAX);
	plain_clear(&plain);
	buf_append_byte(&source, 'b');
	assert_int_equal(parse(buf_bytes(&source), &plain, &err), -1);
	assert_string_equal(err.message, "F:1:4: the value of 'A' is larger than 1048576 bytes");
}

static const struct {
	const char *before, *name, *value, *after;
} changes[] = {
	/* in place */
	{ "A: b\n", "A", "c", "A: c\n" },
	{ "A: b # why\nC: d\n", "A", "c", "A: c # why\nC: d\n" },
	{ "A: 'b'   # why\n", "A", "c", "A: c   # why\n" },
	{ "A: \"b\"\n", "A", "", "A: \"\"\n" },
	{ "A: b", "A", "c", "A: c" },
	{ "A:\nC: d\n", "A", "c", "A: c\nC: d\n" },
	{ "A: # why\nC: d\n", "A", "c", "A: c # why\nC: d\n" },
	{ "A:", "A", "c", "A: c" },
	{ "A:\n  b\nC: d\n", "A", "c", "A:\n  c\nC: d\n" },
	{ "A: |\n  b\n\n  c\n# about C\nC: d\n", "A", "e", "A: e\n# about C\nC: d\n" },
	{ "A: |- # why\n  b\n\nC: d\n", "A", "e", "A: e # why\n\nC: d\n" },
	{ "A: >\n  b\n  c", "A", "e", "A: e" },
	{ "A: 'b\n  c' # why\nC: d\n", "A", "e", "A: e # why\nC: d\n" },
	{ "A: b\r\nC: |\r\n  d\r\nE: f\r\n", "C", "g", "A: b\r\nC: g\r\nE: f\r\n" },
	{ "? A\n: b\n", "A", "c", "? A\n: c\n" },
	{ "\"A\" : b\n", "A", "c", "\"A\" : c\n" },
	/* at the end */
	{ "", "A", "b", "A: b\n" },
	{ "# head\n", "A", "b", "# head\nA: b\n" },
	{ "# head", "A", "b", "# head\nA: b\n" },
	{ "A: b\n", "C", "d", "A: b\nC: d\n" },
	{ "A: b", "C", "d", "A: b\nC: d\n" },
	{ "A: b\r\n", "C", "d", "A: b\r\nC: d\r\n" },
	{ "A: b\r\nE: f", "C", "d", "A: b\r\nE: f\r\nC: d\r\n" },
	{ "  A: b\n", "C", "d", "  A: b\n  C: d\n" },
	{ "A: |\n  b\n", "C", "d", "A: |\n  b\nC: d\n" },
	{ "A: |+\n  b\n\n", "C", "d", "A: |+\n  b\n\nC: d\n" },
	{ "A: |\n  ...\n", "C", "d", "A: |\n  ...\nC: d\n" },
	{ "---\nA: b\n...\n", "C", "d", "---\nA: b\nC: d\n...\n" },
	{ "---\n...\n", "C", "d", "---\nC: d\n...\n" },
	{ "---\n", "C", "d", "---\nC: d\n" },
	{ "A: b\n# foot\n", "C", "d", "A: b\n# foot\nC: d\n" },
	/* what needs quotes */
	{ "A: b\n", "A", "it's # text", NULL },
	{ "A: b\n", "A", "no", NULL },
	{ "A: b\n", "A", "012", NULL },
	{ "A: b\n", "A", "a\nb\n", NULL },
	{ "A: b\n", "A", " b: c ", NULL },
	{ "A: b\n", "A", "- b", NULL },
	{ "A: b\n", "A", "\xc2\x85\x7f\xc2\x80\xe2\x80\xa8\xef\xbb\xbf\xef\xbf\xbe\xf0\x9f\x98\x80",
	  NULL },
	{ "A: b\n", "C", "\x01\x1b\r\n\t", NULL },
};

/* The rest of the file stands in the result as it was; what was written reads back as it should. */
static void
test_with(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		CLEANUP(plain_clear) struct plain plain = PLAIN_INIT, after = PLAIN_INIT;
		CLEANUP(secret_clear) struct secret out = SECRET_INIT;
		struct error err = ERROR_INIT;
		size_t index;

		assert_int_equal(parse(bytes_of(changes[i].before), &plain, &err), 0);
		if (plain_with(&plain, changes[i].name, bytes_of(changes[i].value), &out, &err) < 0)
			fail_msg("%s: %s", changes[i].before, err.message);
		if (changes[i].after != NULL)
			assert_bytes(secret_bytes(&out), changes[i].after);
		assert_int_equal(parse(secret_bytes(&out), &after, &err), 0);
		assert_true(plain_find(&after, changes[i].name, &index));
		assert_bytes(plain_value(&after, index), changes[i].value);
	}
}

static void
test_with_every_style(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(1 << 16);
	char name[32];

	(void)state;
	for (size_t i = 0; i < COUNT(styles) * COUNT(line_ends); i++) {
		CLEANUP(plain_clear) struct plain plain = PLAIN_INIT, after = PLAIN_INIT;
		CLEANUP(secret_clear) struct secret out = SECRET_INIT;
		struct error err = ERROR_INIT;

		build(&source, COUNT(styles), line_ends[i / COUNT(styles)]);
		assert_int_equal(parse(buf_bytes(&source), &plain, &err), 0);
		if (plain_with(&plain, name_of(i % COUNT(styles), name), bytes_of("new: # 'value'"),
			       &out, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(parse(secret_bytes(&out), &after, &err), 0);
		assert_int_equal(plain_count(&after), COUNT(styles));
		for (size_t j = 0; j < COUNT(styles); j++)
			assert_bytes(plain_value(&after, j),
				     j == i % COUNT(styles) ? "new: # 'value'" : styles[j].value);
	}
}

static void
test_without_a_file(void **state)
{
	struct plain plain = PLAIN_INIT;
	CLEANUP(secret_clear) struct secret out = SECRET_INIT;
	CLEANUP(list_clear) struct list names = LIST_INIT;
	struct error err = ERROR_INIT;
	size_t index;

	(void)state;
	list_add(&names, "A");
	assert_int_equal(plain_count(&plain), 0);
	assert_false(plain_find(&plain, "A", &index));
	assert_int_equal(plain_with(&plain, "A", bytes_of("b"), &out, &err), 0);
	assert_bytes(secret_bytes(&out), "A: b\n");
	secret_clear(&out);
	assert_int_equal(plain_without(&plain, &names, &out, &err), 0);
	assert_int_equal(out.len, 0);
	plain_clear(&plain);
}

static const struct {
	const char *before, *name, *value;
	size_t len;
	const char *message;
} not_set[] = {
	{ "A: b\n", "A", "hunter2\0", 8, "'A' has bytes that are no text, which F cannot hold" },
	{ "A: b\n", "A", "hunter2\xff", 8, "'A' has bytes that are no text, which F cannot hold" },
	{ "A: b\n", "A", "\xed\xa0\x80", 3, "'A' has bytes that are no text, which F cannot hold" },
	{ "A: b\n", "a", "hunter2", 7,
	  "setting 'a': F:2:1: 'a' differs from 'A' of line 1 only in letter case" },
	/* a line feed behind it would become part of the text */
	{ "A: |\n  b", "C", "hunter2", 7,
	  "F: setting 'C' would change another value; set it by hand" },
};

static void
test_not_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(not_set); i++) {
		CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
		struct bytes value = { (const uint8_t *)not_set[i].value, not_set[i].len };
		struct secret out = SECRET_INIT;
		struct error err = ERROR_INIT;

		assert_int_equal(parse(bytes_of(not_set[i].before), &plain, &err), 0);
		assert_int_equal(plain_with(&plain, not_set[i].name, value, &out, &err), -1);
		assert_string_equal(err.message, not_set[i].message);
		assert_null(out.data);
	}
}

/* Text of one to three characters that YAML, at some place, takes for something else. */
static void
random_value(struct buf *out)
{
	static const char *const pieces[] = {
		"a",
		"b ",
		" ",
		": ",
		":",
		" #",
		"#",
		"- ",
		"'",
		"\"",
		"\\",
		"\n",
		"\r",
		"\t",
		"{",
		"}",
		"[",
		"]",
		",",
		"&",
		"*",
		"!",
		"|",
		">",
		"%",
		"@",
		"`",
		"?",
		"=",
		"~",
		"no",
		"1",
		".",
		"e3",
		"---",
		"...",
		"\x01",
		"\x7f",
		"\xc2\x85",
		"\xe2\x80\xa8",
		"\xc3\xa9",
		"\xef\xbb\xbf",
		"\xf0\x9f\x98\x80",
	};
	uint32_t count = random_below(6);

	buf_reset(out);
	for (uint32_t i = 0; i < count; i++)
		buf_append_text(out, pieces[random_below(COUNT(pieces))]);
}

/* Sets and takes out at random; a plain list of names and values says what must be there. */
static void
test_random(void **state)
{
	CLEANUP(buf_clear) struct buf value = BUF_INIT(4096);
	CLEANUP(secret_clear) struct secret source = SECRET_INIT;
	char *wanted[8] = { NULL };
	size_t set = 0, unset = 0;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(secret_from(bytes_of("# head\n"), &source, &err), 0);
	for (size_t round = 0; round < RANDOM_ROUNDS; round++) {
		CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
		CLEANUP(list_clear) struct list names = LIST_INIT;
		size_t which = random_below(COUNT(wanted)), index;
		char name[2] = { (char)('A' + which), 0 };

		assert_int_equal(plain_parse(&source, "F", &plain, &err), 0);
		for (size_t i = 0; i < COUNT(wanted); i++) {
			char other[2] = { (char)('A' + i), 0 };

			assert_int_equal(plain_find(&plain, other, &index), wanted[i] != NULL);
			if (wanted[i] != NULL)
				assert_bytes(plain_value(&plain, index), wanted[i]);
		}
		free_text(&wanted[which]);
		list_add(&names, name);
		if (random_below(4) == 0) {
			assert_int_equal(plain_without(&plain, &names, &source, &err), 0);
			unset++;
			continue;
		}
		random_value(&value);
		wanted[which] = xstrdup(buf_text(&value));
		if (plain_with(&plain, name, buf_bytes(&value), &source, &err) < 0)
			fail_msg("%s", err.message);
		set++;
	}
	for (size_t i = 0; i < COUNT(wanted); i++)
		free_text(&wanted[i]);
	assert_true(set > RANDOM_ROUNDS / 2 && unset > RANDOM_ROUNDS / 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),		 cmocka_unit_test(test_without_one),
		cmocka_unit_test(test_without),		 cmocka_unit_test(test_without_refused),
		cmocka_unit_test(test_refused),		 cmocka_unit_test(test_refused_by_yaml),
		cmocka_unit_test(test_largest_value),	 cmocka_unit_test(test_with),
		cmocka_unit_test(test_with_every_style), cmocka_unit_test(test_without_a_file),
		cmocka_unit_test(test_not_set),		 cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
