/* SPDX-License-Identifier: Apache-2.0 */
/* Gives each file on the command line to a fuzz target once: the corpus as a test, without a fuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20 };

static void
replay(const char *path)
{
	uint8_t *input = malloc(INPUT_MAX);
	FILE *file = fopen(path, "rb");
	size_t len;

	if (input == NULL || file == NULL ||
	    (len = fread(input, 1, INPUT_MAX, file)) == INPUT_MAX || ferror(file)) {
		(void)fprintf(stderr, "cannot read '%s'\n", path);
		exit(1);
	}
	(void)fclose(file);
	/* In a block of exactly its size, so that a sanitizer sees the first byte behind it. */
	input = realloc(input, len > 0 ? len : 1);
	(void)LLVMFuzzerTestOneInput(input, len);
	free(input);
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		(void)fprintf(stderr, "no input\n");
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		(void)printf("%s\n", argv[i]);
		(void)fflush(stdout);
		replay(argv[i]);
	}
	return 0;
}
