/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "tests/unit/scratch.h"

static size_t
count_entries(const char *path)
{
	DIR *directory = opendir(path);
	size_t count = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		count++;
	(void)closedir(directory);
	return count;
}

static size_t fds_before;

/* Each test in a directory of its own, which is given back with all descriptors. */
static int
setup(void **state)
{
	(void)state;
	fds_before = count_entries("/proc/self/fd");
	scratch_shell("mkdir t && cd t && mkdir directory && printf content >file && "
		      "ln -s file link && ln -s missing dangling && ln -s directory way && "
		      "printf inside >directory/inner && mkfifo pipe");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove("t");
	return count_entries("/proc/self/fd") == fds_before ? 0 : -1;
}

static void
expect_error(int result, const struct error *err, enum error_code code, const char *message)
{
	assert_int_equal(result, -1);
	assert_string_equal(err->message, message);
	assert_int_equal(err->code, code);
}

static mode_t
mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(fstatat(scratch_fd, path, &status, AT_SYMLINK_NOFOLLOW), 0);
	return status.st_mode & 07777;
}

/* What stands in the directory of each test, and nothing else: no temporary file. */
static void
expect_names(const char *more)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;
	CLEANUP(free_text) char *expected =
		xasprintf("dangling directory file link%s pipe way", more);
	struct error err = ERROR_INIT;

	assert_int_equal(file_list(scratch_fd, "t", "t", &names, &err), 0);
	joined = list_join(&names, " ", " ");
	assert_string_equal(joined, expected);
}

static void
expect_read(int dirfd, const char *path, const char *expected)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(1);
	struct error err = ERROR_INIT;

	if (file_read(dirfd, path, "shown", 100, &content, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	assert_string_equal(buf_text(&content), expected);
}

static void
expect_unreadable(int dirfd, const char *path, enum error_code code, const char *message)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(100);
	struct error err = ERROR_INIT;

	expect_error(file_read(dirfd, path, "shown", 100, &content, &err), &err, code, message);
}

static void
test_read(void **state)
{
	CLEANUP(free_text) char *absolute = xasprintf("%s/t/directory/inner", scratch);
	CLEANUP(free_text) char *over_link = xasprintf("%s/t/way/inner", scratch);

	(void)state;
	expect_read(scratch_fd, "t/file", "content");
	expect_read(scratch_fd, "t/directory/inner", "inside");
	expect_read(scratch_fd, "./t//directory/./inner", "inside");
	expect_read(AT_FDCWD, absolute, "inside");
	/* A path from the command line may go over the user's own links. */
	expect_read(AT_FDCWD, over_link, "inside");
}

static void
test_read_refused(void **state)
{
	CLEANUP(free_text) char *link = xasprintf("%s/t/link", scratch);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/t/socket", scratch);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	expect_unreadable(scratch_fd, "t/link", ERROR_REFUSED, "'shown' is a link, not a file");
	expect_unreadable(scratch_fd, "t/dangling", ERROR_REFUSED, "'shown' is a link, not a file");
	expect_unreadable(scratch_fd, "t/directory", ERROR_REFUSED,
			  "'shown' is a directory, not a file");
	expect_unreadable(scratch_fd, "t/pipe", ERROR_REFUSED, "'shown' is a pipe, not a file");
	expect_unreadable(scratch_fd, "t/socket", ERROR_REFUSED, "'shown' is a socket, not a file");
	expect_unreadable(AT_FDCWD, "/dev/null", ERROR_REFUSED, "'shown' is a device, not a file");
	expect_unreadable(AT_FDCWD, link, ERROR_REFUSED, "'shown' is a link, not a file");
	expect_unreadable(scratch_fd, "t/way/inner", ERROR_REFUSED, "'shown' is not a directory");
	expect_unreadable(scratch_fd, "t/file/inner", ERROR_REFUSED, "'shown' is not a directory");
	expect_unreadable(scratch_fd, "t/missing", ERROR_MISSING,
			  "cannot open 'shown': No such file or directory");
	expect_unreadable(scratch_fd, "t/missing/inner", ERROR_MISSING,
			  "cannot open 'shown': No such file or directory");
}

