/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/git.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/process.h"

#define MISSING " missing\n"

enum { ARGUMENTS_MAX = 32, ANSWER_MAX = 1024, GIT_FILE_MAX = 64 * 1024, INDEX_LOCK_TRIES = 100 };

void
git_clear(struct git *git)
{
	free(git->top);
	free(git->common);
	free(git->directory);
	free(git->prefix);
	*git = (struct git)GIT_INIT;
}

/* The first line of one of git's small pointer files, behind prefix; NULL: it is not such a file. */
static char *
pointer_file(const char *path, const char *prefix)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(GIT_FILE_MAX);
	struct error ignored;
	const char *text;
	char *line;

	if (file_read(AT_FDCWD, path, path, GIT_FILE_MAX, &content, &ignored) < 0)
		return NULL;
	text = buf_text(&content);
	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return NULL;
	line = xstrdup(text + strlen(prefix));
	line[strcspn(line, "\r\n")] = 0;
	return line;
}

/* path as it is when absolute, else below base. */
static char *
join(const char *base, const char *path)
{
	return path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", base, path);
}

/* The git directory of a work tree whose top is `top`: `.git`, or where the file `.git` points to. */
static char *
directory_of(const char *top)
{
	CLEANUP(free_text) char *dot_git = xasprintf("%s/.git", top);
	CLEANUP(free_text) char *target = NULL;
	struct stat status;

	if (stat(dot_git, &status) < 0)
		return NULL;
	if (S_ISDIR(status.st_mode))
		return TAKE(dot_git);
	target = pointer_file(dot_git, "gitdir: ");
	return target != NULL ? join(top, target) : NULL;
}

static void
fill(struct git *git, const char *top, const char *directory)
{
	CLEANUP(free_text) char *common_file = NULL;
	CLEANUP(free_text) char *common = NULL;

	common_file = xasprintf("%s/commondir", git->directory);
	common = pointer_file(common_file, "");
	git->common = common != NULL ? join(git->directory, common) : xstrdup(git->directory);
	git->top = xstrdup(top[0] != 0 ? top : "/");
	git->prefix = xstrdup(strlen(directory) > strlen(top) ? directory + strlen(top) + 1 : ".");
}

bool
git_find(const char *directory, struct git *ret)
{
	CLEANUP(free_text) char *top = xstrdup(directory);
	struct git git = GIT_INIT;

	for (;;) {
		char *slash;

		git.directory = directory_of(top);
		if (git.directory != NULL) {
			fill(&git, top, directory);
			*ret = git;
			return true;
		}
		slash = strrchr(top, '/');
		if (slash == NULL)
			return false;
		*slash = 0;
	}
}

/* A hook in a linked work tree has GIT_DIR, with which git takes any directory for the work tree's top.
 * The repository is the one that git_find found, so git is to look for it in the same way; a hook's
 * GIT_INDEX_FILE stays. */
static void
forget_repository(void)
{
	static const char *const names[] = { "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR",
					     "GIT_PREFIX" };

	for (size_t i = 0; i < COUNT(names); i++)
		(void)unsetenv(names[i]);
}

/* In the child: nothing of ours but the descriptors given. */
static _Noreturn void
become_git(const char *directory, const char *const *arguments, int input, int output)
{
	char *argv[ARGUMENTS_MAX + 4] = { NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	size_t count = 0;

	argv[count++] = xstrdup("git");
	argv[count++] = xstrdup("-C");
	argv[count++] = xstrdup(directory);
	for (size_t i = 0; arguments[i] != NULL && count < ARGUMENTS_MAX + 3; i++)
		argv[count++] = xstrdup(arguments[i]);
	process_restore();
	forget_repository();
	(void)setenv("GIT_OPTIONAL_LOCKS", "0", 1);
	if (null < 0 || dup2(input >= 0 ? input : null, STDIN_FILENO) < 0 ||
	    dup2(output >= 0 ? output : null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(127);
	execvp("git", argv);
	_exit(127);
}

static int
start(const char *directory, const char *const *arguments, int input, int output, pid_t *ret_pid,
      struct error *err)
{
	pid_t pid = fork();

	if (pid < 0)
		return error_errno(err, "cannot start git");
	if (pid == 0)
		become_git(directory, arguments, input, output);
	*ret_pid = pid;
	return 0;
}

static int
wait_for(pid_t pid, int *ret_status, struct error *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_errno(err, "cannot wait for git");
	}
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	if (*ret_status == 127)
		return error_set(err, ERROR_FAILED, "cannot run git: is it installed?");
	return 0;
}

int
git_run(const char *directory, const char *const *arguments, struct buf *output, int *ret_status,
	struct error *err)
{
	CLEANUP(close_fd) int from = -1;
	CLEANUP(close_fd) int to = -1;
	int ends[2], result = 0;
	struct error ignored;
	pid_t pid;

	if (output != NULL) {
		if (pipe2(ends, O_CLOEXEC) < 0)
			return error_errno(err, "cannot make a pipe");
		from = ends[0];
		to = ends[1];
	}
	if (start(directory, arguments, -1, to, &pid, err) < 0)
		return -1;
	close_fd(&to);
	if (output != NULL &&
	    file_read_all(from, "the output of git", output->max, output, err) < 0)
		result = error_context(err, "git in '%s'", directory);
	close_fd(&from);
	if (wait_for(pid, ret_status, result < 0 ? &ignored : err) < 0)
		return -1;
	return result;
}

int
git_batch_start(const char *directory, struct git_batch *ret, struct error *err)
{
	static const char *const arguments[] = { "cat-file", "--batch", NULL };
	int down[2], up[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, down) < 0)
		return error_errno(err, "cannot make a socket");
	if (pipe2(up, O_CLOEXEC) < 0) {
		(void)close(down[0]);
		(void)close(down[1]);
		return error_errno(err, "cannot make a pipe");
	}
	*ret = (struct git_batch){ .pid = -1, .to = down[1], .from = up[0] };
	if (start(directory, arguments, down[0], up[1], &ret->pid, err) < 0)
		git_batch_stop(ret);
	(void)close(down[0]);
	(void)close(up[1]);
	return ret->pid > 0 ? 0 : -1;
}

/* -1 with errno; 0 in errno: it ended. */
static int
read_exactly(int fd, uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t got = read(fd, out, len);

		if (got == 0)
			errno = 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		out += got;
		len -= (size_t)got;
	}
	return 0;
}

