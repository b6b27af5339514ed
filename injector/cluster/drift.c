/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/drift.h"

#include <string.h>

#include "base/memory.h"
#include "injector/cluster/fields.h"

/* What another manager than our server-side apply owns. */
struct other {
	const struct json_node *entry;
	struct list paths; /* sorted */
};

struct others {
	struct other *items;
	size_t count;
};

static void
others_clear(struct others *others)
{
	for (size_t i = 0; i < others->count; i++)
		list_clear(&others->items[i].paths);
	free(others->items);
}

static void
others_read(const struct object_meta *meta, struct others *others)
{
	const struct json_node *entry = NULL;

	while ((entry = fields_next_entry(meta->json, entry)) != NULL) {
		struct other other = { .entry = entry, .paths = LIST_INIT };

		/* What --write-only wrote is our own. */
		if (fields_is_ours(entry, "Apply") || fields_is_ours(entry, "Update"))
			continue;
		fields_collect(json_get(entry, "fieldsV1"), &other.paths);
		list_sort(&other.paths);
		others->items =
			xreallocarray(others->items, others->count + 1, sizeof(*others->items));
		others->items[others->count++] = other;
	}
}

/* NULL: nobody. */
static const struct json_node *
other_owner(const struct others *others, const char *path)
{
	for (size_t i = 0; i < others->count; i++) {
		if (fields_has(&others->items[i].paths, path))
			return others->items[i].entry;
	}
	return NULL;
}

/* Whether the object has had the field from us: a key that is new here has not gone. */
static bool
was_written(const struct object_meta *meta, const char *path)
{
	const char *keys = object_meta_annotation(meta, ANNOTATION_KEYS);
	const char *slash = strchr(path, '/');
	CLEANUP(free_text) char *wanted = NULL, *all = NULL;

	if (strncmp(path, "metadata/", strlen("metadata/")) == 0 || slash == NULL)
		return true;
	wanted = xasprintf(",%s=", slash + 1);
	all = xasprintf(",%s", keys != NULL ? keys : "");
	return strstr(all, wanted) != NULL;
}

static bool
is_data(const char *path)
{
	return strncmp(path, "data/", 5) == 0 || strncmp(path, "binaryData/", 11) == 0;
}

static char *
describe(const struct object_meta *meta, const struct others *others, const char *path,
	 bool is_ours)
{
	const struct json_node *entry = other_owner(others, path);
	CLEANUP(free_text) char *shown = fields_shown(path);
	CLEANUP(free_text) char *manager = entry != NULL ? fields_manager_shown(entry) : NULL;

	if (entry == NULL)
		return !is_ours && was_written(meta, path) ? xasprintf("%s was taken away", shown) :
							     NULL;
	if (!is_ours)
		return xasprintf("%s was written by %s", shown, manager);
	return is_data(path) ? xasprintf("%s is also of %s, and so would stay when it leaves the "
					 "project; --adopt makes it ours alone",
					 shown, manager) :
			       NULL;
}

/* What we own, by server-side apply or by --write-only; sorted. */
static void
our_paths(const struct object_meta *meta, struct list *ours)
{
	const struct json_node *entry = NULL;

	while ((entry = fields_next_entry(meta->json, entry)) != NULL) {
		if (fields_is_ours(entry, "Apply") || fields_is_ours(entry, "Update"))
			fields_collect(json_get(entry, "fieldsV1"), ours);
	}
	list_sort(ours);
}

void
drift_find(const struct object_meta *meta, const struct kube_object *object, struct list *out)
{
	CLEANUP(list_clear) struct list expected = LIST_INIT, ours = LIST_INIT;
	CLEANUP(others_clear) struct others others = { NULL, 0 };

	our_paths(meta, &ours);
	fields_expected(object, &expected);
	others_read(meta, &others);
	for (size_t i = 0; ours.count > 0 && i < expected.count; i++) {
		char *text = describe(meta, &others, expected.items[i],
				      fields_has(&ours, expected.items[i]));

		if (text != NULL)
			list_take(out, text);
	}
	if (object_meta_annotation(meta, ANNOTATION_LAST_APPLIED) != NULL)
		list_add(out, "annotation '" ANNOTATION_LAST_APPLIED
			      "' has a copy of what was once applied, values and all; --adopt "
			      "takes it away");
}

/* ".metadata.labels.x/y" of "metadata/labels/x/y". */
static char *
dotted(const char *path)
{
	char *text = xasprintf(".%s", path);
	char *slash = strchr(text, '/');

	if (slash != NULL && strncmp(path, "metadata/", strlen("metadata/")) == 0) {
		*slash = '.';
		slash = strchr(slash, '/');
	}
	if (slash != NULL)
		*slash = '.';
	return text;
}

static void
add_time(const struct json_node *entry, const char *path, struct list *owned)
{
	const char *manager = json_string_of(json_get(entry, "manager"));
	const char *time = json_string_of(json_get(entry, "time"));
	CLEANUP(free_text) char *field = dotted(path);
	CLEANUP(free_text) char *without = xasprintf("%s of '%s'", field, manager);

	for (size_t i = 0; manager != NULL && time != NULL && i < owned->count; i++) {
		if (strcmp(owned->items[i], without) != 0)
			continue;
		free(owned->items[i]);
		owned->items[i] = xasprintf("%s (%s)", without, time);
	}
}

void
drift_add_times(const struct object_meta *meta, struct list *owned)
{
	const struct json_node *entry = NULL;

	while ((entry = fields_next_entry(meta->json, entry)) != NULL) {
		CLEANUP(list_clear) struct list paths = LIST_INIT;

		fields_collect(json_get(entry, "fieldsV1"), &paths);
		for (size_t i = 0; i < paths.count; i++)
			add_time(entry, paths.items[i], owned);
	}
}
