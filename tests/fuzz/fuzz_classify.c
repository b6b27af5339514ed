/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name, a line end, a value. What is proposed as config passes the guard; a proposed type accepts the value;
 * answers do not depend on when they are asked for; what is certain to the guard is to the proposal too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "schemas/classify_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Printable, and so short that it cannot have been cut. */
static void
check_reason(const char *reason)
{
	size_t len = strlen(reason);

	require(len > 0 && len < REASON_BYTES - 1);
	for (size_t i = 0; i < len; i++)
		require(reason[i] >= ' ' && reason[i] <= '~');
}

static void
check_proposal(const char *name, struct bytes value)
{
	struct classification first, second;
	char reason[REASON_BYTES];
	bool is_refused = classify_guard(name, value, reason);

	classify_propose(name, value, &first);
	classify_propose(name, value, &second);
	require(first.kind == second.kind && first.type == second.type);
	require(strcmp(first.reason, second.reason) == 0);
	check_reason(first.reason);
	require(value.len == 0 || type_check(first.type, value) == NULL);
	require(!is_refused || first.kind == KIND_SECRET);
	if (is_refused)
		check_reason(reason);
	else
		require(reason[0] == '\0');
}

static void
check_shapes(struct bytes value)
{
	char reason[REASON_BYTES];

	if (shape_is_certain(value, READING_LENIENT, reason))
		require(shape_is_certain(value, READING_STRICT, reason));
	if (catalog_token_issuer(value) != NULL)
		require(shape_is_certain(value, READING_LENIENT, reason));
	if (classify_is_random(value))
		require(value.len >= 16 && shape_harmless(value) == NULL);
	require(!shape_is_url(value) || type_check(TYPE_URL, value) == NULL);
	require(value.len > 0 || shape_harmless(value) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t name_len = end != NULL ? (size_t)(end - data) : 0;
	struct bytes name = { data, name_len },
		     value = { data + name_len + (end != NULL ? 1U : 0U),
			       size - name_len - (end != NULL ? 1U : 0U) };
	CLEANUP(free_text) char *text = NULL;

	text = text_is_setting_name(name) ?
		       xasprintf("%.*s", (int)name.len, (const char *)name.data) :
		       xasprintf("NAME");
	check_proposal(text, value);
	check_shapes(value);
	return 0;
}
