/* SPDX-License-Identifier: Apache-2.0 */
/* What a lax reading takes that a strict one refuses, and what neither takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/yaml.h"

/* Parsed from a block of its own size, so that a sanitizer sees a byte read too many. */
static int
parse(const char *source, struct yaml_documents *ret, struct error *err)
{
	size_t len = strlen(source);
	uint8_t *copy = xcalloc(len, 1);
	int result;

	if (len > 0)
		memcpy(copy, source, len);
	result = yaml_parse_lax((struct bytes){ copy, len }, "f.yaml", ret, err);
	free(copy);
	return result;
}

/* As a flow of JSON's kind, with the lines of scalars behind them; a copy has a '*'. */
static void
show(const struct yaml_node *node, struct buf *out)
{
	if (node->key != NULL)
		buf_printf(out, "%s: ", node->key->text);
	if (node->kind == YAML_SCALAR) {
		buf_printf(out, "%s@%zu%s", node->text, node->line, node->is_copy ? "*" : "");
		return;
	}
	buf_append_byte(out, node->kind == YAML_MAP ? '{' : '[');
	for (size_t i = 0; i < node->count; i++) {
		if (i > 0)
			buf_append_text(out, ", ");
		show(node->children[i], out);
	}
	buf_append_byte(out, node->kind == YAML_MAP ? '}' : ']');
}

/* The documents, one behind the other. */
static void
expect(const char *source, const char *expected)
{
	CLEANUP(yaml_documents_clear) struct yaml_documents all = YAML_DOCUMENTS_INIT;
	CLEANUP(buf_clear) struct buf shown = BUF_INIT(100000);
	struct error err = ERROR_INIT;

	if (parse(source, &all, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < all.count; i++) {
		assert_string_equal(all.items[i]->file, "f.yaml");
		show(all.items[i]->root, &shown);
		buf_append_byte(&shown, '\n');
	}
	assert_string_equal(buf_text(&shown), expected);
}

static void
refuse(const char *source, const char *message)
{
	CLEANUP(free_text) char *whole = xasprintf("f.yaml:%s", message);
	struct yaml_documents all = YAML_DOCUMENTS_INIT;
	struct error err = ERROR_INIT;

	if (parse(source, &all, &err) == 0)
		fail_msg("accepted, instead of '%s'", message);
	assert_null(all.items);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, whole);
}

static void
test_documents(void **state)
{
	(void)state;
	expect("", "");
	expect("---\n# nothing\n---\n---\n", "");
	expect("a: 1\n---\n- b\n--- c\n...\n---\n{d: 2}\n", "{a: 1@1}\n[b@3]\nc@4\n{d: 2@7}\n");
	expect("\xef\xbb\xbf%YAML 1.1\n---\na: 1\n", "{a: 1@3}\n");
	expect("%TAG !e! tag:example.org,2026:\n---\na: !e!x 1\nb: !!int 2\nc: !y {d: e}\n",
	       "{a: 1@3, b: 2@4, c: {d: e@5}}\n");
	/* Other breaks of a line: only lines are counted otherwise. */
	expect("a: 'x\xe2\x80\xa8y'\n", "{a: x\xe2\x80\xa8y@1}\n");
}

static void
test_aliases(void **state)
{
	(void)state;
	expect("a: &x 1\nb: *x\nc: &y {d: *x}\ne: [*y, *y]\n",
	       "{a: 1@1, b: 1@2*, c: {d: 1@3*}, e: [{d: 1@3*}, {d: 1@3*}]}\n");
	/* The latest of a name; a key. */
	expect("a: &x 1\nb: &x 2\nc: *x\n*x : d\n", "{a: 1@1, b: 2@2, c: 2@3*, 2: d@4}\n");
	/* What a duplicate or a merge has put aside is there for an alias all the same. */
	expect("a: &x 1\na: 2\nb: *x\n", "{a: 2@2, b: 1@3*}\n");
	expect("m: {a: &x 1, a: 2}\nb: *x\n", "{m: {a: 2@1}, b: 1@2*}\n");
	expect("m: {<<: {a: &x 1}, a: 2}\nb: *x\n", "{m: {a: 2@1}, b: 1@2*}\n");
	refuse("a: *x\nb: &x 1\n", "1:4: an alias without its anchor");
	refuse("a: &x 1\n---\nb: *x\n", "3:4: an alias without its anchor");
	refuse("a: &x {b: *x}\n", "1:11: an alias inside of what it stands for");
	refuse("&x a: &y [b, [*y]]\n", "1:15: an alias inside of what it stands for");
	refuse("a: &x {b: c}\n*x : d\n", "2:1: a key must be a text");
}

