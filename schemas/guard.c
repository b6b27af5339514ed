/* SPDX-License-Identifier: Apache-2.0 */
/* The guard: whether what is about to be written in the clear looks like a secret. */
#include <stdio.h>

#include "schemas/classify_rules.h"

/* What nobody would keep as a secret, whatever its name says. */
static bool
is_excused(struct bytes value)
{
	return shape_is_placeholder(value) || shape_is_number(value) || shape_is_yes_or_no(value) ||
	       shape_is_path(value) || shape_is_plain_word(value);
}

/* An address is what a name such as WEBHOOK_URL promises, but not what PASSWORD does. */
static bool
is_refused_by_name(const struct name_verdict *verdict, struct bytes value)
{
	if (verdict->says == NAME_SECRET)
		return !is_excused(value) && shape_public(value) == NULL && !shape_is_url(value);
	if (verdict->says == NAME_PERHAPS)
		return !is_excused(value) && shape_harmless(value) == NULL &&
		       !shape_is_wordlike(value);
	return false;
}

bool
classify_guard(const char *name, struct bytes value, char reason[static REASON_BYTES])
{
	const struct catalog_entry *entry = catalog_entry(name);
	struct name_verdict verdict = name_judge(bytes_of(name));
	const char *alphabet;

	if (value.len == 0)
		return false;
	if (verdict.says == NAME_QUANTITY && verdict.secret_word != NULL &&
	    !name_fits_quantity(value))
		verdict = (struct name_verdict){ NAME_SECRET, verdict.secret_word, NULL };
	if (shape_is_certain(value, READING_LENIENT, reason))
		return true;
	if ((entry != NULL && entry->is_identifier) || verdict.says == NAME_IDENTIFIER)
		return false;
	if (entry != NULL && entry->kind == KIND_SECRET && !is_excused(value) &&
	    !shape_is_url(value)) {
		snprintf(reason, REASON_BYTES, "it is a well-known name of a secret");
		return true;
	}
	if ((entry == NULL || entry->kind == KIND_SECRET) && is_refused_by_name(&verdict, value)) {
		snprintf(reason, REASON_BYTES, "the name says '%s'", verdict.word);
		return true;
	}
	if (!classify_is_random(value))
		return false;
	alphabet = entropy_random_alphabet(value);
	snprintf(reason, REASON_BYTES, "the value is random %s", alphabet);
	return true;
}
