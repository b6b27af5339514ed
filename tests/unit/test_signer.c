/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/random.h"
#include "crypto/signer.h"
#include "crypto/sshsig.h"

#define NAMESPACE "tfsecrets-roster"

static struct secret seed = SECRET_INIT;

static int
setup(void **state)
{
	struct error err;

	(void)state;
	if (secret_start(&err) < 0 || secret_new(ED25519_SEED_BYTES, &seed, &err) < 0)
		return -1;
	random_bytes(seed.data, ED25519_SEED_BYTES);
	seed.len = ED25519_SEED_BYTES;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	secret_clear(&seed);
	secret_stop();
	return 0;
}

/* Appended, and what sshsig_sign writes: the key that signs is that of the seed. */
static void
test_by_seed(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(1000), expected = BUF_INIT(1000);
	struct signer signer = { .seed = &seed };
	struct sshsig sig;
	struct error err = ERROR_INIT;
	size_t len;

	(void)state;
	ed25519_public(&seed, signer.public);
	/* No agent is asked where there is a seed. */
	assert_int_equal(unsetenv("SSH_AUTH_SOCK"), 0);
	buf_append_text(&out, "message");
	assert_int_equal(signer_sign(&signer, NAMESPACE, bytes_of("message"), &out, &err), 0);
	sshsig_sign(&seed, NAMESPACE, bytes_of("message"), &expected);
	assert_memory_equal(buf_text(&out), "message", 7);
	assert_string_equal(buf_text(&out) + 7, buf_text(&expected));
	assert_int_equal(sshsig_parse((struct bytes){ out.data + 7, out.len - 7 }, NAMESPACE, &sig,
				      &len, &err),
			 0);
	assert_memory_equal(sig.signer, signer.public, sizeof(signer.public));
	assert_true(sshsig_verify(&sig, NAMESPACE, bytes_of("message")));
}

/* The agent that does sign is in tests/vectors. */
static void
test_no_agent(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(1000);
	struct signer signer = { .seed = NULL };
	struct error err = ERROR_INIT;

	(void)state;
	ed25519_public(&seed, signer.public);
	assert_int_equal(unsetenv("SSH_AUTH_SOCK"), 0);
	buf_append_text(&out, "message");
	assert_int_equal(signer_sign(&signer, NAMESPACE, bytes_of("message"), &out, &err), -1);
	assert_string_equal(err.message,
			    "ssh-agent: is not running here ($SSH_AUTH_SOCK is not set)");
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(buf_text(&out), "message");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_seed),
		cmocka_unit_test(test_no_agent),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
