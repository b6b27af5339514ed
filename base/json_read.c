/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_read.h"

#include <cjson/cJSON.h>
#include <stdarg.h>

#include "base/memory.h"

/* A node is cJSON's own; nobody else sees inside. */
static const cJSON *
inside(const struct json_node *node)
{
	return (const cJSON *)(const void *)node;
}

static const struct json_node *
outside(const cJSON *item)
{
	return (const struct json_node *)(const void *)item;
}

static bool
is_blank(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t' || *from == '\r' || *from == '\n'))
		from++;
	return from == to;
}

int
json_parse(struct bytes text, const char *what, struct json_node **ret, struct error *err)
{
	const char *source = (const char *)text.data, *end = NULL;
	cJSON *tree = text.len > 0 ? cJSON_ParseWithLengthOpts(source, text.len, &end, 0) : NULL;

	/* cJSON stops behind the value, whatever follows. */
	if (tree == NULL || !is_blank(end, source + text.len)) {
		cJSON_Delete(tree);
		return error_set(err, ERROR_FAILED, "%s is not JSON", what);
	}
	*ret = (struct json_node *)(void *)tree;
	return 0;
}

void
json_destroy(struct json_node *tree)
{
	cJSON_Delete((cJSON *)(void *)tree);
}

void
json_cleanup(struct json_node **tree)
{
	json_destroy(*tree);
	*tree = NULL;
}

const struct json_node *
json_get(const struct json_node *node, const char *name)
{
	return cJSON_IsObject(inside(node)) ?
		       outside(cJSON_GetObjectItemCaseSensitive(inside(node), name)) :
		       NULL;
}

const struct json_node *
json_walk(const struct json_node *node, ...)
{
	va_list names;
	const char *name;

	va_start(names, node);
	while (node != NULL && (name = va_arg(names, const char *)) != NULL)
		node = json_get(node, name);
	va_end(names);
	return node;
}

const char *
json_string_of(const struct json_node *node)
{
	return cJSON_IsString(inside(node)) ? inside(node)->valuestring : NULL;
}

bool
json_is_true(const struct json_node *node)
{
	return cJSON_IsTrue(inside(node));
}

int64_t
json_number_of(const struct json_node *node)
{
	return cJSON_IsNumber(inside(node)) ? (int64_t)inside(node)->valuedouble : 0;
}

const struct json_node *
json_first(const struct json_node *node)
{
	return cJSON_IsObject(inside(node)) || cJSON_IsArray(inside(node)) ?
		       outside(inside(node)->child) :
		       NULL;
}

const struct json_node *
json_next(const struct json_node *node)
{
	return outside(inside(node)->next);
}

const char *
json_name_of(const struct json_node *member)
{
	return inside(member)->string;
}

char *
json_print(const struct json_node *node)
{
	char *text = cJSON_PrintUnformatted(inside(node));

	return text != NULL ? text : xstrdup("null");
}
