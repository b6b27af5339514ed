/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/yaml.h"

static const char *const kind_names[] = { "scalar", "list", "map" };
static const char *const style_names[] = { "block",  "flow",	"plain", "single",
					   "double", "literal", "folded" };

/* Parsed from a block of its own size, so that a sanitizer sees a byte read too many. */
static int
parse(struct bytes source, struct yaml **ret, struct error *err)
{
	uint8_t *copy = xcalloc(source.len, 1);
	int result;

	if (source.len > 0)
		memcpy(copy, source.data, source.len);
	result = yaml_parse((struct bytes){ copy, source.len }, "f.yaml", ret, err);
	free(copy);
	return result;
}

/* A node as a line: where it stands, what it is, its text; those below it are indented. */
static void
show(const struct yaml_node *node, size_t depth, struct buf *out)
{
	buf_printf(out, "%*s%zu:%zu %s %s", (int)depth, "", node->line, node->column,
		   style_names[node->style], kind_names[node->kind]);
	if (node->key != NULL)
		buf_printf(out, " %zu:%zu %s", node->key->line, node->key->column, node->key->text);
	if (node->kind == YAML_SCALAR)
		buf_printf(out, " = %s", node->text);
	buf_append_byte(out, '\n');
	for (size_t i = 0; i < node->count; i++)
		show(node->children[i], depth + 1, out);
}

