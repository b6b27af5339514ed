/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of tfsecrets.yaml: a table of fields, and which of them go together. */
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "schemas/schema_parts.h"

static int
read_kind(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	static const char *const kinds[] = { "config", "secret", NULL };
	size_t choice;

	if (schema_read_choice(reading->yaml, node, "kind", kinds, &choice, err) < 0)
		return -1;
	reading->setting->kind = choice == 1 ? KIND_SECRET : KIND_CONFIG;
	return 0;
}

static int
read_type(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	size_t choice;

	if (schema_read_choice(reading->yaml, node, "type", type_names(), &choice, err) < 0)
		return -1;
	reading->setting->type = (enum value_type)choice;
	return 0;
}

static int
read_description(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	return schema_read_text(reading->yaml, node, "description", &reading->setting->description,
				err);
}

static int
read_key(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	if (yaml_expect(reading->yaml, node, YAML_SCALAR, "key", err) < 0)
		return -1;
	if (!schema_is_key(node))
		return yaml_error(reading->yaml, node, err,
				  "'key' must be letters, digits, '-', '_' and '.', at most %d",
				  OBJECT_KEY_MAX);
	free(reading->setting->key);
	reading->setting->key = xstrdup(node->text);
	return 0;
}

static int
read_default(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	if (yaml_expect(reading->yaml, node, YAML_SCALAR, "default", err) < 0)
		return -1;
	if (node->len > VALUE_MAX)
		return yaml_error(reading->yaml, node, err, "'default' is larger than %d bytes",
				  VALUE_MAX);
	reading->setting->default_value = xstrdup(node->text);
	return 0;
}

