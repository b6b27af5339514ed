/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>

#include "base/list.h"
#include "injector/repository/identity.h"
#include "tests/unit/scratch.h"

/* Made by age-keygen, `age -p -a` (the passphrase is below) and ssh-keygen. The signing key was computed
 * from the identity by a program of its own: Bech32, HKDF and Ed25519 in Python. */
#define KEY "AGE-SECRET-KEY-1FHKN83KHPHK85X99HKQ0V5ATEGXKTEXR8C8CKMXLXPT93AX5ZVVQVFS75Q"
#define RECIPIENT "age1g2ha37nne3rvnkgsxnhrmsdhsp0ek24t5znz6faqyqq8gakqq37q0ax4ey"
#define SIGNING "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOs3Wj0kXR/ANBVUA5HkLyXtKQHdv5ETPsZDtuy4J/+t"
#define PASSPHRASE "correct horse"
#define OPENSSH_PUBLIC                                                                             \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBV9Gbg1oAO/QmqyoUJC3crYvC+Gi1fOflT3qJ5XVcV8"
#define OPENSSH_KEY                                                                                \
	"-----BEGIN OPENSSH PRIVATE KEY-----\n"                                                    \
	"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"                 \
	"QyNTUxOQAAACAVfRm4NaADv0JqsqFCQt3K2LwvhotXzn5U96ieV1XFfAAAAJC7GJ5Cuxie\n"                 \
	"QgAAAAtzc2gtZWQyNTUxOQAAACAVfRm4NaADv0JqsqFCQt3K2LwvhotXzn5U96ieV1XFfA\n"                 \
	"AAAEDDWI8SLnNbmKA/lSPyhKCWnfnXc9UTgg9A/FCyayp6MhV9Gbg1oAO/QmqyoUJC3crY\n"                 \
	"vC+Gi1fOflT3qJ5XVcV8AAAAB2NvbW1lbnQBAgMEBQY=\n"                                           \
	"-----END OPENSSH PRIVATE KEY-----\n"

#define PASSPHRASE_FILE                                                                            \
	"-----BEGIN AGE ENCRYPTED FILE-----\n"                                                     \
	"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBiT2h1RkFVVnYrMlVzeHc4\n"                       \
	"V1o4TExRIDE4Ci85dkV2Q1owSGVicnEwVjVaRHNlU01aUHhySnBkNWdBTy9zby9w\n"                       \
	"L0s5eEEKLS0tIGllNHBRSmVkbkZaK1FsMFozOUY2Vm9yR3B0VG1HTW5zQnJkVVY4\n"                       \
	"WmFoM3cKJiFZs7z98xePeVc9cye94ekuIALa1UB0kmiNkc5zcZzlKMgQ8i2IsS/i\n"                       \
	"FAx/2oQBvwhnDIfwrGwvIYYdGyAukyxQN8wGSu7ODIvgW1vNEtdyBg81eZY1H4VU\n"                       \
	"Ck/CgRT0qO3/LQUP5LKHkXYnVKvsJglmIm2kXabh+acpUWCzPpRYVlUI3DcUUvPZ\n"                       \
	"rw725u71cure2V6uBa9ijKqTP15OKkoAXJKyIMGYc22JTRPQWyqDCwQVqrdw37bS\n"                       \
	"Cm9OqpvnAN6ofwQ52uspQ5oSckl4tFXlNdKiDlF+\n"                                               \
	"-----END AGE ENCRYPTED FILE-----\n"

static const char *passphrase = PASSPHRASE;
static char asked[256];

static int
ask(const char *prompt, struct secret *ret, struct error *err)
{
	(void)snprintf(asked, sizeof(asked), "%s", prompt);
	return secret_from(bytes_of(passphrase), ret, err);
}

