/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked with crypto/wipe.o, as the program is: passes a text of its own through the heap, libyaml
 * and cJSON, and then looks for it in all writable memory of the process. That text stands nowhere
 * else: the tests know it only with each byte inverted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <yaml.h>

#include "base/memory.h"

#if defined(__has_feature)
#define HAS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif

/* Behind what the heap writes into a block that is free. */
enum { CANARY_BYTES = 24, CANARY_AT = 64, THREADS = 4, ROUNDS = 20000 };

void __libc_free(void *memory);

/* A new canary for each test, of letters: nothing of an earlier one can be taken for it. */
static void
canary_make(uint8_t inverted[static CANARY_BYTES])
{
	assert_int_equal(getrandom(inverted, CANARY_BYTES, 0), CANARY_BYTES);
	for (size_t i = 0; i < CANARY_BYTES; i++)
		inverted[i] = (uint8_t) ~('a' + inverted[i] % 26);
}

/* volatile: a store that only a free follows is one that a compiler may leave out. */
static void
canary_write(volatile char *out, const uint8_t inverted[static CANARY_BYTES])
{
	for (size_t i = 0; i < CANARY_BYTES; i++)
		out[i] = (char)~inverted[i];
}

static void
forget(volatile char *memory, size_t len)
{
	for (size_t i = 0; i < len; i++)
		memory[i] = 0;
}

static size_t
count_in(const volatile uint8_t *start, const volatile uint8_t *end,
	 const uint8_t inverted[static CANARY_BYTES])
{
	size_t found = 0;

	for (const volatile uint8_t *at = start; at + CANARY_BYTES <= end; at++) {
		size_t same = 0;

		while (same < CANARY_BYTES && (at[same] ^ inverted[same]) == 0xff)
			same++;
		found += same == CANARY_BYTES;
	}
	return found;
}

static size_t
count_copies(const uint8_t inverted[static CANARY_BYTES])
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t start, end;
	char line[512], rights[5];
	size_t found = 0, searched = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end, rights) != 3 ||
		    strncmp(rights, "rw", 2) != 0)
			continue;
		found += count_in((const volatile uint8_t *)start, (const volatile uint8_t *)end,
				  inverted);
		searched++;
	}
	(void)fclose(maps);
	assert_true(searched > 3);
	return found;
}

/* The search sees what is alive, and what an ordinary free leaves behind. */
static void
test_search_finds(void **state)
{
	uint8_t canary[CANARY_BYTES];
	char *memory = malloc(1000);

	(void)state;
	canary_make(canary);
	assert_int_equal(count_copies(canary), 0);
	canary_write(memory + CANARY_AT, canary);
	assert_int_equal(count_copies(canary), 1);
	__libc_free(memory);
	assert_int_equal(count_copies(canary), 1);
}

/* Each way to a block, small ones and such as have a mapping of their own. */
static void *
allocate(int way, size_t size)
{
	void *memory = NULL;

	switch (way) {
	case 0:
		return malloc(size);
	case 1:
		return calloc(size, 1);
	case 2:
		return realloc(NULL, size);
	case 3:
		return reallocarray(NULL, size, 1);
	case 4:
		return aligned_alloc(4096, size);
	case 5:
		return posix_memalign(&memory, 64, size) == 0 ? memory : NULL;
	default:
		return memalign(256, size);
	}
}

enum { WAYS = 7 };
static const size_t sizes[] = { 100, 1000, 5000, 100000, 3000000 };

static void
test_freed_blocks(void **state)
{
	(void)state;
	for (int way = 0; way < WAYS; way++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			uint8_t canary[CANARY_BYTES];
			char *memory = allocate(way, sizes[i]);

			assert_non_null(memory);
			canary_make(canary);
			canary_write(memory + CANARY_AT, canary);
			canary_write(memory + sizes[i] - CANARY_BYTES, canary);
			assert_true(count_copies(canary) > 0);
			free(memory);
			assert_int_equal(count_copies(canary), 0);
		}
	}
	free(NULL);
}

/* From every size to every other: the contents come along, and only the new block has them. */
static void
test_moved_blocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sizes) * COUNT(sizes) * WAYS; i++) {
		size_t from = sizes[i % COUNT(sizes)];
		size_t to = sizes[i / COUNT(sizes) % COUNT(sizes)];
		char *memory = allocate((int)(i / COUNT(sizes) / COUNT(sizes)), from);
		uint8_t canary[CANARY_BYTES];

		assert_non_null(memory);
		canary_make(canary);
		canary_write(memory + CANARY_AT, canary);
		memory = i % 2 == 0 ? realloc(memory, to) : reallocarray(memory, to / 100, 100);
		assert_non_null(memory);
		assert_true(malloc_usable_size(memory) >= to);
		assert_int_equal(count_in((uint8_t *)memory, (uint8_t *)memory + to, canary), 1);
		assert_int_equal(count_copies(canary), 1);
		free(memory);
		assert_int_equal(count_copies(canary), 0);
	}
}