static int
read_not_secret(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	static const char *const no_reasons[] = { "true", "false", "yes", "no" };

	if (schema_read_text(reading->yaml, node, "not-secret", &reading->setting->not_secret,
			     err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(no_reasons); i++) {
		if (strcasecmp(node->text, no_reasons[i]) == 0)
			return yaml_error(reading->yaml, node, err,
					  "'not-secret' takes the reason why it is none");
	}
	return 0;
}

static int
read_rotate_after(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	if (yaml_expect(reading->yaml, node, YAML_SCALAR, "rotate-after", err) < 0)
		return -1;
	if (!text_to_duration(schema_bytes(node), &reading->setting->rotate_after) ||
	    reading->setting->rotate_after == 0)
		return yaml_error(reading->yaml, node, err,
				  "'rotate-after' must be a duration such as 90d");
	return 0;
}

static int
read_optional(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	return schema_read_boolean(reading->yaml, node, "optional", &reading->setting->optional,
				   err);
}

static int
read_required_in(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	reading->setting->has_required_in = true;
	if (schema_read_list(reading->yaml, node, "required-in", &reading->setting->required_in,
			     err) < 0)
		return -1;
	for (size_t i = 0; i < node->count; i++) {
		const char *name = node->children[i]->text, *near;

		if (schema_environment(reading->schema, name) != NULL)
			continue;
		near = schema_suggest_environment(reading->schema, name);
		if (near != NULL)
			return yaml_error(reading->yaml, node->children[i], err,
					  "unknown environment '%s', did you mean '%s'?", name,
					  near);
		return yaml_error(reading->yaml, node->children[i], err, "unknown environment '%s'",
				  name);
	}
	return 0;
}

enum fits {
	FITS_CONFIG = 1,
	FITS_SECRET = 2,
	FITS_BOTH = FITS_CONFIG | FITS_SECRET,
};

#define TYPE_BIT(type) (1u << (type))
#define ALL_TYPES (TYPE_BIT(TYPE_COUNT) - 1)
#define TEXT_TYPES (ALL_TYPES & ~(NUMBER_TYPES | TYPE_BIT(TYPE_BOOLEAN) | TYPE_BIT(TYPE_UUID)))
#define NUMBER_TYPES                                                                               \
	(TYPE_BIT(TYPE_INTEGER) | TYPE_BIT(TYPE_NUMBER) | TYPE_BIT(TYPE_PORT) |                    \
	 TYPE_BIT(TYPE_DURATION))

/* In the order in which they are read: a later one may depend on what an earlier one has set. */
static const struct field {
	const char *name;
	int (*read)(const struct reading *reading, const struct yaml_node *node, struct error *err);
	enum fits kinds;
	unsigned types;
} field_table[] = {
	{ "kind", read_kind, FITS_BOTH, ALL_TYPES },
	{ "type", read_type, FITS_BOTH, ALL_TYPES },
	{ "description", read_description, FITS_BOTH, ALL_TYPES },
	{ "key", read_key, FITS_BOTH, ALL_TYPES },
	{ "one-of", schema_read_one_of, FITS_BOTH, ALL_TYPES & ~TYPE_BIT(TYPE_BOOLEAN) },
	{ "pattern", schema_read_pattern, FITS_BOTH,
	  ALL_TYPES & ~(NUMBER_TYPES | TYPE_BIT(TYPE_BOOLEAN)) },
	{ "schemes", schema_read_schemes, FITS_BOTH, TYPE_BIT(TYPE_URL) },
	{ "min-length", schema_read_min_length, FITS_BOTH, TEXT_TYPES },
	{ "max-length", schema_read_max_length, FITS_BOTH, TEXT_TYPES },
	{ "min", schema_read_min, FITS_BOTH, NUMBER_TYPES },
	{ "max", schema_read_max, FITS_BOTH, NUMBER_TYPES },
	{ "default", read_default, FITS_CONFIG, ALL_TYPES },
	{ "not-secret", read_not_secret, FITS_CONFIG, ALL_TYPES },
	{ "generate", schema_read_generate, FITS_SECRET, TYPE_BIT(TYPE_STRING) },
	{ "rotate-after", read_rotate_after, FITS_SECRET, ALL_TYPES },
	{ "optional", read_optional, FITS_BOTH, ALL_TYPES },
	{ "required-in", read_required_in, FITS_BOTH, ALL_TYPES },
};

static int
read_field(const struct reading *reading, const struct yaml_node *node, const struct field *field,
	   struct error *err)
{
	const struct setting *setting = reading->setting;
	const struct yaml_node *value = yaml_get(node, field->name);

	if (value == NULL)
		return 0;
	if ((field->kinds & (setting->kind == KIND_SECRET ? FITS_SECRET : FITS_CONFIG)) == 0)
		return yaml_error(reading->yaml, value->key, err,
				  "'%s' is for a setting of kind %s only", field->name,
				  field->kinds == FITS_SECRET ? "secret" : "config");
	if ((field->types & TYPE_BIT(setting->type)) == 0)
		return yaml_error(reading->yaml, value->key, err, "'%s' does not go with type %s",
				  field->name, type_name(setting->type));
	return field->read(reading, value, err);
}

static int
report(const struct reading *reading, const struct yaml_node *node, const char *what,
       const char *rule, struct error *err)
{
	return rule != NULL ? yaml_error(reading->yaml, node, err, "'%s' %s", what, rule) : 0;
}

/* A setting's own rules for what the file itself says. A choice need not be looked for among the choices. */
static int
check_literals(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	const struct yaml_node *choices = yaml_get(node, "one-of"),
			       *value = yaml_get(node, "default");
	const struct setting *setting = reading->setting;
	char text[RULE_TEXT_BYTES];

	for (size_t i = 0; choices != NULL && i < choices->count; i++) {
		const struct yaml_node *choice = choices->children[i];

		if (report(reading, choice, "one-of",
			   schema_check_unlisted(setting, schema_bytes(choice), text), err) < 0)
			return -1;
	}
	if (value == NULL)
		return 0;
	return report(reading, value, "default", setting_check(setting, schema_bytes(value), text),
		      err);
}

/* What cannot both be meant. */
static int
check_together(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	const struct setting *setting = reading->setting;
	const char *rule = NULL;

	if (setting->has_min_length && setting->has_max_length &&
	    setting->min_length > setting->max_length)
		rule = "'min-length' is greater than 'max-length'";
	else if (setting->has_min && setting->has_max && setting->min > setting->max)
		rule = "'min' is greater than 'max'";
	else if (setting->generate > 0 && setting->has_min_length &&
		 setting->generate < setting->min_length)
		rule = "'generate' is shorter than 'min-length'";
	else if (setting->generate > 0 && setting->has_max_length &&
		 setting->generate > setting->max_length)
		rule = "'generate' is longer than 'max-length'";
	else if (setting->generate > 0 && (setting->pattern != NULL || setting->one_of.count > 0))
		rule = "'generate' goes neither with 'pattern' nor with 'one-of'";
	else if (setting->optional && setting->has_required_in)
		rule = "'optional' and 'required-in' exclude each other";
	else if (setting->default_value != NULL && (setting->optional || setting->has_required_in))
		rule = "with 'default' there is always a value: neither 'optional' nor 'required-in'";
	return rule != NULL ? yaml_error(reading->yaml, node->key, err, "%s", rule) : 0;
}

static int
read_setting(const struct yaml *yaml, const struct yaml_node *node, const struct schema *schema,
	     struct setting *setting, struct error *err)
{
	const struct reading reading = { yaml, schema, setting };
	const char *fields[COUNT(field_table) + 1] = { NULL };

	for (size_t i = 0; i < COUNT(field_table); i++)
		fields[i] = field_table[i].name;
	if (!text_is_setting_name(schema_bytes(node->key)))
		return yaml_error(
			yaml, node->key, err,
			"a setting's name must be [A-Za-z_][A-Za-z0-9_]*, at most %d characters",
			SETTING_NAME_MAX);
	setting->name = xstrdup(node->key->text);
	setting->key = xstrdup(node->key->text);
	setting->line = node->key->line;
	if (yaml_expect(yaml, node, YAML_MAP, setting->name, err) < 0 ||
	    yaml_check_fields(yaml, node, fields, err) < 0)
		return -1;
	if (yaml_get(node, "kind") == NULL)
		return yaml_error(yaml, node->key, err, "'%s' needs its kind: config or secret",
				  setting->name);
	for (size_t i = 0; i < COUNT(field_table); i++) {
		if (read_field(&reading, node, &field_table[i], err) < 0)
			return -1;
	}
	if (check_together(&reading, node, err) < 0)
		return -1;
	return check_literals(&reading, node, err);
}

static int
compare_names(const void *a, const void *b, void *context)
{
	const struct schema *schema = context;

	return strcmp(schema->settings[*(const size_t *)a].name,
		      schema->settings[*(const size_t *)b].name);
}

static int
compare_folded(const void *a, const void *b, void *context)
{
	const struct schema *schema = context;
	size_t one = *(const size_t *)a, other = *(const size_t *)b;
	int order = strcasecmp(schema->settings[one].name, schema->settings[other].name);

	return order != 0 ? order : (one > other) - (one < other);
}

/* A file system that ignores letter case would keep two such settings in one file. */
static int
check_case(const struct yaml *yaml, const struct yaml_node *map, struct schema *schema,
	   struct error *err)
{
	size_t *order = schema->by_name;

	qsort_r(order, schema->setting_count, sizeof(*order), compare_folded, schema);
	for (size_t i = 1; i < schema->setting_count; i++) {
		const struct setting *first = &schema->settings[order[i - 1]];

		if (strcasecmp(first->name, schema->settings[order[i]].name) == 0)
			return yaml_error(yaml, map->children[order[i]]->key, err,
					  "differs from '%s' (line %zu) in letter case only",
					  first->name, first->line);
	}
	return 0;
}

int
schema_read_settings(const struct yaml *yaml, const struct yaml_node *map, struct schema *schema,
		     struct error *err)
{
	if (yaml_expect(yaml, map, YAML_MAP, "settings", err) < 0)
		return -1;
	if (map->count > SCHEMA_SETTINGS_MAX)
		return yaml_error(yaml, map, err, "more than %d settings", SCHEMA_SETTINGS_MAX);
	if (map->count == 0)
		return 0;
	schema->settings = xcalloc(map->count, sizeof(*schema->settings));
	schema->by_name = xcalloc(map->count, sizeof(*schema->by_name));
	for (size_t i = 0; i < map->count; i++) {
		schema->by_name[i] = i;
		schema->setting_count++;
		if (read_setting(yaml, map->children[i], schema, &schema->settings[i], err) < 0)
			return -1;
	}
	if (check_case(yaml, map, schema, err) < 0)
		return -1;
	qsort_r(schema->by_name, schema->setting_count, sizeof(*schema->by_name), compare_names,
		schema);
	return 0;
}
