/* SPDX-License-Identifier: Apache-2.0 */
/* tfsecrets.yaml from the top, and the kinds of value that its sections share. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "schemas/schema_parts.h"

struct bytes
schema_bytes(const struct yaml_node *scalar)
{
	return (struct bytes){ (const uint8_t *)scalar->text, scalar->len };
}

bool
schema_is_key(const struct yaml_node *scalar)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return scalar->len > 0 && scalar->len <= OBJECT_KEY_MAX &&
	       strspn(scalar->text, allowed) == scalar->len && strcmp(scalar->text, ".") != 0 &&
	       strncmp(scalar->text, "..", 2) != 0;
}

int
schema_read_choice(const struct yaml *yaml, const struct yaml_node *node, const char *what,
		   const char *const *words, size_t *ret, struct error *err)
{
	CLEANUP(list_clear) struct list known = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;
	const char *near;

	if (yaml_expect(yaml, node, YAML_SCALAR, what, err) < 0)
		return -1;
	for (size_t i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], node->text) == 0) {
			*ret = i;
			return 0;
		}
		list_add(&known, words[i]);
	}
	near = text_suggest(node->text, words);
	if (near != NULL)
		return yaml_error(yaml, node, err, "unknown %s, did you mean '%s'?", what, near);
	joined = list_join(&known, ", ", " or ");
	return yaml_error(yaml, node, err, "'%s' must be %s", what, joined);
}

int
schema_read_boolean(const struct yaml *yaml, const struct yaml_node *node, const char *what,
		    bool *ret, struct error *err)
{
	static const char *const words[] = { "false", "true", NULL };
	size_t choice;

	if (schema_read_choice(yaml, node, what, words, &choice, err) < 0)
		return -1;
	*ret = choice == 1;
	return 0;
}

int
schema_read_text(const struct yaml *yaml, const struct yaml_node *node, const char *what,
		 char **ret, struct error *err)
{
	if (yaml_expect(yaml, node, YAML_SCALAR, what, err) < 0)
		return -1;
	if (node->len == 0)
		return yaml_error(yaml, node, err, "'%s' is empty", what);
	*ret = xstrdup(node->text);
	return 0;
}

static int
compare_texts(const void *a, const void *b)
{
	const struct yaml_node *const *one = a, *const *other = b;
	int order = strcmp((*one)->text, (*other)->text);

	return order != 0 ? order :
			    ((*one)->start > (*other)->start) - ((*one)->start < (*other)->start);
}

/* The first scalar of a list that stood there before, or NULL. */
static const struct yaml_node *
find_repeated(const struct yaml_node *list)
{
	struct yaml_node **sorted = xcalloc(list->count, sizeof(*sorted));
	const struct yaml_node *first = NULL;

	memcpy(sorted, list->children, list->count * sizeof(*sorted));
	qsort(sorted, list->count, sizeof(*sorted), compare_texts);
	for (size_t i = 1; i < list->count; i++) {
		if (strcmp(sorted[i - 1]->text, sorted[i]->text) == 0 &&
		    (first == NULL || sorted[i]->start < first->start))
			first = sorted[i];
	}
	free(sorted);
	return first;
}

int
schema_read_list(const struct yaml *yaml, const struct yaml_node *node, const char *what,
		 struct list *ret, struct error *err)
{
	const struct yaml_node *repeated;

	if (yaml_expect(yaml, node, YAML_LIST, what, err) < 0)
		return -1;
	if (node->count == 0)
		return yaml_error(yaml, node, err, "'%s' is empty", what);
	for (size_t i = 0; i < node->count; i++) {
		if (yaml_expect(yaml, node->children[i], YAML_SCALAR, what, err) < 0)
			return -1;
		list_add(ret, node->children[i]->text);
	}
	repeated = find_repeated(node);
	return repeated != NULL ? yaml_error(yaml, repeated, err, "stands twice in '%s'", what) : 0;
}

int
schema_read_label(const struct yaml *yaml, const struct yaml_node *node, const char *what,
		  char **ret, struct error *err)
{
	if (yaml_expect(yaml, node, YAML_SCALAR, what, err) < 0)
		return -1;
	if (!text_is_label(schema_bytes(node)))
		return yaml_error(yaml, node, err,
				  "'%s' must be a DNS label (a-z, 0-9, -; at most 63)", what);
	*ret = xstrdup(node->text);
	return 0;
}

bool
schema_is_nothing(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->style == YAML_PLAIN && node->len == 0;
}

static int
require(const struct yaml *yaml, const char *field, const struct yaml_node **ret, struct error *err)
{
	*ret = yaml_get(yaml->root, field);
	if (*ret == NULL)
		return yaml_error(yaml, yaml->root, err, "'%s' is missing", field);
	return 0;
}

static int
read_version(const struct yaml *yaml, struct error *err)
{
	const struct yaml_node *version;

	if (require(yaml, "version", &version, err) < 0 ||
	    yaml_expect(yaml, version, YAML_SCALAR, "version", err) < 0)
		return -1;
	if (strcmp(version->text, "1") != 0)
		return yaml_error(yaml, version, err, "this program knows version 1 only");
	return 0;
}

static int
read_all(const struct yaml *yaml, struct schema *schema, struct error *err)
{
	static const char *const fields[] = { "version",  "project", "environments",
					      "settings", "objects", NULL };
	const struct yaml_node *project, *environments, *settings;

	if (yaml_expect(yaml, yaml->root, YAML_MAP, SCHEMA_FILE, err) < 0 ||
	    read_version(yaml, err) < 0 || yaml_check_fields(yaml, yaml->root, fields, err) < 0 ||
	    require(yaml, "project", &project, err) < 0 ||
	    schema_read_label(yaml, project, "project", &schema->project, err) < 0 ||
	    require(yaml, "environments", &environments, err) < 0 ||
	    schema_read_environments(yaml, environments, schema, err) < 0 ||
	    require(yaml, "settings", &settings, err) < 0)
		return -1;
	if (!schema_is_nothing(settings) && schema_read_settings(yaml, settings, schema, err) < 0)
		return -1;
	return schema_read_objects(yaml, yaml_get(yaml->root, "objects"), schema, err);
}

int
schema_read(struct bytes source, const char *file, struct schema **ret, struct error *err)
{
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	CLEANUP(schema_cleanup) struct schema *schema = xcalloc(1, sizeof(*schema));

	if (yaml_parse(source, file, &yaml, err) < 0 || read_all(yaml, schema, err) < 0)
		return -1;
	*ret = TAKE(schema);
	return 0;
}
