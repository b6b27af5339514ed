/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/limits.h"

#include <string.h>

struct environment_values {
	const struct schema *schema;
	const char *environment;
	const struct plain *plain;
	const struct environment_state *state;
};

/* Whether the setting has a value; *ret_size: its bytes, 0 for a sealed one, whose size nobody knows exactly. */
static bool
has_value(const struct environment_values *values, const struct setting *setting, size_t *ret_size)
{
	const struct value_state *sealed = environment_state_find(values->state, setting->name);
	size_t at;

	*ret_size = 0;
	if (setting->kind == KIND_SECRET)
		return sealed != NULL && sealed->status != STATUS_UNSET;
	if (plain_find(values->plain, setting->name, &at))
		*ret_size = plain_value(values->plain, at).len;
	else if (setting->default_value != NULL)
		*ret_size = strlen(setting->default_value);
	else
		return false;
	return true;
}

static void
check_needed(const struct environment_values *values, const struct object *object,
	     const struct object_entry *entry, struct findings *findings)
{
	const struct setting *setting = &values->schema->settings[entry->setting];

	/* What is required has been missed already. */
	if (schema_type_needs(object->type, entry->key) &&
	    !setting_is_required(setting, values->environment))
		findings_add(findings, LEVEL_FINDING,
			     "Secret '%s' is of type '%s', and its key '%s' has no value in '%s'",
			     object->name, object->type, entry->key, values->environment);
}

static void
check_object(const struct environment_values *values, const struct object *object,
	     struct findings *findings)
{
	size_t data = 0, annotations = OBJECT_MARKS_BYTES;
	const char *kind = object->kind == OBJECT_SECRET ? "Secret" : "ConfigMap";

	for (size_t i = 0; i < object->entry_count; i++) {
		const struct object_entry *entry = &object->entries[i];
		size_t size;

		if (!has_value(values, &values->schema->settings[entry->setting], &size)) {
			check_needed(values, object, entry, findings);
			continue;
		}
		data += size;
		annotations += strlen(entry->key) + OBJECT_KEY_DIGITS + 2;
	}
	if (data > OBJECT_DATA_MAX)
		findings_add(findings, LEVEL_FINDING,
			     "%s '%s' has %zu bytes of values in '%s', and the most is %d", kind,
			     object->name, data, values->environment, OBJECT_DATA_MAX);
	if (annotations > OBJECT_ANNOTATIONS_MAX)
		findings_add(
			findings, LEVEL_FINDING,
			"%s '%s' has more keys in '%s' than the annotations of an object take: "
			"%zu bytes, and the most is %d",
			kind, object->name, values->environment, annotations,
			OBJECT_ANNOTATIONS_MAX);
}

void
limits_check(const struct schema *schema, const char *environment, const struct plain *plain,
	     const struct environment_state *state, struct findings *findings)
{
	const struct environment_values values = { schema, environment, plain, state };

	for (size_t i = 0; i < schema->object_count; i++)
		check_object(&values, &schema->objects[i], findings);
}
