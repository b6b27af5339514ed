/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dotenv: reading and writing .env, as dotenv, docker compose and a shell's reader agree.
 *
 *   [export] NAME=value      unquoted: up to the line's end or " #", trailing blanks off
 *   NAME='value'             literal, may span lines
 *   NAME="value"             may span lines; \n \r \t \\ \" \$ are known, other backslashes stay
 *
 * No expansion and no substitution: a $ stays. CRLF and a BOM are accepted. A duplicate name, a name
 * outside [A-Za-z_][A-Za-z0-9_]{0,127}, an open quote, text behind a closing quote, a NUL: an error
 * "FILE:LINE: rule", ERROR_FAILED. Messages never contain a value or a line's text.
 */
#ifndef REPOSITORY_DOTENV_H
#define REPOSITORY_DOTENV_H

#include "base/buf.h"
#include "base/error.h"
#include "crypto/secret.h"

enum { DOTENV_SOURCE_MAX = 4 * 1024 * 1024, DOTENV_ENTRIES_MAX = 20000 };

struct dotenv_entry {
	char *name;
	size_t line;
	size_t offset, len; /* of the value in dotenv.values */
};

/* All values stand in one secret, since each secret of its own costs memory mappings. */
struct dotenv {
	struct dotenv_entry *entries; /* in file order */
	size_t count, cap;
	struct secret values;
};

#define DOTENV_INIT                                                                                \
	{                                                                                          \
		.entries = NULL, .count = 0, .cap = 0, .values = SECRET_INIT                       \
	}

/* Reads source; file is its name in messages. The caller clears *ret. */
int dotenv_read(struct bytes source, const char *file, struct dotenv *ret, struct error *err)
	__attribute__((warn_unused_result));
void dotenv_clear(struct dotenv *dotenv);
struct bytes dotenv_value(const struct dotenv *dotenv, size_t index);

/* Appends one line "NAME=value\n" that dotenv_read gives back the same: unquoted where nothing could be
 * misread, else in single quotes, else (with a ' in it or a CR) in double quotes. */
int dotenv_write(const char *name, struct bytes value, struct secret *out, struct error *err)
	__attribute__((warn_unused_result));
/* How many bytes dotenv_write needs at most. */
size_t dotenv_write_size(const char *name, struct bytes value);

#endif
