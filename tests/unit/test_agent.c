/* SPDX-License-Identifier: Apache-2.0 */
/* Against the system's ssh-agent, and against agents that end, talk nonsense or lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "crypto/agent.h"
#include "crypto/random.h"
#include "crypto/sshsig.h"
#include "crypto/wire.h"
#include "tests/unit/scratch.h"

#define NO_ANSWER "ssh-agent: did not answer"
#define NO_KEY "ssh-agent: does not have this key (ssh-add adds it), or did not want to sign"
#define MALFORMED "ssh-agent: its answer is malformed"

enum { SIGN_REQUEST = 13, SIGN_RESPONSE = 14, FAILURE = 5, REQUEST_FRAME = 5 + 4 + SSH_WIRE_BYTES };

static pid_t real_agent;
static struct secret seed = SECRET_INIT;
static uint8_t public[ED25519_PUBLIC_BYTES];

static int
setup(void **state)
{
	struct error err;

	(void)state;
	if (scratch_make("test_agent") < 0 || secret_start(&err) < 0 ||
	    secret_new(ED25519_SEED_BYTES, &seed, &err) < 0)
		return -1;
	random_bytes(seed.data, ED25519_SEED_BYTES);
	seed.len = ED25519_SEED_BYTES;
	ed25519_public(&seed, public);
	/* As a program is started, whatever started this one. */
	return signal(SIGPIPE, SIG_DFL) == SIG_ERR ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (real_agent > 0)
		(void)kill(real_agent, SIGTERM);
	secret_clear(&seed);
	secret_stop();
	return scratch_end();
}

static void
expect_refused(const uint8_t key[static ED25519_PUBLIC_BYTES], struct bytes data,
	       const char *message)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct error err;

	assert_int_equal(agent_sign(key, data, signature, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, ERROR_REFUSED);
}

/* The system's ssh-agent */

static void
ssh_public_of(const char *path, uint8_t ret[static ED25519_PUBLIC_BYTES])
{
	CLEANUP(free_text) char *text = scratch_get(path);
	char *save = NULL, *word = strtok_r(text, " ", &save);

	assert_non_null(word);
	assert_string_equal(word, "ssh-ed25519");
	word = strtok_r(NULL, " ", &save);
	assert_non_null(word);
	assert_true(ssh_public_parse(bytes_of(word), ret));
}

