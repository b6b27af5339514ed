/* SPDX-License-Identifier: Apache-2.0 */
/* An object's metadata, and who owns which of its fields (managedFields, fieldsV1: structured-merge-diff). */
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "injector/cluster/api.h"
#include "injector/cluster/fields.h"

enum { CHANGES_MAX = 64 * 1024 };

void
object_meta_clear(struct object_meta *meta)
{
	json_cleanup(&meta->json);
}

const char *
object_meta_text(const struct object_meta *meta, const char *name)
{
	return json_string_of(json_walk(meta->json, "metadata", name, NULL));
}

const char *
object_meta_annotation(const struct object_meta *meta, const char *name)
{
	return json_string_of(json_walk(meta->json, "metadata", "annotations", name, NULL));
}

const char *
object_meta_label(const struct object_meta *meta, const char *name)
{
	return json_string_of(json_walk(meta->json, "metadata", "labels", name, NULL));
}

static bool
says(const struct json_node *node, const char *name, const char *text)
{
	const char *found = json_string_of(json_get(node, name));

	return found != NULL && strcmp(found, text) == 0;
}

/* "metadata/labels/x", "data/KEY": the leaves of fieldsV1, whose names are "f:NAME". */
static void
collect(const struct json_node *fields, const char *above, size_t depth, struct list *paths)
{
	const struct json_node *member = json_first(fields);

	for (; member != NULL; member = json_next(member)) {
		const char *name = json_name_of(member);
		CLEANUP(free_text) char *path = NULL;

		if (name == NULL || strncmp(name, "f:", 2) != 0)
			continue;
		path = xasprintf("%s%s%s", above, above[0] != 0 ? "/" : "", name + 2);
		if (depth > 0 && json_first(member) != NULL)
			collect(member, path, depth - 1, paths);
		else if (strcmp(path, "data") != 0)
			list_add(paths, path);
	}
}

void
fields_collect(const struct json_node *fields_v1, struct list *paths)
{
	collect(fields_v1, "", 2, paths);
}

static void
expect_marks(struct list *paths, const char *field, const struct object_mark *marks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		list_take(paths, xasprintf("metadata/%s/%s", field, marks[i].name));
}

void
fields_expected(const struct kube_object *object, struct list *paths)
{
	expect_marks(paths, "annotations", object->annotations, COUNT(object->annotations));
	expect_marks(paths, "labels", object->labels, COUNT(object->labels));
	if (object->kind == OBJECT_SECRET)
		list_add(paths, "type");
	for (size_t i = 0; i < object->entry_count; i++)
		list_take(paths, xasprintf("%s/%s",
					   kube_entry_is_binary(object, &object->entries[i]) ?
						   "binaryData" :
						   "data",
					   object->entries[i].key));
	list_sort(paths);
}

