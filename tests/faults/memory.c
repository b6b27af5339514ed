/* SPDX-License-Identifier: Apache-2.0 */
/* memory: allocations, those of libraries too, and the mappings that libsodium makes. */
#include <dlfcn.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/faults/fault.h"

/* glibc's own, below the program's realloc and free. */
void *__libc_calloc(size_t count, size_t size);
void *__libc_malloc(size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);

static void *(*libc_malloc)(size_t size);

__attribute__((constructor)) static void
find_malloc(void)
{
	*(void **)&libc_malloc = dlsym(RTLD_NEXT, "__libc_malloc");
}

/* The program's realloc calls it by this name. */
EXPORTED void *
__libc_malloc(size_t size)
{
	if (fault(FAULT_MEMORY, "malloc", NULL, -1) > 0)
		return NULL;
	return libc_malloc != NULL ? libc_malloc(size) : __libc_calloc(1, size);
}

EXPORTED void *
malloc(size_t size)
{
	return __libc_malloc(size);
}

EXPORTED void *
calloc(size_t count, size_t size)
{
	return fault(FAULT_MEMORY, "calloc", NULL, -1) > 0 ? NULL : __libc_calloc(count, size);
}

EXPORTED void *
mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	if (fd < 0 && fault(FAULT_MEMORY, "mmap", NULL, -1) > 0)
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, len, protection, flags, fd, offset);
}
