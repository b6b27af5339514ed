/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal, killed everywhere: a child is traced and killed at each of its system calls in turn; what
 * is left is recovered, and must be the old state or the new one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/ptrace.h>

#include "crypto/process.h"
#include "injector/repository/journal.h"
#include "tests/unit/scratch.h"

/* A traced system call stops twice, before and after; before the next is after the last. */
enum { MANY = 15, STOPS_EACH = 2, STOPS_MAX = 4000 };

static int
setup(void **state)
{
	(void)state;
	return scratch_make("test_journal");
}

static int
teardown(void **state)
{
	(void)state;
	return scratch_end();
}

static int
clean(void **state)
{
	(void)state;
	scratch_remove("tfsecrets");
	scratch_remove("tfsecrets.yaml");
	scratch_remove("elsewhere");
	return 0;
}

static bool
there(const char *path)
{
	return file_exists(scratch_fd, path);
}

static void
put(struct journal *journal, const char *path, const char *text)
{
	struct error err;

	if (journal_put(journal, path, bytes_of(text), 0644, &err) < 0)
		fail_msg("%s", err.message);
}

static void
begin(struct journal *journal)
{
	struct error err;

	if (journal_begin(scratch_fd, journal, &err) < 0)
		fail_msg("%s", err.message);
}

static void
make_old(void)
{
	(void)clean(NULL);
	scratch_put("tfsecrets.yaml", "old");
	scratch_put("tfsecrets/prod/a", "old a");
	scratch_put("tfsecrets/prod/gone", "old gone");
}

static int
change_few(struct error *err)
{
	struct journal journal;
	int result = journal_begin(scratch_fd, &journal, err);

	if (result == 0)
		result = journal_put(&journal, "tfsecrets.yaml", bytes_of("new"), 0644, err);
	if (result == 0)
		result = journal_put(&journal, "tfsecrets/prod/a", bytes_of("new a"), 0644, err);
	if (result == 0)
		result = journal_put(&journal, "tfsecrets/stage/sealed/b", bytes_of("new b"), 0644,
				     err);
	journal_remove(&journal, "tfsecrets/prod/gone");
	if (result == 0)
		result = journal_commit(&journal, err);
	journal_end(&journal);
	return result;
}

static int
change_many(struct error *err)
{
	struct journal journal;
	int result = journal_begin(scratch_fd, &journal, err);

	for (int i = 0; result == 0 && i < MANY; i++) {
		CLEANUP(free_text) char *path = xasprintf("tfsecrets/prod/f%d", i);

		result = journal_put(&journal, path, bytes_of("new"), 0644, err);
	}
	if (result == 0)
		result = journal_put(&journal, "tfsecrets.yaml", bytes_of("new"), 0644, err);
	if (result == 0)
		result = journal_put(&journal, "tfsecrets/prod/a", bytes_of("new a"), 0644, err);
	if (result == 0)
		result = journal_put(&journal, "tfsecrets/stage/sealed/b", bytes_of("new b"), 0644,
				     err);
	journal_remove(&journal, "tfsecrets/prod/gone");
	if (result == 0)
		result = journal_commit(&journal, err);
	journal_end(&journal);
	return result;
}

static int
recover(struct error *err)
{
	return journal_is_left(scratch_fd) ? journal_recover(scratch_fd, err) : 0;
}

static void
expect_new(bool many)
{
	scratch_expect("tfsecrets.yaml", "new");
	scratch_expect("tfsecrets/prod/a", "new a");
	scratch_expect("tfsecrets/stage/sealed/b", "new b");
	assert_false(there("tfsecrets/prod/gone"));
	for (int i = 0; many && i < MANY; i++) {
		CLEANUP(free_text) char *path = xasprintf("tfsecrets/prod/f%d", i);

		scratch_expect(path, "new");
	}
}

static void
expect_old(void)
{
	scratch_expect("tfsecrets.yaml", "old");
	scratch_expect("tfsecrets/prod/a", "old a");
	scratch_expect("tfsecrets/prod/gone", "old gone");
	assert_false(there("tfsecrets/stage/sealed/b"));
	assert_false(there("tfsecrets/prod/f0"));
}

/* Runs work in a child and kills it at its stop-th system call. False: it ended before. */
static bool
run_killed_at(int (*work)(struct error *), int stop)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct error err;

		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(99);
		(void)raise(SIGSTOP);
		_exit(work(&err) == 0 ? 0 : 98);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSTOPPED(status));
	for (int i = 0; i < stop; i++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return false;
		}
		assert_true(WIFSTOPPED(status));
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return true;
}