static void
expect_bytes(struct bytes source, const char *expected)
{
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	CLEANUP(buf_clear) struct buf shown = BUF_INIT(100000);
	struct error err = ERROR_INIT;

	if (parse(source, &yaml, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(yaml->file, "f.yaml");
	show(yaml->root, 0, &shown);
	assert_string_equal(buf_text(&shown), expected);
}

static void
expect(const char *source, const char *expected)
{
	expect_bytes(bytes_of(source), expected);
}

static void
refuse_bytes(struct bytes source, const char *message)
{
	CLEANUP(free_text) char *whole = xasprintf("f.yaml:%s", message);
	struct yaml *yaml = NULL;
	struct error err = ERROR_INIT;

	if (parse(source, &yaml, &err) == 0)
		fail_msg("accepted, instead of '%s'", message);
	assert_null(yaml);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, whole);
}

static void
refuse(const char *source, const char *message)
{
	refuse_bytes(bytes_of(source), message);
}

static void
test_tree(void **state)
{
	(void)state;
	expect("a: 1\n"
	       "b:\n"
	       "  - c\n"
	       "  - d: 'x'\n"
	       "    e: \"y\"\n"
	       "f: {g: [1, 2], h: }\n",
	       "1:1 block map\n"
	       " 1:4 plain scalar 1:1 a = 1\n"
	       " 3:3 block list 2:1 b\n"
	       "  3:5 plain scalar = c\n"
	       "  4:5 block map\n"
	       "   4:8 single scalar 4:5 d = x\n"
	       "   5:8 double scalar 5:5 e = y\n"
	       " 6:4 flow map 6:1 f\n"
	       "  6:8 flow list 6:5 g\n"
	       "   6:9 plain scalar = 1\n"
	       "   6:12 plain scalar = 2\n"
	       "  6:19 plain scalar 6:16 h = \n");
}

/* Nothing is taken for a boolean, a null or a number. */
static void
test_literal_text(void **state)
{
	(void)state;
	expect("[no, 012, ~, null, 1e3, .inf, 2026-01-01, 0x1F, =, \"\", '~']",
	       "1:1 flow list\n"
	       " 1:2 plain scalar = no\n"
	       " 1:6 plain scalar = 012\n"
	       " 1:11 plain scalar = ~\n"
	       " 1:14 plain scalar = null\n"
	       " 1:20 plain scalar = 1e3\n"
	       " 1:25 plain scalar = .inf\n"
	       " 1:31 plain scalar = 2026-01-01\n"
	       " 1:43 plain scalar = 0x1F\n"
	       " 1:49 plain scalar = =\n"
	       " 1:52 double scalar = \n"
	       " 1:56 single scalar = ~\n");
}

static void
test_scalars(void **state)
{
	(void)state;
	expect("a: |\n  x\n   y\n\n  z\n\nb: >-\n  x\n  y\n\n  z\nc: x\n  y\nd: |+\n  x\n\n",
	       "1:1 block map\n"
	       " 1:4 literal scalar 1:1 a = x\n y\n\nz\n\n"
	       " 7:4 folded scalar 7:1 b = x y\nz\n"
	       " 12:4 plain scalar 12:1 c = x y\n"
	       " 14:4 literal scalar 14:1 d = x\n\n\n");
	expect("a: \"\\\"\\\\\\/\\n\\t\\x41\\u20ac\\U0001F600 \\\n  b\"\nc: 'it''s # no: comment'\n",
	       "1:1 block map\n"
	       " 1:4 double scalar 1:1 a = \"\\/\n\tA\xe2\x82\xac\xf0\x9f\x98\x80 b\n"
	       " 3:4 single scalar 3:1 c = it's # no: comment\n");
}

/* Columns count characters, whatever bytes they take. */
static void
test_characters(void **state)
{
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	static const char source[] = "\xc3\xa4\xe2\x82\xac: {\xf0\x9f\x98\x80: x}\n";
	struct error err = ERROR_INIT;
	const struct yaml_node *inner;

	(void)state;
	expect(source, "1:1 block map\n"
		       " 1:5 flow map 1:1 \xc3\xa4\xe2\x82\xac\n"
		       "  1:9 plain scalar 1:6 \xf0\x9f\x98\x80 = x\n");
	assert_int_equal(parse(bytes_of(source), &yaml, &err), 0);
	inner = yaml->root->children[0]->children[0];
	assert_int_equal(inner->start, strchr(source, 'x') - source);
	assert_int_equal(inner->end, inner->start + 1);
	refuse("\xc3\xa4: [\xe2\x82\xac, *x]\n", "1:8: aliases are not allowed");
}

static void
test_empty(void **state)
{
	static const char *const texts[] = { "",      "\n",	    "# only this\n",
					     "---\n", "---\n...\n", "\xef\xbb\xbf",
					     " \n\n", "--- # a\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
		struct error err = ERROR_INIT;

		if (parse(bytes_of(texts[i]), &yaml, &err) < 0)
			fail_msg("%zu: %s", i, err.message);
		assert_int_equal(yaml->root->kind, YAML_MAP);
		assert_int_equal(yaml->root->count, 0);
		assert_null(yaml->root->text);
		assert_true(yaml->root->line > 0 && yaml->root->column > 0);
		assert_null(yaml_get(yaml->root, ""));
	}
	expect("''", "1:1 single scalar = \n");
	expect("~", "1:1 plain scalar = ~\n");
}

/* The byte order mark is no column; \r\n is one line end and not part of any text. */
static void
test_line_ends(void **state)
{
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	static const char source[] = "\xef\xbb\xbf"
				     "a: |\r\n  x\r\n  y\r\nb:\r\n  - c\r\n";
	struct error err = ERROR_INIT;
	const struct yaml_node *block;

	(void)state;
	expect(source, "1:1 block map\n"
		       " 1:4 literal scalar 1:1 a = x\ny\n\n"
		       " 5:3 block list 4:1 b\n"
		       "  5:5 plain scalar = c\n");
	assert_int_equal(parse(bytes_of(source), &yaml, &err), 0);
	block = yaml->root->children[0];
	assert_int_equal(block->key->start, 3);
	assert_int_equal(block->start, 6);
	/* Up to the y, without its line end. */
	assert_int_equal(block->end, strchr(source, 'y') + 1 - source);
	expect("a: 1\rb: 2\r", "1:1 block map\n"
			       " 1:4 plain scalar 1:1 a = 1\n"
			       " 2:4 plain scalar 2:1 b = 2\n");
	refuse("a: 1\r\nb: *x\r\n", "2:4: aliases are not allowed");
	refuse("\xef\xbb\xbf"
	       "a: *x\n",
	       "1:4: aliases are not allowed");
}

static void
expect_range(const char *source, size_t child, const char *range)
{
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	struct error err = ERROR_INIT;
	const struct yaml_node *node;
	struct bytes part;

	assert_int_equal(parse(bytes_of(source), &yaml, &err), 0);
	assert_true(child < yaml->root->count);
	node = yaml->root->children[child];
	part = (struct bytes){ (const uint8_t *)source + node->start, node->end - node->start };
	if (!bytes_equal(part, bytes_of(range)))
		fail_msg("'%.*s' instead of '%s'", (int)part.len, (const char *)part.data, range);
}

static void
test_ranges(void **state)
{
	static const char source[] = "a: plain text # comment\n"
				     "b: 'single'  # comment\n"
				     "c: |+ # comment\n"
				     "  one\n"
				     "\n"
				     "  two  \n"
				     "\n"
				     "# comment\n"
				     "d: {x: [1]} # comment\n"
				     "e:\n"
				     "  - 1\n"
				     "  - k: |\n"
				     "      deep\n"
				     "\n"
				     "# comment\n"
				     "f: \"over\n"
				     "  two\" # comment\n"
				     "g:\n"
				     "h: >\n"
				     "\n"
				     "i: [1,\n"
				     "  2\n"
				     "  ]\n";

	(void)state;
	expect_range(source, 0, "plain text");
	expect_range(source, 1, "'single'");
	expect_range(source, 2, "|+ # comment\n  one\n\n  two  ");
	expect_range(source, 3, "{x: [1]}");
	expect_range(source, 4, "- 1\n  - k: |\n      deep");
	expect_range(source, 5, "\"over\n  two\"");
	expect_range(source, 6, "");
	expect_range(source, 7, ">");
	expect_range(source, 8, "[1,\n  2\n  ]");
}

static void
test_not_allowed(void **state)
{
	(void)state;
	refuse("a: &x 1\n", "1:4: anchors are not allowed");
	refuse("a: &x [1]\n", "1:4: anchors are not allowed");
	refuse("&x a: 1\n", "1:1: anchors are not allowed");
	refuse("a: &x\n  b: 1\n", "1:4: anchors are not allowed");
	refuse("a: 1\nb: *a\n", "2:4: aliases are not allowed");
	refuse("*a : 1\n", "1:1: aliases are not allowed");
	refuse("a: !!str 1\n", "1:4: tags are not allowed");
	refuse("a: ! 1\n", "1:4: tags are not allowed");
	refuse("a: !x [1]\n", "1:4: tags are not allowed");
	refuse("- !x {a: 1}\n", "1:3: tags are not allowed");
	refuse("!x a: 1\n", "1:1: tags are not allowed");
	refuse("%YAML 1.1\n---\na: 1\n", "1:1: directives are not allowed");
	refuse("%TAG ! x:\n---\na: 1\n", "1:1: directives are not allowed");
	refuse("a: 1\n---\nb: 2\n", "2:1: a second document");
	refuse("---\na: 1\n---\n", "3:1: a second document");
	refuse("a: 1\n...\n---\nb: 2\n", "3:1: a second document");
	refuse("? [a]\n: 1\n", "1:3: a key must be a text");
	refuse("{a: 1}: 1\n", "1:1: a key must be a text");
	refuse("<<: *a\n", "1:5: aliases are not allowed");
}

static void
test_duplicates(void **state)
{
	(void)state;
	refuse("a: 1\nb: 2\na: 3\n", "3:1: a key stands here for the second time");
	refuse("a: 1\n'a': 2\n", "2:1: a key stands here for the second time");
	refuse("{a: 1, \"\\x61\": 2}\n", "1:8: a key stands here for the second time");
	refuse("x:\n  - b: 1\n    b: 1\n", "3:5: a key stands here for the second time");
	refuse("'': 1\n'': 2\n", "2:1: a key stands here for the second time");
	expect("a: 1\nA: 2\nb: {a: 3}\n", "1:1 block map\n"
					  " 1:4 plain scalar 1:1 a = 1\n"
					  " 2:4 plain scalar 2:1 A = 2\n"
					  " 3:4 flow map 3:1 b\n"
					  "  3:8 plain scalar 3:5 a = 3\n");
}

#define TAB_MESSAGE "a character that cannot start a value here (a tab?)"

static void
test_tabs(void **state)
{
	(void)state;
	refuse("a:\n\tb: 1\n", "2:1: " TAB_MESSAGE);
	refuse("\ta: 1\n", "1:1: " TAB_MESSAGE);
	refuse("-\tb: 1\n", "1:2: " TAB_MESSAGE);
	refuse("a:\n  b: 1\n\tc: 1\n", "3:1: found a tab character that violates indentation");
	refuse("a: |\n\tx\n", "2:1: found a tab character where an indentation space is expected");
	/* As a blank between two things it is none. */
	expect("a:\t1\t# c\n", "1:1 block map\n 1:4 plain scalar 1:1 a = 1\n");
}

static void
test_characters_refused(void **state)
{
	(void)state;
	refuse_bytes((struct bytes){ (const uint8_t *)"a: x\0y\n", 7 }, "1:5: a NUL");
	refuse_bytes((struct bytes){ (const uint8_t *)"a: 1\n\0", 6 }, "2:1: a NUL");
	refuse("a: \"\\0\"\n", "1:4: a NUL in a text");
	refuse("\"a\\x00\": 1\n", "1:1: a NUL in a text");
	refuse("a: 1\nb: \x07\n", "2:4: a control character");
	refuse("\xef\xbb\xbf# \xc3\xa4 \x1b[1m\n", "1:5: a control character");
	refuse("a: \x7f\n", "1:4: a control character");
	refuse("a: \xc2\x80\n", "1:4: a control character");
	refuse("a: 'x\xc2\x85y'\n", "1:6: a control character");
	refuse("a: \"x\xe2\x80\xa8y\"\n", "1:6: a line separator (\"\\u2028\" in quotes would do)");
	refuse("a: 1\nb: \xe2\x80\xa9\n", "2:4: a line separator (\"\\u2028\" in quotes would do)");
	refuse("a: \xef\xbf\xbe\n", "1:4: no character");
	expect("a: \"\xc2\xa0\xe2\x80\xa7\xef\xbf\xbd\\N\\L\\P\\e\"\n",
	       "1:1 block map\n 1:4 double scalar 1:1 a = "
	       "\xc2\xa0\xe2\x80\xa7\xef\xbf\xbd\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\x1b\n");
}

static void
test_not_utf8(void **state)
{
	(void)state;
	refuse("\xff", "1:1: not valid UTF-8 text");
	refuse("a: \xc3\xa4\xe9\n", "1:5: not valid UTF-8 text");
	refuse("a: 1\n# \xc3", "2:3: not valid UTF-8 text");
	refuse("a: 1\r\n\r\n\xed\xa0\x80\n", "3:1: not valid UTF-8 text");
	refuse("\xff\xfe"
	       "a",
	       "1:1: not valid UTF-8 text");
	refuse("\xc0\x80", "1:1: not valid UTF-8 text");
}

static void
test_broken(void **state)
{
	(void)state;
	refuse("a: [1\n", "2:1: did not find expected ',' or ']'");
	refuse("a: b: c\n", "1:5: mapping values are not allowed in this context");
	refuse("a: 1\n b: 2\n", "2:3: mapping values are not allowed in this context");
	refuse("a: @b\n", "1:4: " TAB_MESSAGE);
	refuse("a: 1\n<<<<<<< ours\n", "2:1: a merge conflict was left here");
	refuse("a: 1\n=======\n", "2:1: a merge conflict was left here");
	refuse(">>>>>>> theirs\n", "1:1: a merge conflict was left here");
	expect("a: |\n  <<<<<<< x\nb: '======'\n", "1:1 block map\n"
						   " 1:4 literal scalar 1:1 a = <<<<<<< x\n\n"
						   " 3:4 single scalar 3:1 b = ======\n");
}

/* No value gets into a message, wherever it breaks. */
static void
test_message_without_value(void **state)
{
	static const char *const sources[] = {
		"a: \"SECRET\n",	"a: SECRET: b\n",
		"a: [SECRET\n",		"a: \"SECRET\\z\"\n",
		"a: 'SECRET' SECRET\n", "a: *SECRET\n",
		"a: &SECRET 1\n",	"a: !SECRET 1\n",
		"a: !<SECRET 1\n",	"%SECRET\n---\n",
		"SECRET\na: 1\n",	"SECRET: 1\nSECRET: 1\n",
		"a: |SECRET\n",		"a: SECRET\x01\n",
		"a: SECRET\xff\n",	"%TAG ! SECRET\n---\n!a b",
		"? {SECRET: 1}\n",	"@SECRET",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sources); i++) {
		struct yaml *yaml = NULL;
		struct error err = ERROR_INIT;

		if (parse(bytes_of(sources[i]), &yaml, &err) == 0)
			fail_msg("accepted: %s", sources[i]);
		if (strstr(err.message, "SECRET") != NULL)
			fail_msg("told: %s", err.message);
	}
}

