/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/adopt.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/cluster/fields.h"
#include "injector/cluster/owner.h"

void
adoption_clear(struct adoption *adoption)
{
	list_clear(&adoption->taken);
	list_clear(&adoption->left);
	buf_clear(&adoption->patch);
	adoption->is_needed = false;
}

/* What of others' fields is to be ours. A value that has become binary, or text, has its old place as well. */
static void
wanted_fields(const struct kube_object *object, struct list *wanted)
{
	fields_expected(object, wanted);
	for (size_t i = 0; i < object->entry_count; i++)
		list_take(wanted, xasprintf("%s/%s",
					    kube_entry_is_binary(object, &object->entries[i]) ?
						    "data" :
						    "binaryData",
					    object->entries[i].key));
	list_sort(wanted);
}

static bool
is_hand(const struct json_node *entry)
{
	const char *manager = json_string_of(json_get(entry, "manager"));

	return manager != NULL && strcmp(manager, FIELD_MANAGER) != 0 && owner_is_hand(manager);
}

/* One run of the rewriting. */
struct rewriting {
	const struct object_meta *meta;
	bool adopt;
	struct list wanted; /* of others' fields, sorted */
	struct list gone;   /* annotations that go with this PATCH, as paths */
	struct list ours;   /* after it, sorted; some twice */
};

static void
rewriting_clear(struct rewriting *rewriting)
{
	list_clear(&rewriting->wanted);
	list_clear(&rewriting->gone);
	list_clear(&rewriting->ours);
}

static void
note_field(const struct json_node *entry, const char *path, struct list *out)
{
	CLEANUP(free_text) char *shown = fields_shown(path);
	CLEANUP(free_text) char *manager = fields_manager_shown(entry);

	list_take(out, xasprintf("%s of %s", shown, manager));
}

static bool
is_data(const char *path)
{
	return strncmp(path, "data/", strlen("data/")) == 0 ||
	       strncmp(path, "binaryData/", strlen("binaryData/")) == 0;
}

/* Moves to ours what is wanted of an entry by hand; all of our own. */
static void
take_from(struct rewriting *rewriting, const struct json_node *entry, struct adoption *out)
{
	CLEANUP(list_clear) struct list paths = LIST_INIT;
	bool is_own = fields_is_ours(entry, "Update");

	if (!is_own && !(rewriting->adopt && is_hand(entry)))
		return;
	fields_collect(json_get(entry, "fieldsV1"), &paths);
	for (size_t i = 0; i < paths.count; i++) {
		const char *path = paths.items[i];

		if (list_has(&rewriting->gone, path))
			continue;
		if (!is_own && !fields_has(&rewriting->wanted, path)) {
			if (is_data(path))
				note_field(entry, path, &out->left);
			continue;
		}
		out->is_needed = true;
		list_add(&rewriting->ours, path);
		if (!is_own)
			note_field(entry, path, &out->taken);
	}
}

/* Whether something of these fields stays where it is. "." is the map itself, which goes with its last field. */
static bool
has_rest(const struct json_node *fields, const char *above, const struct rewriting *rewriting)
{
	const struct json_node *member = json_first(fields);

	if (member == NULL)
		return !fields_has(&rewriting->wanted, above) && !list_has(&rewriting->gone, above);
	for (; member != NULL; member = json_next(member)) {
		const char *name = json_name_of(member);
		const char *plain = strncmp(name, "f:", 2) == 0 ? name + 2 : name;
		CLEANUP(free_text) char *path =
			xasprintf("%s%s%s", above, above[0] != 0 ? "/" : "", plain);

		if (strcmp(name, ".") != 0 && has_rest(member, path, rewriting))
			return true;
	}
	return false;
}

static void
copy_rest(const struct json_node *fields, const char *above, const struct rewriting *rewriting,
	  struct json *json)
{
	const struct json_node *member = json_first(fields);

