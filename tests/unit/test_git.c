/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>

#include "injector/repository/git.h"
#include "tests/unit/scratch.h"

static int
setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_DFL);
	if (scratch_make("test_git") < 0)
		return -1;
	scratch_shell(
		"git init -q -b main repo && mkdir -p repo/a/b plain/x && cd repo && echo hello >a/file &&"
		"git add . && git commit -q -m one && git worktree add -q ../linked");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return scratch_end();
}

static bool
find(const char *path, struct git *ret)
{
	CLEANUP(free_text) char *whole = xasprintf("%s/%s", scratch, path);

	return git_find(whole, ret);
}

static void
expect_path(const char *path, const char *expected)
{
	CLEANUP(free_text) char *whole = xasprintf("%s/%s", scratch, expected);
	CLEANUP(free_text) char *real = realpath(path, NULL);

	assert_non_null(real);
	assert_string_equal(real, whole);
}

static void
expect_git(const char *path, const char *top, const char *directory, const char *common,
	   const char *prefix)
{
	CLEANUP(git_clear) struct git git = GIT_INIT;

	assert_true(find(path, &git));
	expect_path(git.top, top);
	expect_path(git.directory, directory);
	expect_path(git.common, common);
	assert_string_equal(git.prefix, prefix);
}

static void
test_find(void **state)
{
	(void)state;
	expect_git("repo", "repo", "repo/.git", "repo/.git", ".");
	expect_git("repo/a", "repo", "repo/.git", "repo/.git", "a");
	expect_git("repo/a/b", "repo", "repo/.git", "repo/.git", "a/b");
}

static void
test_find_linked_work_tree(void **state)
{
	(void)state;
	expect_git("linked", "linked", "repo/.git/worktrees/linked", "repo/.git", ".");
	expect_git("linked/a", "linked", "repo/.git/worktrees/linked", "repo/.git", "a");
}

static void
test_find_submodule(void **state)
{
	(void)state;
	scratch_shell("git init -q outer && cd outer && "
		      "git -c protocol.file.allow=always submodule --quiet add ../repo inner/sub");
	expect_git("outer/inner/sub/a", "outer/inner/sub", "outer/.git/modules/inner/sub",
		   "outer/.git/modules/inner/sub", "a");
	expect_git("outer/inner", "outer", "outer/.git", "outer/.git", "inner");
}

static void
test_find_link_to_git_directory(void **state)
{
	(void)state;
	scratch_shell("mkdir tree && ln -s ../repo/.git tree/.git");
	expect_git("tree", "tree", "repo/.git", "repo/.git", ".");
}

static void
test_find_none(void **state)
{
	struct git git;

	(void)state;
	assert_false(find("plain/x", &git));
	assert_false(git_find("/", &git));
	/* A file of this name that points nowhere is none of git's. */
	scratch_put("plain/.git", "something else\n");
	assert_false(find("plain/x", &git));
	scratch_remove("plain/.git");
}

static int
run(const char *const *arguments, struct buf *output, int *ret_status, struct error *err)
{
	CLEANUP(free_text) char *repo = xasprintf("%s/repo", scratch);

	return git_run(repo, arguments, output, ret_status, err);
}

static void
test_run(void **state)
{
	CLEANUP(buf_clear) struct buf output = BUF_INIT(1024);
	int status = -1;
	struct error err;

	(void)state;
	assert_int_equal(run((const char *const[]){ "show", "HEAD:a/file", NULL }, &output, &status,
			     &err),
			 0);
	assert_int_equal(status, 0);
	assert_string_equal(buf_text(&output), "hello\n");
	assert_int_equal(run((const char *const[]){ "show", "HEAD:none", NULL }, &output, &status,
			     &err),
			 0);
	assert_int_equal(status, 128);
	assert_int_equal(output.len, 0);
	assert_int_equal(run((const char *const[]){ "cat-file", "-e", "HEAD", NULL }, NULL, &status,
			     &err),
			 0);
	assert_int_equal(status, 0);
}

/* Our standard input may be a value: git must not get it. */
static void
test_run_has_no_input(void **state)
{
	CLEANUP(buf_clear) struct buf output = BUF_INIT(1024);
	int status, saved = dup(STDIN_FILENO), ends[2];
	struct error err;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "secret", 6), 6);
	(void)close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	(void)close(ends[0]);
	assert_int_equal(run((const char *const[]){ "hash-object", "--stdin", NULL }, &output,
			     &status, &err),
			 0);
	(void)dup2(saved, STDIN_FILENO);
	(void)close(saved);
	assert_string_equal(buf_text(&output), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n");
}

static void
test_run_too_much(void **state)
{
	CLEANUP(buf_clear) struct buf output = BUF_INIT(4);
	int status;
	struct error err;

	(void)state;
	assert_int_equal(run((const char *const[]){ "show", "HEAD:a/file", NULL }, &output, &status,
			     &err),
			 -1);
	assert_non_null(strstr(err.message, "'the output of git' is larger than 4 bytes"));
}

static void
test_no_git(void **state)
{
	CLEANUP(buf_clear) struct buf output = BUF_INIT(1024);
	CLEANUP(free_text) char *path = xstrdup(getenv("PATH"));
	int status;
	struct error err;

	(void)state;
	assert_int_equal(setenv("PATH", scratch, 1), 0);
	assert_int_equal(run((const char *const[]){ "version", NULL }, &output, &status, &err), -1);
	assert_int_equal(setenv("PATH", path, 1), 0);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, "cannot run git: is it installed?");
}

