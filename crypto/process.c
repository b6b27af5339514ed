/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__has_feature)
#define HAS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif

static struct {
	mode_t umask;
	bool has_core_limit;
	struct rlimit core_limit;
	sigset_t ignored, blocked;
} started_with = { .umask = 077 };

/* A file opened as descriptor 2 would receive every message. open takes the lowest free number. */
static void
fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
			_exit(1);
}

/* A handler does not outlive execve: a child is started with a signal ignored, or not. */
static void
note_signals(void)
{
	struct sigaction action;

	(void)sigemptyset(&started_with.ignored);
	for (int number = 1; number <= SIGRTMAX; number++)
		if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			(void)sigaddset(&started_with.ignored, number);
	(void)sigprocmask(SIG_BLOCK, NULL, &started_with.blocked);
}

void
process_harden(void)
{
	fill_standard_descriptors();
	note_signals();
	started_with.umask = umask(077);
	if (getrlimit(RLIMIT_CORE, &started_with.core_limit) == 0) {
		struct rlimit none = { 0, started_with.core_limit.rlim_max };

		started_with.has_core_limit = true;
		(void)setrlimit(RLIMIT_CORE, &none);
	}
#if !HAS_SANITIZER
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* The mask last: what was held back meets the dispositions of the child. */
void
process_restore(void)
{
	struct sigaction action = { .sa_flags = 0 };

	(void)umask(started_with.umask);
	if (started_with.has_core_limit)
		(void)setrlimit(RLIMIT_CORE, &started_with.core_limit);
	for (int number = 1; number <= SIGRTMAX; number++) {
		bool is_ignored = sigismember(&started_with.ignored, number) == 1;

		action.sa_handler = is_ignored ? SIG_IGN : SIG_DFL;
		(void)sigaction(number, &action, NULL);
	}
	(void)sigprocmask(SIG_SETMASK, &started_with.blocked, NULL);
}

unsigned
process_umask(void)
{
	return started_with.umask;
}

unsigned
process_file_mode(void)
{
	return 0666 & ~process_umask();
}
