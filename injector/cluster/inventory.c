/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/inventory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#define ANNOTATION_ROSTER "tfsecrets.dev/roster"
#define ANNOTATION_GENERATIONS "tfsecrets.dev/generations"
#define ANNOTATION_OBJECTS "tfsecrets.dev/objects"

static void
clear_marks(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->mark_count; i++)
		free(inventory->marks[i].setting);
	free(inventory->marks);
	inventory->marks = NULL;
	inventory->mark_count = 0;
}

void
inventory_clear(struct inventory *inventory)
{
	free(inventory->roster);
	clear_marks(inventory);
	list_clear(&inventory->objects);
	*inventory = (struct inventory)INVENTORY_INIT;
}

char *
inventory_name(const char *project_id, const char *environment)
{
	return xasprintf("tfsecrets.%s.%s", project_id, environment);
}

/* Where setting is, or belongs. */
static size_t
lower_bound(const struct inventory *inventory, const char *setting)
{
	size_t from = 0, to = inventory->mark_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(inventory->marks[middle].setting, setting) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

const struct inventory_mark *
inventory_mark(const struct inventory *inventory, const char *setting)
{
	size_t at = lower_bound(inventory, setting);

	return at < inventory->mark_count && strcmp(inventory->marks[at].setting, setting) == 0 ?
		       &inventory->marks[at] :
		       NULL;
}

void
inventory_set_mark(struct inventory *inventory, const char *setting, uint32_t generation,
		   const char *value_id)
{
	size_t at = lower_bound(inventory, setting);
	struct inventory_mark *mark;

	if (inventory_mark(inventory, setting) == NULL) {
		inventory->marks = xreallocarray(inventory->marks, inventory->mark_count + 1,
						 sizeof(*inventory->marks));
		memmove(&inventory->marks[at + 1], &inventory->marks[at],
			(inventory->mark_count - at) * sizeof(*inventory->marks));
		inventory->mark_count++;
		inventory->marks[at].setting = xstrdup(setting);
	}
	mark = &inventory->marks[at];
	mark->generation = generation;
	(void)snprintf(mark->digits, sizeof(mark->digits), "%.*s", MARK_DIGITS, value_id);
}

void
inventory_drop_mark(struct inventory *inventory, const char *setting)
{
	size_t at = lower_bound(inventory, setting);

	if (inventory_mark(inventory, setting) == NULL)
		return;
	free(inventory->marks[at].setting);
	inventory->mark_count--;
	memmove(&inventory->marks[at], &inventory->marks[at + 1],
		(inventory->mark_count - at) * sizeof(*inventory->marks));
}

void
inventory_add_object(struct inventory *inventory, const char *kind, const char *name)
{
	CLEANUP(free_text) char *object = xasprintf("%s/%s", kind, name);

	if (list_has(&inventory->objects, object))
		return;
	list_add(&inventory->objects, object);
	list_sort(&inventory->objects);
}

void
inventory_drop_object(struct inventory *inventory, const char *object)
{
	struct list kept = LIST_INIT;

	for (size_t i = 0; i < inventory->objects.count; i++) {
		if (strcmp(inventory->objects.items[i], object) != 0)
			list_add(&kept, inventory->objects.items[i]);
	}
	list_clear(&inventory->objects);
	inventory->objects = kept;
}

static bool
read_mark(struct inventory *inventory, char *text)
{
	char *equals = strchr(text, '='), *colon = strrchr(text, ':');
	uint64_t generation;

	if (equals == NULL || colon == NULL || colon < equals || strlen(colon + 1) != MARK_DIGITS ||
	    strspn(colon + 1, "0123456789abcdef") != MARK_DIGITS)
		return false;
	*equals = *colon = 0;
	if (!text_is_setting_name(bytes_of(text)) ||
	    !text_to_number(bytes_of(equals + 1), UINT32_MAX, &generation) || generation == 0 ||
	    inventory_mark(inventory, text) != NULL)
		return false;
	inventory_set_mark(inventory, text, (uint32_t)generation, colon + 1);
	return true;
}

static bool
read_marks(struct inventory *inventory, const char *annotation)
{
	CLEANUP(free_text) char *copy = xstrdup(annotation);
	char *rest = copy, *text;

	while (copy[0] != 0 && (text = strsep(&rest, ",")) != NULL) {
		if (!read_mark(inventory, text))
			return false;
	}
	return true;
}

/* KIND/NAME */
static bool
is_object(const char *text)
{
	static const char *const kinds[] = { "Secret/", "ConfigMap/" };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t len = strlen(kinds[i]);

		if (strncmp(text, kinds[i], len) == 0)
			return schema_is_object_name(bytes_of(text + len));
	}
	return false;
}

static bool
read_objects(struct inventory *inventory, const char *annotation)
{
	CLEANUP(free_text) char *copy = xstrdup(annotation);
	char *rest = copy, *text;

	while (copy[0] != 0 && (text = strsep(&rest, ",")) != NULL) {
		if (!is_object(text))
			return false;
		list_add(&inventory->objects, text);
	}
	list_sort(&inventory->objects);
	for (size_t i = 1; i < inventory->objects.count; i++) {
		if (strcmp(inventory->objects.items[i - 1], inventory->objects.items[i]) == 0)
			return false;
	}
	return true;
}

