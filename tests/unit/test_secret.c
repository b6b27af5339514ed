/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/random.h"
#include "crypto/secret.h"

#if defined(__has_feature)
#define HAS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif

enum { MANY = 2 * SECRET_ARENA_BYTES / 64 };

static struct bytes
text(const char *string)
{
	return bytes_of(string);
}

static bool
is_zero(const uint8_t *memory, size_t len)
{
	uint8_t all = 0;

	for (size_t i = 0; i < len; i++)
		all |= memory[i];
	return all == 0;
}

static void
test_life_of_a_secret(void **state)
{
	struct error err = ERROR_INIT;
	struct secret secret = SECRET_INIT, copy = SECRET_INIT, other = SECRET_INIT;

	(void)state;
	secret_clear(&secret);
	assert_int_equal(secret_new(8, &secret, &err), 0);
	assert_int_equal(secret.len, 0);
	assert_int_equal(secret.cap, 8);
	assert_int_equal(secret_append(&secret, text("hunter"), &err), 0);
	assert_int_equal(secret_append(&secret, text(""), &err), 0);
	assert_true(bytes_equal(secret_bytes(&secret), text("hunter")));

	assert_int_equal(secret_from(secret_bytes(&secret), &copy, &err), 0);
	assert_int_equal(copy.cap, 6);
	assert_true(secret_equal(&secret, &copy));
	copy.data[5] ^= 1;
	assert_false(secret_equal(&secret, &copy));
	assert_int_equal(secret_from(text("hunte"), &other, &err), 0);
	assert_false(secret_equal(&secret, &other));

	secret_clear(&secret);
	assert_null(secret.data);
	assert_int_equal(secret.len + secret.cap, 0);
	secret_clear(&copy);
	secret_clear(&other);
	assert_int_equal(secret_from(text(""), &copy, &err), 0);
	assert_int_equal(secret_from(text(""), &other, &err), 0);
	assert_int_equal(copy.cap, 1);
	assert_true(secret_equal(&copy, &other));
	assert_true(secret_equal(&copy, &secret));
	secret_clear(&copy);
	secret_clear(&other);
}

static void
test_over_capacity_changes_nothing(void **state)
{
	struct error err = ERROR_INIT;
	struct secret secret = SECRET_INIT;

	(void)state;
	assert_int_equal(secret_new(5, &secret, &err), 0);
	assert_int_equal(secret_append(&secret, text("1234"), &err), 0);
	assert_int_equal(secret_append(&secret, text("56"), &err), -1);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, "a secret is larger than 5 bytes");
	assert_true(bytes_equal(secret_bytes(&secret), text("1234")));
	assert_int_equal(secret_append(&secret, text("5"), &err), 0);
	assert_true(bytes_equal(secret_bytes(&secret), text("12345")));
	secret_clear(&secret);

	assert_int_equal(secret_new(32 * 1024 * 1024, &secret, &err), 0);
	secret_clear(&secret);
	assert_int_equal(secret_new(32 * 1024 * 1024 + 1, &secret, &err), -1);
	assert_string_equal(err.message,
			    "a secret of 33554433 bytes is larger than 33554432 bytes");
	assert_null(secret.data);
}

/* The arena stays mapped, so what a cleared secret left there may be looked at. */
static void
test_wiped(void **state)
{
	struct error err = ERROR_INIT;
	struct secret secret = SECRET_INIT;
	const uint8_t *memory;

	(void)state;
	assert_int_equal(secret_new(100, &secret, &err), 0);
	assert_int_equal(secret_append(&secret, text("correct horse battery"), &err), 0);
	memory = secret.data;
	secret_truncate(&secret, 50);
	assert_int_equal(secret.len, 21);
	secret_truncate(&secret, 7);
	assert_true(bytes_equal(secret_bytes(&secret), text("correct")));
	assert_true(is_zero(memory + 7, 14));
	secret.data[99] = 'x';
	secret_reset(&secret);
	assert_int_equal(secret.len, 0);
	assert_int_equal(secret.cap, 100);
	assert_true(is_zero(memory, 100));

	assert_int_equal(secret_append(&secret, text("correct horse battery"), &err), 0);
	secret.data[99] = 'x';
	assert_false(is_zero(memory, 100));
	secret_clear(&secret);
	assert_true(is_zero(memory, 100));

	char local[] = "staple";
	secret_wipe(local, sizeof(local));
	assert_true(is_zero((uint8_t *)local, sizeof(local)));
	secret_wipe(NULL, 0);
}

