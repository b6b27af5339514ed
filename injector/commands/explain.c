/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/explain.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/repository/values.h"
#include "schemas/classify.h"

static int
widest_name(const struct schema *schema)
{
	size_t width = 0;

	for (size_t i = 0; i < schema->setting_count; i++) {
		size_t len = strlen(schema->settings[i].name);

		width = len > width ? len : width;
	}
	return (int)width;
}

int
explain_settings(struct project *project, const char *environment, struct error *err)
{
	static const char *const kinds[] = { [KIND_CONFIG] = "config", [KIND_SECRET] = "secret" };
	const struct schema *schema = project->schema;
	CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
	int width = widest_name(schema);

	if (environment == NULL && schema->environment_count > 0)
		environment = schema->environments[0].name;
	if (environment != NULL && plain_read(&project->files, environment, &plain, err) < 0)
		return -1;
	for (size_t i = 0; i < schema->setting_count; i++) {
		const struct setting *setting = &schema->settings[i];
		struct classification own;
		struct bytes value = { NULL, 0 };
		size_t at;

		if (plain_find(&plain, setting->name, &at))
			value = plain_value(&plain, at);
		classify_propose(setting->name, value, &own);
		printf("%-*s  %s  " SCHEMA_FILE ":%zu says so; by itself: %s, %s%s%s\n", width,
		       setting->name, kinds[setting->kind], setting->line, kinds[own.kind],
		       own.reason, setting->not_secret != NULL ? "; not-secret: " : "",
		       setting->not_secret != NULL ? setting->not_secret : "");
	}
	return 0;
}
