/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/options.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

const struct option_spec options_general[] = {
	{ 'C', "directory", OPTION_VALUE, "DIR", NULL, "start in this directory" },
	{ 'h', "help", OPTION_NONE, NULL, NULL, "show this help" },
	{ 'q', "quiet", OPTION_NONE, NULL, NULL, "say only what went wrong" },
	{ 'v', "verbose", OPTION_NONE, NULL, NULL, "say more" },
	OPTION_END,
};

/* The words that are still to be read, and what they are read against. */
struct reader {
	const struct option_spec *table;
	char **words;
	size_t count, at;
	struct options *options;
};

/* The option with this long name (letter 0) or this letter, or NULL. */
static const struct option_spec *
find_in(const struct option_spec *table, const char *name, size_t len, char letter)
{
	for (; table->name != NULL; table++) {
		if (letter != 0 ? table->letter == letter :
				  strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	}
	return NULL;
}

static const struct option_spec *
find(const struct option_spec *table, const char *name, size_t len, char letter)
{
	const struct option_spec *spec = find_in(table, name, len, letter);

	return spec != NULL ? spec : find_in(options_general, name, len, letter);
}

static int
unknown_long(const struct option_spec *table, const char *name, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	const struct option_spec *tables[] = { table, options_general };
	const char **candidates, *near;

	for (size_t i = 0; i < COUNT(tables); i++) {
		for (const struct option_spec *spec = tables[i]; spec->name != NULL; spec++) {
			if (spec->argument != OPTION_REFUSED)
				list_add(&names, spec->name);
		}
	}
	candidates = xcalloc(names.count + 1, sizeof(*candidates));
	for (size_t i = 0; i < names.count; i++)
		candidates[i] = names.items[i];
	near = text_suggest(name, candidates);
	free(candidates);
	if (near != NULL)
		return error_set(err, ERROR_USAGE, "unknown option '--%s', did you mean '--%s'?",
				 name, near);
	return error_set(err, ERROR_USAGE, "unknown option '--%s'", name);
}

static int
check_choice(const struct option_spec *spec, const char *value, struct error *err)
{
	CLEANUP(list_clear) struct list choices = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	for (size_t i = 0; spec->choices[i] != NULL; i++) {
		if (strcmp(spec->choices[i], value) == 0)
			return 0;
		list_add(&choices, spec->choices[i]);
	}
	joined = list_join(&choices, ", ", " or ");
	return error_set(err, ERROR_USAGE, "option '--%s' takes %s", spec->name, joined);
}

static int
add(struct options *options, const struct option_spec *spec, const char *value, struct error *err)
{
	if (spec->argument != OPTION_MANY && spec->argument != OPTION_NONE &&
	    option_value(options, spec->name) != NULL)
		return error_set(err, ERROR_USAGE, "option '--%s' is given twice", spec->name);
	if (spec->argument == OPTION_ONE_OF && check_choice(spec, value, err) < 0)
		return -1;
	options->given = xreallocarray(options->given, options->count + 1, sizeof(*options->given));
	options->given[options->count++] = (struct option_given){ spec, value };
	return 0;
}

/* The next word as the value of spec. */
static int
add_with_next(struct reader *reader, const struct option_spec *spec, struct error *err)
{
	if (reader->at == reader->count)
		return error_set(err, ERROR_USAGE, "option '--%s' needs its %s", spec->name,
				 spec->placeholder);
	return add(reader->options, spec, reader->words[reader->at++], err);
}

/* --name, --name=value or --name value; word is behind the dashes. */
static int
read_long(struct reader *reader, const char *word, struct error *err)
{
	const char *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct option_spec *spec = find(reader->table, word, len, 0);
	CLEANUP(free_text) char *name = NULL;

	if (spec == NULL) {
		/* What stands behind '=' could be a secret that was put in the wrong place. */
		name = xstrndup(word, len);
		return unknown_long(reader->table, name, err);
	}
	if (spec->argument == OPTION_REFUSED)
		return error_set(err, ERROR_USAGE, "option '--%s' is none here: %s", spec->name,
				 spec->help);
	if (spec->argument == OPTION_NONE && equals != NULL)
		return error_set(err, ERROR_USAGE, "option '--%s' takes no value", spec->name);
	if (spec->argument == OPTION_NONE)
		return add(reader->options, spec, NULL, err);
	if (equals != NULL)
		return add(reader->options, spec, equals + 1, err);
	return add_with_next(reader, spec, err);
}

/* -q, -qv, -eprod or -e prod; word is behind the dash. */
static int
read_short(struct reader *reader, const char *word, struct error *err)
{
	for (; *word != 0; word++) {
		const struct option_spec *spec = find(reader->table, NULL, 0, *word);

		if (spec == NULL)
			return error_set(err, ERROR_USAGE, "unknown option '-%c'",
					 *word > ' ' && *word <= '~' ? *word : '?');
		if (spec->argument == OPTION_NONE) {
			if (add(reader->options, spec, NULL, err) < 0)
				return -1;
			continue;
		}
		return word[1] != 0 ? add(reader->options, spec, word + 1, err) :
				      add_with_next(reader, spec, err);
	}
	return 0;
}

/* operands has room for every word. */
static int
read_words(struct reader *reader, bool stop_at_operand, char **operands, size_t *ret_count,
	   struct error *err)
{
	size_t count = 0;
	bool only_operands = false;

	while (reader->at < reader->count) {
		char *word = reader->words[reader->at++];
		int result = 0;

		/* A dash alone is an operand, by custom standard input. */
		if (only_operands || word[0] != '-' || word[1] == 0) {
			operands[count++] = word;
			only_operands |= stop_at_operand;
		} else if (strcmp(word, "--") == 0) {
			only_operands = true;
		} else if (word[1] == '-') {
			result = read_long(reader, word + 2, err);
		} else {
			result = read_short(reader, word + 1, err);
		}
		if (result < 0)
			return -1;
	}
	*ret_count = count;
	return 0;
}

int
options_parse(const struct option_spec *table, int argc, char **argv, bool stop_at_operand,
	      struct options *ret, char ***ret_operands, size_t *ret_operand_count,
	      struct error *err)
{
	size_t count = argc > 0 ? (size_t)argc : 0;
	struct options options = { .given = NULL, .count = 0 };
	struct reader reader = { table, argv, count, 0, &options };
	char **operands = xcalloc(count + 1, sizeof(*operands));

	if (read_words(&reader, stop_at_operand, operands, ret_operand_count, err) < 0) {
		options_clear(&options);
		free(operands);
		return -1;
	}
	*ret = options;
	*ret_operands = operands;
	return 0;
}

void
options_clear(struct options *options)
{
	free(options->given);
	*options = (struct options){ .given = NULL, .count = 0 };
}

bool
option_is_set(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->count; i++) {
		if (strcmp(options->given[i].spec->name, name) == 0)
			return true;
	}
	return false;
}

const char *
option_value(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->count; i++) {
		if (strcmp(options->given[i].spec->name, name) == 0)
			return options->given[i].value;
	}
	return NULL;
}

void
option_values(const struct options *options, const char *name, struct list *out)
{
	for (size_t i = 0; i < options->count; i++) {
		if (strcmp(options->given[i].spec->name, name) == 0)
			list_add(out, options->given[i].value);
	}
}
