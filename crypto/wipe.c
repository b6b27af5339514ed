/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wipe: free and realloc of the whole program, libraries included, which wipe what they give back.
 *
 * libyaml, cJSON, libcurl and OpenSSL leave copies of what passed through them on the heap. The
 * program exports these two symbols, so every library, glibc itself included (reallocarray,
 * getline), finds them before those of glibc, whose heap stays as it is.
 * Only for a dynamic program on glibc; sanitizers bring an allocator of their own.
 */
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#define HAS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif

#if !HAS_SANITIZER

/* glibc keeps these names for allocators that stand in front of its own. */
void *__libc_malloc(size_t size);
void __libc_free(void *memory);

/* With hidden visibility as a default the libraries would not find them. */
#define EXPORTED __attribute__((visibility("default")))

/* The block as the heap sees it is larger than what was asked for. The compiler must not know which
 * object it is, or fortification would take the difference for an overflow. */
static void *
of_unknown_size(void *memory)
{
	__asm__("" : "+r"(memory));
	return memory;
}

EXPORTED void
free(void *memory)
{
	void *block = of_unknown_size(memory);

	if (block == NULL)
		return;
	explicit_bzero(block, malloc_usable_size(block));
	__libc_free(block);
}

/* Always a copy: growing in place and moving cannot be told apart before the old block is gone. */
EXPORTED void *
realloc(void *memory, size_t size)
{
	void *block = of_unknown_size(memory), *grown;
	size_t old_size;

	if (block != NULL && size == 0) {
		free(block);
		return NULL;
	}
	grown = __libc_malloc(size);
	if (grown == NULL || block == NULL)
		return grown;
	old_size = malloc_usable_size(block);
	memcpy(grown, block, old_size < size ? old_size : size);
	free(block);
	return grown;
}

#endif
