/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

enum { SUGGEST_MAX = 160, SLIPS_MAX = 3 };

static bool
is_lower_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
text_is_setting_name(struct bytes text)
{
	if (text.len == 0 || text.len > SETTING_NAME_MAX ||
	    (text.data[0] >= '0' && text.data[0] <= '9'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (!is_lower_or_digit(c) && !(c >= 'A' && c <= 'Z') && c != '_')
			return false;
	}
	return true;
}

bool
text_is_label(struct bytes text)
{
	if (text.len == 0 || text.len > LABEL_MAX || text.data[0] == '-' ||
	    text.data[text.len - 1] == '-')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_lower_or_digit(text.data[i]) && text.data[i] != '-')
			return false;
	}
	return true;
}

bool
text_is_member_name(struct bytes text)
{
	if (text.len == 0 || text.len > MEMBER_NAME_MAX || !is_lower_or_digit(text.data[0]))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_lower_or_digit(text.data[i]) && memchr("._-", text.data[i], 3) == NULL)
			return false;
	}
	return true;
}

/* Length of the UTF-8 character at the front; 0: there is none. RFC 3629 section 4. */
static size_t
character_length(const uint8_t *at, size_t left)
{
	size_t len = at[0] < 0x80 ? 1 :
		     at[0] < 0xc2 ? 0 :
		     at[0] < 0xe0 ? 2 :
		     at[0] < 0xf0 ? 3 :
		     at[0] < 0xf5 ? 4 :
				    0;

	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

bool
text_is_utf8(struct bytes text)
{
	for (size_t at = 0; at < text.len;) {
		size_t len = character_length(text.data + at, text.len - at);

		if (len == 0)
			return false;
		at += len;
	}
	return true;
}

bool
text_to_number(struct bytes text, uint64_t maximum, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)text.data[i] - '0';

		if (text.data[i] < '0' || text.data[i] > '9' || number > maximum / 10 ||
		    number * 10 > maximum - digit || digit > maximum)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

/* The edit distance of Damerau and Levenshtein (adjacent letters exchanged count once), letter case aside. */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][SUGGEST_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	for (size_t k = 0; k <= b_len; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3], *above = rows[(i - 1) % 3], *two = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t k = 1; k <= b_len; k++) {
			int x = tolower((unsigned char)a[i - 1]),
			    y = tolower((unsigned char)b[k - 1]);
			size_t best = above[k - 1] + (x != y);

			best = above[k] + 1 < best ? above[k] + 1 : best;
			best = now[k - 1] + 1 < best ? now[k - 1] + 1 : best;
			if (i > 1 && k > 1 && x == tolower((unsigned char)b[k - 2]) &&
			    y == tolower((unsigned char)a[i - 2]) && two[k - 2] + 1 < best)
				best = two[k - 2] + 1;
			now[k] = best;
		}
	}
	return rows[a_len % 3][b_len];
}

const char *
text_suggest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	size_t best_distance = SLIPS_MAX + 1, word_len = strlen(word);

	if (word_len > SUGGEST_MAX)
		return NULL;
	for (size_t i = 0; candidates[i] != NULL; i++) {
		size_t len = strlen(candidates[i]), longer = len > word_len ? len : word_len;
		size_t apart = len > word_len ? len - word_len : word_len - len, slips;

		if (len > SUGGEST_MAX || apart > SLIPS_MAX)
			continue;
		slips = distance(word, candidates[i]);
		if (slips < best_distance && slips <= (longer / 3 > 1 ? longer / 3 : 1)) {
			best = candidates[i];
			best_distance = slips;
		}
	}
	return best;
}

void
text_neutralise(char *text, bool keep_lines)
{
	uint8_t *at = (uint8_t *)text;

	while (*at != 0) {
		size_t len = character_length(at, strlen((char *)at));
		bool is_kept = keep_lines && (*at == '\n' || *at == '\t');
		bool is_control = (*at < 0x20 && !is_kept) || *at == 0x7f ||
				  (len == 2 && at[0] == 0xc2 && at[1] < 0xa0);

		if (len == 0 || is_control)
			memset(at, '?', len > 0 ? len : 1);
		at += len > 0 ? len : 1;
	}
}

void
text_to_hex(struct bytes bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = digits[bytes.data[i] >> 4];
		out[2 * i + 1] = digits[bytes.data[i] & 15];
	}
	out[2 * bytes.len] = 0;
}

static int
hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
text_from_hex(struct bytes text, uint8_t *ret, size_t len)
{
	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
