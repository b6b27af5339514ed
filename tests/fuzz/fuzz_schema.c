/* SPDX-License-Identifier: Apache-2.0 */
/* What tfsecrets.yaml is taken for keeps the rules of the manual: names, constraints that the file's own
 * values meet, objects without a secret where none belongs. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "schemas/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_environments(const struct schema *schema)
{
	require(schema->environment_count > 0 &&
		schema->environment_count <= SCHEMA_ENVIRONMENTS_MAX);
	for (size_t i = 0; i < schema->environment_count; i++) {
		const struct environment *environment = &schema->environments[i];

		require(text_is_label(bytes_of(environment->name)));
		require(strcmp(environment->name, "roster") != 0);
		require(schema_environment(schema, environment->name) == environment);
		require(strcmp(schema_suggest_environment(schema, environment->name),
			       environment->name) == 0);
		for (size_t k = 0; k < environment->target_count; k++) {
			const struct target *target = &environment->targets[k];

			require(target->namespace == NULL ||
				text_is_label(bytes_of(target->namespace)));
			require(!target->in_cluster || target->context == NULL);
		}
	}
}

static void
check_literals(const struct setting *setting)
{
	char text[RULE_TEXT_BYTES];

	if (setting->default_value != NULL)
		require(setting_check(setting, bytes_of(setting->default_value), text) == NULL);
	for (size_t i = 0; i < setting->one_of.count; i++)
		require(setting_check(setting, bytes_of(setting->one_of.items[i]), text) == NULL);
	/* No rule's text has any of the value in it. */
	(void)setting_check(setting, bytes_of("\x01value"), text);
	require(strstr(text, "\x01value") == NULL);
}

static void
check_setting(const struct schema *schema, const struct setting *setting)
{
	require(text_is_setting_name(bytes_of(setting->name)));
	require(schema_setting(schema, setting->name) == setting);
	require(setting->key != NULL && setting->key[0] != 0 && setting->line > 0);
	require(setting->type < TYPE_COUNT);
	if (setting->kind == KIND_SECRET)
		require(setting->default_value == NULL && setting->not_secret == NULL);
	else
		require(setting->generate == 0 && setting->rotate_after == 0);
	require(!setting->has_min || !setting->has_max || setting->min <= setting->max);
	require(!setting->has_min_length || !setting->has_max_length ||
		setting->min_length <= setting->max_length);
	require((setting->pattern != NULL) == (setting->regex != NULL));
	for (size_t i = 0; i < setting->required_in.count; i++)
		require(schema_environment(schema, setting->required_in.items[i]) != NULL &&
			setting_is_required(setting, setting->required_in.items[i]));
	check_literals(setting);
}

static void
check_settings(const struct schema *schema)
{
	require(schema->setting_count <= SCHEMA_SETTINGS_MAX);
	for (size_t i = 0; i < schema->setting_count; i++)
		check_setting(schema, &schema->settings[i]);
	for (size_t i = 1; i < schema->setting_count; i++)
		require(strcmp(schema->settings[schema->by_name[i - 1]].name,
			       schema->settings[schema->by_name[i]].name) < 0);
}

static void
check_objects(const struct schema *schema)
{
	for (size_t i = 0; i < schema->object_count; i++) {
		const struct object *object = &schema->objects[i];

		require(object->name != NULL && strlen(object->name) <= OBJECT_NAME_MAX &&
			object->type != NULL);
		for (size_t k = 0; k < object->entry_count; k++) {
			const struct object_entry *entry = &object->entries[k];

			require(entry->setting < schema->setting_count);
			require(object->kind == OBJECT_SECRET ||
				schema->settings[entry->setting].kind == KIND_CONFIG);
			require(strlen(entry->key) > 0 && strlen(entry->key) <= OBJECT_KEY_MAX);
			require(k == 0 || strcmp(object->entries[k - 1].key, entry->key) < 0);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(schema_cleanup) struct schema *schema = NULL;
	struct error err = ERROR_INIT;

	if (schema_read((struct bytes){ data, size }, "fuzz", &schema, &err) < 0) {
		require(schema == NULL && err.code == ERROR_FAILED);
		require(strncmp(err.message, "fuzz:", strlen("fuzz:")) == 0);
		return 0;
	}
	require(text_is_label(bytes_of(schema->project)));
	check_environments(schema);
	check_settings(schema);
	check_objects(schema);
	return 0;
}