/* More than the arena holds, of all sizes: each keeps its own bytes, and all can be had again. */
static void
test_arena_exhausted(void **state)
{
	static struct secret secrets[MANY];
	struct error err = ERROR_INIT;
	struct secret big = SECRET_INIT;

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < MANY; i++) {
			assert_int_equal(secret_new(1 + i % 300, &secrets[i], &err), 0);
			secrets[i].len = secrets[i].cap;
			memset(secrets[i].data, (int)(i % 251), secrets[i].len);
		}
		/* Holes of many sizes, filled again in another order. */
		for (size_t i = 0; i < MANY; i += 3)
			secret_clear(&secrets[i]);
		for (size_t i = 0; i < MANY; i += 3) {
			assert_int_equal(secret_new(1 + (MANY - i) % 200, &secrets[i], &err), 0);
			secrets[i].len = secrets[i].cap;
			memset(secrets[i].data, (int)(i % 251), secrets[i].len);
		}
		for (size_t i = 0; i < MANY; i++)
			for (size_t j = 0; j < secrets[i].len; j++)
				assert_int_equal(secrets[i].data[j], i % 251);
		for (size_t i = 0; i < MANY; i++)
			secret_clear(&secrets[i]);
	}

	/* All of it is free again: one secret takes the whole arena. Another still fits. */
	assert_int_equal(secret_new(1, &secrets[0], &err), 0);
	const uint8_t *start = secrets[0].data;
	secret_clear(&secrets[0]);
	assert_int_equal(secret_new(SECRET_ARENA_BYTES, &big, &err), 0);
	assert_ptr_equal(big.data, start);
	assert_int_equal(secret_new(1, &secrets[0], &err), 0);
	memset(big.data, 'x', big.cap);
	secrets[0].data[0] = 'y';
	secret_clear(&secrets[0]);
	secret_clear(&big);
	assert_true(is_zero(start, SECRET_ARENA_BYTES));
}

static void
test_larger_than_the_arena(void **state)
{
	struct error err = ERROR_INIT;
	struct secret secret = SECRET_INIT;

	(void)state;
	assert_int_equal(secret_new(SECRET_VALUE_MAX, &secret, &err), 0);
	secret.len = secret.cap;
	memset(secret.data, 'x', secret.len);
	secret_truncate(&secret, 1);
	assert_true(is_zero(secret.data + 1, secret.cap - 1));
	secret_clear(&secret);
	assert_null(secret.data);
}

static void *
take_and_give(void *argument)
{
	const uint8_t *mark = argument;
	struct error err = ERROR_INIT;
	struct secret held[8] = { SECRET_INIT };

	for (size_t i = 0; i < 20000; i++) {
		struct secret *secret = &held[i % COUNT(held)];

		for (size_t j = 0; j < secret->len; j++)
			if (secret->data[j] != *mark)
				return argument;
		secret_clear(secret);
		if (secret_new(1 + i * 7 % 900, secret, &err) < 0)
			return argument;
		memset(secret->data, *mark, secret->cap);
		secret->len = secret->cap;
	}
	for (size_t i = 0; i < COUNT(held); i++)
		secret_clear(&held[i]);
	return NULL;
}

static void
test_threads(void **state)
{
	static uint8_t marks[] = { 1, 2, 3, 4 };
	pthread_t threads[COUNT(marks)];

	(void)state;
	for (size_t i = 0; i < COUNT(marks); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &marks[i]), 0);
	for (size_t i = 0; i < COUNT(marks); i++) {
		void *failed = NULL;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
}

