/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars that every YAML reader takes for the same text. */
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/yaml.h"

/* Words that YAML 1.1 or 1.2 readers take for a boolean, a null or a number. */
static bool
is_word_of_yaml(struct bytes text)
{
	static const char *const words[] = { "y",   "n",    "yes",   "no",  "on",
					     "off", "true", "false", "null" };

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strlen(words[i]) == text.len &&
		    strncasecmp(words[i], (const char *)text.data, text.len) == 0)
			return true;
	}
	return false;
}

/* Letters first, then what no reader gives a meaning to: everything else is quoted. */
static bool
is_plain(struct bytes text)
{
	static const char inner[] = "-_./@%+";

	if (text.len == 0 || is_word_of_yaml(text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool digit = c >= '0' && c <= '9';
		/* "://" is fine: a colon means something only before a blank or at the end. */
		bool colon = c == ':' && i + 1 < text.len && text.data[i + 1] == '/';

		if (letter || (i == 0 && c == '/'))
			continue;
		if (i == 0 || (!digit && !colon && memchr(inner, c, sizeof(inner) - 1) == NULL))
			return false;
	}
	return true;
}

void
yaml_write_scalar(struct buf *out, struct bytes text)
{
	if (is_plain(text))
		buf_append(out, text);
	else
		json_write_string(out, text);
}