static void
test_merge(void **state)
{
	(void)state;
	expect("a: &x {b: 1, c: 2}\nd:\n  c: 3\n  <<: *x\n",
	       "{a: {b: 1@1, c: 2@1}, d: {c: 3@3, b: 1@1*}}\n");
	/* Of a list, the first that has a key. */
	expect("a: &x {k: 1}\nb: &y {k: 2, l: 3}\nc: {<<: [*x, *y]}\n",
	       "{a: {k: 1@1}, b: {k: 2@2, l: 3@2}, c: {k: 1@1*, l: 3@2*}}\n");
	expect("{<<: {a: 1}, <<: {a: 2, b: 3}}\n", "{a: 1@1*, b: 3@1*}\n");
	expect("{<<: {}, a: 1}\n", "{a: 1@1}\n");
	expect("{<<: {}}\n", "{}\n");
	/* In quotes it is a key like any other. */
	expect("{\"<<\": 1}\n", "{<<: 1@1}\n");
	refuse("{<<: 1}\n", "1:7: '<<' takes a map or a list of maps");
	refuse("{a: 1, <<: [{b: 2}, 3]}\n", "1:23: '<<' takes a map or a list of maps");
}

static void
test_duplicates(void **state)
{
	(void)state;
	expect("a: 1\nb: 2\na: 3\n", "{b: 2@2, a: 3@3}\n");
}

static void
test_never(void **state)
{
	(void)state;
	refuse("a: \"\\0\"\n", "1:4: a NUL in a text");
	refuse("a: \xff\n", "1:4: not valid UTF-8 text");
	refuse("a: \x01\n", "1:4: a control character");
	refuse("<<<<<<< ours\na: 1\n", "1:1: a merge conflict was left here");
	refuse("a: 1\n---\n{{ .Values.x }}: 2\n", "3:1: a key must be a text");
}

/* Nine levels of ten aliases each: a billion. */
static void
test_laughs(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(100000);

	(void)state;
	buf_append_text(&source, "a0: &a0 ha\n");
	for (int level = 1; level < 10; level++) {
		buf_printf(&source, "a%d: &a%d [", level, level);
		for (int i = 0; i < 10; i++)
			buf_printf(&source, "%s*a%d", i > 0 ? ", " : "", level - 1);
		buf_append_text(&source, "]\n");
	}
	refuse(buf_text(&source), "7:10: aliases stand for too much");
}

static void
test_laughs_by_merge(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(1000000);

	(void)state;
	buf_append_text(&source, "a: &a {");
	for (int i = 0; i < 1000; i++)
		buf_printf(&source, "k%d: v, ", i);
	buf_append_text(&source, "}\nb: {<<: [*a");
	for (int i = 0; i < 200; i++)
		buf_append_text(&source, ", *a");
	buf_append_text(&source, "]}\n");
	refuse(buf_text(&source), "2:406: aliases stand for too much");
}

/* One long text, many times. */
static void
test_much_text(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(4 * 1024 * 1024);

	(void)state;
	buf_append_text(&source, "a: &a ");
	for (int i = 0; i < 1024 * 1024; i++)
		buf_append_byte(&source, 'x');
	buf_append_text(&source, "\nb: [*a");
	for (int i = 0; i < 15; i++)
		buf_append_text(&source, ", *a");
	buf_append_text(&source, ", *a]\n");
	refuse(buf_text(&source), "2:69: aliases stand for too much");
}

static void
deep(struct buf *source, int levels)
{
	for (int i = 0; i < levels; i++)
		buf_append_byte(source, '[');
	for (int i = 0; i < levels; i++)
		buf_append_byte(source, ']');
}

static void
test_depth(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(1000);
	CLEANUP(yaml_documents_clear) struct yaml_documents all = YAML_DOCUMENTS_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	deep(&source, YAML_LAX_DEPTH_MAX);
	assert_int_equal(parse(buf_text(&source), &all, &err), 0);
	buf_reset(&source);
	deep(&source, YAML_LAX_DEPTH_MAX + 1);
	refuse(buf_text(&source), "1:101: nested too deeply");
	/* An alias carries its depth along. */
	buf_reset(&source);
	buf_append_text(&source, "- &a ");
	deep(&source, 60);
	buf_append_text(&source, "\n- ");
	for (int i = 0; i < 45; i++)
		buf_append_byte(&source, '[');
	buf_append_text(&source, "*a");
	for (int i = 0; i < 45; i++)
		buf_append_byte(&source, ']');
	refuse(buf_text(&source), "2:48: nested too deeply");
}

static void
test_anchors(void **state)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(1000000);

	(void)state;
	for (int i = 0; i < 10001; i++)
		buf_printf(&source, "- &a%d x\n", i);
	refuse(buf_text(&source), "10001:3: too many anchors");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),	cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_merge),		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_never),		cmocka_unit_test(test_laughs),
		cmocka_unit_test(test_laughs_by_merge), cmocka_unit_test(test_much_text),
		cmocka_unit_test(test_depth),		cmocka_unit_test(test_anchors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
