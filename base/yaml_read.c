/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/memory.h"
#include "base/yaml_parts.h"

/* A document being read: libyaml's events become nodes on a stack of open collections. */
struct reader {
	yaml_parser_t parser;
	struct bytes source;
	const char *file;
	struct yaml_node *stack[YAML_LAX_DEPTH_MAX];
	size_t depth, nodes;
	struct yaml_documents *all; /* lax: where documents go; NULL: strict */
	struct yaml_lax lax;
	struct yaml_node *root;
	struct yaml_node *key;	      /* read, its value is not */
	size_t at_character, at_byte; /* libyaml counts characters; a place known in both */
	size_t documents;
	size_t mark_len; /* of a byte order mark in front */
};

static int
refuse(const struct reader *reader, const yaml_mark_t *mark, struct error *err, const char *rule)
{
	return error_set(err, ERROR_FAILED, "%s:%zu:%zu: %s", reader->file, mark->line + 1,
			 mark->column + 1, rule);
}

/* The byte at which a mark stands. Marks come in order but for a collection's end, so this mostly walks on. */
static size_t
byte_of(struct reader *reader, const yaml_mark_t *mark)
{
	const uint8_t *data = reader->source.data;

	if (mark->index < reader->at_character) {
		reader->at_character = 0;
		reader->at_byte = reader->mark_len;
	}
	while (reader->at_character < mark->index && reader->at_byte < reader->source.len) {
		reader->at_byte++;
		while (reader->at_byte < reader->source.len &&
		       (data[reader->at_byte] & 0xc0) == 0x80)
			reader->at_byte++;
		reader->at_character++;
	}
	return reader->at_byte;
}

static struct yaml_node *
node_new(struct reader *reader, enum yaml_kind kind, enum yaml_style style,
	 const yaml_event_t *event)
{
	struct yaml_node *node = xcalloc(1, sizeof(*node));

	node->kind = kind;
	node->style = style;
	node->line = event->start_mark.line + 1;
	node->column = event->start_mark.column + 1;
	node->start = byte_of(reader, &event->start_mark);
	node->end = byte_of(reader, &event->end_mark);
	return node;
}

/* Puts a finished scalar, or a collection just begun, where it belongs. */
static int
place(struct reader *reader, struct yaml_node *node, const yaml_mark_t *mark, struct error *err)
{
	struct yaml_node *parent = reader->depth > 0 ? reader->stack[reader->depth - 1] : NULL;

	if (parent == NULL) {
		reader->root = node;
	} else if (parent->kind == YAML_LIST) {
		yaml_node_append(parent, node);
	} else if (reader->key == NULL) {
		if (node->kind != YAML_SCALAR) {
			yaml_node_free(node);
			return refuse(reader, mark, err, "a key must be a text");
		}
		reader->key = node;
	} else {
		node->key = TAKE(reader->key);
		yaml_node_append(parent, node);
	}
	return 0;
}

static enum yaml_style
scalar_style(yaml_scalar_style_t style)
{
	return style == YAML_SINGLE_QUOTED_SCALAR_STYLE ? YAML_SINGLE :
	       style == YAML_DOUBLE_QUOTED_SCALAR_STYLE ? YAML_DOUBLE :
	       style == YAML_LITERAL_SCALAR_STYLE	? YAML_LITERAL :
	       style == YAML_FOLDED_SCALAR_STYLE	? YAML_FOLDED :
							  YAML_PLAIN;
}

/* A block scalar's event ends at the next token: back to the end of its last line with content. */
static void
trim_block(struct reader *reader, struct yaml_node *node)
{
	const uint8_t *data = reader->source.data;
	size_t line_start;

	while (node->end > node->start) {
		line_start = node->end - 1;
		while (line_start > node->start && data[line_start - 1] != '\n')
			line_start--;
		for (size_t i = line_start; i < node->end; i++) {
			if (memchr(" \t\r\n", data[i], 4) != NULL)
				continue;
			while (memchr("\r\n", data[node->end - 1], 2) != NULL)
				node->end--;
			return;
		}
		node->end = line_start;
	}
}

