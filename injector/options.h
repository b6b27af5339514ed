/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: a table for each command, parsed strictly. Long options take "--name value" or
 * "--name=value", are never abbreviated, and short forms exist for a few. "--" ends them. Options and
 * operands may mix, but for `exec`. An unknown option suggests a near one. Everything is ERROR_USAGE.
 */
#ifndef INJECTOR_OPTIONS_H
#define INJECTOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/list.h"

enum option_argument {
	OPTION_NONE,   /* a switch */
	OPTION_VALUE,  /* takes a value; given twice is an error */
	OPTION_MANY,   /* takes a value, repeatable */
	OPTION_ONE_OF, /* takes one of `choices` */
	OPTION_REFUSED, /* another program's, of which `help` says why it is none here; never shown */
};

struct option_spec {
	char letter;	  /* 0: none */
	const char *name; /* NULL: end of the table */
	enum option_argument argument;
	const char *placeholder;    /* "ENV", "FILE"; NULL for a switch */
	const char *const *choices; /* NULL-terminated, for OPTION_ONE_OF */
	const char *help;	    /* one line, lower case, no full stop */
};

#define OPTION_CHOICES(...)                                                                        \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define OPTION_END                                                                                 \
	{                                                                                          \
		0, NULL, OPTION_NONE, NULL, NULL, NULL                                             \
	}

/* Shared rows. */
#define OPTION_ENVIRONMENT                                                                         \
	{                                                                                          \
		'e', "env", OPTION_VALUE, "ENV", NULL, "the environment"                           \
	}
#define OPTION_ENVIRONMENTS                                                                        \
	{                                                                                          \
		'e', "env", OPTION_MANY, "ENV", NULL, "the environment; may be repeated"           \
	}
#define OPTION_IDENTITY                                                                            \
	{                                                                                          \
		0, "identity", OPTION_MANY, "FILE", NULL,                                          \
			"an identity file; may be repeated, all are tried"                         \
	}
#define OPTION_VALUE_FILE                                                                          \
	{                                                                                          \
		0, "file", OPTION_VALUE, "FILE", NULL, "take the value from a file, byte for byte" \
	}
#define OPTION_PIN                                                                                 \
	{                                                                                          \
		0, "pin", OPTION_VALUE, "PIN", NULL,                                               \
			"what the roster must contain: PROJECT-ID:SERIAL:HASH"                     \
	}
#define OPTION_REQUIRE_PIN                                                                         \
	{                                                                                          \
		0, "require-pin", OPTION_NONE, NULL, NULL, "refuse a roster that no pin holds"     \
	}
#define OPTION_YES                                                                                 \
	{                                                                                          \
		'y', "yes", OPTION_NONE, NULL, NULL, "do not ask"                                  \
	}
#define OPTION_OUTPUT(...)                                                                         \
	{                                                                                          \
		'o', "output", OPTION_ONE_OF, "FORMAT", OPTION_CHOICES(__VA_ARGS__),               \
			"the output format"                                                        \
	}

/* Those that every command has: -C DIR, -h/--help, -q/--quiet, -v/--verbose. */
extern const struct option_spec options_general[];

/* One option as it was given. */
struct option_given {
	const struct option_spec *spec;
	const char *value; /* NULL for a switch; borrowed from argv */
};

struct options {
	struct option_given *given;
	size_t count;
};

/* Parses argv[0..argc) (without program and command) against table and options_general. operands
 * receives what is left, in order, NULL-terminated; borrowed texts, the array is the caller's.
 * stop_at_operand: the first operand ends the options. The caller clears *ret and frees *ret_operands. */
int options_parse(const struct option_spec *table, int argc, char **argv, bool stop_at_operand,
		  struct options *ret, char ***ret_operands, size_t *ret_operand_count,
		  struct error *err) __attribute__((warn_unused_result));
void options_clear(struct options *options);

bool option_is_set(const struct options *options, const char *name);
/* The value, or NULL when it was not given. */
const char *option_value(const struct options *options, const char *name);
/* Every value of a repeatable option, appended to *out. */
void option_values(const struct options *options, const char *name, struct list *out);

#endif
