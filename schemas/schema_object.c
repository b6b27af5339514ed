/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of tfsecrets.yaml: which keys of which ConfigMap or Secret get which setting. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "schemas/schema_parts.h"

enum { TYPE_TEXT_MAX = 253, OBJECTS_MAX = 1000, ENTRIES_MAX = 5 * SCHEMA_SETTINGS_MAX };

/* Types of Secrets that the API server or kubelet look into, and the keys that they want. */
static const struct well_known {
	const char *type, *key;
	bool is_json;
} well_known_keys[] = {
	{ "kubernetes.io/tls", "tls.crt", false },
	{ "kubernetes.io/tls", "tls.key", false },
	{ "kubernetes.io/dockerconfigjson", ".dockerconfigjson", true },
	{ "kubernetes.io/dockercfg", ".dockercfg", true },
	{ "kubernetes.io/ssh-auth", "ssh-privatekey", false },
};

/* Controllers make and change these themselves. */
static const char *const refused_types[] = {
	"kubernetes.io/service-account-token",
	"bootstrap.kubernetes.io/token",
	"helm.sh/release.v1",
	"tfsecrets.dev/inventory",
};

static const struct object_entry *
find_key(const struct object *object, const char *key)
{
	for (size_t i = 0; i < object->entry_count; i++) {
		if (strcmp(object->entries[i].key, key) == 0)
			return &object->entries[i];
	}
	return NULL;
}

bool
schema_is_object_name(struct bytes name)
{
	if (name.len == 0 || name.len > OBJECT_NAME_MAX)
		return false;
	for (;;) {
		const uint8_t *dot = memchr(name.data, '.', name.len);
		size_t len = dot != NULL ? (size_t)(dot - name.data) : name.len;

		if (!text_is_label((struct bytes){ name.data, len }))
			return false;
		if (dot == NULL)
			return true;
		name.data += len + 1;
		name.len -= len + 1;
		if (name.len == 0)
			return false;
	}
}

bool
schema_type_needs(const char *type, const char *key)
{
	for (size_t i = 0; i < COUNT(well_known_keys); i++) {
		if (strcmp(well_known_keys[i].type, type) == 0 &&
		    strcmp(well_known_keys[i].key, key) == 0)
			return true;
	}
	return false;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct object_entry *one = a, *other = b;
	int order = strcmp(one->key, other->key);

	return order != 0 ? order :
			    (one->setting > other->setting) - (one->setting < other->setting);
}

/* Sorts by key; the first key that two settings would share, or NULL. */
static const struct object_entry *
sort_entries(struct object *object)
{
	if (object->entry_count < 2)
		return NULL;
	qsort(object->entries, object->entry_count, sizeof(*object->entries), compare_entries);
	for (size_t i = 1; i < object->entry_count; i++) {
		if (strcmp(object->entries[i - 1].key, object->entries[i].key) == 0)
			return &object->entries[i];
	}
	return NULL;
}

static int
read_mapping(const struct yaml *yaml, const struct yaml_node *value, const struct schema *schema,
	     struct object *object, struct error *err)
{
	const struct setting *setting;
	const char *near;

	if (!schema_is_key(value->key))
		return yaml_error(yaml, value->key, err,
				  "a key must be letters, digits, '-', '_' and '.', at most %d",
				  OBJECT_KEY_MAX);
	if (yaml_expect(yaml, value, YAML_SCALAR, value->key->text, err) < 0)
		return -1;
	setting = schema_setting(schema, value->text);
	if (setting == NULL) {
		near = schema_suggest_setting(schema, value->text);
		if (near != NULL)
			return yaml_error(yaml, value, err, "unknown setting, did you mean '%s'?",
					  near);
		return yaml_error(yaml, value, err, "unknown setting");
	}
	if (setting->kind == KIND_SECRET && object->kind == OBJECT_CONFIGMAP)
		return yaml_error(yaml, value, err, "the secret '%s' in a ConfigMap",
				  setting->name);
	object->entries[object->entry_count++] = (struct object_entry){
		.key = xstrdup(value->key->text),
		.setting = (size_t)(setting - schema->settings),
	};
	return 0;
}

