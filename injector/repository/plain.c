/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/plain.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"

void
plain_clear(struct plain *plain)
{
	yaml_destroy(plain->yaml);
	secret_clear(&plain->source);
	*plain = (struct plain)PLAIN_INIT;
}

static const struct yaml_node *
entry(const struct plain *plain, size_t index)
{
	return plain->yaml->root->children[index];
}

size_t
plain_count(const struct plain *plain)
{
	return plain->yaml != NULL ? plain->yaml->root->count : 0;
}

const char *
plain_name(const struct plain *plain, size_t index)
{
	return entry(plain, index)->key->text;
}

size_t
plain_line(const struct plain *plain, size_t index)
{
	return entry(plain, index)->key->line;
}

struct bytes
plain_value(const struct plain *plain, size_t index)
{
	const struct yaml_node *value = entry(plain, index);

	return (struct bytes){ (const uint8_t *)value->text, value->len };
}

bool
plain_find(const struct plain *plain, const char *name, size_t *ret_index)
{
	for (size_t i = 0; i < plain_count(plain); i++) {
		if (strcmp(plain_name(plain, i), name) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static int
check_entry(const struct yaml *yaml, const struct yaml_node *value, struct error *err)
{
	struct bytes name = { (const uint8_t *)value->key->text, value->key->len };

	if (!text_is_setting_name(name))
		return yaml_error(
			yaml, value->key, err,
			"a name is letters, digits and '_', at most 128 and no digit first");
	if (value->kind != YAML_SCALAR)
		return yaml_error(yaml, value, err, "the value of '%s' is not a text",
				  value->key->text);
	if (value->len > SECRET_VALUE_MAX)
		return yaml_error(yaml, value, err, "the value of '%s' is larger than %d bytes",
				  value->key->text, SECRET_VALUE_MAX);
	return 0;
}

static int
by_name_then_line(const void *a, const void *b)
{
	const struct yaml_node *first = (*(const struct yaml_node *const *)a)->key;
	const struct yaml_node *second = (*(const struct yaml_node *const *)b)->key;
	int order = strcasecmp(first->text, second->text);

	return order != 0 ? order : (first->line > second->line) - (first->line < second->line);
}

/* Names that are exactly the same are refused by yaml_parse already. */
static int
check_letter_case(const struct yaml *yaml, struct error *err)
{
	size_t count = yaml->root->count;
	const struct yaml_node **sorted = xcalloc(count, sizeof(const void *));
	int result = 0;

	for (size_t i = 0; i < count; i++)
		sorted[i] = yaml->root->children[i];
	qsort(sorted, count, sizeof(const void *), by_name_then_line);
	for (size_t i = 1; i < count && result == 0; i++) {
		const struct yaml_node *one = sorted[i - 1]->key, *other = sorted[i]->key;

		if (strcasecmp(one->text, other->text) == 0)
			result =
				yaml_error(yaml, other, err,
					   "'%s' differs from '%s' of line %zu only in letter case",
					   other->text, one->text, one->line);
	}
	free(sorted);
	return result;
}

static int
check(const struct yaml *yaml, struct error *err)
{
	const struct yaml_node *root = yaml->root;

	if (root->kind != YAML_MAP || (root->style == YAML_FLOW && root->end > root->start))
		return yaml_error(yaml, root, err, "expected lines of NAME: value");
	for (size_t i = 0; i < root->count; i++) {
		if (check_entry(yaml, root->children[i], err) < 0)
			return -1;
	}
	return check_letter_case(yaml, err);
}

int
plain_parse(struct secret *source, const char *file, struct plain *ret, struct error *err)
{
	CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;

	plain.source = *source;
	plain.exists = true;
	*source = (struct secret)SECRET_INIT;
	if (yaml_parse(secret_bytes(&plain.source), file, &plain.yaml, err) < 0 ||
	    check(plain.yaml, err) < 0)
		return -1;
	*ret = plain;
	plain = (struct plain)PLAIN_INIT;
	return 0;
}