/* Anchors and tags: refused, or passed over and remembered. */
static int
take_marks(struct reader *reader, const yaml_mark_t *mark, const yaml_char_t *anchor,
	   const yaml_char_t *tag, const struct yaml_node *node, struct error *err)
{
	const char *rule = NULL;

	if (reader->all == NULL && anchor != NULL)
		rule = "anchors are not allowed";
	else if (reader->all == NULL && tag != NULL)
		rule = "tags are not allowed";
	else if (anchor != NULL)
		rule = yaml_lax_name(&reader->lax, (const char *)anchor, node);
	return rule != NULL ? refuse(reader, mark, err, rule) : 0;
}

static int
read_scalar(struct reader *reader, const yaml_event_t *event, struct error *err)
{
	const yaml_mark_t *mark = &event->start_mark;
	struct yaml_node *node;

	if (memchr(event->data.scalar.value, 0, event->data.scalar.length) != NULL)
		return refuse(reader, mark, err, "a NUL in a text");
	node = node_new(reader, YAML_SCALAR, scalar_style(event->data.scalar.style), event);
	node->len = event->data.scalar.length;
	node->text = xstrndup((const char *)event->data.scalar.value, node->len);
	if (node->style == YAML_LITERAL || node->style == YAML_FOLDED)
		trim_block(reader, node);
	if (take_marks(reader, mark, event->data.scalar.anchor, event->data.scalar.tag, node, err) <
	    0) {
		yaml_node_free(node);
		return -1;
	}
	return place(reader, node, mark, err);
}

static int
begin(struct reader *reader, const yaml_event_t *event, enum yaml_kind kind, bool is_flow,
      const yaml_char_t *anchor, const yaml_char_t *tag, struct error *err)
{
	const yaml_mark_t *mark = &event->start_mark;
	struct yaml_node *node;

	if (reader->depth == (reader->all != NULL ? YAML_LAX_DEPTH_MAX : YAML_DEPTH_MAX))
		return refuse(reader, mark, err, "nested too deeply");
	node = node_new(reader, kind, is_flow ? YAML_FLOW : YAML_BLOCK, event);
	if (take_marks(reader, mark, anchor, tag, node, err) < 0) {
		yaml_node_free(node);
		return -1;
	}
	if (place(reader, node, mark, err) < 0)
		return -1;
	reader->stack[reader->depth++] = node;
	return 0;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct yaml_node *const *one = a, *const *other = b;
	int order = bytes_compare((struct bytes){ (const uint8_t *)(*one)->key->text,
						  (*one)->key->len },
				  (struct bytes){ (const uint8_t *)(*other)->key->text,
						  (*other)->key->len });

	return order != 0 ? order :
			    ((*one)->start > (*other)->start) - ((*one)->start < (*other)->start);
}

static int
check_duplicates(const struct reader *reader, const struct yaml_node *map, struct error *err)
{
	struct yaml_node **sorted;
	const struct yaml_node *second = NULL;

	if (map->count < 2)
		return 0;
	sorted = xcalloc(map->count, sizeof(*sorted));
	memcpy(sorted, map->children, map->count * sizeof(*sorted));
	qsort(sorted, map->count, sizeof(*sorted), compare_keys);
	for (size_t i = 1; i < map->count && second == NULL; i++) {
		if (sorted[i - 1]->key->len == sorted[i]->key->len &&
		    memcmp(sorted[i - 1]->key->text, sorted[i]->key->text, sorted[i]->key->len) ==
			    0)
			second = sorted[i]->key;
	}
	free(sorted);
	if (second == NULL)
		return 0;
	return error_set(err, ERROR_FAILED, "%s:%zu:%zu: a key stands here for the second time",
			 reader->file, second->line, second->column);
}

