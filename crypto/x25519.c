/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x25519.h"

#include <assert.h>
#include <sodium.h>

#include "crypto/random.h"

int
x25519_generate(struct secret *ret_private, struct error *err)
{
	struct secret private = SECRET_INIT;

	if (secret_new(X25519_BYTES, &private, err) < 0)
		return -1;
	random_bytes(private.data, X25519_BYTES);
	private.len = X25519_BYTES;
	*ret_private = private;
	return 0;
}

void
x25519_public(const struct secret *private, uint8_t ret[static X25519_BYTES])
{
	assert(private->len == X25519_BYTES);
	(void)crypto_scalarmult_curve25519_base(ret, private->data);
}

/* Every private key is a multiple of 8 once clamped, so any one shows a point of low order. */
bool
x25519_is_valid_public(const uint8_t key[static X25519_BYTES])
{
	static const uint8_t any_private[X25519_BYTES];
	uint8_t shared[X25519_BYTES];

	return crypto_scalarmult_curve25519(shared, any_private, key) == 0;
}