/* count times text in front of the rest. */
static void
repeat(struct buf *out, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		buf_append_text(out, text);
}

static void
test_depth(void **state)
{
	CLEANUP(buf_clear) struct buf deepest = BUF_INIT(1000), deeper = BUF_INIT(1000);
	CLEANUP(buf_clear) struct buf blocks = BUF_INIT(1000), brackets = BUF_INIT(1000);
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL, *text = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	repeat(&deepest, YAML_DEPTH_MAX, "[");
	repeat(&deepest, YAML_DEPTH_MAX, "]");
	assert_int_equal(parse(buf_bytes(&deepest), &yaml, &err), 0);
	repeat(&deeper, YAML_DEPTH_MAX + 1, "[");
	repeat(&deeper, YAML_DEPTH_MAX + 1, "]");
	refuse(buf_text(&deeper), "1:17: nested too deeply");
	repeat(&blocks, YAML_DEPTH_MAX + 1, "- ");
	refuse(buf_text(&blocks), "1:33: nested too deeply");
	/* Brackets in a text are no nesting. */
	buf_append_text(&brackets, "a: '");
	repeat(&brackets, 500, "[");
	buf_append_text(&brackets, "'\n");
	assert_int_equal(parse(buf_bytes(&brackets), &text, &err), 0);
	assert_int_equal(text->root->children[0]->len, 500);
}

