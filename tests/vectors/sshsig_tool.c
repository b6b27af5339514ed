/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshsig_tool: crypto/sshsig.c, ed25519.c and agent.c for OpenSSH to talk to. Standard input is the message:
 *
 *	sshsig_tool sign KEY NAMESPACE		prints the armored signature by an OpenSSH private key file
 *	sshsig_tool agent PUBLIC NAMESPACE	the same, by ssh-agent; PUBLIC is the base64 word of a .pub file
 *	sshsig_tool verify FILE NAMESPACE	prints who signed, as a fingerprint
 *	sshsig_tool public KEY			prints the public key of a private key file, and its fingerprint
 *
 * What is refused is told on standard error, with exit status 1 and nothing on standard output.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/signer.h"

enum { INPUT_MAX = 1024 * 1024, USAGE = 2 };

static int
read_seed(const char *path, struct secret *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret file = SECRET_INIT;
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "'%s'", path);
	if (secret_read(fd, path, INPUT_MAX, &file, err) < 0)
		return -1;
	return ssh_private_parse(&file, ret, err);
}

static int
print_signature(const struct signer *signer, const char *namespace, struct bytes message,
		struct error *err)
{
	CLEANUP(buf_clear) struct buf armor = BUF_INIT(SSHSIG_ARMOR_MAX);

	if (signer_sign(signer, namespace, message, &armor, err) < 0)
		return -1;
	(void)fputs(buf_text(&armor), stdout);
	return buf_check(&armor, "a signature", err);
}

static int
sign(char **words, struct bytes message, struct error *err)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	struct signer signer = { .seed = &seed };

	if (read_seed(words[0], &seed, err) < 0)
		return -1;
	ed25519_public(&seed, signer.public);
	return print_signature(&signer, words[1], message, err);
}

static int
sign_by_agent(char **words, struct bytes message, struct error *err)
{
	struct signer signer = { .seed = NULL };

	if (!ssh_public_parse(bytes_of(words[0]), signer.public))
		return error_set(err, ERROR_REFUSED, "is not an ssh-ed25519 key");
	return print_signature(&signer, words[1], message, err);
}

static int
verify(char **words, struct bytes message, struct error *err)
{
	CLEANUP(buf_clear) struct buf armor = BUF_INIT(INPUT_MAX);
	char fingerprint[SSH_FINGERPRINT_BYTES];
	struct sshsig sig;
	size_t len;

	if (file_read(AT_FDCWD, words[0], words[0], INPUT_MAX, &armor, err) < 0 ||
	    sshsig_parse(buf_bytes(&armor), words[1], &sig, &len, err) < 0)
		return -1;
	if (len != armor.len || !sshsig_verify(&sig, words[1], message))
		return error_set(err, ERROR_REFUSED, "the signature does not hold");
	ssh_fingerprint(sig.signer, fingerprint);
	(void)puts(fingerprint);
	return 0;
}

static int
print_public(char **words, struct bytes message, struct error *err)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	char text[SSH_PUBLIC_TEXT_BYTES], fingerprint[SSH_FINGERPRINT_BYTES];
	uint8_t public[ED25519_PUBLIC_BYTES];

	(void)message;
	if (read_seed(words[0], &seed, err) < 0)
		return -1;
	ed25519_public(&seed, public);
	ssh_public_format(public, text);
	ssh_fingerprint(public, fingerprint);
	(void)printf("%s\n%s\n", text, fingerprint);
	return 0;
}

static const struct verb {
	const char *name;
	int words;
	int (*run)(char **words, struct bytes message, struct error *err);
} verbs[] = {
	{ "sign", 2, sign },
	{ "agent", 2, sign_by_agent },
	{ "verify", 2, verify },
	{ "public", 1, print_public },
};

int
main(int argc, char **argv)
{
	CLEANUP(buf_clear) struct buf message = BUF_INIT(INPUT_MAX);
	struct error err = ERROR_INIT;
	int status = USAGE;

	if (argc < 2 || secret_start(&err) < 0 ||
	    file_read_all(STDIN_FILENO, "input", INPUT_MAX, &message, &err) < 0)
		return USAGE;
	for (size_t i = 0; i < COUNT(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0 && argc - 2 == verbs[i].words)
			status = verbs[i].run(argv + 2, buf_bytes(&message), &err) < 0;
	}
	if (status == 1)
		(void)fprintf(stderr, "%s\n", err.message);
	secret_stop();
	return status;
}
