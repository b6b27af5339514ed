/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worked example of crypto/FORMAT.md, tests/vectors/example: made anew with the clock standing still
 * and SHA-256(0), SHA-256(1), … in the place of the system's generator, it must be the same, byte for byte.
 * With EXAMPLE=DIRECTORY in the environment it is written there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "injector/command.h"

enum { CONTENT_MAX = 64 * 1024 };

#define EXAMPLE "tests/vectors/example"

static time_t clock_stands_at;
static uint64_t blocks_drawn;
static int project_fd = -1;
static char scratch[] = "/tmp/tfsecrets-example.XXXXXX";

/* In the place of libc's. */
time_t
time(time_t *ret)
{
	if (ret != NULL)
		*ret = clock_stands_at;
	return clock_stands_at;
}

static const char *
generator_name(void)
{
	return "known";
}

static void
generator_fill(void *const out, const size_t size)
{
	for (size_t done = 0; done < size;) {
		uint8_t counter[8], block[SHA256_BYTES];
		size_t len = size - done < sizeof(block) ? size - done : sizeof(block);

		for (size_t i = 0; i < sizeof(counter); i++)
			counter[i] = (uint8_t)(blocks_drawn >> (56 - 8 * i));
		blocks_drawn++;
		sha256(BYTES(counter), block);
		memcpy((uint8_t *)out + done, block, len);
		done += len;
	}
}

static uint32_t
generator_number(void)
{
	uint32_t number;

	generator_fill(&number, sizeof(number));
	return number;
}

static struct randombytes_implementation generator = {
	.implementation_name = generator_name,
	.random = generator_number,
	.buf = generator_fill,
};

/* Runs a command as main does; words end with NULL. */
static void
run(const char *name, ...)
{
	const struct command *command;
	struct invocation invocation = { .program = "tfsecrets" };
	struct error err = ERROR_INIT;
	char *words[8] = { xstrdup(name) };
	va_list arguments;
	size_t used;
	int count = 0;

	assert_int_equal(command_choose(words, 1, &command, &used, &err), 0);
	free(words[0]);
	invocation.command = command;
	va_start(arguments, name);
	while ((words[count] = va_arg(arguments, char *)) != NULL)
		count++;
	va_end(arguments);
	assert_int_equal(options_parse(command->options, count, words, false, &invocation.options,
				       &invocation.operands, &invocation.operand_count, &err),
			 0);
	if (command->run(&invocation, &err) != 0)
		fail_msg("%s: %s", name, err.message);
	options_clear(&invocation.options);
	free(invocation.operands);
}

static void
write_text(const char *path, const char *text)
{
	struct error err;

	assert_int_equal(file_replace(AT_FDCWD, path, path, bytes_of(text), 0600, &err), 0);
}

static const char schema[] = "version: 1\n"
			     "project: example\n"
			     "\n"
			     "environments:\n"
			     "  prod: {}\n"
			     "\n"
			     "settings:\n"
			     "  LOG_LEVEL:\n"
			     "    kind: config\n"
			     "  DATABASE_URL:\n"
			     "    kind: secret\n"
			     "    type: url\n";

static void
make_example(void)
{
	char alice[] = "alice", level[] = "LOG_LEVEL=info", url[] = "DATABASE_URL";
	char name[] = "--name", file[] = "--file=value", environment[] = "--env=prod";

	write_text("tfsecrets.yaml", schema);
	clock_stands_at = 1795279202; /* 2026-11-21T16:40:02Z */
	run("init", name, alice, NULL);
	run("set", environment, level, NULL);
	write_text("value", "postgresql://alice:first@db.example.org/app");
	run("set", environment, url, file, NULL);
	clock_stands_at += 24 * 60 * 60;
	write_text("value", "postgresql://alice:second@db.example.org/app");
	run("set", environment, url, file, NULL);
	assert_int_equal(unlink("value"), 0);
}

static const char *const files[] = {
	"tfsecrets.yaml",
	".gitattributes",
	".gitignore",
	"config/tfsecrets/identity",
	"tfsecrets/roster/0001",
	"tfsecrets/prod/config.yaml",
	"tfsecrets/prod/key.age",
	"tfsecrets/prod/sealed/DATABASE_URL",
};

static int
setup(void **state)
{
	struct error err;

	(void)state;
	project_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (project_fd < 0 || randombytes_set_implementation(&generator) != 0 ||
	    secret_start(&err) < 0 || mkdtemp(scratch) == NULL || chdir(scratch) < 0)
		return -1;
	(void)setenv("HOME", scratch, 1);
	(void)setenv("XDG_CONFIG_HOME", "", 1);
	return 0;
}

static void
keep_example(const char *directory)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		CLEANUP(buf_clear) struct buf content = BUF_INIT(CONTENT_MAX);
		CLEANUP(free_text) char *path = xasprintf("%s/%s", directory, files[i]);
		CLEANUP(free_text) char *parent = xstrdup(path);
		struct error err;

		*strrchr(parent, '/') = 0;
		assert_int_equal(file_read(AT_FDCWD, files[i], files[i], CONTENT_MAX, &content,
					   &err),
				 0);
		assert_int_equal(file_make_directories(project_fd, parent, parent, &err), 0);
		assert_int_equal(file_replace(project_fd, path, path, buf_bytes(&content), 0644,
					      &err),
				 0);
	}
}

static void
set_folder(const char *variable, const char *name)
{
	CLEANUP(free_text) char *path = xasprintf("%s/%s", scratch, name);

	(void)setenv(variable, path, 1);
}

static void
test_same_bytes(void **state)
{
	const char *kept = getenv("EXAMPLE");

	(void)state;
	set_folder("XDG_CONFIG_HOME", "config");
	set_folder("XDG_STATE_HOME", "state");
	make_example();
	if (kept != NULL)
		keep_example(kept);
	for (size_t i = 0; i < COUNT(files); i++) {
		CLEANUP(buf_clear) struct buf made = BUF_INIT(CONTENT_MAX),
					      known = BUF_INIT(CONTENT_MAX);
		CLEANUP(free_text) char *path = xasprintf(EXAMPLE "/%s", files[i]);
		struct error err;

		assert_int_equal(file_read(AT_FDCWD, files[i], files[i], CONTENT_MAX, &made, &err),
				 0);
		if (file_read(project_fd, path, path, CONTENT_MAX, &known, &err) < 0)
			fail_msg("%s", err.message);
		assert_string_equal(buf_text(&made), buf_text(&known));
	}
}

static int
teardown(void **state)
{
	CLEANUP(free_text) char *command = xasprintf("rm -rf '%s'", scratch);

	(void)state;
	secret_stop();
	return fchdir(project_fd) < 0 || system(command) != 0 ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_bytes) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