static int
finish(struct reader *reader, const yaml_event_t *event, struct error *err)
{
	struct yaml_node *node = reader->stack[--reader->depth];

	if (node->style == YAML_FLOW)
		node->end = byte_of(reader, &event->end_mark);
	else if (node->count > 0)
		node->end = node->children[node->count - 1]->end;
	if (node->kind == YAML_MAP && reader->all != NULL) {
		const char *rule = yaml_lax_settle(&reader->lax, node, reader->depth);

		return rule != NULL ? refuse(reader, &event->start_mark, err, rule) : 0;
	}
	return node->kind == YAML_MAP ? check_duplicates(reader, node, err) : 0;
}

static int
take_alias(struct reader *reader, const yaml_event_t *event, struct error *err)
{
	const yaml_mark_t *mark = &event->start_mark;
	const struct yaml_node *node;
	struct yaml_node *copy;
	const char *rule;

	if (reader->all == NULL)
		return refuse(reader, mark, err, "aliases are not allowed");
	node = yaml_lax_find(&reader->lax, (const char *)event->data.alias.anchor);
	if (node == NULL)
		return refuse(reader, mark, err, "an alias without its anchor");
	for (size_t i = 0; i < reader->depth; i++) {
		if (reader->stack[i] == node)
			return refuse(reader, mark, err, "an alias inside of what it stands for");
	}
	rule = yaml_lax_copy(&reader->lax, node, reader->depth, &copy);
	if (rule != NULL)
		return refuse(reader, mark, err, rule);
	/* Itself it stands where the alias does; what is below it, where it was copied from. */
	copy->line = mark->line + 1;
	copy->column = mark->column + 1;
	copy->start = byte_of(reader, mark);
	copy->end = byte_of(reader, &event->end_mark);
	return place(reader, copy, mark, err);
}

static bool
is_empty(const struct yaml_node *root)
{
	return root == NULL ||
	       (root->kind == YAML_SCALAR && root->style == YAML_PLAIN && root->len == 0);
}

static struct yaml *
document_of(const struct reader *reader, struct yaml_node *root)
{
	struct yaml *yaml = xcalloc(1, sizeof(*yaml));

	yaml->file = xstrdup(reader->file);
	yaml->root = root;
	return yaml;
}

/* A document of several is complete. */
static void
end_document(struct reader *reader)
{
	struct yaml_documents *all = reader->all;
	struct yaml_node *root = TAKE(reader->root);

	yaml_lax_clear(&reader->lax);
	if (is_empty(root)) {
		yaml_node_free(root);
		return;
	}
	if ((all->count & (all->count - 1)) == 0)
		all->items = xreallocarray(all->items, all->count > 0 ? 2 * all->count : 1,
					   sizeof(struct yaml *));
	all->items[all->count++] = document_of(reader, root);
}

static int
begin_document(struct reader *reader, const yaml_event_t *event, struct error *err)
{
	const yaml_mark_t *mark = &event->start_mark;

	if (reader->all != NULL)
		return 0;
	if (event->data.document_start.version_directive != NULL ||
	    event->data.document_start.tag_directives.start !=
		    event->data.document_start.tag_directives.end)
		return refuse(reader, mark, err, "directives are not allowed");
	if (++reader->documents > 1)
		return refuse(reader, mark, err, "a second document");
	return 0;
}

static int
take_event(struct reader *reader, const yaml_event_t *event, struct error *err)
{
	const yaml_mark_t *mark = &event->start_mark;

	if (++reader->nodes > (reader->all != NULL ? YAML_LAX_NODES_MAX : YAML_NODES_MAX))
		return refuse(reader, mark, err, "too many entries");
	switch ((int)event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(reader, event, err);
	case YAML_SEQUENCE_START_EVENT:
		return begin(reader, event, YAML_LIST,
			     event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
			     event->data.sequence_start.anchor, event->data.sequence_start.tag,
			     err);
	case YAML_MAPPING_START_EVENT:
		return begin(reader, event, YAML_MAP,
			     event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
			     event->data.mapping_start.anchor, event->data.mapping_start.tag, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return finish(reader, event, err);
	case YAML_ALIAS_EVENT:
		return take_alias(reader, event, err);
	case YAML_DOCUMENT_START_EVENT:
		return begin_document(reader, event, err);
	case YAML_DOCUMENT_END_EVENT:
		if (reader->all != NULL)
			end_document(reader);
		return 0;
	default:
		return 0;
	}
}

/* libyaml's own problem texts are constants, but for none of ours is a value worth the risk: a few words of
 * our own for what people meet, its constant for the rest. */
static int
report_problem(struct reader *reader, struct error *err)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
	yaml_mark_t mark = parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		memory_ran_out();
	if (strstr(problem, "cannot start any token") != NULL)
		problem = "a character that cannot start a value here (a tab?)";
	return refuse(reader, &mark, err, problem);
}

