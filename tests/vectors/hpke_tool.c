/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpke_tool: crypto/hpke.c for other implementations to talk to. Reads commands, one a line:
 *
 *	seal PUBLIC INFO PLAIN
 *	open PRIVATE INFO BOX
 *
 * in lower-case hex, "-" for no bytes, and answers each with one line of the same kind, or with
 * "refused: " and the reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "crypto/hpke.h"

enum { BYTES_MAX = 1024 * 1024 };

static int
read_hex(char **line, struct buf *out)
{
	const char *word = strsep(line, " ");
	size_t len = word != NULL ? strlen(word) / 2 : 0;
	uint8_t *bytes;

	if (word == NULL)
		return -1;
	if (strcmp(word, "-") == 0)
		return 0;
	bytes = buf_extend(out, len);
	return bytes != NULL && text_from_hex(bytes_of(word), bytes, len) ? 0 : -1;
}

static void
print_hex(struct bytes bytes)
{
	char *hex = xcalloc(2 * bytes.len + 1, 1);

	text_to_hex(bytes, hex);
	(void)puts(bytes.len > 0 ? hex : "-");
	free(hex);
}

static int
seal(struct bytes key, struct bytes info, struct bytes plain, struct error *err)
{
	CLEANUP(buf_clear) struct buf sealed = BUF_INIT(BYTES_MAX + HPKE_OVERHEAD);

	if (hpke_seal(key.data, info, plain, &sealed, err) < 0)
		return -1;
	print_hex(buf_bytes(&sealed));
	return 0;
}

static int
open_box(struct bytes key, struct bytes info, struct bytes box, struct error *err)
{
	CLEANUP(secret_clear) struct secret private = SECRET_INIT;
	CLEANUP(secret_clear) struct secret plain = SECRET_INIT;
	uint8_t public[HPKE_KEY_BYTES];

	if (secret_from(key, &private, err) < 0 || secret_from(box, &plain, err) < 0)
		return -1;
	x25519_public(&private, public);
	if (hpke_open(&private, public, info, &plain, err) < 0)
		return -1;
	print_hex(secret_bytes(&plain));
	return 0;
}

/* -1: not a command. */
static int
answer(char *line)
{
	CLEANUP(buf_clear) struct buf key = BUF_INIT(HPKE_KEY_BYTES);
	CLEANUP(buf_clear) struct buf info = BUF_INIT(HPKE_INFO_MAX);
	CLEANUP(buf_clear) struct buf input = BUF_INIT(BYTES_MAX + HPKE_OVERHEAD);
	const char *verb = strsep(&line, " ");
	struct error err = ERROR_INIT;
	int status;

	if (read_hex(&line, &key) < 0 || read_hex(&line, &info) < 0 ||
	    read_hex(&line, &input) < 0 || line != NULL || key.len != HPKE_KEY_BYTES)
		return -1;
	if (strcmp(verb, "seal") == 0)
		status = seal(buf_bytes(&key), buf_bytes(&info), buf_bytes(&input), &err);
	else if (strcmp(verb, "open") == 0)
		status = open_box(buf_bytes(&key), buf_bytes(&info), buf_bytes(&input), &err);
	else
		return -1;
	if (status < 0)
		(void)printf("refused: %s\n", err.message);
	return fflush(stdout);
}

int
main(void)
{
	struct error err = ERROR_INIT;
	char *line = NULL;
	size_t capacity = 0;
	int status = secret_start(&err);

	while (status == 0 && getline(&line, &capacity, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		status = answer(line);
	}
	free(line);
	if (status < 0)
		(void)fprintf(stderr, "hpke_tool: not a command\n");
	return status < 0 ? 1 : 0;
}
