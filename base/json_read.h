/* SPDX-License-Identifier: Apache-2.0 */
/* json_read: JSON that somebody else wrote, as a tree that is looked at and freed. Public text only. */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct json_node; /* a value; borrowed from its tree */

/* The caller frees *ret. ERROR_FAILED "WHAT is not JSON"; deeper than cJSON's 1,000 levels is that, too. */
int json_parse(struct bytes text, const char *what, struct json_node **ret, struct error *err)
	__attribute__((warn_unused_result));
void json_destroy(struct json_node *tree);
/* For CLEANUP(json_cleanup) struct json_node *tree = NULL; */
void json_cleanup(struct json_node **tree);

/* The member of an object, by its exact name; NULL: not there, or node is NULL or no object. */
const struct json_node *json_get(const struct json_node *node, const char *name);
/* json_get several levels down; names end with NULL. */
const struct json_node *json_walk(const struct json_node *node, ...) __attribute__((sentinel));
/* A string's text; NULL: none. */
const char *json_string_of(const struct json_node *node);
/* Whether it is there and true. */
bool json_is_true(const struct json_node *node);
/* A whole number's value; 0: none. */
int64_t json_number_of(const struct json_node *node);

/* The elements of a list or the members of an object, in order: NULL at the end, or for another kind. */
const struct json_node *json_first(const struct json_node *node);
const struct json_node *json_next(const struct json_node *node);

/* The value as compact text, which the caller frees. */
char *json_print(const struct json_node *node);

/* The name of a member; NULL for the element of a list. */
const char *json_name_of(const struct json_node *member);

#endif
