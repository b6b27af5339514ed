/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

static const struct {
	int number;
	const char *name;
} watched[] = { { SIGINT, "SIGINT" }, { SIGTERM, "SIGTERM" }, { SIGHUP, "SIGHUP" } };

static struct {
	atomic_int number;
	_Atomic int64_t when; /* monotonic milliseconds */
	int ends[2]; /* of a pipe that has a byte for ever once a signal came; -1: there is none */
	bool watches[COUNT(watched)];
} caught = { .ends = { -1, -1 } };

static pthread_once_t begun = PTHREAD_ONCE_INIT;

static int64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void
let_go(void)
{
	for (size_t i = 0; i < COUNT(watched); i++) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		if (caught.watches[i])
			(void)sigaction(watched[i].number, &action, NULL);
	}
}

/* The next one is not held up. */
static void
note(int number)
{
	caught.when = now();
	caught.number = number;
	let_go();
	if (caught.ends[1] >= 0)
		(void)!write(caught.ends[1], "", 1);
}

static void
watch(void)
{
	if (pipe2(caught.ends, O_CLOEXEC | O_NONBLOCK) < 0)
		caught.ends[0] = caught.ends[1] = -1;
	for (size_t i = 0; i < COUNT(watched); i++) {
		struct sigaction before, action = { .sa_handler = note, .sa_flags = SA_RESTART };

		caught.watches[i] = sigaction(watched[i].number, NULL, &before) == 0 &&
				    before.sa_handler == SIG_DFL;
		(void)sigfillset(&action.sa_mask);
		if (caught.watches[i])
			(void)sigaction(watched[i].number, &action, NULL);
	}
}

void
interrupt_begin(void)
{
	(void)pthread_once(&begun, watch);
}

int
interrupt_caught(void)
{
	return caught.number;
}

int64_t
interrupt_age(void)
{
	return caught.number != 0 ? now() - caught.when : 0;
}

bool
interrupt_pause(int64_t milliseconds)
{
	int64_t end = now() + milliseconds;

	for (int64_t left = milliseconds; left > 0 && caught.number == 0; left = end - now()) {
		struct pollfd signal = { .fd = caught.ends[0], .events = POLLIN };

		(void)poll(&signal, 1, left < 60000 ? (int)left : 60000);
	}
	return caught.number == 0;
}

int
interrupt_error(struct error *err)
{
	const char *name = "a signal";

	for (size_t i = 0; i < COUNT(watched); i++) {
		if (watched[i].number == caught.number)
			name = watched[i].name;
	}
	return error_set(err, ERROR_FAILED, "stopped by %s", name);
}

int
interrupt_end(int status)
{
	int number = caught.number;

	if (number == 0)
		return status;
	(void)fflush(stdout);
	(void)raise(number);
	return 128 + number;
}