	json_open(json, '{');
	for (; member != NULL; member = json_next(member)) {
		const char *name = json_name_of(member);
		const char *plain = strncmp(name, "f:", 2) == 0 ? name + 2 : name;
		CLEANUP(free_text) char *path =
			xasprintf("%s%s%s", above, above[0] != 0 ? "/" : "", plain);

		if (strcmp(name, ".") != 0 && !has_rest(member, path, rewriting))
			continue;
		json_name(json, name);
		copy_rest(member, path, rewriting, json);
	}
	json_close(json, '}');
}

static void
put(struct json *json, const char *name, const char *value)
{
	if (value == NULL)
		return;
	json_name(json, name);
	json_text(json, value);
}

/* An entry's members but for its fields, which follow. */
static void
open_entry(const struct json_node *entry, struct json *json)
{
	static const char *const members[] = { "manager",    "operation",   "apiVersion", "time",
					       "fieldsType", "subresource", NULL };

	json_open(json, '{');
	for (size_t i = 0; members[i] != NULL; i++)
		put(json, members[i], json_string_of(json_get(entry, members[i])));
	json_name(json, "fieldsV1");
}

static void
open_map(struct json *json, const char *path, size_t len)
{
	CLEANUP(free_text) char *name = xasprintf("f:%.*s", (int)len, path);

	json_name(json, name);
	json_open(json, '{');
}

/* How many bytes of a path name the map that its field is in: "metadata/labels" of "metadata/labels/x/y". */
static size_t
map_length(const char *path)
{
	const char *slash = strchr(path, '/');

	if (slash != NULL && strncmp(path, "metadata/", strlen("metadata/")) == 0)
		slash = strchr(slash + 1, '/');
	return slash != NULL ? (size_t)(slash - path) : 0;
}

/* Closes the maps that the last path was in and that this one is not, and opens its own. */
static void
change_map(struct json *json, const char *before, const char *path)
{
	size_t len = map_length(path), len_before = map_length(before);
	bool is_meta = strncmp(path, "metadata/", 9) == 0 && len > 0;
	bool was_meta = strncmp(before, "metadata/", 9) == 0 && len_before > 0;

	if (len == len_before && strncmp(path, before, len) == 0)
		return;
	if (len_before > 0)
		json_close(json, '}');
	if (was_meta && !is_meta)
		json_close(json, '}');
	if (is_meta && !was_meta)
		open_map(json, "metadata", strlen("metadata"));
	if (is_meta)
		open_map(json, path + 9, len - 9);
	else if (len > 0)
		open_map(json, path, len);
}

/* Sorted paths as fieldsV1: those of one map stand together. */
static void
put_fields(struct json *json, const struct list *paths)
{
	const char *before = "";

	json_open(json, '{');
	for (size_t i = 0; i < paths->count; i++) {
		const char *path = paths->items[i];
		size_t len = map_length(path);
		const char *leaf = len > 0 ? path + len + 1 : path;

		if (strcmp(path, before) == 0)
			continue;
		change_map(json, before, path);
		open_map(json, leaf, strlen(leaf));
		json_close(json, '}');
		before = path;
	}
	change_map(json, before, "");
	json_close(json, '}');
}

static void
put_our_entry(struct json *json, const struct rewriting *rewriting)
{
	const char *time = object_meta_written(rewriting->meta);

	json_open(json, '{');
	put(json, "manager", FIELD_MANAGER);
	put(json, "operation", "Apply");
	put(json, "apiVersion", "v1");
	put(json, "time", time);
	put(json, "fieldsType", "FieldsV1");
	json_name(json, "fieldsV1");
	put_fields(json, &rewriting->ours);
	json_close(json, '}');
}

