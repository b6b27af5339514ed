/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/known.h"

#include <string.h>

#include "base/memory.h"

enum { PAGES_MAX = 1000 };

void
known_clear(struct known *known)
{
	for (size_t i = 0; i < known->count; i++) {
		free(known->objects[i].namespace);
		free(known->objects[i].name);
		free(known->objects[i].json);
	}
	free(known->objects);
	*known = (struct known)KNOWN_INIT;
}

static int
compare_to(const struct known_object *object, enum object_kind kind, const char *namespace,
	   const char *name)
{
	int order = (object->kind > kind) - (object->kind < kind);

	if (order == 0)
		order = strcmp(object->namespace, namespace);
	return order != 0 ? order : strcmp(object->name, name);
}

static int
compare(const void *left, const void *right)
{
	const struct known_object *b = right;

	return compare_to(left, b->kind, b->namespace, b->name);
}

static void
add_page(struct known *known, enum object_kind kind, const struct json_node *page)
{
	const struct json_node *item = json_first(json_get(page, "items"));

	for (; item != NULL; item = json_next(item)) {
		const char *namespace =
			json_string_of(json_walk(item, "metadata", "namespace", NULL));
		const char *name = json_string_of(json_walk(item, "metadata", "name", NULL));

		if (namespace == NULL || name == NULL)
			continue;
		known->objects =
			xreallocarray(known->objects, known->count + 1, sizeof(*known->objects));
		known->objects[known->count++] = (struct known_object){
			.kind = kind,
			.namespace = xstrdup(namespace),
			.name = xstrdup(name),
			.json = json_print(item),
		};
	}
}

static int
read_kind(struct api *api, enum object_kind kind, const char *selector, struct known *known,
	  struct error *err)
{
	CLEANUP(free_text) char *from = NULL;

	for (int i = 0; i < PAGES_MAX; i++) {
		CLEANUP(json_cleanup) struct json_node *page = NULL;
		enum api_result result;
		const char *next;

		if (api_list(api, kind, selector, from, &page, &result, err) < 0)
			return -1;
		if (result != API_DONE)
			return 0;
		add_page(known, kind, page);
		next = json_string_of(json_walk(page, "metadata", "continue", NULL));
		if (next == NULL || next[0] == 0)
			return 0;
		free(from);
		from = xstrdup(next);
	}
	return 0;
}

int
known_read(struct api *api, const char *project_id, const char *environment, struct known *ret,
	   struct error *err)
{
	CLEANUP(free_text) char *selector =
		xasprintf(LABEL_PROJECT "%%3D%s," LABEL_ENVIRONMENT "%%3D%s", project_id,
			  environment);
	CLEANUP(known_clear) struct known known = KNOWN_INIT;

	if (read_kind(api, OBJECT_SECRET, selector, &known, err) < 0 ||
	    read_kind(api, OBJECT_CONFIGMAP, selector, &known, err) < 0)
		return -1;
	if (known.count > 0)
		qsort(known.objects, known.count, sizeof(*known.objects), compare);
	*ret = known;
	known = (struct known)KNOWN_INIT;
	return 0;
}

bool
known_find(const struct known *known, enum object_kind kind, const char *namespace,
	   const char *name, struct object_meta *ret)
{
	const struct known_object *found = NULL;
	struct error ignored;
	size_t from = 0, to = known->count;

	while (from < to && found == NULL) {
		size_t middle = from + (to - from) / 2;
		const struct known_object *object = &known->objects[middle];
		int order = compare_to(object, kind, namespace, name);

		if (order == 0)
			found = object;
		else if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	object_meta_clear(ret);
	if (found == NULL || json_parse(bytes_of(found->json), name, &ret->json, &ignored) < 0)
		return false;
	return true;
}
