/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for a secret: /dev/tty, no echo, read(2) into secret memory. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "injector/terminal.h"

enum { ATTEMPTS = 3 };

static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

static volatile sig_atomic_t caught;

static void
remember(int signal)
{
	caught = signal;
}

/* A terminal without echo, and what it and the signals were before. */
struct silence {
	int fd;
	struct termios before;
	struct sigaction actions[COUNT(watched)];
	sigset_t mask;
};

/*
 * The signals come only while we wait for input (await_input): one that came between a look at `caught` and
 * the wait would be slept over.
 */
static int
silence_begin(struct silence *silence, struct error *err)
{
	struct sigaction action = { .sa_handler = remember };
	struct termios quiet;
	sigset_t held;

	if (tcgetattr(silence->fd, &silence->before) < 0)
		return error_errno(err, "cannot ask on the terminal");
	caught = 0;
	(void)sigemptyset(&held);
	for (size_t i = 0; i < COUNT(watched); i++)
		(void)sigaddset(&held, watched[i]);
	(void)sigprocmask(SIG_BLOCK, &held, &silence->mask);
	for (size_t i = 0; i < COUNT(watched); i++)
		(void)sigaction(watched[i], &action, &silence->actions[i]);
	quiet = silence->before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	(void)tcsetattr(silence->fd, TCSAFLUSH, &quiet);
	return 0;
}

static void
silence_end(struct silence *silence)
{
	(void)tcsetattr(silence->fd, TCSAFLUSH, &silence->before);
	for (size_t i = 0; i < COUNT(watched); i++)
		(void)sigaction(watched[i], &silence->actions[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &silence->mask, NULL);
}

enum line { LINE_READ, LINE_ENDED, LINE_INTERRUPTED, LINE_FAILED };

/* false: a signal came first. */
static bool
await_input(const struct silence *silence)
{
	struct pollfd input = { .fd = silence->fd, .events = POLLIN };

	while (ppoll(&input, 1, NULL, &silence->mask) < 0 && errno == EINTR) {
		if (caught != 0)
			return false;
	}
	return true;
}

/* One line without its LF. */
static enum line
read_line(const struct silence *silence, struct secret *line, struct error *err)
{
	for (;;) {
		uint8_t byte;
		ssize_t got;

		if (!await_input(silence))
			return LINE_INTERRUPTED;
		got = read(silence->fd, &byte, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			(void)error_errno(err, "cannot read from the terminal");
			return LINE_FAILED;
		}
		if (got == 0 && line->len == 0)
			return LINE_ENDED;
		if (got == 0 || byte == '\n')
			return LINE_READ;
		if (secret_append(line, (struct bytes){ &byte, 1 }, err) < 0)
			return LINE_FAILED;
		secret_wipe(&byte, 1);
	}
}

/* The prompt comes when nothing is echoed any more: who sees it may type. */
static enum line
prompt_line(const struct silence *silence, const char *prompt, struct secret *line,
	    struct error *err)
{
	if (file_write_all(silence->fd, bytes_of(prompt), "the terminal", err) < 0)
		return LINE_FAILED;
	return read_line(silence, line, err);
}

/* Asks once. A stop lets the terminal go, and asks again when we are back. */
static int
ask(int fd, const char *prompt, struct secret *line, struct error *err)
{
	struct silence silence = { .fd = fd };
	enum line result;
	int signal;

	do {
		secret_reset(line);
		if (silence_begin(&silence, err) < 0)
			return -1;
		result = prompt_line(&silence, prompt, line, err);
		signal = caught;
		silence_end(&silence);
		if (write(fd, "\n", 1) < 0)
			return error_errno(err, "cannot write to the terminal");
		if (result == LINE_INTERRUPTED)
			(void)raise(signal);
	} while (result == LINE_INTERRUPTED);
	if (result == LINE_ENDED)
		return error_set(err, ERROR_FAILED, "nothing was entered");
	return result == LINE_READ ? 0 : -1;
}

static int
ask_confirmed(int fd, const char *prompt, size_t max, struct secret *first, struct error *err)
{
	CLEANUP(secret_clear) struct secret second = SECRET_INIT;

	if (secret_new(max, &second, err) < 0)
		return -1;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		if (ask(fd, prompt, first, err) < 0 || ask(fd, "once more: ", &second, err) < 0)
			return -1;
		if (secret_equal(first, &second))
			return 0;
		if (attempt + 1 < ATTEMPTS)
			terminal_note("the two differ, try again");
	}
	return error_set(err, ERROR_FAILED, "the two entries differed %d times", ATTEMPTS);
}

int
terminal_ask_secret(const char *prompt, bool confirm, size_t max, struct secret *ret,
		    struct error *err)
{
	CLEANUP(close_fd) int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	CLEANUP(secret_clear) struct secret entered = SECRET_INIT;
	CLEANUP(free_text) char *shown = xstrdup(prompt);
	int asked;

	if (fd < 0)
		return error_set(err, ERROR_FAILED, "cannot ask for it: there is no terminal");
	text_neutralise(shown, false);
	if (secret_new(max, &entered, err) < 0)
		return -1;
	asked = confirm ? ask_confirmed(fd, shown, max, &entered, err) :
			  ask(fd, shown, &entered, err);
	if (asked < 0)
		return -1;
	*ret = entered;
	entered = (struct secret)SECRET_INIT;
	return 0;
}