static void
test_endless_nesting(void **state)
{
	static const struct {
		const char *text, *message;
	} openers[] = {
		{ "[", "1:17: nested too deeply" },    { "[ ", "1:33: nested too deeply" },
		{ "- ", "1:33: nested too deeply" },   { "{a: ", "1:65: nested too deeply" },
		{ "[\n", "17:1: nested too deeply" },  { "{", "1:2: a key must be a text" },
		{ "? ", "1:3: a key must be a text" }, { "[[],", "1:62: nested too deeply" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(openers); i++) {
		CLEANUP(buf_clear) struct buf source = BUF_INIT(YAML_SOURCE_MAX);
		size_t len = strlen(openers[i].text);

		repeat(&source, YAML_SOURCE_MAX / len, openers[i].text);
		refuse_bytes(buf_bytes(&source), openers[i].message);
	}
}

static void
test_size(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(3 * (size_t)YAML_SOURCE_MAX);
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	buf_append_text(&source, "a: 1\n#");
	memset(buf_extend(&source, YAML_SOURCE_MAX - source.len), 'x', YAML_SOURCE_MAX - 6);
	assert_int_equal(parse(buf_bytes(&source), &yaml, &err), 0);
	buf_append_byte(&source, 'x');
	refuse_bytes(buf_bytes(&source), " larger than 4194304 bytes");
	repeat(&source, YAML_SOURCE_MAX / 4, "[[[[[[");
	refuse_bytes(buf_bytes(&source), " larger than 4194304 bytes");
}

static void
test_entries(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(YAML_SOURCE_MAX);
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		buf_printf(&source, "k%zu: 1\n", i);
	assert_int_equal(parse(buf_bytes(&source), &yaml, &err), 0);
	assert_int_equal(yaml->root->count, 100000);
	assert_int_equal(yaml->root->children[99999]->line, 100000);
	buf_append_text(&source, "k0: 1\n");
	refuse_bytes(buf_bytes(&source), "100001:1: a key stands here for the second time");
	buf_reset(&source);
	buf_append_byte(&source, '[');
	repeat(&source, YAML_NODES_MAX, "1,");
	buf_append_byte(&source, ']');
	assert_int_equal(parse(buf_bytes(&source), &yaml, &err), -1);
	assert_non_null(strstr(err.message, ": too many entries"));
}

static void
test_get(void **state)
{
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	struct error err = ERROR_INIT;
	const struct yaml_node *node;

	(void)state;
	assert_int_equal(parse(bytes_of("a: 1\nab: 2\n'': 3\n"), &yaml, &err), 0);
	node = yaml_get(yaml->root, "ab");
	assert_string_equal(node->text, "2");
	assert_int_equal(node->len, 1);
	assert_string_equal(yaml_get(yaml->root, "")->text, "3");
	assert_null(yaml_get(yaml->root, "b"));
	assert_null(yaml_get(yaml->root, "A"));
	assert_int_equal(yaml_error(yaml, node, &err, "'%s' is %d", "x", 5), -1);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, "f.yaml:2:5: 'x' is 5");
}