/* Whether the change happened, once it was recovered. */
static bool
recovered_to_new(bool many)
{
	struct error err;
	bool is_new;

	if (recover(&err) < 0)
		fail_msg("%s", err.message);
	assert_false(journal_is_left(scratch_fd));
	is_new = !there("tfsecrets/prod/gone");
	if (is_new)
		expect_new(many);
	else
		expect_old();
	return is_new;
}

static void
kill_everywhere(int (*change)(struct error *), bool many)
{
	int undone = 0, finished = 0, stop = 1;

	for (;; stop += STOPS_EACH) {
		bool was_killed;

		make_old();
		was_killed = run_killed_at(change, stop);
		if (recovered_to_new(many)) {
			finished++;
		} else {
			/* Once past the moment of change, always past it. */
			assert_int_equal(finished, 0);
			undone++;
		}
		if (!was_killed)
			break;
		assert_true(stop < STOPS_MAX);
	}
	assert_true(undone > 10);
	assert_true(finished > 10);
}

static void
test_killed(void **state)
{
	(void)state;
	kill_everywhere(change_few, false);
}

static void
test_killed_with_many_files(void **state)
{
	(void)state;
	kill_everywhere(change_many, true);
}

/* A journal as it stands right behind the moment of change, partly applied in each possible way. */
static void
make_committed(int applied)
{
	make_old();
	scratch_put("tfsecrets/.journal/commit",
		    "put 0 tfsecrets.yaml\nput 1 tfsecrets/prod/a\nput 2 tfsecrets/stage/sealed/b\n"
		    "remove tfsecrets/prod/gone\n");
	scratch_put(applied > 0 ? "tfsecrets.yaml" : "tfsecrets/.journal/0", "new");
	scratch_put(applied > 1 ? "tfsecrets/prod/a" : "tfsecrets/.journal/1", "new a");
	scratch_put(applied > 2 ? "tfsecrets/stage/sealed/b" : "tfsecrets/.journal/2", "new b");
	if (applied > 3)
		scratch_remove("tfsecrets/prod/gone");
}

static void
test_recovery_killed(void **state)
{
	(void)state;
	for (int applied = 0; applied <= 4; applied++) {
		for (int stop = 1;; stop += STOPS_EACH) {
			bool was_killed;

			make_committed(applied);
			was_killed = run_killed_at(recover, stop);
			assert_true(recovered_to_new(false));
			if (!was_killed)
				break;
		}
	}
}

/* An undo that is killed is an undo all the same. */
static void
test_undo_killed(void **state)
{
	(void)state;
	for (int stop = 1;; stop += STOPS_EACH) {
		bool was_killed;

		make_old();
		scratch_put("tfsecrets/.journal/0", "new");
		scratch_put("tfsecrets/.journal/1", "cut o");
		scratch_put("tfsecrets/.journal/.commit.tfsecrets-1-0", "put 0 tfsecrets.ya");
		was_killed = run_killed_at(recover, stop);
		assert_false(recovered_to_new(false));
		if (!was_killed)
			break;
	}
}

static void
test_next_writer_recovers(void **state)
{
	struct journal journal;
	struct error err;

	(void)state;
	make_committed(1);
	begin(&journal);
	expect_new(false);
	put(&journal, "tfsecrets/prod/a", "newer");
	assert_int_equal(journal_commit(&journal, &err), 0);
	journal_end(&journal);
	scratch_expect("tfsecrets/prod/a", "newer");
	scratch_expect("tfsecrets/stage/sealed/b", "new b");
	assert_false(journal_is_left(scratch_fd));
}

static void
test_end_undoes(void **state)
{
	struct journal journal;

	(void)state;
	make_old();
	begin(&journal);
	put(&journal, "tfsecrets/prod/a", "new a");
	journal_remove(&journal, "tfsecrets/prod/gone");
	assert_true(journal_is_left(scratch_fd));
	journal_end(&journal);
	expect_old();
	assert_false(journal_is_left(scratch_fd));
}

/* `init` that fails leaves nothing at all. */
static void
test_first_change_undone(void **state)
{
	struct journal journal;

	(void)state;
	begin(&journal);
	put(&journal, "tfsecrets.yaml", "new");
	journal_end(&journal);
	assert_false(there("tfsecrets"));
	assert_false(there("tfsecrets.yaml"));
}