static void
expect_signed(const uint8_t key[static ED25519_PUBLIC_BYTES], struct bytes data)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct error err;

	if (agent_sign(key, data, signature, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(ed25519_verify(key, data, signature));
}

/* One key that it holds until it is told to forget it, and one that it does not. */
static void
use_agent(void)
{
	uint8_t held[ED25519_PUBLIC_BYTES], not_held[ED25519_PUBLIC_BYTES];
	static uint8_t large[200000];

	scratch_shell("ssh-keygen -q -t ed25519 -N '' -f held; ssh-keygen -q -t ed25519 -N '' -f "
		      "other; ssh-add held");
	ssh_public_of("held.pub", held);
	ssh_public_of("other.pub", not_held);
	expect_signed(held, bytes_of(""));
	expect_signed(held, bytes_of("message"));
	expect_signed(held, BYTES(large));
	expect_refused(not_held, bytes_of("message"), NO_KEY);
	scratch_shell("ssh-add -D");
	expect_refused(held, bytes_of("message"), NO_KEY);
}

static void
test_real_agent(void **state)
{
	CLEANUP(free_text) char *path = xasprintf("%s/agent", scratch);
	struct stat status;

	(void)state;
	real_agent = fork();
	assert_true(real_agent >= 0);
	if (real_agent == 0) {
		(void)dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		(void)execlp("ssh-agent", "ssh-agent", "-D", "-a", path, (char *)NULL);
		_exit(127);
	}
	while (lstat(path, &status) < 0) {
		if (waitpid(real_agent, NULL, WNOHANG) != 0)
			fail_msg("ssh-agent has ended");
		(void)usleep(1000);
	}
	assert_int_equal(setenv("SSH_AUTH_SOCK", path, 1), 0);
	use_agent();
	assert_int_equal(kill(real_agent, SIGTERM), 0);
	assert_int_equal(waitpid(real_agent, NULL, 0), real_agent);
	real_agent = 0;
}

static void
test_no_agent(void **state)
{
	CLEANUP(free_text) char *path = xasprintf("%s/nothing", scratch);
	CLEANUP(free_text) char *message =
		xasprintf("ssh-agent: cannot connect to '%s': No such file or directory", path);
	char longer[200];

	(void)state;
	assert_int_equal(unsetenv("SSH_AUTH_SOCK"), 0);
	expect_refused(public, bytes_of(""),
		       "ssh-agent: is not running here ($SSH_AUTH_SOCK is not set)");
	assert_int_equal(setenv("SSH_AUTH_SOCK", "", 1), 0);
	expect_refused(public, bytes_of(""),
		       "ssh-agent: is not running here ($SSH_AUTH_SOCK is not set)");
	assert_int_equal(setenv("SSH_AUTH_SOCK", path, 1), 0);
	expect_refused(public, bytes_of(""), message);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	for (size_t len = 108; len < sizeof(longer); len += 91) {
		longer[len] = 0;
		assert_int_equal(setenv("SSH_AUTH_SOCK", longer, 1), 0);
		expect_refused(public, bytes_of(""), "ssh-agent: $SSH_AUTH_SOCK is too long");
		longer[len] = 'a';
	}
}

/* Other agents */

struct other_agent {
	struct bytes sends;
	size_t reads; /* bytes of the request before it answers; 0: all of it */
	bool interrupts;
};

static int
read_request(int fd, size_t most, struct buf *request)
{
	while (most == 0 || request->len < most) {
		struct bytes rest = buf_bytes(request);
		uint32_t len;
		uint8_t byte;

		if (wire_take_number(&rest, &len) && rest.len == len)
			return 0;
		if (read(fd, &byte, 1) != 1)
			return -1;
		buf_append_byte(request, byte);
	}
	return 0;
}

static void
be_agent(int listener, const struct other_agent *agent)
{
	struct buf request = BUF_INIT(AGENT_MESSAGE_MAX + 4);
	int fd = accept(listener, NULL, NULL);

	if (fd < 0 || read_request(fd, agent->reads, &request) < 0)
		_exit(1);
	for (int i = 0; agent->interrupts && i < 5; i++) {
		(void)usleep(10000);
		(void)kill(getppid(), SIGUSR1);
	}
	(void)usleep(agent->interrupts ? 10000 : 0);
	if (agent->sends.len > 0 && send(fd, agent->sends.data, agent->sends.len, MSG_NOSIGNAL) !=
					    (ssize_t)agent->sends.len)
		_exit(2);
	_exit(0);
}

/* Starts one that serves one connection and ends. */
static pid_t
start_agent(const struct other_agent *agent)
{
	CLEANUP(free_text) char *path = xasprintf("%s/other", scratch);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t child;

	(void)unlink(path);
	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(setenv("SSH_AUTH_SOCK", path, 1), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		be_agent(listener, agent);
	assert_int_equal(close(listener), 0);
	return child;
}

static void
expect_ended(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What an agent sends, and what is said of it. */
static void
expect_refused_answer(struct bytes sends, const char *message)
{
	const struct other_agent agent = { .sends = sends };
	pid_t child = start_agent(&agent);

	expect_refused(public, bytes_of("message"), message);
	expect_ended(child);
}

/* "string" around kind, a blob of these two, as an agent frames it. */
static void
frame(struct buf *out, uint8_t kind, const char *algorithm, struct bytes signature)
{
	CLEANUP(buf_clear) struct buf blob = BUF_INIT(1000), body = BUF_INIT(1000);

	wire_put_text(&blob, algorithm);
	wire_put_string(&blob, signature);
	buf_append_byte(&body, kind);
	wire_put_string(&body, buf_bytes(&blob));
	wire_put_string(out, buf_bytes(&body));
}

static void
expect_refused_frame(uint8_t kind, const char *algorithm, struct bytes signature,
		     const char *message)
{
	CLEANUP(buf_clear) struct buf sends = BUF_INIT(1000);

	frame(&sends, kind, algorithm, signature);
	expect_refused_answer(buf_bytes(&sends), message);
}

static void
test_fields_of_the_answer(void **state)
{
	uint8_t good[ED25519_SIGNATURE_BYTES], other[ED25519_SIGNATURE_BYTES + 1] = { 0 };

	(void)state;
	ed25519_sign(&seed, bytes_of("message"), good);
	ed25519_sign(&seed, bytes_of("another"), other);
	expect_refused_frame(SIGN_RESPONSE, "ssh-ed25519", (struct bytes){ other, 64 },
			     "ssh-agent: its signature does not hold");
	expect_refused_frame(SIGN_RESPONSE, "ssh-ed25519", (struct bytes){ good, 63 }, MALFORMED);
	expect_refused_frame(SIGN_RESPONSE, "ssh-ed25519", BYTES(other), MALFORMED);
	expect_refused_frame(SIGN_RESPONSE, "ssh-ed25519", bytes_of(""), MALFORMED);
	expect_refused_frame(SIGN_RESPONSE, "ssh-rsa", BYTES(good), MALFORMED);
	expect_refused_frame(SIGN_RESPONSE, "sk-ssh-ed25519@openssh.com", BYTES(good), MALFORMED);
	expect_refused_frame(FAILURE, "ssh-ed25519", BYTES(good), NO_KEY);
	expect_refused_frame(SIGN_REQUEST, "ssh-ed25519", BYTES(good), NO_KEY);
}

/* The same answer is taken when it is whole, also while signals arrive, and at no shorter length. */
static void
test_cut_answer(void **state)
{
	CLEANUP(buf_clear) struct buf sends = BUF_INIT(1000);
	uint8_t good[ED25519_SIGNATURE_BYTES];
	struct other_agent agent = { .reads = 0 };
	pid_t child;

	(void)state;
	ed25519_sign(&seed, bytes_of("message"), good);
	frame(&sends, SIGN_RESPONSE, "ssh-ed25519", BYTES(good));
	agent.sends = buf_bytes(&sends);
	child = start_agent(&agent);
	expect_signed(public, bytes_of("message"));
	expect_ended(child);
	for (size_t len = 0; len < sends.len; len++)
		expect_refused_answer((struct bytes){ sends.data, len }, NO_ANSWER);
}

/* A message that is well framed, but ends within each of its fields. */
static void
test_short_message(void **state)
{
	CLEANUP(buf_clear) struct buf whole = BUF_INIT(1000);
	uint8_t good[ED25519_SIGNATURE_BYTES];

	(void)state;
	ed25519_sign(&seed, bytes_of("message"), good);
	frame(&whole, SIGN_RESPONSE, "ssh-ed25519", BYTES(good));
	for (size_t len = 1; len < whole.len - 4; len++) {
		CLEANUP(buf_clear) struct buf sends = BUF_INIT(1000);

		wire_put_string(&sends, (struct bytes){ whole.data + 4, len });
		expect_refused_answer(buf_bytes(&sends), MALFORMED);
	}
}

static void
test_length_of_the_answer(void **state)
{
	static const uint8_t failure[] = { 0, 0, 0, 1, FAILURE };
	static const uint32_t lengths[] = { 0, AGENT_MESSAGE_MAX + 1, 0x7fffffff, UINT32_MAX };
	CLEANUP(buf_clear) struct buf largest = BUF_INIT(AGENT_MESSAGE_MAX + 4);
	uint8_t *body;

	(void)state;
	expect_refused_answer(BYTES(failure), NO_KEY);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		CLEANUP(buf_clear) struct buf sends = BUF_INIT(1000);

		wire_put_number(&sends, lengths[i]);
		buf_append_text(&sends, "\x0e and so on");
		expect_refused_answer(buf_bytes(&sends), NO_ANSWER);
	}
	wire_put_number(&largest, AGENT_MESSAGE_MAX);
	body = buf_extend(&largest, AGENT_MESSAGE_MAX);
	assert_non_null(body);
	memset(body, 0, AGENT_MESSAGE_MAX);
	body[0] = FAILURE;
	expect_refused_answer(buf_bytes(&largest), NO_KEY);
}

/* More is on its way to it than the system keeps for it. */
static void
test_agent_that_ends(void **state)
{
	static uint8_t large[AGENT_MESSAGE_MAX - REQUEST_FRAME - 4];
	const struct other_agent agent = { .reads = 4 };
	pid_t child;

	(void)state;
	child = start_agent(&agent);
	expect_refused(public, BYTES(large), NO_ANSWER);
	expect_ended(child);
}

static void
test_too_much_to_sign(void **state)
{
	static uint8_t large[AGENT_MESSAGE_MAX];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct error err;

	(void)state;
	assert_int_equal(agent_sign(public, BYTES(large), signature, &err), -1);
	assert_string_equal(err.message, "a request to ssh-agent is larger than 262144 bytes");
}

static void
on_signal(int number)
{
	(void)number;
}

static void
test_interrupted(void **state)
{
	const struct sigaction action = { .sa_handler = on_signal };
	CLEANUP(buf_clear) struct buf sends = BUF_INIT(1000);
	uint8_t good[ED25519_SIGNATURE_BYTES];
	struct other_agent agent = { .interrupts = true };
	pid_t child;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	ed25519_sign(&seed, bytes_of("message"), good);
	frame(&sends, SIGN_RESPONSE, "ssh-ed25519", BYTES(good));
	agent.sends = buf_bytes(&sends);
	child = start_agent(&agent);
	expect_signed(public, bytes_of("message"));
	expect_ended(child);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_agent),
		cmocka_unit_test(test_no_agent),
		cmocka_unit_test(test_fields_of_the_answer),
		cmocka_unit_test(test_cut_answer),
		cmocka_unit_test(test_short_message),
		cmocka_unit_test(test_length_of_the_answer),
		cmocka_unit_test(test_agent_that_ends),
		cmocka_unit_test(test_too_much_to_sign),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
