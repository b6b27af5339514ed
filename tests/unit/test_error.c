/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* A text of len letters; the caller frees. */
static char *
letters(size_t len)
{
	char *text = xcalloc(len + 1, 1);

	memset(text, 'a', len);
	return text;
}

static void
test_set(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(err.code, ERROR_NONE);
	assert_string_equal(err.message, "");
	assert_int_equal(error_set(&err, ERROR_REFUSED, "'%s' is %d", "a", 7), -1);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message, "'a' is 7");
	assert_int_equal(error_set(&err, ERROR_USAGE, "short"), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	assert_string_equal(err.message, "short");
}

static void
test_cut(void **state)
{
	CLEANUP(free_text) char *fits = letters(ERROR_MESSAGE_BYTES - 1);
	CLEANUP(free_text) char *long_text = letters(3 * ERROR_MESSAGE_BYTES);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(error_set(&err, ERROR_FAILED, "%s", fits), -1);
	assert_string_equal(err.message, fits);
	assert_int_equal(error_set(&err, ERROR_FAILED, "%s", long_text), -1);
	assert_string_equal(err.message, fits);
	errno = EACCES;
	assert_int_equal(error_errno(&err, "%s", long_text), -1);
	assert_string_equal(err.message, fits);
	assert_int_equal(error_context(&err, "%s", long_text), -1);
	assert_string_equal(err.message, fits);
	assert_int_equal(error_advice(&err, "%s", long_text), -1);
	assert_string_equal(err.message, fits);
}

static void
test_advice(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(error_errno(&err, "cannot write '%s'", "a"), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(error_advice(&err, "make room in '%s'", "b"), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message,
			    "cannot write 'a': No space left on device; make room in 'b'");
}

/* Each length at which the cause is cut in the middle, or the colon is. */
static void
test_cut_cause(void **state)
{
	(void)state;
	for (size_t len = ERROR_MESSAGE_BYTES - 40; len <= ERROR_MESSAGE_BYTES; len++) {
		CLEANUP(free_text) char *text = letters(len);
		CLEANUP(free_text) char *whole = xasprintf("%s: %s", text, strerror(EACCES));
		struct error err = ERROR_INIT, again = ERROR_INIT;

		whole[ERROR_MESSAGE_BYTES - 1 < strlen(whole) ? ERROR_MESSAGE_BYTES - 1 :
								strlen(whole)] = 0;
		errno = EACCES;
		(void)error_errno(&err, "%s", text);
		assert_string_equal(err.message, whole);
		(void)error_set(&again, ERROR_FAILED, "%s", strerror(EACCES));
		(void)error_context(&again, "%s", text);
		assert_string_equal(again.message, whole);
	}
}

static void
test_errno(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	errno = ENOENT;
	assert_int_equal(error_errno(&err, "cannot open '%s'", "f"), -1);
	assert_int_equal(err.code, ERROR_MISSING);
	assert_string_equal(err.message, "cannot open 'f': No such file or directory");
	errno = EACCES;
	assert_int_equal(error_errno(&err, "cannot open '%s'", "f"), -1);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, "cannot open 'f': Permission denied");
	errno = ENOTDIR;
	assert_int_equal(error_errno(&err, "cannot open '%s'", "f"), -1);
	assert_int_equal(err.code, ERROR_FAILED);
}

static void
test_context(void **state)
{
	static const enum error_code codes[] = { ERROR_FAILED, ERROR_MISSING, ERROR_USAGE,
						 ERROR_FOUND,  ERROR_REFUSED, ERROR_CLUSTER };
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		(void)error_set(&err, codes[i], "the cause is 100%%");
		assert_int_equal(error_context(&err, "opening '%s'", "%s%n"), -1);
		assert_int_equal(err.code, codes[i]);
		assert_string_equal(err.message, "opening '%s%n': the cause is 100%");
	}
}

static void
test_exit_status(void **state)
{
	(void)state;
	assert_int_equal(error_exit_status(ERROR_NONE), 0);
	assert_int_equal(error_exit_status(ERROR_FAILED), 1);
	assert_int_equal(error_exit_status(ERROR_MISSING), 1);
	assert_int_equal(error_exit_status(ERROR_USAGE), 2);
	assert_int_equal(error_exit_status(ERROR_FOUND), 3);
	assert_int_equal(error_exit_status(ERROR_REFUSED), 4);
	assert_int_equal(error_exit_status(ERROR_CLUSTER), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),	    cmocka_unit_test(test_cut),
		cmocka_unit_test(test_advice),	    cmocka_unit_test(test_cut_cause),
		cmocka_unit_test(test_errno),	    cmocka_unit_test(test_context),
		cmocka_unit_test(test_exit_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
