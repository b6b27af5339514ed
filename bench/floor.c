/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor OPERATION COUNT: what libsodium alone takes for COUNT values. seal: a fresh X25519 key pair, one
 * X25519, one Ed25519 signature; open: one X25519, one Ed25519 verification; verify: the latter alone.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t public[32], private[32], other[32], shared[32];
static uint8_t signer[32], signing[64], signature[64];
static const uint8_t message[600];

static int
seal(void)
{
	randombytes_buf(private, sizeof(private));
	crypto_scalarmult_curve25519_base(public, private);
	crypto_sign_detached(signature, NULL, message, sizeof(message), signing);
	return crypto_scalarmult_curve25519(shared, private, other);
}

static int
verify(void)
{
	return crypto_sign_verify_detached(signature, message, sizeof(message), signer);
}

static int
open_one(void)
{
	return crypto_scalarmult_curve25519(shared, private, other) | verify();
}

static const struct {
	const char *name;
	int (*run)(void);
} operations[] = { { "seal", seal }, { "open", open_one }, { "verify", verify } };

int
main(int argc, char **argv)
{
	if (argc != 3 || sodium_init() < 0)
		return 2;
	randombytes_buf(private, sizeof(private));
	crypto_scalarmult_curve25519_base(other, private);
	crypto_sign_keypair(signer, signing);
	crypto_sign_detached(signature, NULL, message, sizeof(message), signing);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (strcmp(operations[i].name, argv[1]) != 0)
			continue;
		for (long left = strtol(argv[2], NULL, 10); left > 0; left--) {
			if (operations[i].run() != 0)
				return 1;
		}
		return 0;
	}
	return 2;
}