/* All of managedFields, whoever an entry is of: the list is replaced as a whole. */
static void
put_entries(struct json *json, const struct rewriting *rewriting)
{
	const struct json_node *entry =
		json_first(json_walk(rewriting->meta->json, "metadata", "managedFields", NULL));

	json_open(json, '[');
	put_our_entry(json, rewriting);
	for (; entry != NULL; entry = json_next(entry)) {
		const struct json_node *fields = json_get(entry, "fieldsV1");
		bool is_sub = json_string_of(json_get(entry, "subresource")) != NULL;
		bool is_own = !is_sub &&
			      (fields_is_ours(entry, "Apply") || fields_is_ours(entry, "Update"));

		if (is_own || (!is_sub && rewriting->adopt && is_hand(entry) &&
			       !has_rest(fields, "", rewriting)))
			continue;
		open_entry(entry, json);
		if (!is_sub && rewriting->adopt && is_hand(entry)) {
			copy_rest(fields, "", rewriting, json);
		} else {
			CLEANUP(free_text) char *text = fields != NULL ? json_print(fields) : NULL;

			json_value(json);
			buf_append_text(json->out, text != NULL ? text : "{}");
		}
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* The annotations that stay. All are replaced, since what somebody else has just removed cannot be removed again. */
static void
put_annotations(struct json *json, const struct rewriting *rewriting)
{
	const struct json_node *member =
		json_first(json_walk(rewriting->meta->json, "metadata", "annotations", NULL));

	json_open(json, '{');
	for (; member != NULL; member = json_next(member)) {
		CLEANUP(free_text) char *path =
			xasprintf("metadata/annotations/%s", json_name_of(member));

		if (!list_has(&rewriting->gone, path))
			put(json, json_name_of(member), json_string_of(member));
	}
	json_close(json, '}');
}

static void
open_step(struct json *json, const char *op, const char *pointer)
{
	json_open(json, '{');
	put(json, "op", op);
	put(json, "path", pointer);
}

static void
write_patch(const struct rewriting *rewriting, struct buf *out)
{
	struct json json = JSON_INIT(out, JSON_COMPACT);

	json_open(&json, '[');
	if (rewriting->gone.count > 0) {
		open_step(&json, "add", "/metadata/annotations");
		json_name(&json, "value");
		put_annotations(&json, rewriting);
		json_close(&json, '}');
	}
	open_step(&json, "replace", "/metadata/managedFields");
	json_name(&json, "value");
	put_entries(&json, rewriting);
	json_close(&json, '}');
	open_step(&json, "replace", "/metadata/resourceVersion");
	put(&json, "value", object_meta_text(rewriting->meta, "resourceVersion"));
	json_close(&json, '}');
	json_close(&json, ']');
}

/* An annotation that goes, when it is there. */
static bool
add_gone(struct rewriting *rewriting, const char *annotation)
{
	if (object_meta_annotation(rewriting->meta, annotation) == NULL)
		return false;
	list_take(&rewriting->gone, xasprintf("metadata/annotations/%s", annotation));
	return true;
}

static void
find_gone(struct rewriting *rewriting, struct adoption *out)
{
	const char *const *marks = owner_left_marks();

	if (!rewriting->adopt)
		return;
	out->is_needed = add_gone(rewriting, ANNOTATION_LAST_APPLIED);
	for (; *marks != NULL; marks++)
		out->is_needed |= add_gone(rewriting, *marks);
}

int
adoption_make(const struct object_meta *meta, const struct kube_object *object, bool adopt,
	      bool writes, struct adoption *ret, struct error *err)
{
	CLEANUP(rewriting_clear) struct rewriting rewriting = { .meta = meta, .adopt = adopt };
	CLEANUP(list_clear) struct list before = LIST_INIT;
	const struct json_node *entry = NULL;

	adoption_clear(ret);
	wanted_fields(object, &rewriting.wanted);
	find_gone(&rewriting, ret);
	while ((entry = fields_next_entry(meta->json, entry)) != NULL)
		take_from(&rewriting, entry, ret);
	if (!ret->is_needed)
		return 0;
	fields_collect(object_our_fields(meta->json), &before);
	for (size_t i = 0; i < before.count; i++)
		list_add(&rewriting.ours, before.items[i]);
	list_sort(&rewriting.ours);
	if (writes)
		(void)add_gone(&rewriting, ANNOTATION_CONTENT);
	write_patch(&rewriting, &ret->patch);
	return buf_check(&ret->patch, "the fields of an object", err);
}
