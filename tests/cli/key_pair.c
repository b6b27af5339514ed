/* SPDX-License-Identifier: Apache-2.0 */
/* key_pair CHAIN KEY NOW: what key_pair_check says of two files, "fits" and its notes, or "refused: …". */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "schemas/key_pair.h"

enum { FILE_MAX = 1024 * 1024 };

static int
read_file(const char *name, struct secret *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open(name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? error_errno(err, "cannot open '%s'", name) :
			secret_read(fd, name, FILE_MAX, ret, err);
}

static int
run(const char *chain_name, const char *key_name, const char *now, struct error *err)
{
	CLEANUP(secret_clear) struct secret chain = SECRET_INIT, key = SECRET_INIT;
	struct key_pair_notes notes = { .count = 0 };

	if (read_file(chain_name, &chain, err) < 0 || read_file(key_name, &key, err) < 0)
		return -1;
	if (key_pair_check(secret_bytes(&chain), secret_bytes(&key), now, &notes, err) < 0) {
		printf("refused: %s\n", err->message);
		return err->code == ERROR_REFUSED ? 0 : -1;
	}
	printf("fits\n");
	for (size_t i = 0; i < notes.count; i++)
		printf("note: %s\n", notes.texts[i]);
	return 0;
}

int
main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	int result = -1;

	if (argc != 4 || strlen(argv[3]) != KEY_PAIR_TIME_BYTES - 1) {
		fputs("usage: key_pair CHAIN KEY NOW\n", stderr);
		return 2;
	}
	if (secret_start(&err) == 0)
		result = run(argv[1], argv[2], argv[3], &err);
	if (result < 0)
		fprintf(stderr, "key_pair: %s\n", err.message);
	secret_stop();
	return result < 0 ? 1 : 0;
}
