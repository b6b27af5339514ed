/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a setting that narrow its values, and the one that makes them. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "schemas/schema_parts.h"

enum { GENERATE_MAX = 4096 };

int
schema_read_one_of(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	return schema_read_list(reading->yaml, node, "one-of", &reading->setting->one_of, err);
}

int
schema_read_schemes(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	if (schema_read_list(reading->yaml, node, "schemes", &reading->setting->schemes, err) < 0)
		return -1;
	for (size_t i = 0; i < node->count; i++) {
		CLEANUP(free_text) char *url = xasprintf("%s://", node->children[i]->text);

		if (type_url_scheme(bytes_of(url)).len != node->children[i]->len)
			return yaml_error(reading->yaml, node->children[i], err,
					  "'schemes' takes what stands in front of '://'");
	}
	return 0;
}

static int
read_length(const struct reading *reading, const struct yaml_node *node, const char *what,
	    uint64_t maximum, uint64_t *ret, struct error *err)
{
	if (yaml_expect(reading->yaml, node, YAML_SCALAR, what, err) < 0)
		return -1;
	if (!text_to_number(schema_bytes(node), maximum, ret))
		return yaml_error(reading->yaml, node, err, "'%s' must be a number from 0 to %llu",
				  what, (unsigned long long)maximum);
	return 0;
}

int
schema_read_min_length(const struct reading *reading, const struct yaml_node *node,
		       struct error *err)
{
	reading->setting->has_min_length = true;
	return read_length(reading, node, "min-length", VALUE_MAX, &reading->setting->min_length,
			   err);
}

int
schema_read_max_length(const struct reading *reading, const struct yaml_node *node,
		       struct error *err)
{
	reading->setting->has_max_length = true;
	return read_length(reading, node, "max-length", VALUE_MAX, &reading->setting->max_length,
			   err);
}

/* A bound is written as the values are: a duration for durations, else a number. */
static int
read_bound(const struct reading *reading, const struct yaml_node *node, const char *what,
	   double *ret, struct error *err)
{
	uint64_t seconds;
	double number;

	if (yaml_expect(reading->yaml, node, YAML_SCALAR, what, err) < 0)
		return -1;
	if (reading->setting->type == TYPE_DURATION) {
		if (!text_to_duration(schema_bytes(node), &seconds))
			return yaml_error(reading->yaml, node, err, "'%s' must be a duration",
					  what);
		*ret = (double)seconds;
		return 0;
	}
	number = type_check(TYPE_NUMBER, schema_bytes(node)) == NULL ? strtod(node->text, NULL) :
								       NAN;
	if (!isfinite(number))
		return yaml_error(reading->yaml, node, err, "'%s' must be a number", what);
	*ret = number;
	return 0;
}

int
schema_read_min(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	reading->setting->has_min = true;
	return read_bound(reading, node, "min", &reading->setting->min, err);
}

int
schema_read_max(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	reading->setting->has_max = true;
	return read_bound(reading, node, "max", &reading->setting->max, err);
}

static int
read_generate_length(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	uint64_t length;

	if (yaml_expect(reading->yaml, node, YAML_SCALAR, "generate", err) < 0)
		return -1;
	if (!text_to_number(schema_bytes(node), GENERATE_MAX, &length) || length == 0)
		return yaml_error(reading->yaml, node, err,
				  "'generate' must be a length from 1 to %d", GENERATE_MAX);
	reading->setting->generate = (size_t)length;
	return 0;
}

/* A length, or {length: N, alphabet: …}. */
int
schema_read_generate(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	static const char *const fields[] = { "length", "alphabet", NULL };
	static const char *const alphabets[] = { "base64url", "hex", "alphanumeric", NULL };
	const struct yaml_node *length, *alphabet;
	size_t choice = GENERATE_BASE64URL;

	if (node->kind == YAML_SCALAR)
		return read_generate_length(reading, node, err);
	if (yaml_expect(reading->yaml, node, YAML_MAP, "generate", err) < 0 ||
	    yaml_check_fields(reading->yaml, node, fields, err) < 0)
		return -1;
	length = yaml_get(node, "length");
	alphabet = yaml_get(node, "alphabet");
	if (length == NULL)
		return yaml_error(reading->yaml, node, err, "'length' is missing");
	if (alphabet != NULL &&
	    schema_read_choice(reading->yaml, alphabet, "alphabet", alphabets, &choice, err) < 0)
		return -1;
	reading->setting->alphabet = (enum generate_alphabet)choice;
	return read_generate_length(reading, length, err);
}