static int
read_mappings(const struct yaml *yaml, const struct yaml_node *map, const struct schema *schema,
	      struct object *object, bool *named, struct error *err)
{
	if (yaml_expect(yaml, map, YAML_MAP, "settings", err) < 0)
		return -1;
	object->entries = xcalloc(map->count, sizeof(*object->entries));
	for (size_t i = 0; i < map->count; i++) {
		if (read_mapping(yaml, map->children[i], schema, object, err) < 0)
			return -1;
		named[object->entries[i].setting] = true;
	}
	/* YAML's keys are unique already. */
	(void)sort_entries(object);
	return 0;
}

static int
read_type(const struct yaml *yaml, const struct yaml_node *node, struct object *object,
	  struct error *err)
{
	if (node == NULL) {
		object->type = xstrdup(object->kind == OBJECT_SECRET ? "Opaque" : "ConfigMap");
		return 0;
	}
	if (object->kind != OBJECT_SECRET)
		return yaml_error(yaml, node->key, err, "'type' is for a Secret only");
	if (schema_read_text(yaml, node, "type", &object->type, err) < 0)
		return -1;
	if (node->len > TYPE_TEXT_MAX || strpbrk(node->text, " \t\r\n") != NULL)
		return yaml_error(yaml, node, err, "'type' is not a Secret's type");
	for (size_t i = 0; i < COUNT(refused_types); i++) {
		if (strcmp(object->type, refused_types[i]) == 0)
			return yaml_error(yaml, node, err,
					  "Secrets of type '%s' are made by controllers",
					  object->type);
	}
	return 0;
}

static bool
belongs(const struct setting *setting, const struct object *object)
{
	return (setting->kind == KIND_SECRET) == (object->kind == OBJECT_SECRET);
}

/* Everything of its kind that no other object names. */
static int
take_rest(const struct yaml *yaml, const struct schema *schema, const bool *named,
	  struct object *object, struct error *err)
{
	const struct object_entry *twice;

	object->entries = xcalloc(schema->setting_count, sizeof(*object->entries));
	for (size_t i = 0; i < schema->setting_count; i++) {
		if (named[i] || !belongs(&schema->settings[i], object))
			continue;
		object->entries[object->entry_count++] = (struct object_entry){
			.key = xstrdup(schema->settings[i].key),
			.setting = i,
		};
	}
	twice = sort_entries(object);
	if (twice == NULL)
		return 0;
	return yaml_error(yaml, yaml_get(yaml->root, "settings")->children[twice->setting]->key,
			  err, "another setting has the key '%s' in '%s' too", twice->key,
			  object->name);
}

static int
check_key(const struct yaml *yaml, const struct yaml_node *node, const struct schema *schema,
	  const struct object *object, const struct well_known *known, struct error *err)
{
	const struct object_entry *entry = find_key(object, known->key);
	const struct setting *setting;

	if (entry == NULL)
		return yaml_error(yaml, node, err, "a Secret of type '%s' needs the key '%s'",
				  known->type, known->key);
	setting = &schema->settings[entry->setting];
	if (known->is_json && setting->type != TYPE_JSON)
		return yaml_error(yaml, node, err,
				  "for the key '%s' the setting '%s' must be of type json",
				  known->key, setting->name);
	return 0;
}

static int
check_well_known(const struct yaml *yaml, const struct yaml_node *node, const struct schema *schema,
		 const struct object *object, struct error *err)
{
	for (size_t i = 0; i < COUNT(well_known_keys); i++) {
		if (strcmp(well_known_keys[i].type, object->type) == 0 &&
		    check_key(yaml, node, schema, object, &well_known_keys[i], err) < 0)
			return -1;
	}
	if (strcmp(object->type, "kubernetes.io/basic-auth") == 0 &&
	    find_key(object, "username") == NULL && find_key(object, "password") == NULL)
		return yaml_error(
			yaml, node, err,
			"a Secret of type 'kubernetes.io/basic-auth' needs the key 'username' or "
			"'password'");
	return 0;
}