int
inventory_read(const struct object_meta *meta, struct inventory *ret, struct error *err)
{
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
	const char *roster = object_meta_annotation(meta, ANNOTATION_ROSTER);
	const char *generations = object_meta_annotation(meta, ANNOTATION_GENERATIONS);
	const char *objects = object_meta_annotation(meta, ANNOTATION_OBJECTS);
	const char *broken = NULL;

	if (roster == NULL)
		broken = ANNOTATION_ROSTER;
	else if (generations == NULL || !read_marks(&inventory, generations))
		broken = ANNOTATION_GENERATIONS;
	else if (objects == NULL || !read_objects(&inventory, objects))
		broken = ANNOTATION_OBJECTS;
	if (broken != NULL)
		return error_set(err, ERROR_REFUSED,
				 "the inventory's annotation '%s' is missing, or was altered; "
				 "without that Secret the target would take any generation",
				 broken);
	inventory.roster = xstrdup(roster);
	*ret = inventory;
	inventory = (struct inventory)INVENTORY_INIT;
	return 0;
}

static void
write_marks(const struct inventory *inventory, struct buf *out)
{
	for (size_t i = 0; i < inventory->mark_count; i++) {
		const struct inventory_mark *mark = &inventory->marks[i];

		buf_printf(out, "%s%s=%" PRIu32 ":%s", i > 0 ? "," : "", mark->setting,
			   mark->generation, mark->digits);
	}
}

static void
write_objects(const struct inventory *inventory, struct buf *out)
{
	for (size_t i = 0; i < inventory->objects.count; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : "", inventory->objects.items[i]);
}

bool
inventory_equal(const struct inventory *a, const struct inventory *b)
{
	CLEANUP(buf_clear) struct buf left = BUF_INIT(2 * OBJECT_ANNOTATIONS_MAX),
				      right = BUF_INIT(2 * OBJECT_ANNOTATIONS_MAX);

	if (a->roster == NULL || b->roster == NULL || strcmp(a->roster, b->roster) != 0)
		return false;
	write_marks(a, &left);
	buf_append_byte(&left, '\n');
	write_objects(a, &left);
	write_marks(b, &right);
	buf_append_byte(&right, '\n');
	write_objects(b, &right);
	return bytes_equal(buf_bytes(&left), buf_bytes(&right));
}

static void
put(struct json *json, const char *name, const char *text)
{
	json_name(json, name);
	json_text(json, text);
}

static void
put_labels(struct json *json, const char *project_id, const char *environment)
{
	json_name(json, "labels");
	json_open(json, '{');
	put(json, LABEL_MANAGED_BY, MANAGED_BY);
	put(json, LABEL_ENVIRONMENT, environment);
	put(json, LABEL_PROJECT, project_id);
	json_close(json, '}');
}

/* The API server's limit is on all annotations together, names and values. */
static int
check_size(const struct inventory *inventory, const struct buf *marks, const struct buf *objects,
	   struct error *err)
{
	size_t rest = strlen(inventory->roster) +
		      strlen(ANNOTATION_ROSTER ANNOTATION_GENERATIONS ANNOTATION_OBJECTS);

	if (buf_check(marks, "the list of generations", err) < 0 ||
	    buf_check(objects, "the list of objects", err) < 0)
		return -1;
	if (marks->len + objects->len + rest > OBJECT_ANNOTATIONS_MAX)
		return error_set(err, ERROR_FAILED,
				 "the inventory's annotations are larger than %d bytes",
				 OBJECT_ANNOTATIONS_MAX);
	return 0;
}

int
inventory_body(const struct inventory *inventory, const char *project_id, const char *environment,
	       const char *resource_version, struct buf *out, struct error *err)
{
	CLEANUP(free_text) char *name = inventory_name(project_id, environment);
	CLEANUP(buf_clear) struct buf marks = BUF_INIT(OBJECT_ANNOTATIONS_MAX),
				      objects = BUF_INIT(OBJECT_ANNOTATIONS_MAX);
	struct json json = JSON_INIT(out, JSON_COMPACT);

	write_marks(inventory, &marks);
	write_objects(inventory, &objects);
	json_open(&json, '{');
	if (resource_version == NULL) {
		put(&json, "apiVersion", "v1");
		put(&json, "kind", "Secret");
		put(&json, "type", INVENTORY_TYPE);
	}
	json_name(&json, "metadata");
	json_open(&json, '{');
	put(&json, "name", name);
	if (resource_version != NULL)
		put(&json, "resourceVersion", resource_version);
	put_labels(&json, project_id, environment);
	json_name(&json, "annotations");
	json_open(&json, '{');
	put(&json, ANNOTATION_ROSTER, inventory->roster);
	put(&json, ANNOTATION_GENERATIONS, buf_text(&marks));
	put(&json, ANNOTATION_OBJECTS, buf_text(&objects));
	json_close(&json, '}');
	json_close(&json, '}');
	json_close(&json, '}');
	return check_size(inventory, &marks, &objects, err);
}
