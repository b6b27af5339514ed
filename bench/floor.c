/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor OPERATION COUNT: what libsodium and the file system alone take for COUNT values. seal: a fresh X25519
 * key pair, one X25519, one Ed25519 signature, and a file in the new directory "floor", put there under
 * another name first and synced with all others at the end; open: one X25519, one Ed25519 verification;
 * verify: the latter alone; reseal: open and seal.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int directory = -1;
static uint8_t public[32], private[32], other[32], shared[32];
static uint8_t signer[32], signing[64], signature[64];
static const uint8_t message[600];

/* What a file of a sealed value costs that is to be there whole or not at all. */
static int
put_file(void)
{
	static long number;
	char name[32], temporary[40];
	int fd, result;

	(void)snprintf(name, sizeof(name), "%ld", number++);
	(void)snprintf(temporary, sizeof(temporary), ".%s", name);
	fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	result = write(fd, message, sizeof(message)) == (ssize_t)sizeof(message) &&
				 fchmod(fd, 0644) == 0 &&
				 renameat(directory, temporary, directory, name) == 0 ?
			 0 :
			 -1;
	(void)close(fd);
	return result;
}

static int
seal(void)
{
	if (directory < 0 && (mkdir("floor", 0755) < 0 ||
			      (directory = open("floor", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0))
		return -1;
	randombytes_buf(private, sizeof(private));
	crypto_scalarmult_curve25519_base(public, private);
	crypto_sign_detached(signature, NULL, message, sizeof(message), signing);
	return crypto_scalarmult_curve25519(shared, private, other) | put_file();
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

static int
reseal(void)
{
	return open_one() | seal();
}

static const struct {
	const char *name;
	int (*run)(void);
} operations[] = {
	{ "seal", seal }, { "open", open_one }, { "verify", verify }, { "reseal", reseal }
};

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
		return directory < 0 ? 0 : -syncfs(directory);
	}
	return 2;
}
