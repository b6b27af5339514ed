/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/object.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "crypto/hash.h"

enum {
	DIGITS_SHOWN = OBJECT_KEY_DIGITS, /* of each value, in the annotation that names the keys */
	/* SCHEMA_SETTINGS_MAX lines of a key and 64 digits */
	CONTENT_MAX = 8 * 1024 * 1024,
};

/* The first annotation, and the second without its keys; a comma is counted for each key, and one too many. */
_Static_assert(sizeof(ANNOTATION_CONTENT) - 1 + sizeof("v1:") - 1 + SHA256_HEX_BYTES - 1 +
			       sizeof(ANNOTATION_KEYS) - 1 - 1 ==
		       OBJECT_MARKS_BYTES,
	       "what the annotations take");

const char *
kube_kind_name(enum object_kind kind)
{
	return kind == OBJECT_SECRET ? "Secret" : "ConfigMap";
}

const char *
kube_kind_shown(enum object_kind kind)
{
	return kind == OBJECT_SECRET ? "secret" : "configmap";
}

bool
kube_entry_is_binary(const struct kube_object *object, const struct kube_entry *entry)
{
	struct bytes plain = entry->value.plain;

	return object->kind == OBJECT_CONFIGMAP && plain.len > 0 &&
	       (memchr(plain.data, 0, plain.len) != NULL || !text_is_utf8(plain));
}

static void
clear_object(struct kube_object *object)
{
	for (size_t i = 0; i < object->entry_count; i++)
		free(object->entries[i].key);
	for (size_t i = 0; i < COUNT(object->labels); i++)
		free(object->labels[i].value);
	for (size_t i = 0; i < COUNT(object->annotations); i++)
		free(object->annotations[i].value);
	free(object->entries);
	free(object->name);
	free(object->namespace);
	free(object->type);
}

void
kube_objects_clear(struct kube_objects *objects)
{
	for (size_t i = 0; i < objects->count; i++)
		clear_object(&objects->items[i]);
	free(objects->items);
	*objects = (struct kube_objects)KUBE_OBJECTS_INIT;
}

static int
add_entry(struct kube_object *object, const struct object_entry *from,
	  const struct value_source *source, struct error *err)
{
	struct kube_entry entry = { .setting = from->setting };

	if (source->value(source->context, from->setting, &entry.value, err) < 0)
		return -1;
	if (entry.value.state == VALUE_ABSENT || entry.value.state == VALUE_UNSET)
		return 0;
	if (entry.value.state == VALUE_SEALED && object->kind == OBJECT_CONFIGMAP)
		return error_set(
			err, ERROR_REFUSED,
			"ConfigMap '%s': the value for '%s' is sealed, and a ConfigMap is no "
			"place for it",
			object->name, from->key);
	entry.key = xstrdup(from->key);
	object->entries[object->entry_count++] = entry;
	return 0;
}

/* The digits that stand for a value: random ones for a secret, so that no digest of it is published. */
static void
value_digits(const struct object_value *value, char out[static SHA256_HEX_BYTES])
{
	if (value->state == VALUE_SEALED)
		memcpy(out, value->value_id, sizeof(value->value_id));
	else
		sha256_hex(value->plain, out);
}

/* Both annotations, by one walk over the entries. */
static int
annotate(struct kube_object *object, struct error *err)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(CONTENT_MAX), keys = BUF_INIT(CONTENT_MAX);
	char digits[SHA256_HEX_BYTES];
	size_t size = 0;

	buf_printf(&content, "%s\n", object->type);
	for (size_t i = 0; i < object->entry_count; i++) {
		const struct kube_entry *entry = &object->entries[i];

		value_digits(&entry->value, digits);
		buf_printf(&content, "%s\n%s\n", entry->key, digits);
		buf_printf(&keys, "%s%s=%.*s", i > 0 ? "," : "", entry->key, DIGITS_SHOWN, digits);
	}
	if (buf_check(&content, "the list of keys", err) < 0 ||
	    buf_check(&keys, "the list of keys", err) < 0)
		return -1;
	sha256_hex(buf_bytes(&content), digits);
	object->annotations[0] =
		(struct object_mark){ ANNOTATION_CONTENT, xasprintf("v1:%s", digits) };
	object->annotations[1] = (struct object_mark){ ANNOTATION_KEYS, buf_take_text(&keys) };
	for (size_t i = 0; i < COUNT(object->annotations); i++)
		size += strlen(object->annotations[i].name) + strlen(object->annotations[i].value);
	if (size > OBJECT_ANNOTATIONS_MAX)
		return error_set(err, ERROR_FAILED, "the annotations are larger than %d bytes",
				 OBJECT_ANNOTATIONS_MAX);
	return 0;
}

static void
place_object(struct kube_object *object, const struct object_place *place)
{
	object->namespace = place->namespace != NULL ? xstrdup(place->namespace) : NULL;
	object->labels[0] = (struct object_mark){ LABEL_MANAGED_BY, xstrdup(MANAGED_BY) };
	object->labels[1] =
		(struct object_mark){ LABEL_ENVIRONMENT, xstrdup(place->environment->name) };
	object->labels[2] = (struct object_mark){ LABEL_PROJECT, xstrdup(place->project_id) };
}

static int
make_object(struct kube_object *object, const struct object *from, const struct object_place *place,
	    const struct value_source *source, struct error *err)
{
	object->kind = from->kind;
	object->name = xstrdup(from->name);
	object->type = xstrdup(from->type);
	place_object(object, place);
	object->entries = xcalloc(from->entry_count, sizeof(*object->entries));
	for (size_t i = 0; i < from->entry_count; i++) {
		if (add_entry(object, &from->entries[i], source, err) < 0)
			return -1;
	}
	if (annotate(object, err) < 0)
		return error_context(err, "%s '%s'", kube_kind_name(object->kind), object->name);
	return 0;
}

/* Its settings are nobody's: SIZE_MAX. */
static int
make_bundle(struct kube_object *object, const char *project, const struct object_place *place,
	    struct error *err)
{
	object->kind = OBJECT_CONFIGMAP;
	object->name = xasprintf("%s-%s-sealed", project, place->environment->name);
	object->type = xstrdup("ConfigMap");
	place_object(object, place);
	object->entries = xcalloc(place->bundle_count, sizeof(*object->entries));
	for (size_t i = 0; i < place->bundle_count; i++)
		object->entries[object->entry_count++] = (struct kube_entry){
			.key = xstrdup(place->bundle[i].name),
			.setting = SIZE_MAX,
			.value = { .state = VALUE_PLAIN, .plain = place->bundle[i].content },
		};
	if (annotate(object, err) < 0)
		return error_context(err, "%s '%s'", kube_kind_name(object->kind), object->name);
	return 0;
}

int
kube_objects_make(const struct schema *schema, const struct object_place *place,
		  const struct value_source *source, struct kube_objects *ret, struct error *err)
{
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;

	objects.items = xcalloc(schema->object_count + 1, sizeof(*objects.items));
	for (size_t i = 0; i < schema->object_count; i++) {
		const struct object *from = &schema->objects[i];

		if (from->kind == OBJECT_SECRET && place->environment->deliver == DELIVER_SEALED)
			continue;
		if (make_object(&objects.items[objects.count++], from, place, source, err) < 0)
			return -1;
	}
	if (place->bundle_count > 0 &&
	    make_bundle(&objects.items[objects.count++], schema->project, place, err) < 0)
		return -1;
	*ret = objects;
	objects = (struct kube_objects)KUBE_OBJECTS_INIT;
	return 0;
}