static void
expect_kind(const struct yaml *yaml, const struct yaml_node *node, enum yaml_kind kind,
	    const char *message)
{
	struct error err = ERROR_INIT;

	assert_int_equal(yaml_expect(yaml, node, kind, "field", &err), node->kind == kind ? 0 : -1);
	assert_string_equal(err.message, node->kind == kind ? "" : message);
}

static void
test_expect(void **state)
{
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(parse(bytes_of("- a\n- [b]\n- {c: d}\n"), &yaml, &err), 0);
	for (size_t i = 0; i < 3; i++) {
		const struct yaml_node *node = yaml->root->children[i];
		CLEANUP(free_text) char *place = xasprintf("f.yaml:%zu:3: 'field' must be", i + 1);
		CLEANUP(free_text) char *scalar = xasprintf("%s a single value", place);
		CLEANUP(free_text) char *list = xasprintf("%s a list", place);
		CLEANUP(free_text) char *map = xasprintf("%s a map", place);

		expect_kind(yaml, node, YAML_SCALAR, scalar);
		expect_kind(yaml, node, YAML_LIST, list);
		expect_kind(yaml, node, YAML_MAP, map);
	}
}

static void
expect_fields(const char *source, const char *message)
{
	static const char *const fields[] = { "settings", "kind", NULL };
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(parse(bytes_of(source), &yaml, &err), 0);
	assert_int_equal(yaml_check_fields(yaml, yaml->root, fields, &err),
			 message != NULL ? -1 : 0);
	assert_string_equal(err.message, message != NULL ? message : "");
}

