/* SPDX-License-Identifier: Apache-2.0 */
/* The first half is a config.yaml, what is behind its first NUL a value: taking an entry out and setting
 * one either fails or leaves every other entry as it was. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/repository/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Every entry of before but `but` is in after. */
static void
check_others(const struct plain *before, const struct plain *after, const char *but)
{
	for (size_t i = 0; i < plain_count(before); i++) {
		size_t at;

		if (strcmp(plain_name(before, i), but) != 0)
			require(plain_find(after, plain_name(before, i), &at) &&
				bytes_equal(plain_value(before, i), plain_value(after, at)));
	}
}

static void
check_without(const struct plain *plain, const char *name)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(plain_clear) struct plain after = PLAIN_INIT;
	struct secret out = SECRET_INIT;
	struct error err = ERROR_INIT;
	size_t at;

	list_add(&names, name);
	if (plain_without(plain, &names, &out, &err) < 0)
		return;
	require(plain_parse(&out, "fuzz", &after, &err) == 0);
	require(!plain_find(&after, name, &at));
	check_others(plain, &after, name);
}

static void
check_with(const struct plain *plain, const char *name, struct bytes value)
{
	CLEANUP(plain_clear) struct plain after = PLAIN_INIT;
	struct secret out = SECRET_INIT;
	struct error err = ERROR_INIT;
	size_t at;

	if (plain_with(plain, name, value, &out, &err) < 0)
		return;
	require(plain_parse(&out, "fuzz", &after, &err) == 0);
	require(plain_find(&after, name, &at) && bytes_equal(plain_value(&after, at), value));
	check_others(plain, &after, name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
	struct bytes source = { data, nul != NULL ? (size_t)(nul - data) : size };
	struct bytes value = { nul != NULL ? nul + 1 : data,
			       nul != NULL ? size - source.len - 1 : 0 };
	CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
	struct secret copy = SECRET_INIT;
	struct error err = ERROR_INIT;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	require(secret_from(source, &copy, &err) == 0);
	if (plain_parse(&copy, "fuzz", &plain, &err) < 0)
		return 0;
	for (size_t i = 0; i < plain_count(&plain) && i < 8; i++) {
		check_without(&plain, plain_name(&plain, i));
		check_with(&plain, plain_name(&plain, i), value);
	}
	check_with(&plain, "NEW_NAME", value);
	return 0;
}
