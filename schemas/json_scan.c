/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/json_scan.h"

#include <string.h>

static void
skip_blanks(struct json_scan *scan)
{
	while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4) != NULL)
		scan->at++;
}

static bool
skip_string(struct json_scan *scan)
{
	for (scan->at++; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\' && scan->end - scan->at > 1)
			scan->at++;
		else if (*scan->at == '"')
			return ++scan->at <= scan->end;
	}
	return false;
}

/* A value of any kind, with what is nested in it. */
static bool
skip_value(struct json_scan *scan)
{
	size_t depth = 0;

	do {
		skip_blanks(scan);
		if (scan->at >= scan->end)
			return false;
		if (*scan->at == '"') {
			if (!skip_string(scan))
				return false;
			continue;
		}
		bool closes = *scan->at == '}' || *scan->at == ']';

		if (closes && depth == 0)
			return false;
		depth += *scan->at == '{' || *scan->at == '[';
		depth -= closes;
		scan->at++;
	} while (depth > 0 || (scan->at < scan->end && memchr(",}] \t\r\n", *scan->at, 7) == NULL));
	return true;
}

/* The next member of an object that scan stands in: behind its '{' or a value. */
bool
json_scan_member(struct json_scan *scan, struct bytes *ret_name, struct bytes *ret_value)
{
	const uint8_t *start;

	skip_blanks(scan);
	if (scan->at < scan->end && *scan->at == ',')
		scan->at++;
	skip_blanks(scan);
	start = scan->at + 1;
	if (scan->at >= scan->end || *scan->at != '"' || !skip_string(scan))
		return false;
	*ret_name = (struct bytes){ start, (size_t)(scan->at - start) - 1 };
	skip_blanks(scan);
	if (scan->at >= scan->end || *scan->at++ != ':')
		return false;
	skip_blanks(scan);
	start = scan->at;
	if (!skip_value(scan))
		return false;
	*ret_value = (struct bytes){ start, (size_t)(scan->at - start) };
	return true;
}

bool
json_scan_enter(struct bytes object, struct json_scan *ret)
{
	*ret = (struct json_scan){ object.data, object.data + object.len };
	skip_blanks(ret);
	return ret->at < ret->end && *ret->at++ == '{';
}

bool
json_scan_find(struct bytes object, const char *wanted, struct bytes *ret_value)
{
	struct json_scan scan;
	struct bytes name;

	if (!json_scan_enter(object, &scan))
		return false;
	while (json_scan_member(&scan, &name, ret_value)) {
		if (bytes_equal(name, bytes_of(wanted)))
			return true;
	}
	return false;
}

bool
json_scan_is_object(struct bytes text)
{
	struct json_scan scan = { text.data, text.data + text.len };

	skip_blanks(&scan);
	if (scan.at >= scan.end || *scan.at != '{' || !skip_value(&scan))
		return false;
	skip_blanks(&scan);
	return scan.at == scan.end;
}
