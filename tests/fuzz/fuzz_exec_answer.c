/* SPDX-License-Identifier: Apache-2.0 */
/* What a credential plugin writes: it is refused with a message, or there is a token, or a certificate and its key. */
#include <stdlib.h>

#include "base/memory.h"
#include "injector/cluster/exec_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	CLEANUP(exec_credential_clear) struct exec_credential credential = EXEC_CREDENTIAL_INIT;
	struct error err = ERROR_INIT;
	struct secret copy = SECRET_INIT;
	int64_t seconds;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	(void)exec_answer_time((struct bytes){ data, size }, &seconds);
	require(secret_from((struct bytes){ data, size }, &copy, &err) == 0);
	if (exec_answer_read(secret_bytes(&copy), "client.authentication.k8s.io/v1", &credential,
			     &err) < 0)
		require(err.message[0] != 0 && credential.token.data == NULL);
	else
		require((credential.token.len > 0 || credential.key.len > 0) &&
			(credential.certificate.len > 0) == (credential.key.len > 0));
	secret_clear(&copy);
	return 0;
}