/* libyaml's buffers hold the source, and its events the scalars: wiped before they go. */
static void
wipe_event(yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT && event->data.scalar.value != NULL)
		explicit_bzero(event->data.scalar.value, event->data.scalar.length);
	yaml_event_delete(event);
}

static void
wipe_parser(yaml_parser_t *parser)
{
	if (parser->raw_buffer.start != NULL)
		explicit_bzero(parser->raw_buffer.start,
			       (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
	if (parser->buffer.start != NULL)
		explicit_bzero(parser->buffer.start,
			       (size_t)(parser->buffer.end - parser->buffer.start));
	yaml_parser_delete(parser);
}

static int
read_events(struct reader *reader, struct error *err)
{
	for (;;) {
		yaml_event_t event;
		bool is_end;
		int result;

		if (!yaml_parser_parse(&reader->parser, &event))
			return report_problem(reader, err);
		is_end = event.type == YAML_STREAM_END_EVENT;
		result = take_event(reader, &event, err);
		wipe_event(&event);
		if (result < 0 || is_end)
			return result;
	}
}

static int
read_document(struct reader *reader, struct error *err)
{
	int result;

	if (yaml_source_check(reader->source, reader->file, reader->all != NULL, err) < 0)
		return -1;
	if (!yaml_parser_initialize(&reader->parser))
		memory_ran_out();
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	reader->at_byte = reader->mark_len;
	yaml_parser_set_input_string(&reader->parser, reader->source.data + reader->mark_len,
				     reader->source.len - reader->mark_len);
	result = read_events(reader, err);
	wipe_parser(&reader->parser);
	return result;
}

/* No document, or one between its markers with nothing in it, which libyaml shows as an empty scalar. */
static void
make_empty_map(struct reader *reader)
{
	if (!is_empty(reader->root))
		return;
	if (reader->root == NULL) {
		reader->root = xcalloc(1, sizeof(*reader->root));
		reader->root->line = reader->root->column = 1;
	}
	free(reader->root->text);
	reader->root->text = NULL;
	reader->root->kind = YAML_MAP;
	reader->root->style = YAML_BLOCK;
}

static int
read_source(struct reader *reader, struct error *err)
{
	static const uint8_t nothing[1];
	int result;

	if (reader->source.data == NULL)
		reader->source = (struct bytes){ nothing, 0 };
	/* libyaml would count the byte order mark as a column. */
	reader->mark_len = yaml_source_mark_len(reader->source);
	result = read_document(reader, err);
	yaml_lax_clear(&reader->lax);
	if (result < 0) {
		yaml_node_free(reader->root);
		yaml_node_free(reader->key);
	}
	return result;
}

int
yaml_parse(struct bytes source, const char *file, struct yaml **ret, struct error *err)
{
	struct reader reader = { .source = source, .file = file };

	if (read_source(&reader, err) < 0)
		return -1;
	make_empty_map(&reader);
	*ret = document_of(&reader, reader.root);
	return 0;
}

int
yaml_parse_lax(struct bytes source, const char *file, struct yaml_documents *ret, struct error *err)
{
	CLEANUP(yaml_documents_clear) struct yaml_documents all = YAML_DOCUMENTS_INIT;
	struct reader reader = { .source = source, .file = file, .all = &all };

	if (read_source(&reader, err) < 0)
		return -1;
	*ret = all;
	all = (struct yaml_documents)YAML_DOCUMENTS_INIT;
	return 0;
}
