/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/yaml_parts.h"

void
yaml_node_free(struct yaml_node *node)
{
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->count; i++)
		yaml_node_free(node->children[i]);
	free(node->children);
	if (node->text != NULL)
		explicit_bzero(node->text, node->len);
	free(node->text);
	yaml_node_free(node->key);
	free(node);
}

void
yaml_destroy(struct yaml *yaml)
{
	if (yaml == NULL)
		return;
	yaml_node_free(yaml->root);
	free(yaml->file);
	free(yaml);
}

void
yaml_cleanup(struct yaml **yaml)
{
	yaml_destroy(*yaml);
	*yaml = NULL;
}

void
yaml_node_append(struct yaml_node *collection, struct yaml_node *child)
{
	/* Powers of two, without a field for the capacity. */
	if ((collection->count & (collection->count - 1)) == 0)
		collection->children =
			xreallocarray(collection->children,
				      collection->count > 0 ? 2 * collection->count : 1,
				      sizeof(*collection->children));
	collection->children[collection->count++] = child;
}

void
yaml_documents_clear(struct yaml_documents *documents)
{
	for (size_t i = 0; i < documents->count; i++)
		yaml_destroy(documents->items[i]);
	free(documents->items);
	*documents = (struct yaml_documents)YAML_DOCUMENTS_INIT;
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++) {
		if (strcmp(map->children[i]->key->text, key) == 0)
			return map->children[i];
	}
	return NULL;
}

int
yaml_error(const struct yaml *yaml, const struct yaml_node *node, struct error *err,
	   const char *format, ...)
{
	char text[ERROR_MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(err, ERROR_FAILED, "%s:%zu:%zu: %s", yaml->file, node->line, node->column,
			 text);
}

int
yaml_expect(const struct yaml *yaml, const struct yaml_node *node, enum yaml_kind kind,
	    const char *what, struct error *err)
{
	static const char *const kinds[] = { "a single value", "a list", "a map" };

	if (node->kind == kind)
		return 0;
	return yaml_error(yaml, node, err, "'%s' must be %s", what, kinds[kind]);
}

int
yaml_check_fields(const struct yaml *yaml, const struct yaml_node *map, const char *const *fields,
		  struct error *err)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->children[i]->key;
		const char *near;
		size_t known = 0;

		while (fields[known] != NULL && strcmp(fields[known], key->text) != 0)
			known++;
		if (fields[known] != NULL)
			continue;
		near = text_suggest(key->text, fields);
		if (near != NULL)
			return yaml_error(yaml, key, err, "unknown field '%s', did you mean '%s'?",
					  key->text, near);
		return yaml_error(yaml, key, err, "unknown field '%s'", key->text);
	}
	return 0;
}