static void
test_fields(void **state)
{
	(void)state;
	expect_fields("", NULL);
	expect_fields("kind: 1\nsettings: 2\n", NULL);
	expect_fields("kind: 1\nsetings: 2\n",
		      "f.yaml:2:1: unknown field 'setings', did you mean 'settings'?");
	expect_fields("Kind: 1\n", "f.yaml:1:1: unknown field 'Kind', did you mean 'kind'?");
	expect_fields("{kind: 1, other: 2}\n", "f.yaml:1:11: unknown field 'other'");
	expect_fields("'': 2\n", "f.yaml:1:1: unknown field ''");
}

static void
test_destroy_nothing(void **state)
{
	struct yaml *yaml = NULL;

	(void)state;
	yaml_destroy(NULL);
	yaml_cleanup(&yaml);
	assert_null(yaml);
}

/* Written behind a key, in a list and as a key, it reads back as what it was. */
static void
expect_written(struct bytes text, const char *expected)
{
	CLEANUP(buf_clear) struct buf scalar = BUF_INIT(100000), source = BUF_INIT(400000);
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	struct error err = ERROR_INIT;

	yaml_write_scalar(&scalar, text);
	if (expected != NULL)
		assert_string_equal(buf_text(&scalar), expected);
	assert_null(memchr(scalar.data, '\n', scalar.len));
	buf_printf(&source, "a: %s\nb: [%s, %s]\nc: {%s: %s}\n", buf_text(&scalar),
		   buf_text(&scalar), buf_text(&scalar), text.len < 100 ? buf_text(&scalar) : "k",
		   buf_text(&scalar));
	if (parse(buf_bytes(&source), &yaml, &err) < 0)
		fail_msg("%s: %s", buf_text(&scalar), err.message);
	for (size_t i = 0; i < 3; i++) {
		const struct yaml_node *node = yaml->root->children[i];

		node = i > 0 ? node->children[0] : node;
		assert_true(bytes_equal((struct bytes){ (const uint8_t *)node->text, node->len },
					text));
		if (i == 2 && text.len < 100)
			assert_string_equal(node->key->text, node->text);
	}
}

