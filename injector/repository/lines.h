/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines: the strict text that roster, key.age and sealed files share. Bytes 0x20 to 0x7E and LF only;
 * no empty line, no trailing blank, single spaces, one LF at the end; a header line is a field's name
 * and its value. Whatever deviates is "FILE:LINE: rule", ERROR_REFUSED. Never quotes a line: the text
 * may be secret.
 */
#ifndef REPOSITORY_LINES_H
#define REPOSITORY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum { LINE_MAX_BYTES = 1024 };

#define NUMBER_MAX UINT32_MAX

struct lines {
	const char *file; /* as shown in messages */
	struct bytes text;
	size_t offset; /* where the next line starts */
	size_t line;   /* its number, from 1 */
};

/* Checks all of text against the rules above and starts at its first line. Both are borrowed. */
int lines_start(struct lines *lines, struct bytes text, const char *file, struct error *err)
	__attribute__((warn_unused_result));

/* "FILE:LINE: text" about the line read last (or, before any, the first); returns -1. */
int lines_error(const struct lines *lines, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The next line without its LF; false at the end. */
bool lines_next(struct lines *lines, struct bytes *ret_line);
/* Whether the next line's first word is name. */
bool lines_at(const struct lines *lines, const char *name);
/* The next line must be exactly text. */
int lines_literal(struct lines *lines, const char *text, struct error *err)
	__attribute__((warn_unused_result));
/* The next line must be "name VALUE"; *ret_value is borrowed from the text. */
int lines_field(struct lines *lines, const char *name, struct bytes *ret_value, struct error *err)
	__attribute__((warn_unused_result));

/* The same with the value read as: a number of minimum to NUMBER_MAX; hex digits, copied with a NUL to
 * out (size digits + 1); the same or "-", which gives ""; a time; a text checked by is_valid, copied. */
int lines_number(struct lines *lines, const char *name, uint32_t minimum, uint32_t *ret,
		 struct error *err) __attribute__((warn_unused_result));
int lines_hex(struct lines *lines, const char *name, size_t digits, char *out, struct error *err)
	__attribute__((warn_unused_result));
int lines_hex_or_none(struct lines *lines, const char *name, size_t digits, char *out,
		      struct error *err) __attribute__((warn_unused_result));
int lines_time(struct lines *lines, const char *name, int64_t *ret, struct error *err)
	__attribute__((warn_unused_result));
int lines_name(struct lines *lines, const char *name, bool (*is_valid)(struct bytes), size_t max,
	       char *out, struct error *err) __attribute__((warn_unused_result));

/* Whether git has left the markers of a conflict in text, which need not be valid otherwise. */
bool lines_have_conflict(struct bytes text);

/* Takes the text up to its first blank off the front of *rest; all of it when there is none. */
struct bytes lines_word(struct bytes *rest);

#endif