/* The same for one name below an open directory, which is a way of its own. */
static void
test_read_name(void **state)
{
	CLEANUP(close_fd) int fd = -1;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(file_open_directory(scratch_fd, "t", "t", &fd, &err), 0);
	expect_read(fd, "file", "content");
	expect_unreadable(fd, "link", ERROR_REFUSED, "'shown' is a link, not a file");
	expect_unreadable(fd, "pipe", ERROR_REFUSED, "'shown' is a pipe, not a file");
	expect_unreadable(fd, "directory", ERROR_REFUSED, "'shown' is a directory, not a file");
	expect_unreadable(fd, "missing", ERROR_MISSING,
			  "cannot open 'shown': No such file or directory");
}

static void
test_open(void **state)
{
	CLEANUP(close_fd) int fd = -1;
	struct error err = ERROR_INIT;
	struct stat status;

	(void)state;
	assert_int_equal(file_open(scratch_fd, "t/file", "t/file", &fd, &status, &err), 0);
	assert_int_equal(status.st_size, 7);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close_fd(&fd);
	expect_error(file_open(scratch_fd, "t/link", "a/b", &fd, NULL, &err), &err, ERROR_REFUSED,
		     "'a/b' is a link, not a file");
	assert_int_equal(fd, -1);
}

/* The size that just fits and the next one, below and above what is read at once. */
static void
test_maximum(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 12288, 100000, 3000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		CLEANUP(free_text) char *text = xcalloc(sizes[i] + 1, 1);
		CLEANUP(free_text) char *message = NULL;
		CLEANUP(buf_clear) struct buf content = BUF_INIT(5);
		struct error err = ERROR_INIT;

		memset(text, 'x', sizes[i]);
		scratch_put("t/large", text);
		assert_int_equal(file_read(scratch_fd, "t/large", "l", sizes[i], &content, &err),
				 0);
		assert_int_equal(content.len, sizes[i]);
		assert_string_equal(buf_text(&content), text);
		/* It is emptied first. */
		assert_int_equal(file_read(scratch_fd, "t/large", "l", sizes[i] + 1, &content,
					   &err),
				 0);
		assert_int_equal(content.len, sizes[i]);
		if (sizes[i] == 0)
			continue;
		message = xasprintf("'l' is larger than %zu bytes", sizes[i] - 1);
		expect_error(file_read(scratch_fd, "t/large", "l", sizes[i] - 1, &content, &err),
			     &err, ERROR_REFUSED, message);
	}
}

static void
ignore_signal(int number)
{
	(void)number;
}

/* From a pipe, piece by piece, with signals in between. */
static void
test_read_all(void **state)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(5);
	struct sigaction action = { .sa_handler = ignore_signal };
	struct error err = ERROR_INIT;
	int pipes[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		for (int i = 0; i < 20; i++) {
			const struct timespec pause = { 0, 1000000 };

			(void)kill(getppid(), SIGUSR1);
			(void)nanosleep(&pause, NULL);
			if (write(pipes[1], "0123456789", 10) != 10)
				_exit(1);
		}
		_exit(0);
	}
	(void)close(pipes[1]);
	assert_int_equal(file_read_all(pipes[0], "standard input", 200, &content, &err), 0);
	(void)close(pipes[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(content.len, 200);
	assert_memory_equal(content.data + 190, "0123456789", 11);
}

static void
test_bad_descriptor(void **state)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(5);
	struct error err = ERROR_INIT;

	(void)state;
	expect_error(file_read_all(scratch_fd, "d", 10, &content, &err), &err, ERROR_FAILED,
		     "cannot read 'd': Is a directory");
	expect_error(file_write_all(-1, bytes_of("x"), "d", &err), &err, ERROR_FAILED,
		     "cannot write 'd': Bad file descriptor");
	assert_int_equal(file_write_all(-1, bytes_of(""), "d", &err), 0);
}

