/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "injector/repository/tree.h"
#include "tests/unit/scratch.h"

/* A repository whose project lies at its top, and one whose project lies in a folder. */
static int
setup(void **state)
{
	(void)state;
	if (scratch_make("test_tree") < 0)
		return -1;
	scratch_shell(
		"mkdir -p top/tfsecrets/prod/sealed top/tfsecrets/prod-eu top/tfsecrets/roster "
		"&& cd top && git init -q -b main && "
		"echo schema >tfsecrets.yaml && echo other >tfsecrets.yml && echo k >tfsecrets/prod/key.age && "
		"echo k-eu >tfsecrets/prod-eu/key.age && echo B >tfsecrets/prod/sealed/B && "
		"echo A >tfsecrets/prod/sealed/A && echo r >tfsecrets/roster/0001 && "
		"echo stray >tfsecrets/prod.old && ln -s key.age tfsecrets/prod/link && "
		"ln -s prod tfsecrets/linked && git add . && git commit -q -m one && git tag v1 && "
		"printf 'new\\n' >tfsecrets/prod/sealed/A && git commit -q -a -m two");
	scratch_shell(
		"mkdir -p deep/app/tfsecrets/prod && cd deep && git init -q -b main && "
		"echo top >tfsecrets.yaml && mkdir tfsecrets && echo top >tfsecrets/x && "
		"echo app >app/tfsecrets.yaml && echo k >app/tfsecrets/prod/key.age && git add . && "
		"git commit -q -m one");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return scratch_end();
}

static char *
below(const char *name)
{
	return xasprintf("%s/%s", scratch, name);
}

static void
expect_list(const struct tree *tree, const char *directory, const char *expected)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;
	struct error err;

	assert_int_equal(tree_list(tree, directory, &names, &err), 0);
	joined = list_join(&names, " ", " ");
	assert_string_equal(joined, expected);
}

