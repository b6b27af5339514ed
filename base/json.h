/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: writes JSON (RFC 8259) into a buffer, piece by piece. Public text only.
 *
 * API servers read JSON with a YAML parser, and JSON in YAML is not quite JSON: a surrogate pair as
 * escapes or "\/" is an error there, a raw DEL or C1 control is one, a raw U+0085 becomes a blank. So
 * strings are written in the form that JSON, YAML 1.1 and YAML 1.2 read alike: printable ASCII as it
 * is, short escapes, all else of the basic plane as \uXXXX, what is beyond it as UTF-8.
 *
 *	struct json json = JSON_INIT(&out, JSON_PRETTY);
 *
 *	json_open(&json, '{');
 *	json_name(&json, "count");
 *	json_number(&json, 2);
 *	json_close(&json, '}');
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"

enum json_layout {
	JSON_COMPACT, /* no white space at all */
	JSON_PRETTY,  /* two spaces a level, no line feed at the end */
};

struct json {
	struct buf *out;
	enum json_layout layout;
	size_t depth;
	bool has_elements; /* the innermost object or list */
	bool has_name;	   /* a name was written and its value was not */
};

#define JSON_INIT(buffer, how)                                                                     \
	{                                                                                          \
		.out = (buffer), .layout = (how), .depth = 0, .has_elements = false,               \
		.has_name = false                                                                  \
	}

/* '{' or '[', and the bracket that closes it. */
void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);

/* The name of the next value, inside an object. */
void json_name(struct json *json, const char *name);

/* text should be UTF-8 (text_is_utf8): a value that is not must be kept from here, since a byte that
 * fits no character is written as \ufffd. */
void json_string(struct json *json, struct bytes text);
void json_text(struct json *json, const char *text);
void json_number(struct json *json, int64_t number);
void json_boolean(struct json *json, bool boolean);

/* A member of an object whose value is a list of texts. */
void json_list(struct json *json, const char *name, const struct list *list);

/* A string without the writer's state: quotes, escapes and nothing else. */
void json_write_string(struct buf *out, struct bytes text);

/* Announces a value that the caller writes after this: comma, line and indentation only. */
void json_value(struct json *json);

#endif
