/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan: a reader of JSON that stays where it is, for what may be secret: a tree would copy the values. The text is
 * valid (json_is_valid), or an API server's own; of what is not, nothing is read past its end.
 */
#ifndef SCHEMAS_JSON_SCAN_H
#define SCHEMAS_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct json_scan {
	const uint8_t *at, *end;
};

/* Into an object. False: it is none. */
bool json_scan_enter(struct bytes object, struct json_scan *ret);
/* Its next member: the name without its quotes, escapes as they stand there, and the value as it stands there. */
bool json_scan_member(struct json_scan *scan, struct bytes *ret_name, struct bytes *ret_value);
/* The first member of that name. */
bool json_scan_find(struct bytes object, const char *wanted, struct bytes *ret_value);
/* Whether the text is one object and nothing else: not the beginning of one. */
bool json_scan_is_object(struct bytes text);

#endif
