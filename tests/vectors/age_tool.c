/* SPDX-License-Identifier: Apache-2.0 */
/*
 * age_tool: crypto/age.c for other implementations to talk to. Standard input is turned into standard output:
 *
 *	age_tool encrypt RECIPIENT...	a plain text into an age file
 *	age_tool decrypt IDENTITY...	and back; IDENTITY is AGE-SECRET-KEY-1… or the path of an OpenSSH key
 *	age_tool passphrase PASSPHRASE	and back, where it is scrypt's
 *	age_tool check RECIPIENT...	nothing, when the file's stanzas are for these, in this order
 *	age_tool recipient IDENTITY...	the recipient of each, a line each
 *
 * What crypto/age.c refuses is told on standard error, with exit status 1 and nothing on standard output.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/age.h"

enum { INPUT_MAX = 32 * 1024 * 1024, OUTPUT_MAX = 2 * INPUT_MAX, KEYS_MAX = 64, USAGE = 2 };

static int
read_identity(const char *word, struct age_identity *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret file = SECRET_INIT, seed = SECRET_INIT;
	CLEANUP(close_fd) int fd = -1;

	if (word[0] != '/')
		return age_identity_parse(bytes_of(word), ret, err);
	fd = open(word, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "'%s'", word);
	if (secret_read(fd, word, INPUT_MAX, &file, err) < 0 ||
	    ssh_private_parse(&file, &seed, err) < 0)
		return -1;
	return age_identity_from_seed(&seed, ret, err);
}

static int
encrypt(struct bytes input, char **words, size_t count, struct error *err)
{
	CLEANUP(buf_clear) struct buf file = BUF_INIT(OUTPUT_MAX);
	struct age_recipient recipients[KEYS_MAX] = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (age_recipient_parse(bytes_of(words[i]), &recipients[i], err) < 0)
			return -1;
	}
	if (age_encrypt(recipients, count, input, &file, err) < 0)
		return -1;
	return file_write_all(STDOUT_FILENO, buf_bytes(&file), "output", err);
}

static int
check(struct bytes input, char **words, size_t count, struct error *err)
{
	struct age_recipient recipients[KEYS_MAX] = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (age_recipient_parse(bytes_of(words[i]), &recipients[i], err) < 0)
			return -1;
	}
	return age_check_stanzas(input, recipients, count, err);
}

static int
decrypt(struct bytes input, char **words, size_t count, struct error *err)
{
	CLEANUP(secret_clear) struct secret plain = SECRET_INIT;
	struct age_identity identities[KEYS_MAX] = { 0 };
	size_t known = 0;
	int status = 0;

	while (known < count && status == 0) {
		status = read_identity(words[known], &identities[known], err);
		known += status == 0 ? 1 : 0;
	}
	if (status == 0)
		status = age_decrypt(input, identities, known, &plain, err);
	if (status == 0)
		status = secret_write(STDOUT_FILENO, &plain, "output", err);
	while (known > 0)
		age_identity_clear(&identities[--known]);
	return status;
}

static int
decrypt_passphrase(struct bytes input, char **words, size_t count, struct error *err)
{
	CLEANUP(secret_clear) struct secret plain = SECRET_INIT, passphrase = SECRET_INIT;

	if (count != 1)
		return error_set(err, ERROR_USAGE, "one passphrase, please");
	if (secret_from(bytes_of(words[0]), &passphrase, err) < 0 ||
	    age_decrypt_passphrase(input, &passphrase, AGE_WORK_FACTOR_MAX, &plain, err) < 0)
		return -1;
	return secret_write(STDOUT_FILENO, &plain, "output", err);
}

static int
print_recipients(struct bytes input, char **words, size_t count, struct error *err)
{
	(void)input;
	for (size_t i = 0; i < count; i++) {
		char text[AGE_RECIPIENT_TEXT_BYTES];
		struct age_identity identity;

		if (read_identity(words[i], &identity, err) < 0)
			return -1;
		age_recipient_format(&identity.recipient, text);
		age_identity_clear(&identity);
		(void)puts(text);
	}
	return 0;
}

static const struct verb {
	const char *name;
	int (*run)(struct bytes input, char **words, size_t count, struct error *err);
} verbs[] = {
	{ "encrypt", encrypt },
	{ "decrypt", decrypt },
	{ "passphrase", decrypt_passphrase },
	{ "check", check },
	{ "recipient", print_recipients },
};

int
main(int argc, char **argv)
{
	CLEANUP(buf_clear) struct buf input = BUF_INIT(INPUT_MAX);
	struct error err = ERROR_INIT;
	int status = USAGE;

	if (argc < 2 || argc - 2 > KEYS_MAX || secret_start(&err) < 0 ||
	    file_read_all(STDIN_FILENO, "input", INPUT_MAX, &input, &err) < 0)
		return USAGE;
	for (size_t i = 0; i < COUNT(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			status = verbs[i].run(buf_bytes(&input), argv + 2, (size_t)argc - 2, &err) <
				 0;
	}
	if (status == 1)
		(void)fprintf(stderr, "%s\n", err.message);
	secret_stop();
	return status;
}