static int
make_file(struct bytes content)
{
	int fd = memfd_create("secret", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.data, content.len), content.len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Sizes around each doubling and around the maximum. */
static void
test_read(void **state)
{
	static const size_t sizes[] = { 0, 1, 1023, 1024, 1025, 2048, 2049, 99999, 100000 };
	static uint8_t content[100001];
	struct error err = ERROR_INIT;

	(void)state;
	random_bytes(content, sizeof(content));
	for (size_t i = 0; i < COUNT(sizes); i++) {
		CLEANUP(close_fd) int fd = make_file((struct bytes){ content, sizes[i] });
		CLEANUP(secret_clear) struct secret secret = SECRET_INIT;

		assert_int_equal(secret_read(fd, "key", 100000, &secret, &err), 0);
		assert_true(
			bytes_equal(secret_bytes(&secret), (struct bytes){ content, sizes[i] }));
	}
}

static void
test_read_at_the_maximum(void **state)
{
	static uint8_t content[3000];
	static const size_t maxima[] = { 0, 1, 2, 1023, 1024, 1025, 1500, 2999 };
	struct error err = ERROR_INIT;
	char message[64];

	(void)state;
	for (size_t i = 0; i < COUNT(maxima); i++) {
		CLEANUP(close_fd) int fits = make_file((struct bytes){ content, maxima[i] });
		CLEANUP(close_fd) int over = make_file((struct bytes){ content, maxima[i] + 1 });
		CLEANUP(secret_clear) struct secret secret = SECRET_INIT;
		CLEANUP(secret_clear) struct secret none = SECRET_INIT;

		assert_int_equal(secret_read(fits, "key", maxima[i], &secret, &err), 0);
		assert_int_equal(secret.len, maxima[i]);
		assert_int_equal(secret_read(over, "key", maxima[i], &none, &err), -1);
		(void)snprintf(message, sizeof(message), "'key' is larger than %zu bytes",
			       maxima[i]);
		assert_string_equal(err.message, message);
		assert_null(none.data);
	}
}

static void
test_read_and_write_errors(void **state)
{
	struct error err = ERROR_INIT;
	CLEANUP(secret_clear) struct secret secret = SECRET_INIT;
	CLEANUP(secret_clear) struct secret none = SECRET_INIT;

	(void)state;
	assert_int_equal(secret_read(-1, "key", 10, &none, &err), -1);
	assert_string_equal(err.message, "cannot read 'key': Bad file descriptor");
	assert_null(none.data);
	assert_int_equal(secret_from(text("x"), &secret, &err), 0);
	assert_int_equal(secret_write(-1, &secret, "pipe", &err), -1);
	assert_string_equal(err.message, "cannot write 'pipe': Bad file descriptor");
}

static void *
write_all(void *argument)
{
	int *ends = argument;
	struct error err = ERROR_INIT;
	CLEANUP(secret_clear) struct secret secret = SECRET_INIT;
	int status = secret_new(300000, &secret, &err);

	if (status == 0) {
		memset(secret.data, 'w', secret.cap);
		secret.len = secret.cap;
		status = secret_write(ends[1], &secret, "pipe", &err);
	}
	(void)close(ends[1]);
	return status == 0 ? NULL : argument;
}

/* Larger than a pipe holds: both sides see short counts. */
static void
test_through_a_pipe(void **state)
{
	CLEANUP(secret_clear) struct secret secret = SECRET_INIT;
	struct error err = ERROR_INIT;
	pthread_t writer;
	void *failed = NULL;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_all, ends), 0);
	assert_int_equal(secret_read(ends[0], "pipe", 300000, &secret, &err), 0);
	assert_int_equal(pthread_join(writer, &failed), 0);
	assert_null(failed);
	assert_int_equal(secret.len, 300000);
	for (size_t i = 0; i < secret.len; i++)
		assert_int_equal(secret.data[i], 'w');
	(void)close(ends[0]);
}

/* CAP_IPC_LOCK lifts the limit, so it goes first. */
static bool
forbid_locking(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	struct rlimit limit = { 0, 0 };

	return syscall(SYS_capset, &header, none) == 0 && setrlimit(RLIMIT_MEMLOCK, &limit) == 0;
}

/* Exit statuses of the children below: what went wrong first. */
enum { FINE, NOT_FORBIDDEN, START_FAILED, SAID_LOCKED, SAID_UNLOCKED, NEW_FAILED, CANNOT_LOCK };

