/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/memory.h"
#include "base/text.h"

/* A document being read: libyaml's events become nodes on a stack of open collections. */
struct reader {
	yaml_parser_t parser;
	struct bytes source;
	const char *file;
	struct yaml_node *stack[YAML_DEPTH_MAX];
	size_t depth, nodes;
	struct yaml_node *root;
	struct yaml_node *key;	      /* read, its value is not */
	size_t at_character, at_byte; /* libyaml counts characters; a place known in both */
	size_t documents;
	size_t mark_len; /* of a byte order mark in front */
};

static void
node_free(struct yaml_node *node)
{
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->count; i++)
		node_free(node->children[i]);
	free(node->children);
	if (node->text != NULL)
		explicit_bzero(node->text, node->len);
	free(node->text);
	node_free(node->key);
	free(node);
}

void
yaml_destroy(struct yaml *yaml)
{
	if (yaml == NULL)
		return;
	node_free(yaml->root);
	free(yaml->file);
	free(yaml);
}

void
yaml_cleanup(struct yaml **yaml)
{
	yaml_destroy(*yaml);
	*yaml = NULL;
}

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

static void
append(struct yaml_node *collection, struct yaml_node *child)
{
	/* Powers of two, without a field for the capacity. */
	if ((collection->count & (collection->count - 1)) == 0)
		collection->children =
			xreallocarray(collection->children,
				      collection->count > 0 ? 2 * collection->count : 1,
				      sizeof(*collection->children));
	collection->children[collection->count++] = child;
}

/* Puts a finished scalar, or a collection just begun, where it belongs. */
static int
place(struct reader *reader, struct yaml_node *node, const yaml_mark_t *mark, struct error *err)
{
	struct yaml_node *parent = reader->depth > 0 ? reader->stack[reader->depth - 1] : NULL;

	if (parent == NULL) {
		reader->root = node;
	} else if (parent->kind == YAML_LIST) {
		append(parent, node);
	} else if (reader->key == NULL) {
		if (node->kind != YAML_SCALAR) {
			node_free(node);
			return refuse(reader, mark, err, "a key must be a text");
		}
		reader->key = node;
	} else {
		node->key = TAKE(reader->key);
		append(parent, node);
	}
	return 0;
}