static int
setup(void **state)
{
	struct error err;

	(void)state;
	if (scratch_make("test_identity") < 0 || chdir(scratch) < 0 || secret_start(&err) < 0)
		return -1;
	(void)unsetenv("TFSECRETS_IDENTITY");
	(void)unsetenv("TFSECRETS_AGE_KEY");
	return setenv("XDG_CONFIG_HOME", scratch, 1);
}

static int
teardown(void **state)
{
	(void)state;
	identity_forget_environment();
	secret_stop();
	return scratch_end();
}

static int
parse(const char *text, struct identity *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret secret = SECRET_INIT;

	assert_int_equal(secret_from(bytes_of(text), &secret, err), 0);
	return identity_parse(&secret, "f", ask, ret, err);
}

static void
expect_public(const struct identity *identity, const char *recipient, const char *signing)
{
	char text[AGE_RECIPIENT_TEXT_BYTES], signer[SSH_PUBLIC_TEXT_BYTES];

	age_recipient_format(&identity->age.recipient, text);
	assert_string_equal(text, recipient);
	ssh_public_format(identity->signing, signer);
	assert_string_equal(signer, signing);
}

static void
expect_identity(const char *text, const char *recipient, const char *signing)
{
	struct identity identity;
	struct error err;

	if (parse(text, &identity, &err) < 0)
		fail_msg("%s", err.message);
	expect_public(&identity, recipient, signing);
	assert_true(identity_reads(&identity));
	identity_clear(&identity);
}

