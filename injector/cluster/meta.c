/* SPDX-License-Identifier: Apache-2.0 */
/* An object's metadata, and who owns which of its fields (managedFields, fieldsV1: structured-merge-diff). */
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "injector/cluster/api.h"

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

static void
expect_marks(struct list *paths, const char *field, const struct object_mark *marks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		list_take(paths, xasprintf("metadata/%s/%s", field, marks[i].name));
}

static void
expected_paths(const struct kube_object *object, struct list *paths)
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

const struct json_node *
object_our_fields(const struct json_node *object)
{
	const struct json_node *entry =
		json_first(json_walk(object, "metadata", "managedFields", NULL));

	for (; entry != NULL; entry = json_next(entry)) {
		if (says(entry, "manager", FIELD_MANAGER) && says(entry, "operation", "Apply"))
			return json_get(entry, "fieldsV1");
	}
	return NULL;
}

bool
object_meta_owns_exactly(const struct object_meta *meta, const struct kube_object *object)
{
	CLEANUP(list_clear) struct list expected = LIST_INIT, found = LIST_INIT;
	bool same;

	collect(object_our_fields(meta->json), "", 2, &found);
	list_sort(&found);
	expected_paths(object, &expected);
	same = found.count == expected.count;
	for (size_t i = 0; same && i < found.count; i++)
		same = strcmp(found.items[i], expected.items[i]) == 0;
	return same;
}

/* KEY and DIGITS out of "KEY=DIGITS,…"; false at the end. */
static bool
next_key(char **rest, char **ret_key, const char **ret_digits)
{
	char *equals;

	*ret_key = *rest != NULL && (*rest)[0] != 0 ? strsep(rest, ",") : NULL;
	equals = *ret_key != NULL ? strchr(*ret_key, '=') : NULL;
	if (equals == NULL)
		return false;
	*equals = 0;
	*ret_digits = equals + 1;
	return true;
}

static void
add_change(struct buf *out, char sign, const char *key)
{
	buf_printf(out, "%s%c%s", out->len > 0 ? ", " : "", sign, key);
}

/* Both lists are in byte order of their keys. */
char *
object_meta_changes(const struct object_meta *meta, const struct kube_object *object)
{
	const char *annotation = object_meta_annotation(meta, ANNOTATION_KEYS);
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OBJECT_ANNOTATIONS_MAX);
	CLEANUP(free_text) char *theirs = xstrdup(annotation != NULL ? annotation : "");
	CLEANUP(free_text) char *ours = xstrdup(object->annotations[1].value);
	char *rest_there = theirs, *rest_here = ours, *there, *here;
	const char *digits_there = "", *digits_here = "";
	bool more_there = next_key(&rest_there, &there, &digits_there);
	bool more_here = next_key(&rest_here, &here, &digits_here);

	while (more_there || more_here) {
		int order = !more_here ? -1 : !more_there ? 1 : strcmp(there, here);

		if (order < 0)
			add_change(&out, '-', there);
		else if (order > 0)
			add_change(&out, '+', here);
		else if (strcmp(digits_there, digits_here) != 0)
			add_change(&out, '~', here);
		if (order <= 0)
			more_there = next_key(&rest_there, &there, &digits_there);
		if (order >= 0)
			more_here = next_key(&rest_here, &here, &digits_here);
	}
	return buf_take_text(&out);
}
