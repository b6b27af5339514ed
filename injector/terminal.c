/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/terminal.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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
	const char *program;
	bool quiet, verbose;
} terminal = { .program = "tfsecrets" };

static struct {
	int64_t began, shown; /* milliseconds; 0: not */
	const char *verb;
	size_t done, total;
} progress;

/* Notes and warnings may come from several threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
terminal_set_program(const char *name)
{
	terminal.program = name;
}

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

size_t
terminal_columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col < TERMINAL_COLUMNS)
		return TERMINAL_COLUMNS;
	return size.ws_col;
}

static void
draw_progress(void)
{
	fprintf(stderr, CLEAR_LINE "%s %zu/%zu", progress.verb, progress.done, progress.total);
}

/* One write, so that two processes' lines do not mix. A progress line goes on below it. */
static void
say(const char *colour, const char *prefix, char *text)
{
	bool coloured = colour != NULL && terminal_has_colour(STDERR_FILENO);

	text_neutralise(text, true);
	(void)pthread_mutex_lock(&lock);
	fprintf(stderr, "%s%s%s%s%s\n", progress.shown != 0 ? CLEAR_LINE : "",
		coloured ? colour : "", prefix, coloured ? PLAIN : "", text);
	if (progress.shown != 0)
		draw_progress();
	(void)pthread_mutex_unlock(&lock);
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
terminal_say(const char *format, ...)
{
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
	CLEANUP(free_text) char *prefix = xasprintf("%s: ", terminal.program);
	CLEANUP(free_text) char *text = xstrdup(message);

	/* It may be what the work has ended with. */
	terminal_progress_end();
	say(RED, prefix, text);
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

static bool
is_due(int64_t time)
{
	if (progress.began == 0)
		progress.began = time;
	return time - progress.began >= MILLISECONDS_UNTIL_SHOWN &&
	       time - progress.shown >= MILLISECONDS_BETWEEN;
}

void
terminal_progress(const char *verb, size_t done, size_t total)
{
	int64_t time;

	if (terminal.quiet || !isatty(STDERR_FILENO))
		return;
	time = now();
	(void)pthread_mutex_lock(&lock);
	if (is_due(time)) {
		progress.shown = time;
		progress.verb = verb;
		progress.done = done;
		progress.total = total;
		draw_progress();
	}
	(void)pthread_mutex_unlock(&lock);
}

void
terminal_progress_verified(size_t done, size_t total)
{
	terminal_progress("verified", done, total);
}

void
terminal_progress_end(void)
{
	(void)pthread_mutex_lock(&lock);
	if (progress.shown != 0)
		fputs(CLEAR_LINE, stderr);
	progress.began = progress.shown = 0;
	(void)pthread_mutex_unlock(&lock);
}
