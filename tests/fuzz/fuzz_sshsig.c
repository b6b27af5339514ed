/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is accepted is what would be written for its contents. The input is an armored text, and it is
 * what stands inside of one. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "crypto/sshsig.h"

#define NAMESPACE "tfsecrets-sealed"

enum { COLUMNS = 70 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check(struct bytes text)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT(SSHSIG_ARMOR_MAX);
	struct sshsig sig;
	struct error err = ERROR_INIT;
	size_t len;

	if (sshsig_parse(text, NAMESPACE, &sig, &len, &err) < 0) {
		require(err.code == ERROR_REFUSED);
		return;
	}
	require(len <= text.len);
	sshsig_armor(&sig, NAMESPACE, &again);
	require(bytes_equal(buf_bytes(&again), (struct bytes){ text.data, len }));
	(void)sshsig_verify(&sig, NAMESPACE, bytes_of("message"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	CLEANUP(buf_clear) struct buf armored = BUF_INIT(2 * size + 200);
	struct error err = ERROR_INIT;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	check((struct bytes){ data, size });
	buf_append_text(&armored, SSHSIG_BEGIN);
	base64_encode((struct bytes){ data, size }, BASE64_PADDED, COLUMNS, &armored);
	buf_append_text(&armored, SSHSIG_END);
	check(buf_bytes(&armored));
	return 0;
}
