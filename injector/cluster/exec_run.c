/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/exec_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/process.h"

enum {
	FIRST_BYTES = 8 * 1024,
	SLICE_MS = 50,	 /* how often a silent program is looked at */
	GRACE_MS = 1000, /* between SIGTERM and SIGKILL */
	DESCRIPTORS_MAX = 4096,
};

static bool
is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* A folder that depends on where we stand is passed over: what lies there is anybody's (Go's exec.LookPath too). */
char *
exec_find(const char *name, const char **ret_problem)
{
	const char *variable = getenv("PATH");
	CLEANUP(free_text) char *folders = xstrdup(variable != NULL ? variable : "");
	char *rest = folders, *folder;

	if (strchr(name, '/') != NULL) {
		if (is_program(name))
			return xstrdup(name);
		*ret_problem =
			access(name, F_OK) == 0 ? "is no program that may be run" : "is not there";
		return NULL;
	}
	while ((folder = strsep(&rest, ":")) != NULL) {
		char *path = xasprintf("%s/%s", folder, name);

		if (folder[0] == '/' && is_program(path))
			return path;
		free(path);
	}
	*ret_problem = "is not in $PATH";
	return NULL;
}

static int64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* close_range(2) is there since Linux 5.9. */
static void
close_others(void)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) == 0)
		return;
#endif
	for (int fd = 3; fd < DESCRIPTORS_MAX; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* In the child of a process that may have threads: system calls only. What goes wrong is written to `failed`. */
static _Noreturn void
become(const struct exec_command *command, pid_t parent, int null, int output, int failed)
{
	int problem;

	process_restore();
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || (!command->is_interactive && dup2(null, STDIN_FILENO) < 0) ||
	    dup2(output, STDOUT_FILENO) < 0)
		_exit(1);
	close_others();
	(void)execve(command->file, command->arguments, command->environment);
	problem = errno;
	(void)!write(failed, &problem, sizeof(problem));
	_exit(1);
}

struct running {
	pid_t pid;
	int output;
	int64_t until;
	bool has_ended;
	int status;
};

/* Whether it runs; else errno says why not. */
static bool
has_started(int failed)
{
	int problem = 0;
	ssize_t got;

	do
		got = read(failed, &problem, sizeof(problem));
	while (got < 0 && errno == EINTR);
	errno = problem;
	return got != sizeof(problem);
}

