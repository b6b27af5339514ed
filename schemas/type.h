/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type: the types of values and what each accepts. Needs no library but libc, and looks at bytes that
 * may be secret: it copies nothing, and no message contains any of them.
 */
#ifndef SCHEMAS_TYPE_H
#define SCHEMAS_TYPE_H

#include <stdbool.h>

#include "base/buf.h"

enum value_type {
	TYPE_STRING,
	TYPE_INTEGER,
	TYPE_NUMBER,
	TYPE_BOOLEAN,
	TYPE_URL,
	TYPE_EMAIL,
	TYPE_PORT,
	TYPE_HOST,
	TYPE_DURATION,
	TYPE_JSON,
	TYPE_PEM,
	TYPE_BASE64,
	TYPE_UUID,
	TYPE_COUNT,
};

/* "string", "integer", … */
const char *type_name(enum value_type type);
/* False: no such type. */
bool type_from_name(const char *name, enum value_type *ret);
/* NULL-terminated, for suggestions. */
const char *const *type_names(void);

/* NULL when value is of the type, else what is expected, a constant such as "is not an integer" or
 * "is not a URL (scheme://host…)". string: anything. integer: optional '-', digits, no leading zero,
 * within int64. number: JSON's grammar for numbers. boolean: true|false. url: RFC 3986 scheme, "://",
 * optional user info, host, optional port, no blanks or controls. email: one '@', a host behind it.
 * port: 1-65535. host: DNS name or IPv4 or IPv6 address. duration: text_to_duration. json: RFC 8259, whole,
 * UTF-8, depth at most 64. pem: one or more RFC 7468 blocks, labels match, base64 between. base64:
 * canonical RFC 4648 section 4 with padding. uuid: 8-4-4-4-12 hex digits. */
const char *type_check(enum value_type type, struct bytes value);

/* The scheme of a URL, borrowed from value; empty when it is none. */
struct bytes type_url_scheme(struct bytes value);
/* Whether a URL has user information with a password ("user:password@"); user alone is not one. */
bool type_url_has_password(struct bytes value);

/* RFC 8259, whole text; the validator behind `json`. */
bool json_is_valid(struct bytes text);

#endif
