/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory: ordinary small allocations and cleanup by attribute.
 * Out of memory ends the process with one line and status 1; files change by rename only, so a
 * repository stays whole. Secrets never live here (crypto/secret.h).
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

/* Runs release(&variable) when the variable leaves its scope. */
#define CLEANUP(release) __attribute__((cleanup(release)))

/* Moves a pointer out of a cleanup: gives its value and leaves NULL behind. */
#define TAKE(pointer)                                                                              \
	__extension__({                                                                            \
		__typeof__(pointer) taken = (pointer);                                             \
		(pointer) = NULL;                                                                  \
		taken;                                                                             \
	})

/* For functions whose result the caller frees; clang's attribute does not take who frees it. */
#ifdef __clang__
#define CALLER_FREES malloc
#else
#define CALLER_FREES malloc(free, 1)
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* That end, for where a library says that it has none. */
_Noreturn void memory_ran_out(void);

/* Zeroed memory for count elements; never NULL; the caller frees. */
void *xcalloc(size_t count, size_t size) __attribute__((CALLER_FREES, returns_nonnull));

/* Grows an array to count elements of size; contents kept, the rest undefined; never NULL. */
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* A copy that the caller frees; never NULL. */
char *xstrdup(const char *text) __attribute__((CALLER_FREES, returns_nonnull, nonnull));
char *xstrndup(const char *text, size_t len)
	__attribute__((CALLER_FREES, returns_nonnull, nonnull));
char *xasprintf(const char *format, ...)
	__attribute__((format(printf, 1, 2), CALLER_FREES, returns_nonnull));

/* For CLEANUP(free_text) char *text = NULL; */
void free_text(char **text);

/* For CLEANUP(close_fd) int fd = -1; keeps errno. */
void close_fd(int *fd);

#endif