/* Reads what is not wanted, so that it is not taken for the answer to the next question. */
static int
skip(int fd, size_t len)
{
	uint8_t some[4096];

	while (len > 0) {
		size_t part = len < sizeof(some) ? len : sizeof(some);

		if (read_exactly(fd, some, part) < 0)
			return -1;
		len -= part;
	}
	return 0;
}

enum answer { ANSWER_TORN, ANSWER_OTHER, ANSWER_MISSING, ANSWER_BLOB };

/* "OBJECT TYPE SIZE\n" or "OBJECT missing\n", a byte at a time: what follows belongs to the content. */
static enum answer
read_answer(int fd, size_t *ret_size)
{
	char line[ANSWER_MAX], type[8];
	unsigned long long size;
	size_t used = 0;

	do {
		errno = EPROTO;
		if (used == sizeof(line) - 1 || read_exactly(fd, (uint8_t *)line + used, 1) < 0)
			return ANSWER_TORN;
	} while (line[used++] != '\n');
	line[used] = 0;
	if (used > strlen(MISSING) && strcmp(line + used - strlen(MISSING), MISSING) == 0)
		return ANSWER_MISSING;
	errno = EPROTO;
	if (sscanf(line, "%*s %7s %llu", type, &size) != 2)
		return ANSWER_TORN;
	*ret_size = size;
	return strcmp(type, "blob") == 0 ? ANSWER_BLOB : ANSWER_OTHER;
}

static int
read_failed(struct error *err)
{
	return errno != 0 ? error_errno(err, "cannot read git's answer") :
			    error_set(err, ERROR_FAILED, "git ended before its answer did");
}

int
git_batch_read(struct git_batch *batch, const char *object, struct buf *ret, struct error *err)
{
	CLEANUP(free_text) char *request = xasprintf("%s\n", object);
	uint8_t *content, newline;
	enum answer answer;
	size_t size;

	buf_reset(ret);
	if (!file_send_all(batch->to, bytes_of(request)))
		return error_errno(err, "cannot ask git for an object");
	answer = read_answer(batch->from, &size);
	if (answer == ANSWER_TORN)
		return read_failed(err);
	if (answer == ANSWER_MISSING)
		return error_set(err, ERROR_MISSING, "git has no such object");
	content = answer == ANSWER_BLOB ? buf_extend(ret, size) : NULL;
	if ((content != NULL ? read_exactly(batch->from, content, size) : skip(batch->from, size)) <
		    0 ||
	    read_exactly(batch->from, &newline, 1) < 0)
		return read_failed(err);
	if (answer != ANSWER_BLOB)
		return error_set(err, ERROR_FAILED, "git has no such file");
	if (buf_check(ret, "an object in git", err) == 0)
		return 0;
	/* As of a file on disk: what is too large was not written by us. */
	err->code = ERROR_REFUSED;
	return -1;
}

void
git_batch_stop(struct git_batch *batch)
{
	struct error ignored;
	int status;

	close_fd(&batch->to);
	close_fd(&batch->from);
	if (batch->pid > 0)
		(void)wait_for(batch->pid, &status, &ignored);
	batch->pid = -1;
}

int
git_wait_for_index(const struct git *git, struct error *err)
{
	CLEANUP(free_text) char *lock = xasprintf("%s/index.lock", git->directory);
	const struct timespec pause = { .tv_sec = 0, .tv_nsec = 100 * 1000 * 1000 };

	for (int i = 0; i < INDEX_LOCK_TRIES; i++) {
		if (!file_exists(AT_FDCWD, lock))
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	return error_set(err, ERROR_FAILED,
			 "git is at work here: '%s' is there; if no git runs, remove it", lock);
}
