/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"

#include <string.h>

#include "base/memory.h"

void
list_clear(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct list)LIST_INIT;
}

void
list_take(struct list *list, char *text)
{
	if (list->count == list->cap) {
		list->cap = list->cap > 0 ? 2 * list->cap : 8;
		list->items = xreallocarray(list->items, list->cap, sizeof(*list->items));
	}
	list->items[list->count++] = text;
}

void
list_add(struct list *list, const char *text)
{
	list_take(list, xstrdup(text));
}

bool
list_has(const struct list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
list_sort(struct list *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare);
}

char *
list_join(const struct list *list, const char *separator, const char *last_separator)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < list->count; i++) {
		const char *between = i == 0		  ? "" :
				      i + 1 < list->count ? separator :
							    last_separator;
		char *longer = xasprintf("%s%s%s", text, between, list->items[i]);

		free(text);
		text = longer;
	}
	return text;
}