static void
test_nothing_staged(void **state)
{
	struct journal journal;
	struct error err;

	(void)state;
	make_old();
	begin(&journal);
	assert_int_equal(journal_commit(&journal, &err), 0);
	journal_end(&journal);
	expect_old();
	assert_false(journal_is_left(scratch_fd));
}

static void
test_modes(void **state)
{
	static const mode_t modes[] = { 0600, 0644, 0666, 0640 };
	struct journal journal;
	struct stat status;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		begin(&journal);
		assert_int_equal(journal_put(&journal, "tfsecrets/prod/a", bytes_of("x"), modes[i],
					     &err),
				 0);
		assert_int_equal(journal_commit(&journal, &err), 0);
		journal_end(&journal);
		assert_int_equal(fstatat(scratch_fd, "tfsecrets/prod/a", &status, 0), 0);
		assert_int_equal(status.st_mode & 0777, modes[i]);
	}
}

/* Files have the mode that was asked for, new folders that of the user's umask, not of ours. */
static int
change_hardened(void)
{
	static const struct {
		const char *path;
		mode_t mode;
	} expected[] = { { "tfsecrets", 0750 },
			 { "tfsecrets/stage", 0750 },
			 { "tfsecrets/stage/sealed", 0750 },
			 { "tfsecrets/stage/sealed/b", 0644 } };
	struct stat status;
	struct error err;

	(void)umask(027);
	process_harden();
	if (change_few(&err) < 0)
		return 1;
	for (size_t i = 0; i < COUNT(expected); i++) {
		if (fstatat(scratch_fd, expected[i].path, &status, 0) < 0 ||
		    (status.st_mode & 0777) != expected[i].mode)
			return 2 + (int)i;
	}
	return umask(0) == 077 ? 0 : 20;
}

static void
test_modes_of_folders(void **state)
{
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0)
		_exit(change_hardened());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* A list of changes for one expectation; *ret_message is static. */
static const char *
commit_expecting(void (*expect)(struct journal *))
{
	static struct error err;
	struct journal journal;
	int result;

	make_old();
	begin(&journal);
	put(&journal, "tfsecrets/prod/a", "new a");
	expect(&journal);
	result = journal_commit(&journal, &err);
	journal_end(&journal);
	assert_false(journal_is_left(scratch_fd));
	if (result == 0) {
		scratch_expect("tfsecrets/prod/a", "new a");
		return NULL;
	}
	expect_old();
	return err.message;
}

static void
expect_same(struct journal *journal)
{
	journal_expect(journal, "tfsecrets.yaml", bytes_of("old"));
	journal_expect_missing(journal, "tfsecrets/prod/none");
	journal_expect_missing(journal, "tfsecrets/none/none");
}

static void
expect_other(struct journal *journal)
{
	journal_expect(journal, "tfsecrets.yaml", bytes_of("ole"));
}

static void
expect_file_gone(struct journal *journal)
{
	journal_expect(journal, "tfsecrets/prod/none", bytes_of(""));
}

static void
expect_none(struct journal *journal)
{
	journal_expect_missing(journal, "tfsecrets.yaml");
}

static void
expect_folder(struct journal *journal)
{
	journal_expect_missing(journal, "tfsecrets/prod");
}

static void
test_expectations(void **state)
{
	(void)state;
	assert_null(commit_expecting(expect_same));
	assert_string_equal(
		commit_expecting(expect_other),
		"'tfsecrets.yaml' was changed by somebody else meanwhile; run the command again");
	assert_string_equal(
		commit_expecting(expect_file_gone),
		"'tfsecrets/prod/none' was changed by somebody else meanwhile; run the command again");
	assert_string_equal(
		commit_expecting(expect_none),
		"'tfsecrets.yaml' was changed by somebody else meanwhile; run the command again");
	assert_string_equal(commit_expecting(expect_folder),
			    "'tfsecrets/prod' is a directory, not a file");
}

