/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values made of words: placeholders, plain words, names of products and places.
 */
#include <ctype.h>
#include <string.h>

#include "schemas/classify_rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const placeholder_words[] = {
	"changeme",  "change-me", "change_me", "change me", "changeit", "changethis",
	"todo",	     "tbd",	  "fixme",     "none",	    "null",	"nil",
	"undefined", "n/a",	  "na",	       "dummy",	    "example",	"placeholder",
	"redacted",  "unset",	  "empty",     "default",   "secret",	"password",
	"test",	     "fake",	  "sample",    "...",	    "-",	"unused",
};

static const char *const placeholder_beginnings[] = {
	"change-me", "change_me",   "changeme",	  "replace", "your-",	 "your_",    "your ",
	"<your",     "insert-",	    "insert_",	  "insert ", "put-your", "put_your", "enter-",
	"enter_",    "enter your",  "my-secret",  "todo",    "fixme",	 "example-", "dummy-",
	"dummy_",    "placeholder", "not-a-real", "not-set", "set-me",	 "set_me",   "fill-",
	"fill_in",   "set in ",	    "set by ",	  "see ",    "to be ",
};

static bool
is_enclosed(struct bytes value, const char *open, const char *close)
{
	struct bytes inside;

	if (value.len < strlen(open) + strlen(close) || !bytes_start(value, open) ||
	    !bytes_end(value, close))
		return false;
	inside = (struct bytes){ value.data + strlen(open),
				 value.len - strlen(open) - strlen(close) };
	return bytes_find(inside, 0, close) == inside.len;
}

static bool
is_one_character(struct bytes value, const char *characters)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] != value.data[0])
			return false;
	return value.len > 0 && strchr(characters, value.data[0]) != NULL && value.data[0] != '\0';
}

bool
shape_is_template(struct bytes value)
{
	return is_enclosed(value, "${", "}") || is_enclosed(value, "$(", ")") ||
	       is_enclosed(value, "{{", "}}") || is_enclosed(value, "<", ">") ||
	       is_enclosed(value, "%(", ")s") || is_enclosed(value, "#{", "}") ||
	       is_enclosed(value, "@@", "@@") || is_enclosed(value, "__", "__") ||
	       is_one_character(value, "*xX.");
}

bool
shape_is_placeholder(struct bytes value)
{
	if (value.len == 0 || shape_is_template(value))
		return true;
	for (size_t i = 0; i < COUNT(placeholder_words); i++)
		if (bytes_equal_word(value, placeholder_words[i]))
			return true;
	/* What is random is no placeholder, whatever it begins with. */
	for (size_t i = 0; i < COUNT(placeholder_beginnings); i++)
		if (bytes_start_word(value, placeholder_beginnings[i]))
			return shape_is_wordlike(value);
	return false;
}

static bool
is_word_byte(uint8_t byte)
{
	return isalnum(byte) || byte >= 0x80;
}

/* Letters of one case, a capital in front, or the few humps that names have. */
static bool
is_letters(struct bytes part)
{
	size_t humps = 0;

	for (size_t i = 0; i < part.len; i++) {
		if (part.data[i] < 0x80 && !isalpha(part.data[i]))
			return false;
		if (i > 0 && isupper(part.data[i]) && islower(part.data[i - 1]))
			humps++;
	}
	if (humps * 4 > part.len)
		return false;
	/* Letters alone can be random as well; words that long are known words put together. */
	return part.len <= 14 || entropy_has_word(part);
}

static size_t
count_while(struct bytes part, size_t from, int (*test)(int))
{
	size_t at = from;

	while (at < part.len && part.data[at] < 0x80 && test(part.data[at]) != 0)
		at++;
	return at - from;
}

/* "sha256", "2xlarge", "v2", "k8s". */
static bool
is_letters_and_digits(struct bytes part)
{
	size_t letters = count_while(part, 0, isalpha),
	       digits = count_while(part, letters, isdigit);

	if (part.len <= 3)
		return true;
	if (letters > 0 && letters + digits == part.len)
		return digits <= 4 && is_letters((struct bytes){ part.data, letters });
	digits = count_while(part, 0, isdigit);
	letters = count_while(part, digits, isalpha);
	return digits > 0 && digits + letters == part.len && letters <= 8 &&
	       is_letters(bytes_from(part, digits));
}

static bool
is_word(struct bytes part)
{
	return count_while(part, 0, isdigit) == part.len || is_letters(part) ||
	       is_letters_and_digits(part);
}

bool
shape_is_plain_word(struct bytes value)
{
	size_t words = 0;

	for (size_t at = 0, start = 0; at <= value.len; at++) {
		if (at < value.len && isalpha(value.data[at]))
			continue;
		if (at == start || (at < value.len && strchr("-_ .", value.data[at]) == NULL) ||
		    at - start > 14 ||
		    !is_letters((struct bytes){ value.data + start, at - start }))
			return false;
		words++;
		start = at + 1;
	}
	return words <= 2;
}

bool
shape_is_wordlike(struct bytes value)
{
	size_t start = 0;

	for (size_t at = 0; at <= value.len; at++) {
		if (at < value.len && is_word_byte(value.data[at]))
			continue;
		if (at > start && !is_word((struct bytes){ value.data + start, at - start }))
			return false;
		start = at + 1;
		if (at == value.len)
			break;
		/* Other marks are rare in names and common in passwords. */
		if (value.data[at] == '\0' ||
		    strchr(" -_./:,;=@()'\"?&+[]{}<>|*%\n\t", value.data[at]) == NULL)
			return value.data[at] == '!' && at + 1 == value.len;
	}
	return value.len > 0;
}
