/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal: what asks and what shows. Prompts go to /dev/tty, without echo for secrets; echo is put back
 * on SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGTSTP. Chatter goes to stderr.
 */
#ifndef INJECTOR_TERMINAL_H
#define INJECTOR_TERMINAL_H

#include <stdbool.h>

#include "base/error.h"
#include "crypto/secret.h"

/* The name that stands in front of errors, "tfsecrets" unless main says otherwise. */
void terminal_set_program(const char *name);
/* More or less to say; what was set once stays. */
void terminal_start(bool quiet, bool verbose);

/* Whether somebody can be asked: standard input is a terminal. */
bool terminal_can_ask(void);

/* Asks for a value without echo, twice when `confirm`; a mismatch asks again, at most three times. One
 * line without its LF; at most max bytes. The prompt is neutralised. Ctrl-D on an empty line or Ctrl-C:
 * ERROR_FAILED "nothing was entered". The caller clears *ret. */
int terminal_ask_secret(const char *prompt, bool confirm, size_t max, struct secret *ret,
			struct error *err) __attribute__((warn_unused_result));
/* Asks a yes/no question; false also when nobody can be asked. */
bool terminal_confirm(const char *question);

/* A line on stderr, of any thread: note: always but with --quiet; verbose: only with --verbose; warn: always, with
 * "warning: " in front (coloured on a terminal, unless NO_COLOR). Neutralised. */
void terminal_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void terminal_verbose(const char *format, ...) __attribute__((format(printf, 1, 2)));
void terminal_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with --quiet as well: what somebody is about to agree to. */
void terminal_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "PROGRAM: message" on stderr, neutralised, always. */
void terminal_error(const char *message);
/* Behind an error of usage: "see 'PROGRAM COMMAND --help'"; command may be NULL. */
void terminal_error_hint(const char *program, const char *command);

/* Whether to colour this descriptor: a terminal, NO_COLOR unset or empty, TERM not "dumb". */
bool terminal_has_colour(int fd);
/* How wide this descriptor's terminal is, at least TERMINAL_COLUMNS; that where it is none. */
enum { TERMINAL_COLUMNS = 80 };
size_t terminal_columns(int fd);

/* Progress for work over a second: on a terminal, one line rewritten in place ("verb done/total"), at
 * most ten times a second, from the second second on; nothing otherwise or with --quiet. Notes and warnings
 * go above it. verb is kept. */
void terminal_progress(const char *verb, size_t done, size_t total);
/* The same with the verb "verified", as a callback. */
void terminal_progress_verified(size_t done, size_t total);
/* Clears the progress line, if one is shown. */
void terminal_progress_end(void);

#endif