static void
expect_refused(const char *text, const char *message)
{
	struct identity identity;
	struct error err;

	assert_int_equal(parse(text, &identity, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
}

static void
test_age_syntax(void **state)
{
	static const char *const texts[] = {
		KEY,
		KEY "\n",
		KEY "\r\n",
		"\n\n" KEY "\n\n",
		"# created: 2026-01-01\n# public key: " RECIPIENT "\n" KEY "\n",
		"# a\r\n\r\n" KEY "\r\n# b\r\n",
		"  # indented\n \t" KEY " \t\n",
		"#" KEY "\n" KEY "\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		expect_identity(texts[i], RECIPIENT, SIGNING);
}

static void
test_age_syntax_refused(void **state)
{
	static const char other[] =
		"AGE-SECRET-KEY-1FHKN83KHPHK85X99HKQ0V5ATEGXKTEXR8C8CKMXLXPT93AX5ZVVQVFS75P";

	(void)state;
	expect_refused("", "f: there is no key in it (AGE-SECRET-KEY-1…)");
	expect_refused("# only\n\n# comments\n", "f: there is no key in it (AGE-SECRET-KEY-1…)");
	expect_refused(KEY "\n# x\n" KEY "\n", "f:3: a second key; an identity has one");
	expect_refused(KEY "\ngarbage\n", "f:2: a second key; an identity has one");
	for (int i = 0; i < 3; i++) {
		static const char *const bad[] = { "garbage", other, "age1abc" };
		struct identity identity;
		struct error err;

		assert_int_equal(parse(bad[i], &identity, &err), -1);
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_memory_equal(err.message, "f:1: ", 5);
		/* The line may be a secret with a slip in it. */
		assert_null(strstr(err.message, bad[i]));
	}
}

static void
test_openssh(void **state)
{
	(void)state;
	expect_identity(OPENSSH_KEY, OPENSSH_PUBLIC, OPENSSH_PUBLIC);
}

static void
test_openssh_cut(void **state)
{
	CLEANUP(free_text) char *text = xstrdup(OPENSSH_KEY);
	struct identity identity;
	struct error err;

	(void)state;
	for (size_t len = strlen(text) - 2; len > 40; len -= 7) {
		text[len] = 0;
		assert_int_equal(parse(text, &identity, &err), -1);
		assert_int_equal(err.code, ERROR_REFUSED);
	}
}

static void
test_openssh_public(void **state)
{
	static const char *const texts[] = { OPENSSH_PUBLIC " alice@example.org\n", OPENSSH_PUBLIC,
					     OPENSSH_PUBLIC "\r\n" };
	struct identity identity;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct signer signer;

		assert_int_equal(parse(texts[i], &identity, &err), 0);
		expect_public(&identity, OPENSSH_PUBLIC, OPENSSH_PUBLIC);
		assert_false(identity_reads(&identity));
		signer = identity_signer(&identity);
		assert_null(signer.seed);
		identity_clear(&identity);
	}
	expect_refused("ssh-ed25519 AAAA\n", "f: is not a valid ssh-ed25519 key");
}

static void
test_passphrase(void **state)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	struct identity identity;
	struct error err;

	(void)state;
	expect_identity(PASSPHRASE_FILE, RECIPIENT, SIGNING);
	assert_string_equal(asked, "passphrase of f: ");
	passphrase = "correct horsf";
	assert_int_equal(parse(PASSPHRASE_FILE, &identity, &err), -1);
	passphrase = PASSPHRASE;
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_memory_equal(err.message, "f: ", 3);
	assert_string_equal(err.message, "f: no identity opens it");

	assert_int_equal(secret_from(bytes_of(PASSPHRASE_FILE), &text, &err), 0);
	assert_int_equal(identity_parse(&text, "f", NULL, &identity, &err), -1);
	assert_string_equal(err.message, "f: needs a passphrase, which cannot be asked here");
}

/* Loads what files (up to a NULL) name; NULL: nothing is named. */
static int
load(const char *const *files, struct identities *ret, struct error *err)
{
	CLEANUP(list_clear) struct list list = LIST_INIT;

	for (size_t i = 0; files != NULL && files[i] != NULL; i++)
		list_add(&list, files[i]);
	return identities_load(&list, ask, ret, err);
}

static void
expect_load_refused(const char *file, const char *message)
{
	const char *const files[] = { file, NULL };
	struct identities identities;
	struct error err;

	assert_int_equal(load(file != NULL ? files : NULL, &identities, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
}

static void
put_key(const char *path, const char *text, mode_t mode)
{
	scratch_put(path, text);
	assert_int_equal(fchmodat(scratch_fd, path, mode, 0), 0);
}

static void
test_files(void **state)
{
	static const char *const files[] = { "age", "ssh", "age", NULL };
	struct identities identities;
	struct error err;

	(void)state;
	put_key("age", KEY, 0600);
	put_key("ssh", OPENSSH_KEY, 0400);
	assert_int_equal(load(files, &identities, &err), 0);
	assert_int_equal(identities.count, 3);
	expect_public(&identities.items[0], RECIPIENT, SIGNING);
	expect_public(&identities.items[1], OPENSSH_PUBLIC, OPENSSH_PUBLIC);
	identities_clear(&identities);
	assert_int_equal(identities.count, 0);
}

static void
test_files_refused(void **state)
{
	static const char *const second_is_missing[] = { "age", "none", NULL };
	static const mode_t modes[] = { 0640, 0604, 0660, 0620, 0601, 0644 };
	CLEANUP(free_text) char *large = xcalloc(IDENTITY_FILE_MAX + 2, 1);
	struct identities identities;
	struct error err;

	(void)state;
	put_key("age", KEY, 0600);
	for (size_t i = 0; i < COUNT(modes); i++) {
		put_key("open", KEY, modes[i]);
		expect_load_refused("open",
				    "cannot load the identity: the identity 'open' can be read by "
				    "others; run: chmod 600 'open'");
	}
	scratch_shell("ln -s age link && mkfifo -m 600 pipe && mkdir folder");
	expect_load_refused("link", "cannot load the identity: 'link' is a link, not a file");
	expect_load_refused("pipe", "cannot load the identity: 'pipe' is a pipe, not a file");
	expect_load_refused("folder",
			    "cannot load the identity: 'folder' is a directory, not a file");
	expect_load_refused("/dev/null",
			    "cannot load the identity: '/dev/null' is a device, not a file");
	expect_load_refused(
		"none", "cannot load the identity: cannot open 'none': No such file or directory");
	memset(large, '#', IDENTITY_FILE_MAX + 1);
	put_key("large", large, 0600);
	expect_load_refused("large",
			    "cannot load the identity: 'large' is larger than 65536 bytes");
	assert_int_equal(load(second_is_missing, &identities, &err), -1);
	assert_non_null(strstr(err.message, "cannot open 'none'"));
	/* A public key is no secret. */
	put_key("key.pub", OPENSSH_PUBLIC " x\n", 0644);
	assert_int_equal(load((const char *const[]){ "key.pub", NULL }, &identities, &err), 0);
	identities_clear(&identities);
}

/* A key that was loaded by its first source: by which, the second column tells. */
static void
expect_loaded(const char *const *files, const char *recipient)
{
	struct identities identities;
	struct error err;

	if (load(files, &identities, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(identities.count, 1);
	expect_public(&identities.items[0], recipient,
		      strcmp(recipient, RECIPIENT) == 0 ? SIGNING : OPENSSH_PUBLIC);
	identities_clear(&identities);
}

static void
test_default(void **state)
{
	CLEANUP(free_text) char *expected = xasprintf(
		"there is no identity: '%s/tfsecrets/identity' is not there, and neither --identity nor "
		"$TFSECRETS_IDENTITY nor $TFSECRETS_AGE_KEY is set; 'tfsecrets keygen' makes one",
		scratch);
	CLEANUP(free_text) char *path = NULL;

	(void)state;
	expect_load_refused(NULL, expected);
	put_key("tfsecrets/identity", OPENSSH_KEY, 0600);
	expect_loaded(NULL, OPENSSH_PUBLIC);
	assert_int_equal(setenv("XDG_CONFIG_HOME", "relative", 1), 0);
	assert_int_equal(setenv("HOME", "/home/x", 1), 0);
	path = identity_default_path();
	assert_int_equal(setenv("XDG_CONFIG_HOME", scratch, 1), 0);
	assert_string_equal(path, "/home/x/.config/tfsecrets/identity");
	scratch_remove("tfsecrets");
}

/* The first that is set counts, and its errors are final. */
static void
test_variable(void **state)
{
	(void)state;
	put_key("age", KEY, 0600);
	put_key("tfsecrets/identity", OPENSSH_KEY, 0600);
	assert_int_equal(setenv("TFSECRETS_IDENTITY", "age", 1), 0);
	expect_loaded(NULL, RECIPIENT);
	expect_loaded((const char *const[]){ "tfsecrets/identity", NULL }, OPENSSH_PUBLIC);
	assert_int_equal(setenv("TFSECRETS_IDENTITY", "gone", 1), 0);
	expect_load_refused(
		NULL, "cannot load the identity: cannot open 'gone': No such file or directory");
	assert_int_equal(unsetenv("TFSECRETS_IDENTITY"), 0);
	scratch_remove("tfsecrets");
}

/* Before main's first line of its own, as the program does it. Exit status 0: taken, and nowhere left. */
static int
take_key(void)
{
	CLEANUP(buf_clear) struct buf seen = BUF_INIT(1024 * 1024);
	struct identities identities = IDENTITIES_INIT;
	struct list none = LIST_INIT;
	struct error err;
	char recipient[AGE_RECIPIENT_TEXT_BYTES];

	if (secret_start(&err) < 0 || identity_take_environment(&err) < 0 ||
	    !identity_in_environment())
		return 10;
	if (getenv("TFSECRETS_AGE_KEY") != NULL ||
	    system("test -z \"${TFSECRETS_AGE_KEY+x}\"") != 0)
		return 11;
	if (file_read(AT_FDCWD, "/proc/self/environ", "e", 1024 * 1024, &seen, &err) < 0 ||
	    seen.len == 0)
		return 12;
	if (memmem(seen.data, seen.len, &KEY[20], 40) != NULL)
		return 13;
	if (memmem(seen.data, seen.len, "BEHIND=it", 10) == NULL)
		return 14;
	if (identities_load(&none, NULL, &identities, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.message);
		return 15;
	}
	age_recipient_format(&identities.items[0].age.recipient, recipient);
	identities_clear(&identities);
	identity_forget_environment();
	if (identity_in_environment())
		return 16;
	secret_stop();
	return strcmp(recipient, RECIPIENT) == 0 ? 0 : 17;
}

static int
exec_self(const char *const *environment)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		(void)execle("/proc/self/exe", "test_identity", "--take", NULL, environment);
		_exit(99);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_key_variable(void **state)
{
	CLEANUP(free_text) char *config = xasprintf("XDG_CONFIG_HOME=%s", scratch);
	const char *const good[] = { "PATH=/usr/bin:/bin", "TFSECRETS_AGE_KEY=" KEY, "BEHIND=it",
				     config, NULL };
	const char *const comments[] = { "PATH=/usr/bin:/bin",
					 "TFSECRETS_AGE_KEY=# x\r\n" KEY "\r\n", "BEHIND=it",
					 config, NULL };
	const char *const bad[] = { "PATH=/usr/bin:/bin", "TFSECRETS_AGE_KEY=garbage", "BEHIND=it",
				    config, NULL };

	(void)state;
	/* The key in the environment comes before the file, and an error in it is final. */
	put_key("tfsecrets/identity", OPENSSH_KEY, 0600);
	assert_int_equal(exec_self(good), 0);
	assert_int_equal(exec_self(comments), 0);
	assert_int_equal(exec_self(bad), 15);
	scratch_remove("tfsecrets");
}

static void
test_no_key_variable(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(identity_take_environment(&err), 0);
	assert_false(identity_in_environment());
}

static void
test_generate_and_write(void **state)
{
	static const char *const files[] = { "new/folder/identity", NULL };
	struct identity identity;
	struct identities read;
	struct stat status;
	struct error err;
	CLEANUP(free_text) char *text = NULL;
	char recipient[AGE_RECIPIENT_TEXT_BYTES], signing[SSH_PUBLIC_TEXT_BYTES];

	(void)state;
	assert_int_equal(identity_generate(&identity, &err), 0);
	if (identity_write(&identity, files[0], &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(stat(files[0], &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	age_recipient_format(&identity.age.recipient, recipient);
	ssh_public_format(identity.signing, signing);
	text = scratch_get(files[0]);
	assert_non_null(strstr(text, recipient));
	assert_non_null(strstr(text, signing));
	assert_int_equal(load(files, &read, &err), 0);
	expect_public(&read.items[0], recipient, signing);
	assert_true(secret_equal(&read.items[0].age.private, &identity.age.private));
	identities_clear(&read);
	assert_int_equal(identity_write(&identity, files[0], &err), -1);
	assert_string_equal(err.message, "'new/folder/identity' is there already, and an identity "
					 "is never overwritten");
	scratch_expect(files[0], text);
	identity_clear(&identity);
	/* What stock age makes of it. */
	scratch_shell(
		"age-keygen -y new/folder/identity >derived && grep -qxF \"$(sed -n 's/# public key: //p' "
		"new/folder/identity)\" derived");
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_age_syntax),
		cmocka_unit_test(test_age_syntax_refused),
		cmocka_unit_test(test_openssh),
		cmocka_unit_test(test_openssh_cut),
		cmocka_unit_test(test_openssh_public),
		cmocka_unit_test(test_passphrase),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_files_refused),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_variable),
		cmocka_unit_test(test_key_variable),
		cmocka_unit_test(test_no_key_variable),
		cmocka_unit_test(test_generate_and_write),
	};

	if (argc == 2 && strcmp(argv[1], "--take") == 0)
		return take_key();
	return cmocka_run_group_tests(tests, setup, teardown);
}
