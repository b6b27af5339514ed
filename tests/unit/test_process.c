/* SPDX-License-Identifier: Apache-2.0 */
/* Each test runs in a child of its own: what is looked at belongs to the whole process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/process.h"

#if defined(__has_feature)
#define HAS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif

/* The line of the first check that does not hold becomes the exit status, folded to 1 to 200. */
#define CHECK(holds)                                                                               \
	do {                                                                                       \
		if (!(holds))                                                                      \
			_exit(1 + __LINE__ % 200);                                                 \
	} while (0)

static void
run(void (*check)(void))
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0) {
		check();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static struct rlimit
core_limit(void)
{
	struct rlimit limit = { 1, 1 };

	CHECK(getrlimit(RLIMIT_CORE, &limit) == 0);
	return limit;
}

static void
check_hardened(void)
{
	struct rlimit limit = { 0, core_limit().rlim_max };

	if (limit.rlim_max > 4096)
		limit.rlim_max = 4096;
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_CORE, &limit) == 0);
	(void)umask(027);

	process_harden();
	CHECK(prctl(PR_GET_DUMPABLE) == (HAS_SANITIZER ? 1 : 0));
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	CHECK(core_limit().rlim_cur == 0);
	CHECK(core_limit().rlim_max == limit.rlim_max);
	CHECK(umask(077) == 077);
	CHECK(process_umask() == 027);

	process_restore();
	CHECK(core_limit().rlim_cur == limit.rlim_cur);
	CHECK(core_limit().rlim_max == limit.rlim_max);
	CHECK(umask(0) == 027);
}

static bool
is_null_device(int fd)
{
	struct stat null, got;

	return stat("/dev/null", &null) == 0 && fstat(fd, &got) == 0 && S_ISCHR(got.st_mode) &&
	       got.st_rdev == null.st_rdev;
}

static void
check_all_closed(void)
{
	char byte;

	for (int fd = 0; fd <= 2; fd++)
		(void)close(fd);
	process_harden();
	for (int fd = 0; fd <= 2; fd++) {
		CHECK(is_null_device(fd));
		CHECK(fcntl(fd, F_GETFD) == 0);
	}
	CHECK(read(STDIN_FILENO, &byte, 1) == 0);
	CHECK(write(STDERR_FILENO, "x", 1) == 1);
	CHECK(fcntl(3, F_GETFD) < 0 || !is_null_device(3));
}

static void
check_one_closed(void)
{
	int ends[2];

	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	CHECK(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	CHECK(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	(void)close(STDOUT_FILENO);
	process_harden();
	CHECK(is_null_device(STDOUT_FILENO));
	CHECK(!is_null_device(STDIN_FILENO));
	CHECK(!is_null_device(STDERR_FILENO));
}

static void
handle(int number)
{
	(void)number;
}

static bool
disposition_is(int number, void (*handler)(int))
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == handler;
}

/* As a shell starts a job in the background: SIGINT and SIGQUIT ignored. */
static void
check_signals(void)
{
	sigset_t blocked, now;

	CHECK(signal(SIGINT, SIG_IGN) != SIG_ERR);
	CHECK(signal(SIGQUIT, SIG_IGN) != SIG_ERR);
	CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGUSR1);
	CHECK(sigprocmask(SIG_SETMASK, &blocked, NULL) == 0);

	process_harden();
	CHECK(disposition_is(SIGINT, SIG_IGN));
	CHECK(signal(SIGINT, handle) != SIG_ERR);
	CHECK(signal(SIGTERM, handle) != SIG_ERR);
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	CHECK(signal(SIGRTMIN, SIG_IGN) != SIG_ERR);
	(void)sigaddset(&blocked, SIGTERM);
	(void)sigdelset(&blocked, SIGUSR1);
	CHECK(sigprocmask(SIG_SETMASK, &blocked, NULL) == 0);

	process_restore();
	CHECK(disposition_is(SIGINT, SIG_IGN));
	CHECK(disposition_is(SIGQUIT, SIG_IGN));
	CHECK(disposition_is(SIGTERM, SIG_DFL));
	CHECK(disposition_is(SIGPIPE, SIG_DFL));
	CHECK(disposition_is(SIGRTMIN, SIG_DFL));
	CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
	CHECK(sigismember(&now, SIGUSR1) == 1);
	CHECK(sigismember(&now, SIGTERM) == 0);
}

static void
test_hardened(void **state)
{
	(void)state;
	run(check_hardened);
}

static void
test_closed_descriptors(void **state)
{
	(void)state;
	run(check_all_closed);
	run(check_one_closed);
}

static void
test_signals(void **state)
{
	(void)state;
	run(check_signals);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hardened),
		cmocka_unit_test(test_closed_descriptors),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
