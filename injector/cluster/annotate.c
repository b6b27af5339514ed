/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/annotate.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/hash.h"

enum { LINES_MAX = 16 * 1024 * 1024 };

void
edits_add(struct edits *edits, size_t at, size_t removed, char *text)
{
	size_t count = edits->count;

	if ((count & (count - 1)) == 0)
		edits->items = xreallocarray(edits->items, count > 0 ? 2 * count : 1,
					     sizeof(*edits->items));
	edits->items[edits->count++] = (struct edit){ .at = at, .removed = removed, .text = text };
}

static int
by_place(const void *a, const void *b)
{
	const struct edit *one = a, *other = b;

	return (one->at > other->at) - (one->at < other->at);
}

void
edits_sort(struct edits *edits)
{
	if (edits->count > 1)
		qsort(edits->items, edits->count, sizeof(*edits->items), by_place);
}

void
edits_clear(struct edits *edits)
{
	for (size_t i = 0; i < edits->count; i++)
		free(edits->items[i].text);
	free(edits->items);
	*edits = (struct edits)EDITS_INIT;
}

static bool
is_used(const struct consumer *workload, const struct kube_object *object)
{
	if (workload->namespace != NULL && object->namespace != NULL &&
	    strcmp(workload->namespace, object->namespace) != 0)
		return false;
	for (size_t i = 0; i < workload->reference_count; i++) {
		const struct consumer_reference *reference = &workload->references[i];

		if (!reference->is_outside && reference->kind == object->kind &&
		    strcmp(reference->name, object->name) == 0)
			return true;
	}
	return false;
}

char *
annotate_value(const struct consumer *workload, const struct kube_objects *objects)
{
	CLEANUP(list_clear) struct list lines = LIST_INIT;
	CLEANUP(buf_clear) struct buf text = BUF_INIT(LINES_MAX);
	char digits[SHA256_HEX_BYTES];

	for (size_t i = 0; i < objects->count; i++) {
		const struct kube_object *object = &objects->items[i];

		if (is_used(workload, object))
			list_take(&lines, xasprintf("%s/%s\n%s\n", kube_kind_name(object->kind),
						    object->name, object->annotations[0].value));
	}
	if (lines.count == 0)
		return NULL;
	list_sort(&lines);
	for (size_t i = 0; i < lines.count; i++)
		buf_append_text(&text, lines.items[i]);
	sha256_hex(buf_bytes(&text), digits);
	return xstrdup(digits);
}

/* One entry, at the front of a map that has some or none. In a block each line has the map's column. */
static void
put_entry(const struct yaml_node *map, struct bytes source, const char *block, const char *flow,
	  struct edits *edits)
{
	const struct yaml_node *first = map->count > 0 ? map->children[0]->key : NULL;
	size_t at = map->start;

	if (map->style == YAML_BLOCK && first != NULL) {
		edits_add(edits, first->start, 0,
			  xasprintf("%s\n%*s", block, (int)(first->column - 1), ""));
		return;
	}
	/* Its anchor or tag, in which no bracket can stand, comes first. */
	while (at < map->end && source.data[at] != '{')
		at++;
	edits_add(edits, at + 1, 0, xasprintf("%s%s", flow, map->count > 0 ? ", " : ""));
}

/* The same where the value of a field is nothing yet: "metadata:", "metadata: null". */
static void
replace_nothing(const struct yaml_node *nothing, const char *flow, struct edits *edits)
{
	edits_add(edits, nothing->start, nothing->end - nothing->start,
		  xasprintf("%s{%s}", nothing->len == 0 ? " " : "", flow));
}

static bool
is_nothing(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->style == YAML_PLAIN &&
	       (node->len == 0 || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

/* How deep in the template the annotation's map is missing: the entry that brings it, in both styles. */
struct entry {
	char *block, *flow;
};

static void
clear_entry(struct entry *entry)
{
	free(entry->block);
	free(entry->flow);
}

/* "metadata:\n  annotations:\n    …", as much of it as is missing, indented below column. */
static struct entry
make_entry(const char *value, size_t missing, size_t column)
{
	static const char *const fields[] = { "annotations", "metadata" };
	struct entry entry = {
		.block = xasprintf("%s: \"%s\"", ANNOTATION_RESTARTED_FOR, value),
		.flow = xasprintf("\"%s\": \"%s\"", ANNOTATION_RESTARTED_FOR, value),
	};

	for (size_t i = 0; i < missing; i++) {
		size_t indent = column - 1 + 2 * (missing - i);
		char *block = xasprintf("%s:\n%*s%s", fields[i], (int)indent, "", entry.block);
		char *flow = xasprintf("\"%s\": {%s}", fields[i], entry.flow);

		clear_entry(&entry);
		entry = (struct entry){ block, flow };
	}
	return entry;
}

static int
refuse(const struct consumer *workload, const struct yaml_node *at, const char *what,
       struct error *err)
{
	return yaml_error(workload->yaml, at, err,
			  "%s '%s': %s, so that the annotation of its pods has no place",
			  workload->kind, workload->name, what);
}

/* map has not, or has, `fields` of the way to the annotation: at each it goes on below, until one is missing. */
static int
put_annotation(const struct consumer *workload, const char *value, struct bytes source,
	       struct edits *edits, struct error *err)
{
	static const char *const way[] = { "metadata", "annotations", ANNOTATION_RESTARTED_FOR };
	const struct yaml_node *map = workload->template;

	for (size_t i = 0; i < COUNT(way); i++) {
		const struct yaml_node *next = yaml_get(map, way[i]);
		size_t missing = COUNT(way) - 1 - i;
		const struct yaml_node *first = map->count > 0 ? map->children[0]->key : NULL;
		CLEANUP(clear_entry) struct entry entry =
			make_entry(value, missing, first != NULL ? first->column : 1);

		if (map->is_copy || (first != NULL && first->is_copy) ||
		    (next != NULL && (next->is_copy || next->key->is_copy)))
			return refuse(workload, next != NULL ? next : map,
				      "an alias or a merge key stands here", err);
		if (next == NULL) {
			put_entry(map, source, entry.block, entry.flow, edits);
			return 0;
		}
		if (missing > 0 && is_nothing(next)) {
			CLEANUP(clear_entry) struct entry inner =
				make_entry(value, missing - 1, first->column);

			replace_nothing(next, inner.flow, edits);
			return 0;
		}
		if ((missing > 0) != (next->kind == YAML_MAP) ||
		    (missing == 0 && next->kind != YAML_SCALAR))
			return refuse(workload, next, "this is no map of texts", err);
		map = next;
	}
	edits_add(edits, map->start, map->end - map->start, xasprintf("\"%s\"", value));
	return 0;
}

static bool
restarts(const struct consumer *workload)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet", "DaemonSet" };
	const struct yaml_node *version = yaml_get(workload->object, "apiVersion");

	if (workload->template == NULL || version == NULL || version->kind != YAML_SCALAR ||
	    strcmp(version->text, "apps/v1") != 0)
		return false;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcmp(workload->kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

int
annotate_workload(const struct consumer *workload, const struct kube_objects *objects,
		  struct bytes source, struct edits *edits, struct error *err)
{
	CLEANUP(free_text) char *value = annotate_value(workload, objects);

	if (value == NULL || !restarts(workload))
		return 0;
	return put_annotation(workload, value, source, edits, err);
}
