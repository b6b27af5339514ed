/* SPDX-License-Identifier: Apache-2.0 */
/* unwiped: loaded before libc and libsodium, wipes nothing and gives no secret's memory back: what the search for
 * secrets must then find. */
#include <stddef.h>

void explicit_bzero(void *memory, size_t len);
void __explicit_bzero_chk(void *memory, size_t len, size_t room);
void sodium_memzero(void *memory, size_t len);
void sodium_free(void *memory);

void
explicit_bzero(void *memory, size_t len)
{
	(void)memory;
	(void)len;
}

void
__explicit_bzero_chk(void *memory, size_t len, size_t room)
{
	(void)memory;
	(void)len;
	(void)room;
}

void
sodium_memzero(void *memory, size_t len)
{
	(void)memory;
	(void)len;
}

void
sodium_free(void *memory)
{
	(void)memory;
}