bool
fields_has(const struct list *sorted, const char *path)
{
	size_t from = 0, to = sorted->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(sorted->items[middle], path);

		if (order == 0)
			return true;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

char *
fields_shown(const char *path)
{
	static const struct {
		const char *front, *shown;
	} fields[] = {
		{ "metadata/labels/", "label" },
		{ "metadata/annotations/", "annotation" },
		{ "data/", "key" },
		{ "binaryData/", "key" },
	};

	for (size_t i = 0; i < COUNT(fields); i++) {
		size_t len = strlen(fields[i].front);

		if (strncmp(path, fields[i].front, len) == 0)
			return xasprintf("%s '%s'", fields[i].shown, path + len);
	}
	return xasprintf("field '%s'", path);
}

const struct json_node *
fields_next_entry(const struct json_node *object, const struct json_node *entry)
{
	entry = entry != NULL ? json_next(entry) :
				json_first(json_walk(object, "metadata", "managedFields", NULL));
	while (entry != NULL && json_string_of(json_get(entry, "subresource")) != NULL)
		entry = json_next(entry);
	return entry;
}

bool
fields_is_ours(const struct json_node *entry, const char *operation)
{
	return says(entry, "manager", FIELD_MANAGER) && says(entry, "operation", operation);
}

char *
fields_manager_shown(const struct json_node *entry)
{
	const char *manager = json_string_of(json_get(entry, "manager"));
	const char *time = json_string_of(json_get(entry, "time"));

	return xasprintf("'%s'%s%s%s", manager != NULL ? manager : "", time != NULL ? " (" : "",
			 time != NULL ? time : "", time != NULL ? ")" : "");
}

static const struct json_node *
our_entry(const struct json_node *object)
{
	const struct json_node *entry =
		json_first(json_walk(object, "metadata", "managedFields", NULL));

	while (entry != NULL && !fields_is_ours(entry, "Apply"))
		entry = json_next(entry);
	return entry;
}

const struct json_node *
object_our_fields(const struct json_node *object)
{
	return json_get(our_entry(object), "fieldsV1");
}

const char *
object_meta_written(const struct object_meta *meta)
{
	return json_string_of(json_get(our_entry(meta->json), "time"));
}

static bool
has_key(const struct kube_object *object, const char *key)
{
	for (size_t i = 0; i < object->entry_count; i++) {
		if (strcmp(object->entries[i].key, key) == 0)
			return true;
	}
	return false;
}

static void
add_lost_keys(const struct json_node *entry, const char *field, const struct kube_object *object,
	      struct list *ret)
{
	const struct json_node *key = json_first(json_walk(entry, "fieldsV1", field, NULL));

	for (; key != NULL; key = json_next(key)) {
		const char *name = json_name_of(key);

		if (name != NULL && strncmp(name, "f:", 2) == 0 && !has_key(object, name + 2) &&
		    !list_has(ret, name + 2))
			list_add(ret, name + 2);
	}
}

void
object_meta_lost_keys(const struct object_meta *meta, const struct kube_object *object,
		      struct list *ret)
{
	const struct json_node *entry = NULL;

	while ((entry = fields_next_entry(meta->json, entry)) != NULL) {
		/* What --write-only wrote goes as well. */
		if (!fields_is_ours(entry, "Apply") && !fields_is_ours(entry, "Update"))
			continue;
		add_lost_keys(entry, "f:data", object, ret);
		add_lost_keys(entry, "f:binaryData", object, ret);
	}
}

bool
object_meta_owns_exactly(const struct object_meta *meta, const struct kube_object *object)
{
	CLEANUP(list_clear) struct list expected = LIST_INIT, found = LIST_INIT;
	bool same;

	fields_collect(object_our_fields(meta->json), &found);
	list_sort(&found);
	fields_expected(object, &expected);
	same = found.count == expected.count;
	for (size_t i = 0; same && i < found.count; i++)
		same = strcmp(found.items[i], expected.items[i]) == 0;
	return same;
}

static bool
is_key(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-._";

	return text[0] != 0 && text[strspn(text, plain)] == 0;
}

/* KEY and DIGITS out of "KEY=DIGITS,…"; false at the end. What is none, in an annotation that anybody may have
 * written, is passed over: it would be shown. */
static bool
next_key(char **rest, char **ret_key, const char **ret_digits)
{
	while (*rest != NULL && (*rest)[0] != 0) {
		char *key = strsep(rest, ","), *equals = strchr(key, '=');

		if (equals == NULL)
			continue;
		*equals = 0;
		if (!is_key(key))
			continue;
		*ret_key = key;
		*ret_digits = equals + 1;
		return true;
	}
	return false;
}

/* "+A, ~B, -C"; what does not fit is counted. */
struct changes {
	struct buf text;
	size_t left_out;
};

static void
add_change(struct changes *changes, char sign, const char *key)
{
	struct buf *text = &changes->text;

	if (changes->left_out > 0 || text->len + strlen(key) + 3 > CHANGES_MAX)
		changes->left_out++;
	else
		buf_printf(text, "%s%c%s", text->len > 0 ? ", " : "", sign, key);
}

/* Both lists are in byte order of their keys. */
static void
compare_keys(char *theirs, char *ours, struct changes *out)
{
	char *there = NULL, *here = NULL;
	const char *digits_there = "", *digits_here = "";
	bool more_there = next_key(&theirs, &there, &digits_there);
	bool more_here = next_key(&ours, &here, &digits_here);

	while (more_there || more_here) {
		int order = !more_here ? -1 : !more_there ? 1 : strcmp(there, here);

		if (order < 0)
			add_change(out, '-', there);
		else if (order > 0)
			add_change(out, '+', here);
		else if (strcmp(digits_there, digits_here) != 0)
			add_change(out, '~', here);
		if (order <= 0)
			more_there = next_key(&theirs, &there, &digits_there);
		if (order >= 0)
			more_here = next_key(&ours, &here, &digits_here);
	}
}

char *
object_meta_changes(const struct object_meta *meta, const struct kube_object *object)
{
	const char *annotation = object_meta_annotation(meta, ANNOTATION_KEYS);
	CLEANUP(free_text) char *theirs = xstrdup(annotation != NULL ? annotation : "");
	CLEANUP(free_text) char *ours = xstrdup(object->annotations[1].value);
	struct changes changes = { .text = BUF_INIT(CHANGES_MAX + 64), .left_out = 0 };

	compare_keys(theirs, ours, &changes);
	if (changes.left_out > 0)
		buf_printf(&changes.text, " and %zu more", changes.left_out);
	return buf_take_text(&changes.text);
}
