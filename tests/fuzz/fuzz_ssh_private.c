/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is accepted gives a seed whose public key stands in the file. The input is a key file, and it is
 * what stands inside of one. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "crypto/ed25519.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END "-----END OPENSSH PRIVATE KEY-----\n"

enum { COLUMNS = 70 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* True: accepted, and this is the public key. */
static bool
check(struct bytes text, uint8_t public[static ED25519_PUBLIC_BYTES])
{
	CLEANUP(secret_clear) struct secret file = SECRET_INIT;
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	struct error err = ERROR_INIT;

	require(secret_from(text, &file, &err) == 0);
	if (ssh_private_parse(&file, &seed, &err) < 0) {
		require(err.code == ERROR_REFUSED && seed.data == NULL);
		return false;
	}
	require(ssh_private_is(&file) && seed.len == ED25519_SEED_BYTES);
	ed25519_public(&seed, public);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	CLEANUP(buf_clear) struct buf armored = BUF_INIT(2 * size + 200);
	uint8_t public[ED25519_PUBLIC_BYTES];
	struct error err = ERROR_INIT;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	(void)check((struct bytes){ data, size }, public);
	buf_append_text(&armored, BEGIN);
	base64_encode((struct bytes){ data, size }, BASE64_PADDED, COLUMNS, &armored);
	buf_append_text(&armored, END);
	if (check(buf_bytes(&armored), public))
		require(memmem(data, size, public, sizeof(public)) != NULL);
	return 0;
}
