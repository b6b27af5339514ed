/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

static void
test_zeroed(void **state)
{
	static const uint8_t zeros[300] = { 0 };
	uint8_t *memory = xcalloc(100, 3);

	(void)state;
	assert_memory_equal(memory, zeros, sizeof(zeros));
	free(memory);
	memory = xcalloc(0, 8);
	assert_non_null(memory);
	free(memory);
	memory = xcalloc(8, 0);
	assert_non_null(memory);
	free(memory);
}

static void
test_reallocarray(void **state)
{
	uint32_t *numbers = NULL;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		numbers = xreallocarray(numbers, i + 1, sizeof(*numbers));
		numbers[i] = i * i;
	}
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(numbers[i], i * i);
	/* Emptied, it is still a pointer that can be freed once. */
	numbers = xreallocarray(numbers, 0, sizeof(*numbers));
	assert_non_null(numbers);
	free(numbers);
}

static void
test_texts(void **state)
{
	CLEANUP(free_text) char *copy = xstrdup("abc");
	CLEANUP(free_text) char *cut = xstrndup("abc", 2);
	CLEANUP(free_text) char *nothing = xstrndup("abc", 0);
	CLEANUP(free_text) char *empty = xstrdup("");
	CLEANUP(free_text) char *printed = xasprintf("%s-%d", "a", 5);

	(void)state;
	assert_string_equal(copy, "abc");
	assert_string_equal(cut, "ab");
	assert_string_equal(nothing, "");
	assert_string_equal(empty, "");
	assert_string_equal(printed, "a-5");
	free_text(&copy);
	assert_null(copy);
	free_text(&copy);
}

static void
test_take(void **state)
{
	char text[] = "a", *pointer = text, *moved = TAKE(pointer);

	(void)state;
	assert_ptr_equal(moved, text);
	assert_null(pointer);
}

static void
test_close(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), copy = fd;

	(void)state;
	assert_true(fd >= 0);
	errno = EXDEV;
	close_fd(&fd);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
	/* Neither a failure nor nothing to do changes it. */
	errno = EXDEV;
	close_fd(&fd);
	close_fd(&(int){ copy });
	assert_int_equal(errno, EXDEV);
	{
		CLEANUP(close_fd) int scoped = open("/dev/null", O_RDONLY | O_CLOEXEC);

		copy = scoped;
		assert_true(fcntl(copy, F_GETFD) >= 0);
	}
	assert_int_equal(fcntl(copy, F_GETFD), -1);
}

/* In a child, with its standard error in a pipe: one line and status 1. */
static void
expect_death(void (*allocate)(void))
{
	char said[100] = "";
	int pipes[2], status;
	ssize_t len;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)dup2(pipes[1], STDERR_FILENO);
		allocate();
		_exit(99);
	}
	(void)close(pipes[1]);
	len = read(pipes[0], said, sizeof(said) - 1);
	(void)close(pipes[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(len > 0);
	assert_string_equal(said, "tfsecrets: out of memory\n");
}

/* Products that overflow, which every allocator refuses. Behind volatile, or the compiler warns. */
static volatile size_t huge = SIZE_MAX / 2;

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define HAS_ALLOCATOR_OF_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(HAS_ALLOCATOR_OF_SANITIZER)
/* The sanitizer's own allocator would end the process in its own way. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1:log_path=/dev/null";
}
#endif

static void
allocate_zeroed(void)
{
	free(xcalloc(huge, 4));
}

static void
allocate_array(void)
{
	free(xreallocarray(NULL, huge, 4));
}

static void
test_out_of_memory(void **state)
{
	(void)state;
	expect_death(allocate_zeroed);
	expect_death(allocate_array);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed), cmocka_unit_test(test_reallocarray),
		cmocka_unit_test(test_texts),  cmocka_unit_test(test_take),
		cmocka_unit_test(test_close),  cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
