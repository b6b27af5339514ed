/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/type.h"

#include <string.h>

#include "base/text.h"
#include "schemas/type_parts.h"

static bool
is_anything(struct bytes value)
{
	(void)value;
	return true;
}

static bool
is_integer(struct bytes value)
{
	bool is_negative = value.len > 0 && value.data[0] == '-';
	uint64_t largest = is_negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, number;

	return text_to_number(bytes_behind(value, is_negative), largest, &number);
}

/* A JSON text that begins with '-' or a digit is a number; only blanks could stand behind it. */
static bool
is_number(struct bytes value)
{
	return value.len > 0 && (value.data[0] == '-' || byte_is_digit(value.data[0])) &&
	       byte_is_digit(value.data[value.len - 1]) && json_is_valid(value);
}

static bool
is_boolean(struct bytes value)
{
	return bytes_equal(value, bytes_of("true")) || bytes_equal(value, bytes_of("false"));
}

bool
port_is_valid(struct bytes text)
{
	uint64_t port;

	return text_to_number(text, UINT16_MAX, &port) && port > 0;
}

static bool
is_duration(struct bytes value)
{
	uint64_t seconds;

	return text_to_duration(value, &seconds);
}

static bool
is_base64(struct bytes value)
{
	return base64_is_canonical(value, false);
}

static bool
is_uuid(struct bytes value)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (value.len != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (form[i] == 'x' ? !byte_is_hex(value.data[i]) : value.data[i] != '-')
			return false;
	}
	return true;
}

/* The last entry ends the list for type_names. */
static const char *const names[] = {
	[TYPE_STRING] = "string",   [TYPE_INTEGER] = "integer", [TYPE_NUMBER] = "number",
	[TYPE_BOOLEAN] = "boolean", [TYPE_URL] = "url",		[TYPE_EMAIL] = "email",
	[TYPE_PORT] = "port",	    [TYPE_HOST] = "host",	[TYPE_DURATION] = "duration",
	[TYPE_JSON] = "json",	    [TYPE_PEM] = "pem",		[TYPE_BASE64] = "base64",
	[TYPE_UUID] = "uuid",	    [TYPE_COUNT] = NULL,
};

static const struct {
	bool (*accepts)(struct bytes value);
	const char *otherwise;
} rules[TYPE_COUNT] = {
	[TYPE_STRING] = { is_anything, NULL },
	[TYPE_INTEGER] = { is_integer, "is not an integer" },
	[TYPE_NUMBER] = { is_number, "is not a number" },
	[TYPE_BOOLEAN] = { is_boolean, "is neither true nor false" },
	[TYPE_URL] = { url_is_valid, "is not a URL (scheme://host…)" },
	[TYPE_EMAIL] = { email_is_valid, "is not an email address" },
	[TYPE_PORT] = { port_is_valid, "is not a port (1 to 65535)" },
	[TYPE_HOST] = { host_is_valid, "is not a host name or an IP address" },
	[TYPE_DURATION] = { is_duration, "is not a duration such as 90s, 1h30m or 90d" },
	[TYPE_JSON] = { json_is_valid, "is not JSON" },
	[TYPE_PEM] = { pem_is_valid, "is not PEM (-----BEGIN …-----)" },
	[TYPE_BASE64] = { is_base64, "is not base64 with padding" },
	[TYPE_UUID] = { is_uuid, "is not a UUID" },
};

const char *
type_name(enum value_type type)
{
	return names[type];
}

bool
type_from_name(const char *name, enum value_type *ret)
{
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret = (enum value_type)i;
			return true;
		}
	}
	return false;
}

const char *const *
type_names(void)
{
	return names;
}

const char *
type_check(enum value_type type, struct bytes value)
{
	return rules[type].accepts(value) ? NULL : rules[type].otherwise;
}
