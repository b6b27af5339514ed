/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/faults/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KILL = -1, STOP = -3, PATH_SHOWN_MAX = 3000 };

static struct {
	pid_t pid; /* 0: not yet, or nothing is asked for */
	unsigned classes;
	unsigned long at, count;
	int how, log;
} faults = { .log = -1 };

static void
take(const char *name, char *to, size_t size)
{
	const char *value = getenv(name);

	(void)snprintf(to, size, "%s", value != NULL ? value : "");
	(void)unsetenv(name);
}

/* What is started from here on is not to be counted, so the variables go. */
__attribute__((constructor)) static void
start(void)
{
	char log[4096], calls[16], at[24], how[16];

	take("FAULTS_LOG", log, sizeof(log));
	take("FAULTS_CALLS", calls, sizeof(calls));
	take("FAULTS_AT", at, sizeof(at));
	take("FAULTS_HOW", how, sizeof(how));
	(void)unsetenv("LD_PRELOAD");
	if (calls[0] == 0)
		return;
	faults.classes = strcmp(calls, "all") == 0    ? FAULT_CHANGE | FAULT_READING :
			 strcmp(calls, "memory") == 0 ? FAULT_MEMORY :
							FAULT_CHANGE;
	faults.at = strtoul(at, NULL, 10);
	faults.how = strcmp(how, "kill") == 0  ? KILL :
		     strcmp(how, "stop") == 0  ? STOP :
		     strcmp(how, "short") == 0 ? FAULT_SHORT :
						 (int)strtoul(how, NULL, 10);
	if (log[0] != 0)
		faults.log = (int)syscall(SYS_openat, AT_FDCWD, log,
					  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	faults.pid = (pid_t)syscall(SYS_getpid);
}

static void
note(unsigned long number, const char *call, const char *path, int fd)
{
	char line[PATH_SHOWN_MAX + 100], link[32], target[PATH_SHOWN_MAX] = "";
	ssize_t len;

	if (faults.log < 0)
		return;
	if (path == NULL && fd >= 0) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = syscall(SYS_readlinkat, AT_FDCWD, link, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = 0;
		path = target;
	}
	len = snprintf(line, sizeof(line), "%lu %s %s\n", number, call, path != NULL ? path : "");
	(void)syscall(SYS_write, faults.log, line, (size_t)len);
}

int
fault(unsigned class, const char *call, const char *path, int fd)
{
	unsigned long number;

	if (faults.pid == 0 || (faults.classes & class) == 0 || (fd >= 0 && fd <= STDERR_FILENO) ||
	    (pid_t)syscall(SYS_getpid) != faults.pid)
		return 0;
	number = __atomic_add_fetch(&faults.count, 1, __ATOMIC_SEQ_CST);
	note(number, call, path, fd);
	if (number != faults.at)
		return 0;
	if (faults.how == KILL)
		(void)syscall(SYS_kill, faults.pid, SIGKILL);
	if (faults.how == STOP)
		(void)syscall(SYS_kill, faults.pid, SIGSTOP);
	if (faults.how > 0)
		errno = faults.how;
	return faults.how;
}