static int
read_object(const struct yaml *yaml, const struct yaml_node *node, const struct schema *schema,
	    struct object *object, bool *named, struct error *err)
{
	static const char *const fields[] = { "kind", "type", "settings", NULL };
	static const char *const kinds[] = { "ConfigMap", "Secret", NULL };
	const struct yaml_node *kind, *settings;
	size_t choice;

	object->line = node->key->line;
	object->name = xstrdup(node->key->text);
	if (!schema_is_object_name(schema_bytes(node->key)))
		return yaml_error(yaml, node->key, err, "an object's name must be a DNS subdomain");
	if (yaml_expect(yaml, node, YAML_MAP, object->name, err) < 0 ||
	    yaml_check_fields(yaml, node, fields, err) < 0)
		return -1;
	kind = yaml_get(node, "kind");
	settings = yaml_get(node, "settings");
	if (kind == NULL)
		return yaml_error(yaml, node->key, err, "'%s' needs its kind: ConfigMap or Secret",
				  object->name);
	if (schema_read_choice(yaml, kind, "kind", kinds, &choice, err) < 0)
		return -1;
	object->kind = choice == 1 ? OBJECT_SECRET : OBJECT_CONFIGMAP;
	if (read_type(yaml, yaml_get(node, "type"), object, err) < 0)
		return -1;
	return settings != NULL ? read_mappings(yaml, settings, schema, object, named, err) : 0;
}

static int
read_map(const struct yaml *yaml, const struct yaml_node *map, struct schema *schema, bool *named,
	 struct error *err)
{
	size_t entries = 0;

	if (map->count > OBJECTS_MAX)
		return yaml_error(yaml, map, err, "more than %d objects", OBJECTS_MAX);
	schema->objects = xcalloc(map->count, sizeof(*schema->objects));
	for (size_t i = 0; i < map->count; i++) {
		schema->object_count++;
		if (read_object(yaml, map->children[i], schema, &schema->objects[i], named, err) <
		    0)
			return -1;
	}
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *node = map->children[i];

		if (yaml_get(node, "settings") == NULL &&
		    take_rest(yaml, schema, named, &schema->objects[i], err) < 0)
			return -1;
		if (check_well_known(yaml, node->key, schema, &schema->objects[i], err) < 0)
			return -1;
		entries += schema->objects[i].entry_count;
		if (entries > ENTRIES_MAX)
			return yaml_error(yaml, node->key, err, "more than %d keys in all objects",
					  ENTRIES_MAX);
	}
	return 0;
}

static int
make_default(const struct yaml *yaml, struct schema *schema, enum object_kind kind,
	     const bool *named, struct error *err)
{
	struct object *object = &schema->objects[schema->object_count++];
	bool is_secret = kind == OBJECT_SECRET;

	object->kind = kind;
	object->line = 1;
	object->name = xasprintf("%s-%s", schema->project, is_secret ? "secrets" : "config");
	object->type = xstrdup(is_secret ? "Opaque" : "ConfigMap");
	return take_rest(yaml, schema, named, object, err);
}

int
schema_read_objects(const struct yaml *yaml, const struct yaml_node *map, struct schema *schema,
		    struct error *err)
{
	bool *named = xcalloc(schema->setting_count + 1, sizeof(*named));
	int result;

	if (map == NULL) {
		schema->objects = xcalloc(2, sizeof(*schema->objects));
		result = make_default(yaml, schema, OBJECT_CONFIGMAP, named, err);
		if (result == 0)
			result = make_default(yaml, schema, OBJECT_SECRET, named, err);
	} else {
		result = yaml_expect(yaml, map, YAML_MAP, "objects", err);
		if (result == 0 && map->count == 0)
			result = yaml_error(yaml, map, err, "'objects' is empty");
		if (result == 0)
			result = read_map(yaml, map, schema, named, err);
	}
	free(named);
	return result;
}
