/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `init` proposes: first what a value certainly is, then the catalogue, then what the name says, then
 * how the value looks. In doubt a secret. What it proposes as config, the guard lets pass.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "schemas/classify_rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct case_of {
	const char *name;
	struct bytes value;
	struct name_verdict verdict;
};

static void
decide(struct classification *ret, enum setting_kind kind, const char *form, const char *what)
{
	ret->kind = kind;
	snprintf(ret->reason, REASON_BYTES, "%s%s%s", form, what, *form != '\0' ? "'" : "");
}

static void
decide_by_name(struct classification *ret, enum setting_kind kind, const char *word)
{
	decide(ret, kind, "the name says '", word);
}

/* "a PEM private key", "looks random (hex)" or a clause of its own. */
static void
decide_by_value(struct classification *ret, enum setting_kind kind, const char *what)
{
	char known[REASON_BYTES];

	snprintf(known, sizeof(known), "%s", what);
	ret->kind = kind;
	if (strncmp(known, "looks ", strlen("looks ")) == 0)
		snprintf(ret->reason, REASON_BYTES, "the value %.130s", known);
	else if (strncmp(known, "a part of it ", strlen("a part of it ")) == 0)
		snprintf(ret->reason, REASON_BYTES, "a part of the value looks random");
	else if (strncmp(known, "a value for ", strlen("a value for ")) == 0 ||
		 strncmp(known, "the name says", strlen("the name says")) == 0)
		snprintf(ret->reason, REASON_BYTES, "%s", known);
	else
		snprintf(ret->reason, REASON_BYTES, "the value is %.130s", known);
}

/* Whether a value says by itself that it is no secret; a placeholder says nothing. */
static const char *
harmless_look(struct bytes value)
{
	const char *what = shape_harmless(value);

	if (what != NULL)
		return what;
	return shape_is_wordlike(value) && !shape_is_placeholder(value) ? "made of words" : NULL;
}

static void
decide_by_look(const struct case_of *it, struct classification *ret)
{
	const char *alphabet, *what = harmless_look(it->value);

	if (it->value.len == 0) {
		decide(ret, KIND_SECRET, "",
		       "in doubt: the name says nothing, and there is no value");
	} else if (what != NULL) {
		decide_by_value(ret, KIND_CONFIG, what);
	} else if ((alphabet = entropy_random_alphabet(it->value)) != NULL) {
		ret->kind = KIND_SECRET;
		snprintf(ret->reason, REASON_BYTES, "the value looks random (%s)", alphabet);
	} else {
		decide(ret, KIND_SECRET, "",
		       "in doubt: neither the name nor the value says what it is");
	}
}

/* A key, a session, a code: config only when the value is plainly none. */
static bool
is_plainly_harmless(struct bytes value)
{
	return value.len > 0 && !shape_is_placeholder(value) &&
	       (shape_is_yes_or_no(value) || shape_is_path(value) || shape_is_url(value) ||
		shape_is_plain_word(value) || shape_public(value) != NULL);
}

static void
decide_by_verdict(const struct case_of *it, struct classification *ret)
{
	const struct name_verdict *verdict = &it->verdict;

	switch (verdict->says) {
	case NAME_SECRET:
		decide_by_name(ret, KIND_SECRET, verdict->word);
		break;
	case NAME_PERHAPS:
		decide_by_name(ret, is_plainly_harmless(it->value) ? KIND_CONFIG : KIND_SECRET,
			       verdict->word);
		if (ret->kind == KIND_CONFIG)
			decide_by_look(it, ret);
		break;
	case NAME_QUANTITY:
		if (name_fits_quantity(it->value))
			decide_by_name(ret, KIND_CONFIG, verdict->word);
		else if (verdict->secret_word != NULL)
			decide_by_name(ret, KIND_SECRET, verdict->secret_word);
		else
			decide_by_look(it, ret);
		break;
	case NAME_CONFIG:
		if (verdict->secret_word != NULL && it->value.len > 0 &&
		    harmless_look(it->value) == NULL)
			decide_by_name(ret, KIND_SECRET, verdict->secret_word);
		else
			decide_by_name(ret, KIND_CONFIG, verdict->word);
		break;
	case NAME_IDENTIFIER:
		decide_by_name(ret, KIND_CONFIG, verdict->word);
		break;
	case NAME_NOTHING:
		decide_by_look(it, ret);
		break;
	}
}

