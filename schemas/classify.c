/* SPDX-License-Identifier: Apache-2.0 */
/* What `init` proposes. The first rule that knows an answer gives it; in doubt a setting is a secret. */
#include "schemas/classify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "schemas/classify_rules.h"

struct question {
	const char *name;
	struct bytes value;
	const struct catalog_entry *entry; /* or NULL */
	struct name_verdict verdict;
};

/* A rule answers with a kind and its reason, or not at all. */
typedef bool (*rule)(const struct question *question, struct classification *ret);

static bool answer(struct classification *ret, enum setting_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool
answer(struct classification *ret, enum setting_kind kind, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(ret->reason, REASON_BYTES, format, arguments);
	va_end(arguments);
	ret->kind = kind;
	return true;
}

static bool
by_certain_shape(const struct question *question, struct classification *ret)
{
	char reason[REASON_BYTES];

	return shape_is_certain(question->value, READING_STRICT, reason) &&
	       answer(ret, KIND_SECRET, "the value is %s", reason);
}

static bool
by_catalog(const struct question *question, struct classification *ret)
{
	return question->entry != NULL && answer(ret, question->entry->kind, "well-known name");
}

/* MAX_TOKENS is config while it is a number; then it is no token. */
static bool
by_name(const struct question *question, struct classification *ret)
{
	const struct name_verdict *verdict = &question->verdict;
	bool is_random = classify_is_random(question->value);

	switch (verdict->says) {
	case NAME_SECRET:
		return answer(ret, KIND_SECRET, "the name says '%s'", verdict->word);
	case NAME_IDENTIFIER:
		return answer(ret, KIND_CONFIG, "the name says '%s'", verdict->word);
	case NAME_QUANTITY:
		if (name_fits_quantity(question->value))
			return answer(ret, KIND_CONFIG, "the name says '%s'", verdict->word);
		return verdict->secret_word != NULL &&
		       answer(ret, KIND_SECRET, "the name says '%s'", verdict->secret_word);
	case NAME_CONFIG:
		return !is_random && answer(ret, KIND_CONFIG, "the name says '%s'", verdict->word);
	case NAME_PERHAPS:
		return shape_harmless(question->value) == NULL &&
		       answer(ret, KIND_SECRET, "the name says '%s'", verdict->word);
	case NAME_NOTHING:
		break;
	}
	return false;
}

static bool
by_value(const struct question *question, struct classification *ret)
{
	struct bytes value = question->value;
	const char *what = shape_harmless(value);

	if (value.len == 0)
		return false;
	if (what != NULL)
		return answer(ret, KIND_CONFIG, "the value is %s", what);
	if (classify_is_random(value))
		return answer(ret, KIND_SECRET, "the value is random %s",
			      entropy_random_alphabet(value));
	return (shape_is_wordlike(value) || shape_is_template(value)) &&
	       answer(ret, KIND_CONFIG, "the value is made of plain words");
}

/* A type holds for every environment, so only what a name or the value leaves no doubt about is
 * proposed; and never one that the value at hand breaks. */
static enum value_type
propose_type(const struct question *question)
{
	static const enum value_type clear[] = { TYPE_UUID, TYPE_EMAIL, TYPE_URL };
	struct bytes name = bytes_of(question->name);
	struct bytes value = question->value;

	if (question->entry != NULL)
		return value.len == 0 || type_check(question->entry->type, value) == NULL ?
			       question->entry->type :
			       TYPE_STRING;
	if (value.len == 0)
		return TYPE_STRING;
	for (size_t i = 0; i < COUNT(clear); i++)
		if (type_check(clear[i], value) == NULL)
			return clear[i];
	if (bytes_end(name, "PORT") && type_check(TYPE_PORT, value) == NULL)
		return TYPE_PORT;
	if (type_check(TYPE_BOOLEAN, value) == NULL)
		return TYPE_BOOLEAN;
	return TYPE_STRING;
}

void
classify_propose(const char *name, struct bytes value, struct classification *ret)
{
	static const rule rules[] = { by_certain_shape, by_catalog, by_name, by_value };
	const struct question question = { .name = name,
					   .value = value,
					   .entry = catalog_entry(name),
					   .verdict = name_judge(bytes_of(name)) };
	bool answered = false;

	for (size_t i = 0; i < COUNT(rules) && !answered; i++)
		answered = rules[i](&question, ret);
	if (!answered)
		(void)answer(ret, KIND_SECRET, "nothing says that it is harmless");
	ret->type = propose_type(&question);
}