static bool
is_conflict(struct bytes source, size_t at)
{
	while (at > 0 && source.data[at - 1] != '\n')
		at--;
	return source.len - at >= 7 && memchr("<>|=", source.data[at], 4) != NULL &&
	       memcmp(source.data + at, source.data + at + 1, 6) == 0;
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

static int
read_scalar(struct reader *reader, const yaml_event_t *event, struct error *err)
{
	const yaml_mark_t *mark = &event->start_mark;
	struct yaml_node *node;

	if (event->data.scalar.anchor != NULL)
		return refuse(reader, mark, err, "anchors are not allowed");
	if (event->data.scalar.tag != NULL)
		return refuse(reader, mark, err, "tags are not allowed");
	if (memchr(event->data.scalar.value, 0, event->data.scalar.length) != NULL)
		return refuse(reader, mark, err, "a NUL in a text");
	node = node_new(reader, YAML_SCALAR, scalar_style(event->data.scalar.style), event);
	node->len = event->data.scalar.length;
	node->text = xstrndup((const char *)event->data.scalar.value, node->len);
	if (node->style == YAML_LITERAL || node->style == YAML_FOLDED)
		trim_block(reader, node);
	return place(reader, node, mark, err);
}

static int
begin(struct reader *reader, const yaml_event_t *event, enum yaml_kind kind, bool is_flow,
      bool has_anchor, bool has_tag, struct error *err)
{
	const yaml_mark_t *mark = &event->start_mark;
	struct yaml_node *node;

	if (has_anchor)
		return refuse(reader, mark, err, "anchors are not allowed");
	if (has_tag)
		return refuse(reader, mark, err, "tags are not allowed");
	if (reader->depth == YAML_DEPTH_MAX)
		return refuse(reader, mark, err, "nested too deeply");
	node = node_new(reader, kind, is_flow ? YAML_FLOW : YAML_BLOCK, event);
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
	return node->kind == YAML_MAP ? check_duplicates(reader, node, err) : 0;
}

static int
take_event(struct reader *reader, const yaml_event_t *event, struct error *err)
{
	const yaml_mark_t *mark = &event->start_mark;

	if (++reader->nodes > YAML_NODES_MAX)
		return refuse(reader, mark, err, "too many entries");
	switch ((int)event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(reader, event, err);
	case YAML_SEQUENCE_START_EVENT:
		return begin(reader, event, YAML_LIST,
			     event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
			     event->data.sequence_start.anchor != NULL,
			     event->data.sequence_start.tag != NULL, err);
	case YAML_MAPPING_START_EVENT:
		return begin(reader, event, YAML_MAP,
			     event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
			     event->data.mapping_start.anchor != NULL,
			     event->data.mapping_start.tag != NULL, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return finish(reader, event, err);
	case YAML_ALIAS_EVENT:
		return refuse(reader, mark, err, "aliases are not allowed");
	case YAML_DOCUMENT_START_EVENT:
		if (event->data.document_start.version_directive != NULL ||
		    event->data.document_start.tag_directives.start !=
			    event->data.document_start.tag_directives.end)
			return refuse(reader, mark, err, "directives are not allowed");
		if (++reader->documents > 1)
			return refuse(reader, mark, err, "a second document");
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

/* Where a byte stands, counted as libyaml counts: characters, without the byte order mark. */
static int
refuse_at(const struct reader *reader, size_t at, struct error *err, const char *rule)
{
	const uint8_t *data = reader->source.data;
	yaml_mark_t mark = { 0, 0, 0 };

	for (size_t i = reader->mark_len; i < at; i++) {
		if (data[i] == '\n' || (data[i] == '\r' && data[i + 1] != '\n')) {
			mark.line++;
			mark.column = 0;
		} else {
			mark.column += (data[i] & 0xc0) != 0x80;
		}
	}
	return refuse(reader, &mark, err, rule);
}

/* The first byte that is in no character. */
static size_t
find_invalid(struct bytes source)
{
	size_t at = 0, len = 1;

	while (at < source.len && len <= 4) {
		if (len <= source.len - at &&
		    text_is_utf8((struct bytes){ source.data + at, len })) {
			at += len;
			len = 1;
		} else {
			len++;
		}
	}
	return at;
}

/* Why a character of valid UTF-8 may not stand in a document, or NULL. libyaml knows no control characters,
 * and breaks lines as YAML 1.1 does: it would make a blank of U+0085 and count lines that no editor shows. */
static const char *
check_character(const uint8_t *at)
{
	if (at[0] == 0)
		return "a NUL";
	if ((at[0] < 0x20 && memchr("\t\r\n", at[0], 3) == NULL) || at[0] == 0x7f)
		return "a control character";
	if (at[0] == 0xc2 && at[1] < 0xa0)
		return "a control character";
	if (at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8)
		return "a line separator (\"\\u2028\" in quotes would do)";
	if (at[0] == 0xef && at[1] == 0xbf && at[2] > 0xbd)
		return "no character";
	return NULL;
}

/* What libyaml would report in words of its own or in a wrong place. */
static int
check_source(const struct reader *reader, struct error *err)
{
	struct bytes source = reader->source;
	const char *rule;

	if (source.len > YAML_SOURCE_MAX)
		return error_set(err, ERROR_FAILED, "%s: larger than %d bytes", reader->file,
				 YAML_SOURCE_MAX);
	if (!text_is_utf8(source))
		return refuse_at(reader, find_invalid(source), err, "not valid UTF-8 text");
	for (size_t at = 0; at < source.len; at++) {
		if ((at == 0 || source.data[at - 1] == '\n') && is_conflict(source, at))
			return refuse_at(reader, at, err, "a merge conflict was left here");
		rule = check_character(source.data + at);
		if (rule != NULL)
			return refuse_at(reader, at, err, rule);
	}
	return 0;
}

static int
read_document(struct reader *reader, struct error *err)
{
	int result;

	if (check_source(reader, err) < 0)
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
	if (reader->root == NULL) {
		reader->root = xcalloc(1, sizeof(*reader->root));
		reader->root->line = reader->root->column = 1;
	} else if (reader->root->kind != YAML_SCALAR || reader->root->style != YAML_PLAIN ||
		   reader->root->len > 0) {
		return;
	}
	free(reader->root->text);
	reader->root->text = NULL;
	reader->root->kind = YAML_MAP;
	reader->root->style = YAML_BLOCK;
}

int
yaml_parse(struct bytes source, const char *file, struct yaml **ret, struct error *err)
{
	struct reader reader = { .source = source, .file = file };
	struct bytes empty = { (const uint8_t *)"", 0 };

	if (source.data == NULL)
		reader.source = empty;
	/* libyaml would count the byte order mark as a column. */
	if (source.len >= 3 && memcmp(source.data, "\xef\xbb\xbf", 3) == 0)
		reader.mark_len = 3;
	if (read_document(&reader, err) < 0) {
		node_free(reader.root);
		node_free(reader.key);
		return -1;
	}
	make_empty_map(&reader);
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->file = xstrdup(file);
	(*ret)->root = reader.root;
	return 0;
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++) {
		if (strcmp(map->children[i]->key->text, key) == 0)
			return map->children[i];
	}
	return NULL;
}

int
yaml_error(const struct yaml *yaml, const struct yaml_node *node, struct error *err,
	   const char *format, ...)
{
	char text[ERROR_MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(err, ERROR_FAILED, "%s:%zu:%zu: %s", yaml->file, node->line, node->column,
			 text);
}

int
yaml_expect(const struct yaml *yaml, const struct yaml_node *node, enum yaml_kind kind,
	    const char *what, struct error *err)
{
	static const char *const kinds[] = { "a single value", "a list", "a map" };

	if (node->kind == kind)
		return 0;
	return yaml_error(yaml, node, err, "'%s' must be %s", what, kinds[kind]);
}

int
yaml_check_fields(const struct yaml *yaml, const struct yaml_node *map, const char *const *fields,
		  struct error *err)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->children[i]->key;
		const char *near;
		size_t known = 0;

		while (fields[known] != NULL && strcmp(fields[known], key->text) != 0)
			known++;
		if (fields[known] != NULL)
			continue;
		near = text_suggest(key->text, fields);
		if (near != NULL)
			return yaml_error(yaml, key, err, "unknown field '%s', did you mean '%s'?",
					  key->text, near);
		return yaml_error(yaml, key, err, "unknown field '%s'", key->text);
	}
	return 0;
}