/* Somebody's repository brings a journal of its own: it must not reach outside. */
static void
test_hostile_lists(void **state)
{
	static const char *const lists[] = {
		"put 0 elsewhere/x\n",
		"put 0 ../x\n",
		"put 0 /etc/x\n",
		"put 0 tfsecrets/../x\n",
		"put 0 tfsecrets/prod/../../x\n",
		"put 0 .git/hooks/pre-commit\n",
		"put 0 .bashrc\n",
		"put 0 tfsecrets/.journal/commit\n",
		"put 0 tfsecrets\n",
		"put 0 tfsecrets//a\n",
		"put 0 tfsecrets/\n",
		"put 0 tfsecrets/prod/\n",
		"put 0\n",
		"put 0 \n",
		"put  tfsecrets/a\n",
		"put x tfsecrets/a\n",
		"put ../0 tfsecrets/a\n",
		"put -0 tfsecrets/a\n",
		"put /0 tfsecrets/a\n",
		"remove\n",
		"remove \n",
		"remove elsewhere/keep\n",
		"remove tfsecrets/../elsewhere/keep\n",
		"remove .git/index\n",
		"move tfsecrets/a tfsecrets/b\n",
		"garbage\n",
		"\n",
		" \n",
		"put 0 tfsecrets/.a\n",
		"remove .env\n",
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		make_old();
		scratch_put("elsewhere/keep", "keep");
		scratch_put("tfsecrets/.journal/0", "new");
		scratch_put("tfsecrets/.journal/commit", lists[i]);
		if (recover(&err) == 0)
			fail_msg("'%s' was followed", lists[i]);
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_string_equal(err.message,
				    "'tfsecrets/.journal/commit' is not a list of ours; "
				    "remove 'tfsecrets/.journal'");
		expect_old();
		scratch_expect("elsewhere/keep", "keep");
		scratch_expect("tfsecrets/.journal/0", "new");
	}
}

/* All of a list is looked at before any of it is done. */
static void
test_hostile_last_line(void **state)
{
	struct error err;

	(void)state;
	make_old();
	scratch_put("tfsecrets/.journal/0", "new");
	scratch_put("tfsecrets/.journal/commit",
		    "put 0 tfsecrets.yaml\nremove tfsecrets/prod/gone\nput 1 x\n");
	assert_int_equal(recover(&err), -1);
	expect_old();
}

static void
test_list_with_nul(void **state)
{
	struct error err;

	(void)state;
	make_old();
	scratch_put("tfsecrets/.journal/0", "new");
	assert_int_equal(
		file_replace(scratch_fd, "tfsecrets/.journal/commit", "c",
			     (struct bytes){ (const uint8_t *)"remove tfsecrets/prod/gone\n\0put 0 "
							      "tfsecrets.yaml\n",
					     49 },
			     0644, &err),
		0);
	assert_int_equal(recover(&err), -1);
	assert_int_equal(err.code, ERROR_REFUSED);
	expect_old();
}

/* Links: of the journal, of its list, of a directory that a list names, of a staged file's target. */
static void
test_links(void **state)
{
	struct error err;

	(void)state;
	make_old();
	scratch_shell("mkdir elsewhere && echo 'remove tfsecrets/prod/gone' >elsewhere/commit && "
		      "ln -s ../elsewhere tfsecrets/.journal");
	assert_int_equal(recover(&err), -1);
	assert_string_equal(err.message, "'tfsecrets/.journal' is not a directory");
	expect_old();

	make_old();
	scratch_shell(
		"mkdir elsewhere tfsecrets/.journal && echo 'remove tfsecrets/prod/gone' >elsewhere/commit && "
		"ln -s ../../elsewhere/commit tfsecrets/.journal/commit");
	assert_int_equal(recover(&err), -1);
	assert_string_equal(err.message, "'tfsecrets/.journal/commit' is a link, not a file");
	expect_old();

	make_old();
	scratch_put("elsewhere/keep", "keep");
	scratch_put("tfsecrets/.journal/commit", "remove tfsecrets/linked/keep\n");
	scratch_shell("ln -s ../elsewhere tfsecrets/linked");
	assert_int_equal(recover(&err), -1);
	assert_string_equal(err.message, "'tfsecrets/linked' is not a directory");
	scratch_expect("elsewhere/keep", "keep");

	/* A link at the place of a file is replaced, not followed. */
	make_old();
	scratch_put("elsewhere/keep", "keep");
	scratch_shell("ln -sf ../../elsewhere/keep tfsecrets/prod/a");
	assert_int_equal(change_few(&err), 0);
	expect_new(false);
	scratch_expect("elsewhere/keep", "keep");
}