static void
test_replace(void **state)
{
	static const mode_t modes[] = { 0644, 0600, 0400, 0755 };
	struct error err = ERROR_INIT;
	struct stat before, after;

	(void)state;
	/* The mode is what is asked for, whatever the umask takes away. */
	(void)umask(077);
	for (size_t i = 0; i < COUNT(modes); i++) {
		CLEANUP(free_text) char *text = xasprintf("version %zu", i);

		assert_int_equal(fstatat(scratch_fd, "t/file", &before, 0), 0);
		assert_int_equal(file_replace(scratch_fd, "t/file", "f", bytes_of(text), modes[i],
					      &err),
				 0);
		assert_int_equal(fstatat(scratch_fd, "t/file", &after, 0), 0);
		scratch_expect("t/file", text);
		assert_int_equal(mode_of("t/file"), modes[i]);
		/* A new file under the old name: who has the old one open reads on in it. */
		assert_true(before.st_ino != after.st_ino);
	}
	(void)umask(022);
	expect_names("");
	assert_int_equal(file_replace(scratch_fd, "t/made", "f", bytes_of(""), 0640, &err), 0);
	assert_int_equal(mode_of("t/made"), 0640);
	expect_names(" made");
}

/* A link is replaced, not written through. */
static void
test_replace_link(void **state)
{
	struct error err = ERROR_INIT;
	struct stat status;

	(void)state;
	assert_int_equal(file_replace(scratch_fd, "t/link", "l", bytes_of("new"), 0644, &err), 0);
	assert_int_equal(fstatat(scratch_fd, "t/link", &status, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(status.st_mode));
	scratch_expect("t/link", "new");
	scratch_expect("t/file", "content");
	expect_error(file_replace(scratch_fd, "t/way/inner", "w", bytes_of("new"), 0644, &err),
		     &err, ERROR_REFUSED, "'w' is not a directory");
	expect_error(file_create(scratch_fd, "t/way/other", "w", bytes_of("new"), 0644, &err), &err,
		     ERROR_REFUSED, "'w' is not a directory");
	scratch_expect("t/directory/inner", "inside");
	assert_false(file_exists(scratch_fd, "t/directory/other"));
}

static void
test_replace_failed(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	expect_error(file_replace(scratch_fd, "t/directory", "d", bytes_of("new"), 0644, &err),
		     &err, ERROR_FAILED, "cannot write 'd': Is a directory");
	expect_error(file_replace(scratch_fd, "t/none/file", "d", bytes_of("new"), 0644, &err),
		     &err, ERROR_MISSING, "cannot open 'd': No such file or directory");
	expect_error(file_replace(scratch_fd, "t/file/x", "d", bytes_of("new"), 0644, &err), &err,
		     ERROR_REFUSED, "'d' is not a directory");
	expect_names("");
	scratch_expect("t/directory/inner", "inside");
}

/* No room on the way: what was there stays as it was, and nothing else is left. */
static void
test_replace_no_room(void **state)
{
	const struct rlimit small = { 1000, RLIM_INFINITY };
	CLEANUP(free_text) char *text = xcalloc(2001, 1);
	struct error err = ERROR_INIT, create_err = ERROR_INIT;
	struct rlimit before;
	int replaced, created;

	(void)state;
	memset(text, 'x', 2000);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	replaced = file_replace(scratch_fd, "t/file", "f", bytes_of(text), 0644, &err);
	created = file_create(scratch_fd, "t/new", "n", bytes_of(text), 0644, &create_err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	expect_error(replaced, &err, ERROR_FAILED, "cannot write 'f': File too large");
	expect_error(created, &create_err, ERROR_FAILED, "cannot write 'n': File too large");
	scratch_expect("t/file", "content");
	expect_names("");
}

/* What a process that was killed has left, or an attacker has put there, is not written through. */
static void
test_temporary_in_the_way(void **state)
{
	CLEANUP(free_text) char *line = xasprintf("cd t && ln -s file .file.tfsecrets-%d-0 && "
						  "printf old >.file.tfsecrets-%d-1",
						  (int)getpid(), (int)getpid());
	CLEANUP(free_text) char *second = xasprintf("t/.file.tfsecrets-%d-1", (int)getpid());
	CLEANUP(free_text) char *first = xasprintf("t/.file.tfsecrets-%d-0", (int)getpid());
	CLEANUP(close_fd) int writer = -1;
	struct error err = ERROR_INIT;

	(void)state;
	scratch_shell(line);
	/* Locked, it is another writer's; without that lock it would be taken away. */
	writer = openat(scratch_fd, second, O_WRONLY | O_CLOEXEC);
	assert_int_equal(flock(writer, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(file_replace(scratch_fd, "t/file", "f", bytes_of("new"), 0644, &err), 0);
	scratch_expect("t/file", "new");
	scratch_expect(second, "old");
	close_fd(&writer);
	assert_int_equal(file_replace(scratch_fd, "t/file", "f", bytes_of("newer"), 0644, &err), 0);
	assert_false(file_exists(scratch_fd, second));
	assert_int_equal(file_remove(scratch_fd, first, "x", &err), 0);
	expect_names("");
}

static void
test_create(void **state)
{
	static const char *const taken[] = { "file", "link", "dangling", "directory", "pipe" };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(file_create(scratch_fd, "t/new", "n", bytes_of("text"), 0600, &err), 0);
	scratch_expect("t/new", "text");
	assert_int_equal(mode_of("t/new"), 0600);
	for (size_t i = 0; i < COUNT(taken); i++) {
		CLEANUP(free_text) char *path = xasprintf("t/%s", taken[i]);

		expect_error(file_create(scratch_fd, path, "x", bytes_of("text"), 0600, &err), &err,
			     ERROR_FAILED, "cannot write 'x': File exists");
	}
	assert_false(file_exists(scratch_fd, "t/missing"));
	scratch_expect("t/file", "content");
	expect_names(" new");
}

static void
test_make_directories(void **state)
{
	CLEANUP(free_text) char *absolute = xasprintf("%s/t/way/d/e", scratch);
	struct error err = ERROR_INIT;

	(void)state;
	(void)umask(027);
	assert_int_equal(file_make_directories(scratch_fd, "t/a/b//./c/", "p", &err), 0);
	assert_int_equal(file_make_directories(scratch_fd, "t/a/b/c", "p", &err), 0);
	(void)umask(022);
	assert_int_equal(mode_of("t/a"), 0750);
	assert_int_equal(mode_of("t/a/b/c"), 0750);
	assert_int_equal(file_make_directories(scratch_fd, "", "p", &err), 0);
	assert_int_equal(file_make_directories(AT_FDCWD, absolute, "p", &err), 0);
	assert_true(file_exists(scratch_fd, "t/directory/d/e"));
	expect_error(file_make_directories(scratch_fd, "t/way/f", "p", &err), &err, ERROR_REFUSED,
		     "'p' is not a directory");
	expect_error(file_make_directories(scratch_fd, "t/file/f", "p", &err), &err, ERROR_REFUSED,
		     "'p' is not a directory");
	expect_error(file_make_directories(scratch_fd, "t/dangling/f", "p", &err), &err,
		     ERROR_REFUSED, "'p' is not a directory");
	assert_false(file_exists(scratch_fd, "t/directory/f"));
	assert_false(file_exists(scratch_fd, "t/missing"));
}

static void
test_remove(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(file_remove(scratch_fd, "t/link", "l", &err), 0);
	assert_int_equal(file_remove(scratch_fd, "t/dangling", "l", &err), 0);
	scratch_expect("t/file", "content");
	/* Not there is fine, and no error is left behind then. */
	assert_int_equal(file_remove(scratch_fd, "t/link", "l", &err), 0);
	assert_int_equal(file_remove(scratch_fd, "t/none/at/all", "l", &err), 0);
	assert_int_equal(err.code, ERROR_NONE);
	assert_string_equal(err.message, "");
	expect_error(file_remove(scratch_fd, "t/directory", "d", &err), &err, ERROR_FAILED,
		     "cannot remove 'd': Is a directory");
	expect_error(file_remove(scratch_fd, "t/way/inner", "w", &err), &err, ERROR_REFUSED,
		     "'w' is not a directory");
	scratch_expect("t/directory/inner", "inside");
	assert_int_equal(file_remove(scratch_fd, "t/file", "f", &err), 0);
	assert_false(file_exists(scratch_fd, "t/file"));
}

static void
test_list(void **state)
{
	CLEANUP(list_clear) struct list names = LIST_INIT, none = LIST_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	scratch_shell("cd t/directory && touch -- .hidden B a '\xc3\xa4' -x");
	assert_int_equal(file_list(scratch_fd, "t/directory", "d", &names, &err), 0);
	assert_int_equal(names.count, 6);
	assert_string_equal(names.items[0], "-x");
	assert_string_equal(names.items[1], ".hidden");
	assert_string_equal(names.items[2], "B");
	assert_string_equal(names.items[3], "a");
	assert_string_equal(names.items[4], "inner");
	assert_string_equal(names.items[5], "\xc3\xa4");
	expect_error(file_list(scratch_fd, "t/file", "d", &none, &err), &err, ERROR_REFUSED,
		     "'d' is not a directory");
	expect_error(file_list(scratch_fd, "t/way", "d", &none, &err), &err, ERROR_REFUSED,
		     "'d' is not a directory");
	expect_error(file_list(scratch_fd, "t/missing", "d", &none, &err), &err, ERROR_MISSING,
		     "cannot open 'd': No such file or directory");
	assert_int_equal(none.count, 0);
}

static void
test_open_directory(void **state)
{
	static const char *const refused[] = { "t/file",     "t/link", "t/way",
					       "t/dangling", "t/pipe", "t/way/inner" };
	CLEANUP(close_fd) int fd = -1;
	struct error err = ERROR_INIT;
	struct stat one, other;

	(void)state;
	assert_int_equal(file_open_directory(scratch_fd, "", "d", &fd, &err), 0);
	assert_true(fd != scratch_fd);
	assert_int_equal(fstat(fd, &one), 0);
	assert_int_equal(fstat(scratch_fd, &other), 0);
	assert_true(one.st_ino == other.st_ino);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close_fd(&fd);
	assert_int_equal(file_open_directory(scratch_fd, ".", "d", &fd, &err), 0);
	close_fd(&fd);
	for (size_t i = 0; i < COUNT(refused); i++)
		expect_error(file_open_directory(scratch_fd, refused[i], "d", &fd, &err), &err,
			     ERROR_REFUSED, "'d' is not a directory");
	assert_int_equal(fd, -1);
}

static void
test_exists(void **state)
{
	CLEANUP(free_text) char *absolute = xasprintf("%s/t/file", scratch);

	(void)state;
	assert_true(file_exists(scratch_fd, "t/file"));
	assert_true(file_exists(scratch_fd, "t/directory"));
	assert_true(file_exists(scratch_fd, "t/dangling"));
	assert_true(file_exists(scratch_fd, "t"));
	assert_true(file_exists(AT_FDCWD, absolute));
	assert_false(file_exists(scratch_fd, "t/missing"));
	assert_false(file_exists(scratch_fd, "missing"));
	/* Not followed, not looked behind, and so not told to be missing. */
	assert_true(file_exists(scratch_fd, "t/way/missing"));
	assert_true(file_exists(scratch_fd, "t/file/missing"));
}

static int
start(void **state)
{
	(void)state;
	return scratch_make("file");
}

static int
end(void **state)
{
	(void)state;
	return scratch_end();
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(test_read),
		IN_DIRECTORY(test_read_refused),
		IN_DIRECTORY(test_read_name),
		IN_DIRECTORY(test_open),
		IN_DIRECTORY(test_maximum),
		IN_DIRECTORY(test_read_all),
		IN_DIRECTORY(test_bad_descriptor),
		IN_DIRECTORY(test_replace),
		IN_DIRECTORY(test_replace_link),
		IN_DIRECTORY(test_replace_failed),
		IN_DIRECTORY(test_replace_no_room),
		IN_DIRECTORY(test_temporary_in_the_way),
		IN_DIRECTORY(test_create),
		IN_DIRECTORY(test_make_directories),
		IN_DIRECTORY(test_remove),
		IN_DIRECTORY(test_list),
		IN_DIRECTORY(test_open_directory),
		IN_DIRECTORY(test_exists),
	};

	return cmocka_run_group_tests(tests, start, end);
}
