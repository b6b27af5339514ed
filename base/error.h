/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error: what went wrong, on the caller's stack. No allocation, nothing to free.
 *
 * A function that can fail returns 0 or -1 and takes `struct error *err` (never NULL) last. It writes
 * err only on failure and its ret_* results only on success. Only injector/main.c prints one.
 * Messages: lower case, no full stop, what failed first, the subject in single quotes, then the
 * cause; file, line, setting and rule, never a value.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>

enum { ERROR_MESSAGE_BYTES = 1024 };

/* One for each exit status, and those on which a caller branches. */
enum error_code {
	ERROR_NONE = 0,
	ERROR_FAILED,  /* exit 1: file, system, network, syntax of tfsecrets.yaml */
	ERROR_MISSING, /* exit 1: as ERROR_FAILED; the file is not there */
	ERROR_USAGE,   /* exit 2: misuse of the command line */
	ERROR_FOUND,   /* exit 3: looked and found something */
	ERROR_REFUSED, /* exit 4: a roster, key or value is missing, old, invalid, does not open */
	ERROR_CLUSTER, /* exit 5: the cluster answered no */
};

struct error {
	enum error_code code;
	char message[ERROR_MESSAGE_BYTES];
};

#define ERROR_INIT                                                                                 \
	{                                                                                          \
		.code = ERROR_NONE, .message = ""                                                  \
	}

/* Fills err and returns -1. A text that is too long is cut. */
int error_set(struct error *err, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4), nonnull));

/* As error_set with the text of errno behind ": "; ENOENT is ERROR_MISSING, all else ERROR_FAILED. errno stays. */
int error_errno(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3), nonnull));

/* Puts "text: " in front of the message, keeps the code and returns -1. Once a layer at most. */
int error_context(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3), nonnull));

/* Puts "; text", what to do about it, behind the message, keeps code and errno and returns -1. */
int error_advice(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3), nonnull));

/* The exit status of a code, DESIGN of the command line: 0 to 5. */
int error_exit_status(enum error_code code);

#endif
