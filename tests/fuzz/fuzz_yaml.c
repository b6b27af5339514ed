/* SPDX-License-Identifier: Apache-2.0 */
/* A document is a tree whose places are in the source, and written anew it is the same tree; or it is refused
 * with a place. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static struct bytes
text_of(const struct yaml_node *node)
{
	return (struct bytes){ (const uint8_t *)node->text, node->len };
}

static void
check_place(const struct yaml_node *node, struct bytes source)
{
	require(node->line > 0 && node->line <= source.len + 1);
	require(node->column > 0 && node->column <= source.len + 1);
	require(node->start <= node->end && node->end <= source.len);
}

static void
check_scalar(const struct yaml_node *node, struct bytes source)
{
	struct bytes range = { source.data + node->start, node->end - node->start };

	check_place(node, source);
	require(node->kind == YAML_SCALAR && node->count == 0);
	require(strlen(node->text) == node->len && text_is_utf8(text_of(node)));
	/* On one line for sure. */
	if (node->style == YAML_PLAIN && strpbrk(node->text, " \n") == NULL)
		require(bytes_equal(range, text_of(node)));
	if (node->style == YAML_SINGLE || node->style == YAML_DOUBLE) {
		char quote = node->style == YAML_SINGLE ? '\'' : '"';

		require(range.len >= 2 && range.data[0] == quote &&
			range.data[range.len - 1] == quote);
	}
	if (node->style == YAML_LITERAL || node->style == YAML_FOLDED)
		require(range.len > 0 &&
			range.data[0] == (node->style == YAML_LITERAL ? '|' : '>'));
}

static void
check_node(const struct yaml_node *node, struct bytes source, size_t depth)
{
	if (node->kind == YAML_SCALAR) {
		check_scalar(node, source);
		return;
	}
	check_place(node, source);
	require(depth < YAML_DEPTH_MAX && node->text == NULL);
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *child = node->children[i];

		require((child->key != NULL) == (node->kind == YAML_MAP));
		if (child->key != NULL) {
			check_scalar(child->key, source);
			require(child->key->end <= child->start);
			require(yaml_get(node, child->key->text) == child);
		}
		if (i > 0)
			require(node->children[i - 1]->end <= child->start);
		require(child->start >= node->start && child->end <= node->end);
		check_node(child, source, depth + 1);
	}
}

/* In flow style, with '?' in front of each key, which may then be as long as it likes. */
static void
write_node(const struct yaml_node *node, struct buf *out)
{
	if (node->kind == YAML_SCALAR) {
		yaml_write_scalar(out, text_of(node));
		return;
	}
	buf_append_byte(out, node->kind == YAML_MAP ? '{' : '[');
	for (size_t i = 0; i < node->count; i++) {
		if (node->kind == YAML_MAP) {
			buf_append_text(out, "? ");
			write_node(node->children[i]->key, out);
			buf_append_text(out, " : ");
		}
		write_node(node->children[i], out);
		buf_append_text(out, ", ");
	}
	buf_append_byte(out, node->kind == YAML_MAP ? '}' : ']');
}

static void
check_same(const struct yaml_node *one, const struct yaml_node *other)
{
	require(one->kind == other->kind && one->count == other->count);
	if (one->kind == YAML_SCALAR)
		require(bytes_equal(text_of(one), text_of(other)));
	if (one->key != NULL)
		require(bytes_equal(text_of(one->key), text_of(other->key)));
	for (size_t i = 0; i < one->count; i++)
		check_same(one->children[i], other->children[i]);
}

static void
check_reads_back(const struct yaml *yaml)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(YAML_SOURCE_MAX);
	CLEANUP(yaml_cleanup) struct yaml *again = NULL;
	struct error err = ERROR_INIT;

	write_node(yaml->root, &text);
	if (text.full)
		return;
	require(yaml_parse(buf_bytes(&text), "again", &again, &err) == 0);
	check_same(yaml->root, again->root);
	require(again->root->kind == YAML_SCALAR || again->root->end == text.len);
}

/* "fuzz:LINE:COLUMN: rule" */
static void
check_message(const char *message, struct bytes source)
{
	unsigned long line, column;
	char *at;

	require(strncmp(message, "fuzz:", strlen("fuzz:")) == 0);
	line = strtoul(message + strlen("fuzz:"), &at, 10);
	require(at[0] == ':' && line > 0 && line <= source.len + 1);
	column = strtoul(at + 1, &at, 10);
	require(at[0] == ':' && at[1] == ' ' && at[2] != 0 && column > 0);
	require(column <= source.len + 1);
}

/* A lax reading: a tree within its bounds, whose keys are found. */
static size_t
check_lax_node(const struct yaml_node *node, struct bytes source, size_t depth)
{
	size_t count = 1;

	check_place(node, source);
	require(depth <= YAML_LAX_DEPTH_MAX);
	require((node->kind == YAML_SCALAR) == (node->text != NULL));
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *child = node->children[i];

		require((child->key != NULL) == (node->kind == YAML_MAP));
		require(child->key == NULL || yaml_get(node, child->key->text) == child);
		count += check_lax_node(child, source, depth + 1);
	}
	return count;
}

/* What is read strictly reads laxly as well. */
static void
check_lax(struct bytes source, bool is_strict)
{
	CLEANUP(yaml_documents_clear) struct yaml_documents all = YAML_DOCUMENTS_INIT;
	struct error err = ERROR_INIT;
	size_t count = 0;

	if (yaml_parse_lax(source, "fuzz", &all, &err) < 0) {
		/* But for a '<<' that stands for itself there. */
		require(!is_strict || strstr(err.message, "'<<' takes") != NULL);
		require(all.items == NULL && err.code == ERROR_FAILED);
		check_message(err.message, source);
		return;
	}
	for (size_t i = 0; i < all.count; i++)
		count += check_lax_node(all.items[i]->root, source, 0);
	require(count <= YAML_LAX_NODES_MAX);
	require(!is_strict || all.count <= 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	struct bytes source = { data, size };
	struct error err = ERROR_INIT;

	if (yaml_parse(source, "fuzz", &yaml, &err) == 0) {
		check_node(yaml->root, source, 0);
		check_reads_back(yaml);
	} else {
		require(yaml == NULL && err.code == ERROR_FAILED);
		check_message(err.message, source);
	}
	check_lax(source, yaml != NULL);
	return 0;
}