static int
start(const struct exec_command *command, struct running *ret, struct error *err)
{
	CLEANUP(close_fd) int from = -1;
	CLEANUP(close_fd) int to = -1;
	CLEANUP(close_fd) int failed = -1;
	CLEANUP(close_fd) int fails = -1;
	CLEANUP(close_fd) int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	pid_t parent = getpid(), pid;
	int ends[2], problems[2];

	/* Whoever ignores it gets no status of a child. The child gets back what we were started with. */
	(void)sigaction(SIGCHLD, &usual, NULL);
	if (null < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot be started");
	from = ends[0];
	to = ends[1];
	if (pipe2(problems, O_CLOEXEC) < 0 || fcntl(from, F_SETFL, O_NONBLOCK) < 0)
		return error_errno(err, "cannot be started");
	failed = problems[0];
	fails = problems[1];
	pid = fork();
	if (pid < 0)
		return error_errno(err, "cannot be started");
	if (pid == 0)
		become(command, parent, null, to, fails);
	close_fd(&fails);
	if (!has_started(failed)) {
		int problem = errno;

		(void)waitpid(pid, NULL, 0);
		errno = problem;
		return error_set(err, ERROR_FAILED, "cannot be started: %s",
				 strerrordesc_np(errno));
	}
	*ret = (struct running){ .pid = pid, .output = from };
	from = -1;
	return 0;
}

/* Waits for what comes first: output (if there is still some to come), or the time. */
static void
wait_a_while(const struct running *running, int milliseconds)
{
	struct pollfd poller = { .fd = running->output, .events = POLLIN };

	(void)poll(&poller, running->output >= 0 ? 1 : 0, milliseconds);
}

static void
look(struct running *running)
{
	pid_t found = waitpid(running->pid, &running->status, WNOHANG);

	running->has_ended |= found == running->pid;
}

static void
end(struct running *running)
{
	if (running->output >= 0)
		(void)close(running->output);
	running->output = -1;
	if (running->has_ended)
		return;
	(void)kill(running->pid, SIGTERM);
	for (int64_t until = now() + GRACE_MS; !running->has_ended && now() < until;) {
		look(running);
		if (!running->has_ended)
			wait_a_while(running, 5);
	}
	if (running->has_ended)
		return;
	(void)kill(running->pid, SIGKILL);
	while (waitpid(running->pid, &running->status, 0) < 0 && errno == EINTR)
		;
	running->has_ended = true;
}

/* Room for more, up to the maximum and one byte that is too much. */
static int
grow(struct secret *output, struct error *err)
{
	CLEANUP(secret_clear) struct secret old = *output;
	size_t cap = old.cap * 2;

	*output = (struct secret)SECRET_INIT;
	if (cap > EXEC_OUTPUT_MAX)
		cap = EXEC_OUTPUT_MAX + 1;
	if (secret_new(cap, output, err) < 0)
		return -1;
	return secret_append(output, secret_bytes(&old), err);
}

/* All that is there now. 1: its end. */
static int
take(struct running *running, struct secret *output, struct error *err)
{
	for (;;) {
		ssize_t got;

		if (output->len == output->cap && grow(output, err) < 0)
			return -1;
		got = read(running->output, output->data + output->len, output->cap - output->len);
		if (got == 0)
			return 1;
		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got < 0 && errno != EINTR)
			return error_errno(err, "cannot be read");
		output->len += got > 0 ? (size_t)got : 0;
		if (output->len > EXEC_OUTPUT_MAX)
			return error_set(err, ERROR_FAILED, "writes more than %d bytes",
					 EXEC_OUTPUT_MAX);
	}
}

/* What it writes, until it has closed its output, or has ended: a child that it leaves behind may keep that open. */
static int
collect(struct running *running, struct secret *output, struct error *err)
{
	while (now() < running->until) {
		bool had_ended = running->has_ended;
		int taken = take(running, output, err);

		if (taken != 0 || had_ended)
			return taken < 0 ? -1 : 0;
		look(running);
		if (!running->has_ended)
			wait_a_while(running, SLICE_MS);
	}
	return 0;
}

static int
wait_for_end(struct running *running, long seconds, struct error *err)
{
	int pause = 1;

	(void)close(running->output);
	running->output = -1;
	for (look(running); !running->has_ended && now() < running->until; look(running)) {
		wait_a_while(running, pause);
		pause = pause < SLICE_MS ? pause * 2 : SLICE_MS;
	}
	if (!running->has_ended)
		return error_set(err, ERROR_FAILED, "did not end within %ld seconds", seconds);
	if (WIFSIGNALED(running->status))
		return error_set(err, ERROR_FAILED, "was killed by signal %d (%s)",
				 WTERMSIG(running->status), sigdescr_np(WTERMSIG(running->status)));
	if (WEXITSTATUS(running->status) != 0)
		return error_set(err, ERROR_FAILED, "ended with status %d",
				 WEXITSTATUS(running->status));
	return 0;
}

int
exec_run(const struct exec_command *command, struct secret *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret output = SECRET_INIT;
	struct running running;
	int result;

	if (secret_new(FIRST_BYTES, &output, err) < 0 || start(command, &running, err) < 0)
		return -1;
	running.until = now() + command->seconds * 1000;
	result = collect(&running, &output, err);
	if (result == 0)
		result = wait_for_end(&running, command->seconds, err);
	end(&running);
	if (result < 0)
		return -1;
	*ret = output;
	output = (struct secret)SECRET_INIT;
	return 0;
}
