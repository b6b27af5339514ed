/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list: a growing list of strings that it owns. Public text only.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	char **items;
	size_t count, cap;
};

#define LIST_INIT                                                                                  \
	{                                                                                          \
		.items = NULL, .count = 0, .cap = 0                                                \
	}

/* Frees every string, leaves it empty. */
void list_clear(struct list *list);
/* Appends a copy. */
void list_add(struct list *list, const char *text);
/* Appends text itself, which the list then owns. */
void list_take(struct list *list, char *text);
/* Linear search. */
bool list_has(const struct list *list, const char *text);
/* Byte order (strcmp). */
void list_sort(struct list *list);
/* "a, b and c"; the caller frees. */
char *list_join(const struct list *list, const char *separator, const char *last_separator);

#endif
