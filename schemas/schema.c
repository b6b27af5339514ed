/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/schema.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static void
setting_free(struct setting *setting)
{
	free(setting->name);
	free(setting->description);
	free(setting->key);
	free(setting->default_value);
	free(setting->not_secret);
	free(setting->pattern);
	if (setting->regex != NULL)
		regfree(setting->regex);
	free(setting->regex);
	list_clear(&setting->one_of);
	list_clear(&setting->schemes);
	list_clear(&setting->required_in);
}

static void
environment_free(struct environment *environment)
{
	for (size_t i = 0; i < environment->target_count; i++) {
		free(environment->targets[i].context);
		free(environment->targets[i].namespace);
	}
	free(environment->targets);
	free(environment->name);
}

static void
object_free(struct object *object)
{
	for (size_t i = 0; i < object->entry_count; i++)
		free(object->entries[i].key);
	free(object->entries);
	free(object->name);
	free(object->type);
}

void
schema_free(struct schema *schema)
{
	if (schema == NULL)
		return;
	for (size_t i = 0; i < schema->setting_count; i++)
		setting_free(&schema->settings[i]);
	for (size_t i = 0; i < schema->environment_count; i++)
		environment_free(&schema->environments[i]);
	for (size_t i = 0; i < schema->object_count; i++)
		object_free(&schema->objects[i]);
	free(schema->settings);
	free(schema->environments);
	free(schema->objects);
	free(schema->by_name);
	free(schema->project);
	free(schema);
}

void
schema_cleanup(struct schema **schema)
{
	schema_free(*schema);
	*schema = NULL;
}

const struct setting *
schema_setting(const struct schema *schema, const char *name)
{
	size_t low = 0, high = schema->setting_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct setting *setting = &schema->settings[schema->by_name[middle]];
		int order = strcmp(name, setting->name);

		if (order == 0)
			return setting;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct environment *
schema_environment(const struct schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->environment_count; i++) {
		if (strcmp(schema->environments[i].name, name) == 0)
			return &schema->environments[i];
	}
	return NULL;
}

const char *
schema_suggest_setting(const struct schema *schema, const char *name)
{
	const char **names = xcalloc(schema->setting_count + 1, sizeof(*names)), *near;

	for (size_t i = 0; i < schema->setting_count; i++)
		names[i] = schema->settings[i].name;
	near = text_suggest(name, names);
	free(names);
	return near;
}

const char *
schema_suggest_environment(const struct schema *schema, const char *name)
{
	const char **names = xcalloc(schema->environment_count + 1, sizeof(*names)), *near;

	for (size_t i = 0; i < schema->environment_count; i++)
		names[i] = schema->environments[i].name;
	near = text_suggest(name, names);
	free(names);
	return near;
}

bool
setting_is_required(const struct setting *setting, const char *environment)
{
	if (setting->has_required_in)
		return list_has(&setting->required_in, environment);
	return !setting->optional;
}