static bool
is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

#define IS_AMONG(word, words) is_among((word), (words), COUNT(words))

static bool
fits(enum value_type type, struct bytes value)
{
	return value.len > 0 && type_check(type, value) == NULL;
}

/* The types of numbers that another environment will write as a number too: a timeout may be "30s" there, a
 * number of workers "auto". */
static enum value_type
type_of_quantity(const char *word, struct bytes value)
{
	static const char *const switches[] = {
		"enable",  "enabled", "disable", "disabled", "use",   "is",	"allow",
		"allowed", "require", "has",	 "required", "skip",  "show",	"hide",
		"verify",  "force",   "should",	 "can",	     "debug", "secure", "strict",
	};
	static const char *const counts[] = {
		"count",  "retry", "retries", "replica", "thread",
		"number", "round", "bit",     "depth",	 "iteration",
	};
	static const char *const times[] = {
		"ttl", "timeout", "interval", "expiry", "lifetime", "duration", "period", "delay",
	};
	static const char *const shares[] = { "rate", "ratio", "factor", "threshold" };

	if (IS_AMONG(word, switches) && fits(TYPE_BOOLEAN, value))
		return TYPE_BOOLEAN;
	if (IS_AMONG(word, counts) && fits(TYPE_INTEGER, value))
		return TYPE_INTEGER;
	if (IS_AMONG(word, times) && fits(TYPE_DURATION, value) &&
	    isalpha(value.data[value.len - 1]))
		return TYPE_DURATION;
	if (IS_AMONG(word, shares) && fits(TYPE_NUMBER, value) &&
	    bytes_find(value, 0, ".") < value.len)
		return TYPE_NUMBER;
	return TYPE_STRING;
}

/* The last word of the name, when it is that word itself: URLS may hold several. */
static bool
name_ends(const char *name, const char *word)
{
	struct bytes text = bytes_of(name);
	size_t len = strlen(word);

	return text.len >= len && bytes_equal_word(bytes_from(text, text.len - len), word);
}

static enum value_type
type_by_name_and_value(const struct case_of *it)
{
	static const struct {
		const char *ending;
		enum value_type type;
	} endings[] = {
		{ "url", TYPE_URL },   { "port", TYPE_PORT }, { "email", TYPE_EMAIL },
		{ "uuid", TYPE_UUID }, { "json", TYPE_JSON },
	};

	for (size_t i = 0; i < COUNT(endings); i++)
		if (name_ends(it->name, endings[i].ending) && fits(endings[i].type, it->value) &&
		    (endings[i].type != TYPE_JSON || it->value.data[0] == '{'))
			return endings[i].type;
	if (bytes_start(it->value, "-----BEGIN ") && fits(TYPE_PEM, it->value))
		return TYPE_PEM;
	if (it->verdict.says == NAME_QUANTITY)
		return type_of_quantity(it->verdict.word, it->value);
	return TYPE_STRING;
}

static enum value_type
type_to_propose(const struct case_of *it, const struct catalog_entry *entry)
{
	if (entry == NULL)
		return type_by_name_and_value(it);
	return it->value.len == 0 || fits(entry->type, it->value) ? entry->type : TYPE_STRING;
}

void
classify_propose(const char *name, struct bytes value, struct classification *ret)
{
	const struct catalog_entry *entry = catalog_entry(name);
	struct case_of it = { name, value, name_judge(bytes_of(name)) };
	char reason[REASON_BYTES];

	ret->type = type_to_propose(&it, entry);
	if (shape_is_certain(value, READING_STRICT, reason)) {
		decide_by_value(ret, KIND_SECRET, reason);
		return;
	}
	if (entry != NULL)
		decide(ret, entry->kind, "", "well-known name");
	else
		decide_by_verdict(&it, ret);
	/* What is certain to the guard was certain above. */
	if (ret->kind == KIND_CONFIG && value.len > 0 &&
	    guard_by_name_and_look(name, value, reason))
		decide_by_value(ret, KIND_SECRET, reason);
}
