/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/known.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/fields.h"

enum { PAGES_MAX = 1000, SAME_SEARCHED = 32 };

void
known_clear(struct known *known)
{
	for (size_t i = 0; i < known->count; i++) {
		free(known->objects[i].namespace);
		free(known->objects[i].version);
	}
	free(known->objects);
	list_clear(&known->texts);
	*known = (struct known)KNOWN_INIT;
}

static int
compare_to(const struct known_object *object, enum object_kind kind, const char *namespace,
	   const char *name)
{
	int order = (object->kind > kind) - (object->kind < kind);

	if (order == 0)
		order = strcmp(object->namespace, namespace);
	return order != 0 ? order : strcmp(object->name, name);
}

static int
compare(const void *left, const void *right)
{
	const struct known_object *b = right;

	return compare_to(left, b->kind, b->namespace, b->name);
}

/* The same text for what is the same, as far as it was met of late. Takes text. */
static const char *
same_text(struct known *known, char *text)
{
	struct list *texts = &known->texts;

	for (size_t i = texts->count; i > 0 && texts->count - i < SAME_SEARCHED; i--) {
		if (strcmp(texts->items[i - 1], text) == 0) {
			free(text);
			return texts->items[i - 1];
		}
	}
	list_take(texts, text);
	return text;
}

static void
add_member(struct buf *out, const char *name, const struct json_node *value)
{
	CLEANUP(free_text) char *text = value != NULL ? json_print(value) : NULL;

	if (text != NULL)
		buf_printf(out, ",\"%s\":%s", name, text);
}

/* Both of our entries in managedFields, as far as there are. */
static void
add_our_entries(const struct json_node *item, struct buf *out)
{
	const struct json_node *entry = NULL;
	const char *comma = "";

	buf_append_text(out, ",\"managedFields\":[");
	while ((entry = fields_next_entry(item, entry)) != NULL) {
		bool is_apply = fields_is_ours(entry, "Apply");

		if (!is_apply && !fields_is_ours(entry, "Update"))
			continue;
		buf_printf(out, "%s{\"manager\":\"" FIELD_MANAGER "\",\"operation\":\"%s\"", comma,
			   is_apply ? "Apply" : "Update");
		add_member(out, "fieldsV1", json_get(entry, "fieldsV1"));
		buf_append_byte(out, '}');
		comma = ",";
	}
	buf_append_byte(out, ']');
}

/* What apply looks at, but for the resourceVersion, with a comma in front. NULL: too large. */
static char *
rest_of(const struct json_node *item)
{
	const struct json_node *metadata = json_get(item, "metadata");
	CLEANUP(buf_clear) struct buf out = BUF_INIT(HTTP_ANSWER_MAX);

	add_member(&out, "labels", json_get(metadata, "labels"));
	add_member(&out, "annotations", json_get(metadata, "annotations"));
	add_member(&out, "ownerReferences", json_get(metadata, "ownerReferences"));
	add_our_entries(item, &out);
	return out.full ? NULL : buf_take_text(&out);
}

/* Whether somebody else has written to it, or deleted it: such objects, mostly few, are looked at one by one. */
static bool
is_of_others(const struct json_node *item)
{
	const struct json_node *entry = NULL;

	if (json_walk(item, "metadata", "deletionTimestamp", NULL) != NULL)
		return true;
	while ((entry = fields_next_entry(item, entry)) != NULL) {
		if (!fields_is_ours(entry, "Apply") && !fields_is_ours(entry, "Update"))
			return true;
	}
	return false;
}

static void
add_item(struct known *known, enum object_kind kind, const struct json_node *item)
{
	const struct json_node *metadata = json_get(item, "metadata");
	const char *namespace = json_string_of(json_get(metadata, "namespace"));
	const char *name = json_string_of(json_get(metadata, "name"));
	const char *version = json_string_of(json_get(metadata, "resourceVersion"));
	char *rest;

	/* A version is a number; what is none would not fit between quotes. */
	if (namespace == NULL || name == NULL || version == NULL ||
	    version[strspn(version, "0123456789")] != 0 || is_of_others(item) ||
	    (rest = rest_of(item)) == NULL)
		return;
	known->objects = xreallocarray(known->objects, known->count + 1, sizeof(*known->objects));
	known->objects[known->count++] = (struct known_object){
		.kind = kind,
		.namespace = xstrdup(namespace),
		.version = xstrdup(version),
		.name = same_text(known, xstrdup(name)),
		.rest = same_text(known, rest),
	};
}

static void
add_page(struct known *known, enum object_kind kind, const struct json_node *page)
{
	const struct json_node *item = json_first(json_get(page, "items"));

	for (; item != NULL; item = json_next(item))
		add_item(known, kind, item);
}

static int
read_kind(struct api *api, enum object_kind kind, const char *selector, struct known *known,
	  struct error *err)
{
	CLEANUP(free_text) char *from = NULL;

	for (int i = 0; i < PAGES_MAX; i++) {
		CLEANUP(json_cleanup) struct json_node *page = NULL;
		enum api_result result;
		const char *next;

		if (api_list(api, kind, selector, from, &page, &result, err) < 0)
			return -1;
		if (result != API_DONE)
			return 0;
		add_page(known, kind, page);
		next = json_string_of(json_walk(page, "metadata", "continue", NULL));
		if (next == NULL || next[0] == 0)
			return 0;
		free(from);
		from = xstrdup(next);
	}
	return 0;
}

int
known_read(struct api *api, const char *project_id, const char *environment, struct known *ret,
	   struct error *err)
{
	CLEANUP(free_text) char *selector =
		xasprintf(LABEL_PROJECT "%%3D%s," LABEL_ENVIRONMENT "%%3D%s", project_id,
			  environment);
	CLEANUP(known_clear) struct known known = KNOWN_INIT;

	if (read_kind(api, OBJECT_SECRET, selector, &known, err) < 0 ||
	    read_kind(api, OBJECT_CONFIGMAP, selector, &known, err) < 0)
		return -1;
	if (known.count > 0)
		qsort(known.objects, known.count, sizeof(*known.objects), compare);
	*ret = known;
	known = (struct known)KNOWN_INIT;
	return 0;
}

bool
known_find(const struct known *known, enum object_kind kind, const char *namespace,
	   const char *name, struct object_meta *ret)
{
	const struct known_object *found = NULL;
	CLEANUP(free_text) char *text = NULL;
	struct error ignored;
	size_t from = 0, to = known->count;

	while (from < to && found == NULL) {
		size_t middle = from + (to - from) / 2;
		const struct known_object *object = &known->objects[middle];
		int order = compare_to(object, kind, namespace, name);

		if (order == 0)
			found = object;
		else if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	object_meta_clear(ret);
	if (found == NULL)
		return false;
	text = xasprintf("{\"metadata\":{\"resourceVersion\":\"%s\"%s}}", found->version,
			 found->rest);
	return json_parse(bytes_of(text), name, &ret->json, &ignored) == 0;
}