static void
expect_content(struct tree *tree, const char *path, const char *expected)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(100);
	struct error err;

	if (tree_read(tree, path, 100, &content, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(buf_text(&content), expected);
}

static void
expect_error(struct tree *tree, const char *path, size_t max, enum error_code code,
	     const char *message)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(100);
	struct error err;

	assert_int_equal(tree_read(tree, path, max, &content, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, code);
}

/* What is the same wherever the tree is read from. */
static void
check_tree(struct tree *tree)
{
	expect_list(tree, "tfsecrets", "linked prod prod-eu prod.old roster");
	expect_list(tree, "tfsecrets/prod", "key.age link sealed");
	expect_list(tree, "tfsecrets/prod-eu", "key.age");
	expect_list(tree, "tfsecrets/prod/sealed", "A B");
	expect_list(tree, "tfsecrets/none", "");
	expect_list(tree, "tfsecrets/pro", "");
	expect_content(tree, "tfsecrets.yaml", "schema\n");
	expect_content(tree, "tfsecrets/prod/key.age", "k\n");
	expect_content(tree, "tfsecrets/prod-eu/key.age", "k-eu\n");
	assert_true(tree_has(tree, "tfsecrets.yaml"));
	assert_true(tree_has(tree, "tfsecrets"));
	assert_true(tree_has(tree, "tfsecrets/prod"));
	assert_true(tree_has(tree, "tfsecrets/prod-eu"));
	assert_true(tree_has(tree, "tfsecrets/prod/sealed"));
	assert_true(tree_has(tree, "tfsecrets/prod/link"));
	assert_false(tree_has(tree, "tfsecrets/pro"));
	assert_false(tree_has(tree, "tfsecrets/prod/sealed/C"));
	assert_false(tree_has(tree, "zzz"));
}

static void
check_directory(struct tree *tree)
{
	CLEANUP(buf_clear) struct buf content = BUF_INIT(100);
	struct tree_directory directory;
	struct error err;

	assert_int_equal(tree_open_directory(tree, "tfsecrets/prod/sealed", &directory, &err), 0);
	assert_int_equal(tree_read_in(&directory, "B", 100, &content, &err), 0);
	assert_string_equal(buf_text(&content), "B\n");
	assert_int_equal(tree_read_in(&directory, "C", 100, &content, &err), -1);
	assert_int_equal(err.code, ERROR_MISSING);
	tree_close_directory(&directory);
	tree_close_directory(&directory);
}

static void
test_files(void **state)
{
	CLEANUP(free_text) char *root = below("top");
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(tree_clear) struct tree tree = TREE_INIT;
	CLEANUP(list_clear) struct list names = LIST_INIT;
	struct tree_directory directory;
	struct error err;

	(void)state;
	tree_of_files(fd, &tree);
	assert_true(tree_is_parallel(&tree));
	check_tree(&tree);
	check_directory(&tree);
	expect_error(&tree, "tfsecrets/none", 9, ERROR_MISSING,
		     "cannot open 'tfsecrets/none': No such file or directory");
	expect_error(&tree, "tfsecrets/prod/link", 9, ERROR_REFUSED,
		     "'tfsecrets/prod/link' is a link, not a file");
	expect_error(&tree, "tfsecrets/prod", 9, ERROR_REFUSED,
		     "'tfsecrets/prod' is a directory, not a file");
	expect_error(&tree, "tfsecrets/linked/key.age", 9, ERROR_REFUSED,
		     "'tfsecrets/linked/key.age' is not a directory");
	expect_error(&tree, "tfsecrets/prod-eu/key.age", 4, ERROR_REFUSED,
		     "'tfsecrets/prod-eu/key.age' is larger than 4 bytes");
	assert_int_equal(tree_list(&tree, "tfsecrets/linked", &names, &err), -1);
	assert_string_equal(err.message, "'tfsecrets/linked' is not a directory");
	assert_int_equal(tree_open_directory(&tree, "tfsecrets/none", &directory, &err), -1);
	assert_int_equal(err.code, ERROR_MISSING);
	assert_int_equal(tree_open_directory(&tree, "tfsecrets/linked", &directory, &err), -1);
	assert_string_equal(err.message, "'tfsecrets/linked' is not a directory");
	(void)close(fd);
}

static void
check_git_errors(struct tree *tree, const char *label)
{
	CLEANUP(free_text) char *missing = xasprintf("'tfsecrets/none'%s is not there", label);
	CLEANUP(free_text) char *folder = xasprintf("'tfsecrets/prod'%s is not there", label);
	CLEANUP(free_text) char *link =
		xasprintf("'tfsecrets/prod/link'%s is a link, not a file", label);
	CLEANUP(free_text) char *large =
		xasprintf("'tfsecrets/prod-eu/key.age'%s: an object in git is larger than 4 bytes",
			  label);

	assert_string_equal(tree->label, label);
	assert_false(tree_is_parallel(tree));
	expect_error(tree, "tfsecrets/none", 9, ERROR_MISSING, missing);
	expect_error(tree, "tfsecrets/prod", 9, ERROR_MISSING, folder);
	expect_error(tree, "tfsecrets/prod/link", 9, ERROR_REFUSED, link);
	expect_error(tree, "tfsecrets/prod-eu/key.age", 4, ERROR_REFUSED, large);
	/* Whatever went wrong before, the next answer is the right one. */
	expect_content(tree, "tfsecrets/prod/key.age", "k\n");
	/* Not of the project, although it begins like it. */
	expect_error(tree, "tfsecrets.yml", 9, ERROR_MISSING,
		     label[4] == 't' ? "'tfsecrets.yml' in the index is not there" :
				       "'tfsecrets.yml' in v1 is not there");
}

/* A link where a folder should be holds nothing in git; it must be refused, as it is on disk. */
static void
check_linked_folder(struct tree *tree)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *expected =
		xasprintf("'tfsecrets/linked'%s is not a directory", tree->label);
	struct error err;

	assert_int_equal(tree_list(tree, "tfsecrets/linked", &names, &err), -1);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message, expected);
}

static void
test_revision(void **state)
{
	CLEANUP(free_text) char *root = below("top");
	CLEANUP(tree_clear) struct tree tree = TREE_INIT;
	CLEANUP(tree_clear) struct tree now = TREE_INIT;
	struct error err;

	(void)state;
	assert_int_equal(tree_of_revision(root, "v1", &tree, &err), 0);
	check_tree(&tree);
	check_directory(&tree);
	check_git_errors(&tree, " in v1");
	check_linked_folder(&tree);
	expect_content(&tree, "tfsecrets/prod/sealed/A", "A\n");
	assert_int_equal(tree_of_revision(root, "main", &now, &err), 0);
	expect_content(&now, "tfsecrets/prod/sealed/A", "new\n");
}

static void
test_bad_revisions(void **state)
{
	static const char *const bad[] = { "",	       "none",	     "--all",
					   "-h",       "--output=x", "HEAD:tfsecrets",
					   "v1..main", "HEAD\nmain", ":tfsecrets.yaml",
					   "^main" };
	CLEANUP(free_text) char *root = below("top");
	struct tree tree;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		CLEANUP(free_text) char *expected = xasprintf("git knows no revision '%s'", bad[i]);

		if (tree_of_revision(root, bad[i], &tree, &err) == 0)
			fail_msg("'%s' was taken for a revision", bad[i]);
		assert_string_equal(err.message, expected);
		assert_int_equal(err.code, ERROR_USAGE);
	}
}