static int
work_unlocked(void)
{
	struct error err = ERROR_INIT;
	struct secret small = SECRET_INIT, large = SECRET_INIT;

	secret_stop();
	if (!forbid_locking())
		return NOT_FORBIDDEN;
	if (secret_start(&err) < 0)
		return START_FAILED;
	if (secret_is_locked())
		return SAID_LOCKED;
	if (secret_from(text("small"), &small, &err) < 0 ||
	    secret_new(SECRET_VALUE_MAX, &large, &err) < 0)
		return NEW_FAILED;
	large.data[large.cap - 1] = 1;
	secret_clear(&small);
	secret_clear(&large);
	secret_stop();
	return secret_is_locked() ? FINE : SAID_UNLOCKED;
}

/* The arena still locked, what comes after it not. */
static int
work_half_locked(void)
{
	struct error err = ERROR_INIT;
	struct secret small = SECRET_INIT, large = SECRET_INIT;

	secret_stop();
	if (secret_start(&err) < 0)
		return START_FAILED;
	if (!secret_is_locked())
		return CANNOT_LOCK;
	if (!forbid_locking())
		return NOT_FORBIDDEN;
	if (secret_new(1, &small, &err) < 0)
		return NEW_FAILED;
	if (!secret_is_locked())
		return SAID_UNLOCKED;
	if (secret_new(SECRET_VALUE_MAX, &large, &err) < 0)
		return NEW_FAILED;
	secret_clear(&small);
	secret_clear(&large);
	return secret_is_locked() ? SAID_LOCKED : FINE;
}

static int
run_in_child(int (*work)(void))
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0)
		_exit(work());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
skip_under_sanitizer(void)
{
	if (HAS_SANITIZER) {
		print_message("skipped: the address sanitizer lets every mlock succeed\n");
		skip();
	}
}

static void
test_nothing_can_be_locked(void **state)
{
	(void)state;
	skip_under_sanitizer();
	assert_int_equal(run_in_child(work_unlocked), FINE);
}

static void
test_only_the_arena_is_locked(void **state)
{
	int status;

	(void)state;
	skip_under_sanitizer();
	status = run_in_child(work_half_locked);
	if (status == CANNOT_LOCK) {
		print_message("skipped: not even 36 KiB can be locked here (ulimit -l)\n");
		skip();
	}
	assert_int_equal(status, FINE);
}

static void
test_random_text(void **state)
{
	CLEANUP(secret_clear) struct secret secret = SECRET_INIT;
	struct error err = ERROR_INIT;
	size_t seen[3] = { 0, 0, 0 };

	(void)state;
	assert_int_equal(secret_new(3002, &secret, &err), 0);
	assert_int_equal(secret_append(&secret, text("="), &err), 0);
	assert_int_equal(random_text(&secret, 3000, "xyz", &err), 0);
	assert_int_equal(secret.len, 3001);
	assert_int_equal(secret.data[0], '=');
	for (size_t i = 1; i < secret.len; i++) {
		assert_in_range(secret.data[i], 'x', 'z');
		seen[secret.data[i] - 'x']++;
	}
	/* Mean 1000, deviation 26: out of this range once in 10^30 runs. */
	for (size_t i = 0; i < COUNT(seen); i++)
		assert_in_range(seen[i], 700, 1300);

	assert_int_equal(random_text(&secret, 2, "xyz", &err), -1);
	assert_string_equal(err.message, "a secret is larger than 3002 bytes");
	assert_int_equal(secret.len, 3001);
	assert_int_equal(random_text(&secret, 0, "xyz", &err), 0);
	assert_int_equal(secret.len, 3001);
}

static int
start(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return secret_start(&err);
}

static int
stop(void **state)
{
	(void)state;
	secret_stop();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life_of_a_secret),
		cmocka_unit_test(test_over_capacity_changes_nothing),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_arena_exhausted),
		cmocka_unit_test(test_larger_than_the_arena),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_at_the_maximum),
		cmocka_unit_test(test_read_and_write_errors),
		cmocka_unit_test(test_through_a_pipe),
		cmocka_unit_test(test_nothing_can_be_locked),
		cmocka_unit_test(test_only_the_arena_is_locked),
		cmocka_unit_test(test_random_text),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
