/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard. The schema has said that a setting is config, so a name alone convicts nobody: "TOKEN" with a
 * path, a number or a plain word in it is what its owner says it is.
 */
#include <stdio.h>

#include "schemas/classify_rules.h"

static bool
is_excused(struct bytes value)
{
	return shape_is_placeholder(value) || shape_is_number(value) || shape_is_yes_or_no(value) ||
	       shape_is_path(value) || shape_is_plain_word(value) || shape_is_url(value);
}

static bool
is_understood(struct bytes value)
{
	return shape_is_wordlike(value) || shape_is_placeholder(value) ||
	       shape_harmless(value) != NULL;
}

static bool
name_convicts(const struct name_verdict *verdict, struct bytes value, const char **ret_word)
{
	*ret_word = verdict->word;
	switch (verdict->says) {
	case NAME_SECRET:
		return !is_excused(value);
	case NAME_PERHAPS:
		return !is_understood(value);
	case NAME_QUANTITY:
		*ret_word = verdict->secret_word;
		return verdict->secret_word != NULL && !name_fits_quantity(value) &&
		       !is_excused(value) && !is_understood(value);
	case NAME_CONFIG:
		*ret_word = verdict->secret_word;
		return verdict->secret_word != NULL && !is_understood(value);
	case NAME_IDENTIFIER:
	case NAME_NOTHING:
		break;
	}
	return false;
}

static bool
looks_random(struct bytes value, char reason[static REASON_BYTES])
{
	if (classify_is_random(value)) {
		snprintf(reason, REASON_BYTES, "looks random (%s)", entropy_random_alphabet(value));
		return true;
	}
	/* A webhook's address is its password; headers and arguments have tokens among other text. */
	if (!is_understood(value) && shape_has_random_part(value)) {
		snprintf(reason, REASON_BYTES, "a part of it looks random");
		return true;
	}
	return false;
}

bool
guard_by_name_and_look(const char *name, struct bytes value, char reason[static REASON_BYTES])
{
	const struct catalog_entry *entry = catalog_entry(name);
	struct name_verdict verdict;
	const char *word;

	if (entry != NULL && entry->kind == KIND_SECRET && !is_excused(value)) {
		snprintf(reason, REASON_BYTES, "well-known name");
		return true;
	}
	verdict = name_judge(bytes_of(name));
	if (entry == NULL && name_convicts(&verdict, value, &word)) {
		snprintf(reason, REASON_BYTES, "the name says '%s'", word);
		return true;
	}
	if (entry != NULL ? entry->is_identifier : verdict.says == NAME_IDENTIFIER)
		return false;
	return looks_random(value, reason);
}

bool
classify_guard(const char *name, struct bytes value, char reason[static REASON_BYTES])
{
	reason[0] = '\0';
	return value.len > 0 && (shape_is_certain(value, READING_LENIENT, reason) ||
				 guard_by_name_and_look(name, value, reason));
}