static void
test_realloc_to_nothing(void **state)
{
	uint8_t canary[CANARY_BYTES];
	char *memory = malloc(1000);
	volatile size_t nothing = 0, too_much = SIZE_MAX / 2;

	(void)state;
	canary_make(canary);
	canary_write(memory + CANARY_AT, canary);
	assert_null(realloc(memory, too_much));
	assert_int_equal(count_copies(canary), 1);
	assert_null(realloc(memory, nothing));
	assert_int_equal(count_copies(canary), 0);

	memory = realloc(NULL, nothing);
	assert_non_null(memory);
	free(memory);
}

/* getline and open_memstream grow by realloc, inside the C library. */
static void
test_c_library(void **state)
{
	uint8_t canary[CANARY_BYTES];
	char *line = NULL, *text = NULL, *source = calloc(1, 20001);
	size_t capacity = 0, len = 0;
	FILE *in, *out;

	(void)state;
	canary_make(canary);
	memset(source, 'x', 20000);
	canary_write(source, canary);
	in = fmemopen(source, 20000, "r");
	out = open_memstream(&text, &len);
	assert_non_null(in);
	assert_non_null(out);
	assert_int_equal(getline(&line, &capacity, in), 20000);
	assert_int_equal(fwrite(line, 1, 20000, out), 20000);
	assert_int_equal(fclose(in), 0);
	assert_int_equal(fclose(out), 0);
	assert_true(count_copies(canary) >= 3);
	free(line);
	free(text);
	free(source);
	assert_int_equal(count_copies(canary), 0);
}

/* A scalar of some length: libyaml doubles its buffer while it reads one. */
static void
parse_yaml(const uint8_t canary[static CANARY_BYTES], size_t len)
{
	char *source = malloc(len + 100);
	size_t start = (size_t)sprintf(source, "list:\n  - name: a\n    value: \"");
	yaml_parser_t parser;
	yaml_document_t document;

	memset(source + start, 'x', len);
	canary_write(source + start, canary);
	canary_write(source + start + len - CANARY_BYTES, canary);
	source[start + len] = '"';

	assert_int_equal(yaml_parser_initialize(&parser), 1);
	yaml_parser_set_input_string(&parser, (unsigned char *)source, start + len + 1);
	assert_int_equal(yaml_parser_load(&parser, &document), 1);
	forget(source, len + 100);
	free(source);
	assert_true(count_copies(canary) >= 2);
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
}

static void
test_libyaml(void **state)
{
	static const size_t lengths[] = { 60, 500, 5000, 300000 };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		uint8_t canary[CANARY_BYTES];

		canary_make(canary);
		parse_yaml(canary, lengths[i]);
		assert_int_equal(count_copies(canary), 0);
	}
}

static void
print_json(const uint8_t canary[static CANARY_BYTES], size_t len)
{
	cJSON *object = cJSON_CreateObject();
	char *value = malloc(len + 1), *printed, *compact;

	memset(value, 'x', len);
	value[len] = '\0';
	canary_write(value + len - CANARY_BYTES, canary);
	assert_non_null(cJSON_AddStringToObject(object, "value", value));
	forget(value, len);
	free(value);
	printed = cJSON_Print(object);
	compact = cJSON_PrintUnformatted(object);
	assert_non_null(printed);
	assert_non_null(compact);
	cJSON_Delete(object);
	object = cJSON_Parse(printed);
	assert_non_null(object);
	assert_true(count_copies(canary) >= 3);
	cJSON_free(printed);
	cJSON_free(compact);
	cJSON_Delete(object);
}

static void
test_cjson(void **state)
{
	static const size_t lengths[] = { 60, 500, 5000, 300000 };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		uint8_t canary[CANARY_BYTES];

		canary_make(canary);
		print_json(canary, lengths[i]);
		assert_int_equal(count_copies(canary), 0);
	}
}

static void *
grow_and_free(void *argument)
{
	const char *mark = argument;
	char *held[16] = { NULL };
	size_t lengths[COUNT(held)] = { 0 };

	for (size_t i = 0; i < ROUNDS; i++) {
		size_t slot = i * 7 % COUNT(held), old = lengths[slot];

		lengths[slot] = 1 + i * 31 % 3000;
		if (i % 5 == 0) {
			free(held[slot]);
			held[slot] = malloc(lengths[slot]);
			old = 0;
		} else {
			held[slot] = realloc(held[slot], lengths[slot]);
		}
		if (held[slot] == NULL)
			return argument;
		for (size_t j = 0; j < old && j < lengths[slot]; j++)
			if (held[slot][j] != *mark)
				return argument;
		memset(held[slot], *mark, lengths[slot]);
	}
	for (size_t i = 0; i < COUNT(held); i++)
		free(held[i]);
	return NULL;
}

static void
test_threads(void **state)
{
	static char marks[THREADS] = { 'a', 'b', 'c', 'd' };
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, grow_and_free, &marks[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed = NULL;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search_finds), cmocka_unit_test(test_freed_blocks),
		cmocka_unit_test(test_moved_blocks), cmocka_unit_test(test_realloc_to_nothing),
		cmocka_unit_test(test_c_library),    cmocka_unit_test(test_libyaml),
		cmocka_unit_test(test_cjson),	     cmocka_unit_test(test_threads),
	};
	const char *preloaded = getenv("LD_PRELOAD");

	if (HAS_SANITIZER || (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL)) {
		print_message("skipped: a sanitizer or valgrind puts its own free in place\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
