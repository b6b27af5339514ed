/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"
#define CLEAR_LINE "\r\033[K"

enum { MILLISECONDS_UNTIL_SHOWN = 1000, MILLISECONDS_BETWEEN = 100 };

static struct {
	bool quiet, verbose;
} terminal;

static struct {
	int64_t began, shown; /* milliseconds; 0: not */
} progress;

void
terminal_start(bool quiet, bool verbose)
{
	terminal.quiet |= quiet;
	terminal.verbose |= verbose;
}

bool
terminal_can_ask(void)
{
	return isatty(STDIN_FILENO);
}

bool
terminal_has_colour(int fd)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && (no_colour == NULL || no_colour[0] == 0) &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

/* One write, so that two processes' lines do not mix. */
static void
say(const char *colour, const char *prefix, char *text)
{
	bool coloured = colour != NULL && terminal_has_colour(STDERR_FILENO);

	terminal_progress_end();
	text_neutralise(text, true);
	fprintf(stderr, "%s%s%s%s\n", coloured ? colour : "", prefix, coloured ? PLAIN : "", text);
}

#define SAY(colour, prefix, format)                                                                \
	do {                                                                                       \
		char *said = NULL;                                                                 \
		va_list arguments;                                                                 \
		va_start(arguments, format);                                                       \
		if (vasprintf(&said, format, arguments) >= 0) {                                    \
			say(colour, prefix, said);                                                 \
			free(said);                                                                \
		}                                                                                  \
		va_end(arguments);                                                                 \
	} while (0)

void
terminal_note(const char *format, ...)
{
	if (!terminal.quiet)
		SAY(NULL, "", format);
}

void
terminal_verbose(const char *format, ...)
{
	if (terminal.verbose)
		SAY(NULL, "", format);
}

void
terminal_warn(const char *format, ...)
{
	SAY(YELLOW, "warning: ", format);
}

void
terminal_error(const char *message)
{
	CLEANUP(free_text) char *text = xstrdup(message);

	say(RED, "tfsecrets: ", text);
}

void
terminal_error_hint(const char *program, const char *command)
{
	if (command != NULL)
		fprintf(stderr, "see '%s %s --help'\n", program, command);
	else
		fprintf(stderr, "see '%s --help'\n", program);
}

bool
terminal_confirm(const char *question)
{
	char answer[8];

	if (!terminal_can_ask())
		return false;
	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(answer, sizeof(answer), stdin) == NULL) {
		fputc('\n', stderr);
		return false;
	}
	return answer[0] == 'y' || answer[0] == 'Y';
}

static int64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000 + 1;
}

void
terminal_progress(const char *verb, size_t done, size_t total)
{
	int64_t time;

	if (terminal.quiet || !isatty(STDERR_FILENO))
		return;
	time = now();
	if (progress.began == 0)
		progress.began = time;
	if (time - progress.began < MILLISECONDS_UNTIL_SHOWN ||
	    time - progress.shown < MILLISECONDS_BETWEEN)
		return;
	progress.shown = time;
	fprintf(stderr, CLEAR_LINE "%s %zu/%zu", verb, done, total);
}

void
terminal_progress_verified(size_t done, size_t total)
{
	terminal_progress("verified", done, total);
}

void
terminal_progress_end(void)
{
	if (progress.shown != 0)
		fputs(CLEAR_LINE, stderr);
	progress.began = progress.shown = 0;
}
