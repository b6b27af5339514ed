/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "schemas/classify_rules.h"

bool
bytes_start(struct bytes value, const char *prefix)
{
	size_t len = strlen(prefix);

	return value.len >= len && memcmp(value.data, prefix, len) == 0;
}

bool
bytes_end(struct bytes value, const char *suffix)
{
	size_t len = strlen(suffix);

	return value.len >= len && memcmp(value.data + value.len - len, suffix, len) == 0;
}

bool
bytes_start_word(struct bytes value, const char *prefix)
{
	size_t at = 0;

	while (at < value.len && prefix[at] != '\0' &&
	       tolower(value.data[at]) == tolower((unsigned char)prefix[at]))
		at++;
	return prefix[at] == '\0';
}

bool
bytes_equal_word(struct bytes value, const char *word)
{
	return value.len == strlen(word) && bytes_start_word(value, word);
}

struct bytes
bytes_from(struct bytes value, size_t from)
{
	return (struct bytes){ value.data + from, value.len - from };
}

size_t
bytes_find(struct bytes value, size_t from, const char *text)
{
	const uint8_t *found;

	if (from >= value.len)
		return value.len;
	found = memmem(value.data + from, value.len - from, text, strlen(text));
	return found != NULL ? (size_t)(found - value.data) : value.len;
}