/* What else lies in the journal's folder goes with it, but never what lies below. */
static void
test_garbage(void **state)
{
	struct error err;

	(void)state;
	make_old();
	scratch_put("tfsecrets/.journal/garbage", "x");
	scratch_shell("ln -s ../prod tfsecrets/.journal/link && mkfifo tfsecrets/.journal/pipe");
	assert_int_equal(change_few(&err), 0);
	expect_new(false);
	assert_false(journal_is_left(scratch_fd));

	make_old();
	scratch_put("tfsecrets/.journal/folder/x", "x");
	assert_int_equal(recover(&err), -1);
	assert_string_equal(err.message,
			    "cannot remove 'tfsecrets/.journal/folder': Is a directory");
	expect_old();
}

/* What could not be put in its place is found before anything is: nothing changes, nothing is left. */
static void
test_in_the_way(void **state)
{
	static const struct {
		const char *before, *message;
	} cases[] = {
		{ "rm -rf tfsecrets/stage && echo a file >tfsecrets/stage",
		  "'tfsecrets/stage/sealed' is not a directory" },
		{ "rm -rf tfsecrets/stage && ln -s .. tfsecrets/stage",
		  "'tfsecrets/stage/sealed' is not a directory" },
		{ "rm tfsecrets/prod/a && mkdir tfsecrets/prod/a",
		  "'tfsecrets/prod/a' is a directory, not a file" },
		{ "rm tfsecrets/prod/gone && mkdir tfsecrets/prod/gone",
		  "'tfsecrets/prod/gone' is a directory, not a file" },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		make_old();
		scratch_shell(cases[i].before);
		assert_int_equal(change_few(&err), -1);
		assert_string_equal(err.message, cases[i].message);
		assert_false(journal_is_left(scratch_fd));
		scratch_shell("test ! -e tfsecrets/stage/sealed");
	}
}

/* What comes into the way later keeps the change for the next run. */
static void
test_in_the_way_of_recovery(void **state)
{
	struct error err;

	(void)state;
	make_old();
	scratch_put("tfsecrets/stage", "a file where a directory should be");
	scratch_put("tfsecrets/.journal/0", "new");
	scratch_put("tfsecrets/.journal/commit", "put 0 tfsecrets/stage/sealed/x\n");
	assert_int_equal(recover(&err), -1);
	assert_string_equal(err.message, "'tfsecrets/stage/sealed' is not a directory");
	assert_true(journal_is_left(scratch_fd));
	scratch_remove("tfsecrets/stage");
	assert_int_equal(recover(&err), 0);
	scratch_expect("tfsecrets/stage/sealed/x", "new");
	assert_false(journal_is_left(scratch_fd));
}

/* Root may write anywhere: the child is nobody where the test is root. */
static int
in_read_only(struct error *err)
{
	struct journal journal;
	int result;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return -1;
	result = journal_begin(scratch_fd, &journal, err);
	journal_end(&journal);
	return result == -1 && strcmp(err->message,
				      "cannot make the directory 'tfsecrets/.journal': "
				      "Permission denied") == 0 ?
		       0 :
		       -1;
}

static void
test_read_only(void **state)
{
	struct error err;
	int status;
	pid_t child;

	(void)state;
	make_old();
	scratch_shell("chmod 555 tfsecrets . && chmod a+r tfsecrets.yaml");
	child = fork();
	if (child == 0)
		_exit(in_read_only(&err) == 0 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	scratch_shell("chmod 755 tfsecrets .");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	expect_old();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_killed, clean),
		cmocka_unit_test_setup(test_killed_with_many_files, clean),
		cmocka_unit_test_setup(test_recovery_killed, clean),
		cmocka_unit_test_setup(test_undo_killed, clean),
		cmocka_unit_test_setup(test_next_writer_recovers, clean),
		cmocka_unit_test_setup(test_end_undoes, clean),
		cmocka_unit_test_setup(test_first_change_undone, clean),
		cmocka_unit_test_setup(test_nothing_staged, clean),
		cmocka_unit_test_setup(test_modes, clean),
		cmocka_unit_test_setup(test_modes_of_folders, clean),
		cmocka_unit_test_setup(test_expectations, clean),
		cmocka_unit_test_setup(test_hostile_lists, clean),
		cmocka_unit_test_setup(test_hostile_last_line, clean),
		cmocka_unit_test_setup(test_list_with_nul, clean),
		cmocka_unit_test_setup(test_links, clean),
		cmocka_unit_test_setup(test_garbage, clean),
		cmocka_unit_test_setup(test_in_the_way, clean),
		cmocka_unit_test_setup(test_in_the_way_of_recovery, clean),
		cmocka_unit_test_setup(test_read_only, clean),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