/* The object id of a file's content, written into the repository. */
static void
make_object(const char *content_command, char out[static 41])
{
	CLEANUP(free_text) char *line =
		xasprintf("%s | git -C repo hash-object -w --stdin >object", content_command);
	CLEANUP(free_text) char *id = NULL;

	scratch_shell(line);
	id = scratch_get("object");
	assert_int_equal(strlen(id), 41);
	memcpy(out, id, 40);
	out[40] = 0;
}

static void
start_batch(struct git_batch *batch)
{
	CLEANUP(free_text) char *repo = xasprintf("%s/repo", scratch);
	struct error err;

	*batch = (struct git_batch)GIT_BATCH_INIT;
	assert_int_equal(git_batch_start(repo, batch, &err), 0);
}

static void
test_batch(void **state)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(200000);
	struct git_batch batch;
	char text[41], none[41], binary[41], large[41];
	struct error err;

	(void)state;
	make_object("printf 'hello\\n'", text);
	make_object("printf ''", none);
	make_object("printf '\\000\\n\\000x blob 3\\nabc'", binary);
	make_object("head -c 200000 /dev/zero | tr '\\000' x", large);
	start_batch(&batch);
	assert_int_equal(git_batch_read(&batch, text, &content, &err), 0);
	assert_string_equal(buf_text(&content), "hello\n");
	assert_int_equal(git_batch_read(&batch, none, &content, &err), 0);
	assert_int_equal(content.len, 0);
	assert_int_equal(git_batch_read(&batch, binary, &content, &err), 0);
	assert_int_equal(content.len, 15);
	assert_memory_equal(content.data, "\0\n\0x blob 3\nabc", 15);
	assert_int_equal(git_batch_read(&batch, large, &content, &err), 0);
	assert_int_equal(content.len, 200000);
	assert_int_equal(git_batch_read(&batch, text, &content, &err), 0);
	assert_string_equal(buf_text(&content), "hello\n");
	git_batch_stop(&batch);
	git_batch_stop(&batch);
}

/* What is too large, missing or no blob must not be taken for the answer to the next question. */
static void
test_batch_after_errors(void **state)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(10);
	struct git_batch batch;
	char text[41], large[41];
	struct error err;

	(void)state;
	make_object("printf 'hello\\n'", text);
	make_object("printf 'abcdef blob 2\\nab\\nabcdef blob 2\\nab\\n'; head -c 100000 /dev/zero",
		    large);
	start_batch(&batch);
	assert_int_equal(git_batch_read(&batch, large, &content, &err), -1);
	assert_string_equal(err.message, "an object in git is larger than 10 bytes");
	assert_int_equal(git_batch_read(&batch, text, &content, &err), 0);
	assert_string_equal(buf_text(&content), "hello\n");
	assert_int_equal(git_batch_read(&batch, "00112233445566778899aabbccddeeff00112233",
					&content, &err),
			 -1);
	assert_string_equal(err.message, "git has no such object");
	assert_int_equal(err.code, ERROR_MISSING);
	assert_int_equal(git_batch_read(&batch, "HEAD^{tree}", &content, &err), -1);
	assert_string_equal(err.message, "git has no such file");
	assert_int_equal(git_batch_read(&batch, text, &content, &err), 0);
	assert_string_equal(buf_text(&content), "hello\n");
	git_batch_stop(&batch);
}

/* git ends at a damaged object; asking it again must be an error, not SIGPIPE. */
static void
test_batch_whose_git_has_died(void **state)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(100);
	struct git_batch batch;
	struct error err;

	(void)state;
	start_batch(&batch);
	assert_int_equal(kill(batch.pid, SIGKILL), 0);
	assert_int_equal(git_batch_read(&batch, "HEAD:a/file", &content, &err), -1);
	assert_int_equal(git_batch_read(&batch, "HEAD:a/file", &content, &err), -1);
	assert_non_null(strstr(err.message, "git"));
	git_batch_stop(&batch);
	assert_int_equal(batch.pid, -1);
}

static void
test_index_lock(void **state)
{
	CLEANUP(git_clear) struct git git = GIT_INIT;
	CLEANUP(free_text) char *expected = NULL;
	struct error err;
	pid_t child;

	(void)state;
	assert_true(find("linked/a", &git));
	assert_int_equal(git_wait_for_index(&git, &err), 0);
	/* The lock of another work tree is none of ours. */
	scratch_put("repo/.git/index.lock", "");
	assert_int_equal(git_wait_for_index(&git, &err), 0);
	scratch_remove("repo/.git/index.lock");

	scratch_put("repo/.git/worktrees/linked/index.lock", "");
	child = fork();
	if (child == 0) {
		(void)usleep(300 * 1000);
		_exit(unlinkat(scratch_fd, "repo/.git/worktrees/linked/index.lock", 0) == 0 ? 0 :
											      1);
	}
	assert_int_equal(git_wait_for_index(&git, &err), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);

	scratch_put("repo/.git/worktrees/linked/index.lock", "");
	expected = xasprintf(
		"git is at work here: '%s/index.lock' is there; if no git runs, remove it",
		git.directory);
	assert_int_equal(git_wait_for_index(&git, &err), -1);
	assert_string_equal(err.message, expected);
	scratch_remove("repo/.git/worktrees/linked/index.lock");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_linked_work_tree),
		cmocka_unit_test(test_find_submodule),
		cmocka_unit_test(test_find_link_to_git_directory),
		cmocka_unit_test(test_find_none),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_run_has_no_input),
		cmocka_unit_test(test_run_too_much),
		cmocka_unit_test(test_no_git),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_batch_after_errors),
		cmocka_unit_test(test_batch_whose_git_has_died),
		cmocka_unit_test(test_index_lock),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