static void
test_write(void **state)
{
	static const char *const plain[] = {
		"a",   "abc",	  "a-b_c.d", "https://example.org/x", "/var/lib", "a@b.org", "x1",
		"a+b", "nothing", "a%20b"
	};
	static const char *const quoted[] = {
		"",	 "y",	 "N",	 "yes",	 "No",	     "ON",   "off",  "True",
		"FALSE", "null", "Null", "~",	 "1",	     "-1",   "0x1f", "1e3",
		".5",	 ".inf", "1:30", "=",	 "<<",	     "-",    "--",   "---",
		"...",	 "- a",	 "a: b", "a:",	 "a:b",	     "a :b", "#",    "a #b",
		"&a",	 "*a",	 "!a",	 "|",	 ">",	     "'a'",  "%a",   "@a",
		"`a",	 "[",	 "{a}",	 "a,b",	 "a]",	     "?",    "? a",  " a",
		"a ",	 "a b",	 "a\\b", "a\"b", "\xc3\xa4", "+1",   "_a",   "2026-01-01",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(plain); i++)
		expect_written(bytes_of(plain[i]), plain[i]);
	for (size_t i = 0; i < COUNT(quoted); i++) {
		CLEANUP(buf_clear) struct buf scalar = BUF_INIT(1000);

		yaml_write_scalar(&scalar, bytes_of(quoted[i]));
		if (buf_text(&scalar)[0] != '"')
			fail_msg("not quoted: %s", quoted[i]);
		expect_written(bytes_of(quoted[i]), NULL);
	}
	expect_written(bytes_of("a\nb\t\r\x1b\x7f"), "\"a\\nb\\t\\r\\u001b\\u007f\"");
}

/* Every character of Unicode, alone and between letters. */
static void
test_write_characters(void **state)
{
	(void)state;
	for (uint32_t code = 1; code < 0x110000; code += code < 0x3000 ? 1 : 509) {
		uint8_t text[6] = { 'a' };
		size_t len = 1;

		if (code >= 0xd800 && code < 0xe000)
			continue;
		if (code < 0x80) {
			text[len++] = (uint8_t)code;
		} else if (code < 0x800) {
			text[len++] = (uint8_t)(0xc0 | code >> 6);
			text[len++] = (uint8_t)(0x80 | (code & 0x3f));
		} else if (code < 0x10000) {
			text[len++] = (uint8_t)(0xe0 | code >> 12);
			text[len++] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
			text[len++] = (uint8_t)(0x80 | (code & 0x3f));
		} else {
			text[len++] = (uint8_t)(0xf0 | code >> 18);
			text[len++] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
			text[len++] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
			text[len++] = (uint8_t)(0x80 | (code & 0x3f));
		}
		expect_written((struct bytes){ text + 1, len - 1 }, NULL);
		text[len++] = 'b';
		expect_written((struct bytes){ text, len }, NULL);
	}
}

static void
test_write_long(void **state)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(50000);

	(void)state;
	repeat(&text, 5000, "word \xc3\xa4\n");
	expect_written(buf_bytes(&text), NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_literal_text),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_not_allowed),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_tabs),
		cmocka_unit_test(test_characters_refused),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_message_without_value),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_endless_nesting),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_destroy_nothing),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_characters),
		cmocka_unit_test(test_write_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
