/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A setting's pattern. Whoever may propose a change of tfsecrets.yaml gives one to everybody's checks, and
 * glibc's regcomp copies what is repeated: "((a{255}){255}){255}" or a few dozen nested '+' take all
 * memory. So the copies are counted before it is asked.
 */
#include <string.h>

#include "base/memory.h"
#include "schemas/schema_parts.h"

enum {
	COPIES_MAX = 4096,    /* characters and classes, repetitions written out */
	REPEAT_MAX = 1 << 16, /* more than any regcomp takes */
	PROBLEM_BYTES = 128,
};

static size_t
at_most(size_t number, size_t maximum)
{
	return number < maximum ? number : maximum;
}

/* Behind a bracket expression that begins at `at`, POSIX 9.3.5. */
static const char *
skip_bracket(const char *at)
{
	at += at[1] == '^' ? 2 : 1;
	if (*at == ']')
		at++;
	while (*at != 0 && *at != ']') {
		if (*at == '[' && at[1] != 0 && strchr(".=:", at[1]) != NULL) {
			const char close[] = { at[1], ']', 0 }, *end = strstr(at + 2, close);

			if (end == NULL)
				return at + strlen(at);
			at = end + 1;
		}
		at++;
	}
	return *at != 0 ? at + 1 : at;
}

/* The copies that "{m}", "{m,}" or "{m,n}" makes; *at is moved behind it. */
static size_t
read_interval(const char **at)
{
	size_t number = 0, copies = 0;

	while (*++*at != 0 && strchr("0123456789,", **at) != NULL) {
		if (**at == ',') {
			copies = number + 1;
			number = 0;
		} else {
			number = at_most(10 * number + (size_t)(**at - '0'), REPEAT_MAX);
		}
	}
	if (**at == '}')
		++*at;
	copies = copies > number ? copies : number;
	return copies > 0 ? copies : 1;
}

/* How many characters and classes are in a group when each repetition is written out. */
static size_t
count_copies(const char **at, bool is_inner)
{
	size_t sum = 0, last = 0;

	while (**at != 0 && !(is_inner && **at == ')')) {
		if (**at == '+') {
			last = 2 * last;
			++*at;
		} else if (**at == '{') {
			last = last * read_interval(at);
		} else {
			sum += last;
			last = 1;
			if (**at == '[') {
				*at = skip_bracket(*at);
			} else if (**at == '(') {
				++*at;
				last = 1 + count_copies(at, true);
				*at += **at == ')';
			} else {
				*at += (*at)[0] == '\\' && (*at)[1] != 0 ? 2 : 1;
			}
		}
		last = at_most(last, COPIES_MAX + 1);
	}
	return at_most(sum + last, COPIES_MAX + 1);
}

/* An extension of some libraries, which takes exponential time; POSIX extended has none. */
static bool
has_back_reference(const char *pattern)
{
	for (const char *at = pattern; *at != 0;) {
		if (*at == '[') {
			at = skip_bracket(at);
		} else if (*at != '\\' || at[1] == 0) {
			at++;
		} else if (at[1] >= '1' && at[1] <= '9') {
			return true;
		} else {
			at += 2;
		}
	}
	return false;
}

static const char *
check(const char *pattern)
{
	const char *at = pattern;

	if (has_back_reference(pattern))
		return "'pattern' has a back-reference, which POSIX extended does not know";
	if (count_copies(&at, false) > COPIES_MAX)
		return "'pattern' repeats too much (max-length may do)";
	return NULL;
}

int
schema_read_pattern(const struct reading *reading, const struct yaml_node *node, struct error *err)
{
	struct setting *setting = reading->setting;
	const char *rule;
	regex_t *regex;
	char problem[PROBLEM_BYTES];
	int status;

	if (schema_read_text(reading->yaml, node, "pattern", &setting->pattern, err) < 0)
		return -1;
	if (node->len > PATTERN_MAX)
		return yaml_error(reading->yaml, node, err, "'pattern' is longer than %d bytes",
				  PATTERN_MAX);
	rule = check(setting->pattern);
	if (rule != NULL)
		return yaml_error(reading->yaml, node, err, "%s", rule);
	regex = xcalloc(1, sizeof(*regex));
	status = regcomp(regex, setting->pattern, REG_EXTENDED | REG_NOSUB);
	if (status != 0) {
		(void)regerror(status, regex, problem, sizeof(problem));
		free(regex);
		return yaml_error(reading->yaml, node, err,
				  "'pattern' is not a POSIX extended regular expression: %s",
				  problem);
	}
	setting->regex = regex;
	return 0;
}
