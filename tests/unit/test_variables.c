/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/variables.h"

static int
setup(void **state)
{
	struct error err;

	(void)state;
	return secret_start(&err);
}

static int
teardown(void **state)
{
	(void)state;
	secret_stop();
	return 0;
}

/* What `env` prints, run with these variables: in a process of its own. */
static void
expect_environment(struct variables *variables, const char *expected)
{
	char *command[] = { (char[]){ "/usr/bin/env" }, NULL };
	char output[512] = "";
	size_t len = 0;
	int ends[2], status;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		struct error err;

		(void)dup2(ends[1], STDOUT_FILENO);
		_exit(variables_become(variables, command, &err));
	}
	(void)close(ends[1]);
	while ((got = read(ends[0], output + len, sizeof(output) - 1 - len)) > 0)
		len += (size_t)got;
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_string_equal(output, expected);
}

extern char **environ;

/* The inherited environment of the next test: the harness has its own in the real one. */
static char **
inherit(char **variables)
{
	char **kept = environ;

	environ = variables;
	return kept;
}

static void
test_merged(void **state)
{
	CLEANUP(variables_clear) struct variables variables = VARIABLES_INIT;
	char *inherited[] = { (char[]){ "KEPT=kept" }, (char[]){ "OURS=inherited" },
			      (char[]){ "OURS_NOT=kept too" }, (char[]){ "LACKING=stray" }, NULL };
	char **kept;
	struct error err;

	(void)state;
	variables_claim(&variables, "OURS");
	variables_claim(&variables, "LACKING");
	assert_int_equal(variables_set(&variables, "OURS", bytes_of("a=b\n"), &err), 0);
	kept = inherit(inherited);
	expect_environment(&variables, "KEPT=kept\nOURS_NOT=kept too\nOURS=a=b\n\n");
	(void)inherit(kept);
}

static void
test_none(void **state)
{
	CLEANUP(variables_clear) struct variables variables = VARIABLES_INIT;
	char *inherited[] = { (char[]){ "KEPT=kept" }, NULL };
	char **kept = inherit(inherited);

	(void)state;
	expect_environment(&variables, "KEPT=kept\n");
	(void)inherit(kept);
}

/* The block grows by moving; every text is still there. */
static void
test_many(void **state)
{
	CLEANUP(variables_clear) struct variables variables = VARIABLES_INIT;
	char value[3000];
	struct error err;

	(void)state;
	memset(value, 'x', sizeof(value));
	for (int i = 0; i < 20; i++) {
		CLEANUP(free_text) char *name = xasprintf("NAME_%d", i);

		if (variables_set(&variables, name,
				  (struct bytes){ (const uint8_t *)value, sizeof(value) },
				  &err) < 0)
			fail_msg("%s", err.message);
	}
	for (int i = 0; i < 20; i++) {
		CLEANUP(free_text) char *expected =
			xasprintf("NAME_%d=%.*s", i, (int)sizeof(value), value);

		assert_string_equal((char *)variables.text.data + variables.offsets[i], expected);
	}
}

static void
test_refused(void **state)
{
	CLEANUP(variables_clear) struct variables variables = VARIABLES_INIT;
	struct buf value = BUF_INIT(VARIABLE_MAX);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(variables_set(&variables, "A",
				       (struct bytes){ (const uint8_t *)"a\0b", 3 }, &err),
			 -1);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message,
			    "'A' has a NUL in its value, which no environment can hold");
	for (size_t i = 0; i < VARIABLE_MAX - 3; i++)
		buf_append_byte(&value, 'x');
	assert_int_equal(variables_set(&variables, "A", buf_bytes(&value), &err), 0);
	buf_append_byte(&value, 'x');
	assert_int_equal(variables_set(&variables, "A", buf_bytes(&value), &err), -1);
	assert_string_equal(err.message,
			    "'A' is longer than the 131072 bytes that the kernel takes "
			    "for one variable");
	buf_clear(&value);
}

static void
test_command_that_does_not_start(void **state)
{
	CLEANUP(variables_clear) struct variables variables = VARIABLES_INIT;
	char *none[] = { (char[]){ "/none/at/all" }, NULL };
	char *directory[] = { (char[]){ "/" }, NULL };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(variables_become(&variables, none, &err), STATUS_NOT_FOUND);
	assert_string_equal(err.message, "cannot run '/none/at/all': No such file or directory");
	assert_int_equal(variables_become(&variables, directory, &err), STATUS_NOT_RUN);
	assert_string_equal(err.message, "cannot run '/': Permission denied");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_command_that_does_not_start),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