/* The index differs from both the commit and the files. */
static void
test_index(void **state)
{
	CLEANUP(free_text) char *root = below("top");
	CLEANUP(tree_clear) struct tree tree = TREE_INIT;
	struct error err;

	(void)state;
	scratch_shell(
		"cd top && echo staged >tfsecrets/prod/sealed/A && git add . && "
		"echo not-staged >tfsecrets/prod/sealed/A && echo x >tfsecrets/prod/sealed/NEW");
	assert_int_equal(tree_of_index(root, &tree, &err), 0);
	scratch_shell("cd top && rm tfsecrets/prod/sealed/NEW");
	check_tree(&tree);
	check_directory(&tree);
	check_git_errors(&tree, " in the index");
	check_linked_folder(&tree);
	expect_content(&tree, "tfsecrets/prod/sealed/A", "staged\n");
	scratch_shell("cd top && git reset -q --hard");
}

static void
test_unmerged_index(void **state)
{
	CLEANUP(free_text) char *root = below("top");
	struct tree tree;
	struct error err;

	(void)state;
	scratch_shell(
		"cd top && git checkout -q -b other v1 && echo other >tfsecrets/prod/sealed/A && "
		"git commit -q -a -m other && ! git merge -q main");
	assert_int_equal(tree_of_index(root, &tree, &err), -1);
	scratch_shell("cd top && git merge --abort && git checkout -q main");
	assert_string_equal(err.message, "'tfsecrets/prod/sealed/A' is not merged yet");
}

static void
test_in_a_folder(void **state)
{
	CLEANUP(free_text) char *root = below("deep/app");
	CLEANUP(tree_clear) struct tree index = TREE_INIT;
	CLEANUP(tree_clear) struct tree head = TREE_INIT;
	struct error err;

	(void)state;
	assert_int_equal(tree_of_index(root, &index, &err), 0);
	expect_content(&index, "tfsecrets.yaml", "app\n");
	expect_list(&index, "tfsecrets", "prod");
	assert_int_equal(tree_of_revision(root, "HEAD", &head, &err), 0);
	expect_content(&head, "tfsecrets.yaml", "app\n");
	expect_list(&head, "tfsecrets", "prod");
}

static void
test_not_a_repository(void **state)
{
	struct tree tree;
	struct error err;

	(void)state;
	assert_int_equal(tree_of_index(scratch, &tree, &err), -1);
	assert_string_equal(err.message, "git could not list in the index");
	assert_int_equal(tree_of_revision(scratch, "HEAD", &tree, &err), -1);
	assert_string_equal(err.message, "git knows no revision 'HEAD'");
}

/* What git gives a hook: the program is this test itself. */
static int
hook(const char *root, const char *out)
{
	CLEANUP(tree_clear) struct tree tree = TREE_INIT;
	CLEANUP(buf_clear) struct buf content = BUF_INIT(100);
	struct error err;
	FILE *file = fopen(out, "w");

	if (file == NULL)
		return 2;
	if (tree_of_index(root, &tree, &err) < 0 ||
	    tree_read(&tree, "tfsecrets.yaml", 100, &content, &err) < 0)
		(void)fprintf(file, "%s\n", err.message);
	else
		(void)fprintf(file, "%s", buf_text(&content));
	return fclose(file) == 0 ? 0 : 2;
}

/* `git commit -a` gives its hooks an index of its own; a linked work tree adds GIT_DIR to that. */
static void
test_hook(void **state)
{
	(void)state;
	CLEANUP(free_text) char *self = realpath("/proc/self/exe", NULL);
	CLEANUP(free_text) char *script =
		xasprintf("#!/bin/sh\nexec '%s' --hook \"$ROOT\" '%s/seen'\n", self, scratch);
	CLEANUP(free_text) char *here = xasprintf(
		"cd deep && echo two >app/tfsecrets.yaml && ROOT='%s/deep/app' git commit -q -a -m two",
		scratch);
	CLEANUP(free_text) char *linked = xasprintf(
		"cd deep && git worktree add -q ../deep2 && cd ../deep2 && echo three >app/tfsecrets.yaml && "
		"ROOT='%s/deep2/app' git commit -q -a -m three",
		scratch);

	scratch_put("deep/.git/hooks/pre-commit", script);
	scratch_shell("chmod 755 deep/.git/hooks/pre-commit");
	scratch_shell(here);
	scratch_expect("seen", "two\n");
	scratch_shell(linked);
	scratch_expect("seen", "three\n");
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_revision),
		cmocka_unit_test(test_bad_revisions),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_unmerged_index),
		cmocka_unit_test(test_in_a_folder),
		cmocka_unit_test(test_not_a_repository),
		cmocka_unit_test(test_hook),
	};

	if (argc == 4 && strcmp(argv[1], "--hook") == 0)
		return hook(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, setup, teardown);
}
