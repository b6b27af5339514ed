/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/random.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void
random_bytes(void *out, size_t len)
{
	randombytes_buf(out, len);
}

int
random_text(struct secret *out, size_t count, const char *alphabet, struct error *err)
{
	size_t choices = strlen(alphabet), before = out->len;
	uint8_t character;
	int status = 0;

	assert(choices >= 2 && choices <= 256);
	for (size_t i = 0; i < count && status == 0; i++) {
		character = (uint8_t)alphabet[randombytes_uniform((uint32_t)choices)];
		status = secret_append(out, (struct bytes){ &character, 1 }, err);
	}
	if (status < 0)
		secret_truncate(out, before);
	secret_wipe(&character, sizeof(character));
	return status;
}
