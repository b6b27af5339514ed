/* SPDX-License-Identifier: Apache-2.0 */
/* A value against its setting. Values may be secret: read in place, and no rule's text contains any of one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "schemas/schema_parts.h"

enum { NUMBER_TEXT_MAX = 64 };

static bool
is_one_of(const struct list *choices, struct bytes value)
{
	for (size_t i = 0; i < choices->count; i++) {
		if (bytes_equal(bytes_of(choices->items[i]), value))
			return true;
	}
	return false;
}

/* "is not one of debug, info"; of a long list, as many as there is room for. */
static const char *
list_choices(const struct list *choices, char *out)
{
	static const char rest[] = ", …";
	size_t len = (size_t)snprintf(out, RULE_TEXT_BYTES, "is not one of ");

	for (size_t i = 0; i < choices->count; i++) {
		const char *comma = i > 0 ? ", " : "";

		if (len + strlen(comma) + strlen(choices->items[i]) + sizeof(rest) >
		    RULE_TEXT_BYTES) {
			(void)snprintf(out + len, RULE_TEXT_BYTES - len, "%s",
				       i > 0 ? rest : "one-of");
			break;
		}
		len += (size_t)snprintf(out + len, RULE_TEXT_BYTES - len, "%s%s", comma,
					choices->items[i]);
	}
	return out;
}

/* Characters of UTF-8; bytes where it is none. */
static uint64_t
length_of(struct bytes value)
{
	uint64_t count = 0;

	if (!text_is_utf8(value))
		return value.len;
	for (size_t i = 0; i < value.len; i++)
		count += (value.data[i] & 0xc0) != 0x80;
	return count;
}

/* REG_STARTEND takes the bytes where they are: no copy, and no NUL needed behind them. */
static bool
matches(const struct setting *setting, struct bytes value)
{
	regmatch_t range = { .rm_so = 0, .rm_eo = (regoff_t)value.len };

	if (value.len > 0 && memchr(value.data, 0, value.len) != NULL)
		return false;
	return regexec(setting->regex, value.len > 0 ? (const char *)value.data : "", 1, &range,
		       REG_STARTEND) == 0;
}

/* A number's size. One this long is out of every range that people write. */
static bool
number_of(const struct setting *setting, struct bytes value, double *ret)
{
	char text[NUMBER_TEXT_MAX];
	uint64_t seconds;
	bool fits = value.len < sizeof(text);

	if (setting->type == TYPE_DURATION) {
		if (!text_to_duration(value, &seconds))
			return false;
		*ret = (double)seconds;
		return true;
	}
	if (fits) {
		memcpy(text, value.data, value.len);
		text[value.len] = 0;
		*ret = strtod(text, NULL);
		explicit_bzero(text, sizeof(text));
	}
	return fits;
}

static bool
has_scheme(const struct setting *setting, struct bytes value)
{
	struct bytes scheme = type_url_scheme(value);

	for (size_t i = 0; i < setting->schemes.count; i++) {
		const char *known = setting->schemes.items[i];

		if (strlen(known) == scheme.len &&
		    strncasecmp(known, (const char *)scheme.data, scheme.len) == 0)
			return true;
	}
	return false;
}

static const char *
check_length(const struct setting *setting, struct bytes value, char *out)
{
	if (setting->has_min_length && length_of(value) < setting->min_length) {
		(void)snprintf(out, RULE_TEXT_BYTES, "is shorter than min-length %llu",
			       (unsigned long long)setting->min_length);
		return out;
	}
	if (setting->has_max_length && length_of(value) > setting->max_length) {
		(void)snprintf(out, RULE_TEXT_BYTES, "is longer than max-length %llu",
			       (unsigned long long)setting->max_length);
		return out;
	}
	return NULL;
}

static const char *
check_range(const struct setting *setting, struct bytes value, char *out)
{
	double number;

	if (!setting->has_min && !setting->has_max)
		return NULL;
	if (!number_of(setting, value, &number))
		return "is out of range";
	if (setting->has_min && number < setting->min) {
		(void)snprintf(out, RULE_TEXT_BYTES, "is less than min %.15g", setting->min);
		return out;
	}
	if (setting->has_max && number > setting->max) {
		(void)snprintf(out, RULE_TEXT_BYTES, "is greater than max %.15g", setting->max);
		return out;
	}
	return NULL;
}

static const char *
check_constraints(const struct setting *setting, struct bytes value, char *out)
{
	const char *rule;

	if (setting->schemes.count > 0 && !has_scheme(setting, value))
		return "has a scheme that is not in schemes";
	if (setting->regex != NULL && !matches(setting, value))
		return "does not match pattern";
	rule = check_length(setting, value, out);
	return rule != NULL ? rule : check_range(setting, value, out);
}

const char *
schema_check_unlisted(const struct setting *setting, struct bytes value,
		      char out[static RULE_TEXT_BYTES])
{
	const char *rule = type_check(setting->type, value);

	return rule != NULL ? rule : check_constraints(setting, value, out);
}

const char *
setting_check(const struct setting *setting, struct bytes value, char out[static RULE_TEXT_BYTES])
{
	const char *rule = type_check(setting->type, value);

	if (rule != NULL)
		return rule;
	if (setting->one_of.count > 0 && !is_one_of(&setting->one_of, value))
		return list_choices(&setting->one_of, out);
	return check_constraints(setting, value, out);
}
