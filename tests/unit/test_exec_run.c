/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "injector/cluster/exec_run.h"

static int
start(void **state)
{
	struct error err;

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

/* A script of sh, which has a second. */
static int
run(const char *script, struct secret *ret, struct error *err)
{
	CLEANUP(free_text) char *copy = xstrdup(script);
	char shell[] = "sh", option[] = "-c", path[] = "PATH=/usr/bin:/bin", word[] = "WORD=a b";
	char *arguments[] = { shell, option, copy, NULL };
	char *environment[] = { path, word, NULL };
	const struct exec_command command = {
		.file = "/bin/sh", .arguments = arguments, .environment = environment, .seconds = 1
	};

	*ret = (struct secret)SECRET_INIT;
	return exec_run(&command, ret, err);
}

static void
test_output(void **state)
{
	static const struct {
		const char *script;
		size_t len;
	} cases[] = {
		{ "true", 0 },
		{ "printf %s \"$WORD\"", 3 },
		{ "cat", 0 },
		{ "printf a; exec >&-; sleep 0.1", 1 },
		{ "sleep 60 & printf ab", 2 },
		{ "head -c 1048576 /dev/zero", EXEC_OUTPUT_MAX },
		{ "head -c 8192 /dev/zero; sleep 0.1; head -c 1 /dev/zero", 8193 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(secret_clear) struct secret output;
		struct error err = ERROR_INIT;

		if (run(cases[i].script, &output, &err) < 0 || output.len != cases[i].len)
			fail_msg("'%s': %zu, '%s'", cases[i].script, output.len, err.message);
	}
	/* None of them is left as a child of ours. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
test_failures(void **state)
{
	static const char *const cases[][2] = {
		{ "exit 7", "ended with status 7" },
		{ "printf secret; exit 1", "ended with status 1" },
		{ "kill -9 $$", "was killed by signal 9 (Killed)" },
		{ "head -c 1048577 /dev/zero", "writes more than 1048576 bytes" },
		{ "cat /dev/zero", "writes more than 1048576 bytes" },
		{ "sleep 60", "did not end within 1 seconds" },
		{ "exec >&-; sleep 60", "did not end within 1 seconds" },
		{ "while :; do printf a; sleep 0.02; done", "did not end within 1 seconds" },
		{ "trap '' TERM; while :; do sleep 1; done", "did not end within 1 seconds" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct secret output;
		struct error err = ERROR_INIT;

		if (run(cases[i][0], &output, &err) == 0 || strcmp(err.message, cases[i][1]) != 0)
			fail_msg("'%s': '%s' is not '%s'", cases[i][0], err.message, cases[i][1]);
		assert_int_equal(err.code, ERROR_FAILED);
		assert_null(output.data);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
test_found(void **state)
{
	const char *problem = NULL;
	char *found;

	(void)state;
	(void)setenv("PATH", ".::/nowhere:/bin", 1);
	found = exec_find("sh", &problem);
	assert_string_equal(found, "/bin/sh");
	free(found);
	assert_null(exec_find("no-such-program", &problem));
	assert_string_equal(problem, "is not in $PATH");
	assert_null(exec_find("/bin", &problem));
	assert_string_equal(problem, "is no program that may be run");
	assert_null(exec_find("/bin/no-such-program", &problem));
	assert_string_equal(problem, "is not there");
	(void)unsetenv("PATH");
	assert_null(exec_find("sh", &problem));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_found),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
