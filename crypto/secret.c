/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* Blocks as large as a cache line, so that no two secrets share one. */
enum {
	BLOCK_BYTES = 64,
	ARENA_BLOCKS = SECRET_ARENA_BYTES / BLOCK_BYTES,
	CAPACITY_MAX = 32 * 1024 * 1024,
	READ_FIRST = 1024,
};

/* What is in use is written down outside the arena, so that no overflow of a secret can change it.
 * How long an allocation is, its secret knows. */
static struct {
	pthread_mutex_t mutex;
	uint8_t *memory;
	bool used[ARENA_BLOCKS];
} arena = { .mutex = PTHREAD_MUTEX_INITIALIZER, .memory = NULL, .used = { false } };

static atomic_bool is_unlocked;

/* sodium_malloc locks too, but keeps quiet when it could not. Locking twice does not add up. */
static uint8_t *
allocate_locked(size_t size)
{
	uint8_t *memory = sodium_malloc(size);

	if (memory != NULL && sodium_mlock(memory, size) < 0)
		atomic_store(&is_unlocked, true);
	return memory;
}

int
secret_start(struct error *err)
{
	assert(arena.memory == NULL);
	if (sodium_init() < 0)
		return error_set(err, ERROR_FAILED, "cannot start libsodium");
	arena.memory = allocate_locked(SECRET_ARENA_BYTES);
	if (arena.memory == NULL)
		return error_set(err, ERROR_FAILED, "no memory for secrets");
	return 0;
}

void
secret_stop(void)
{
	sodium_free(arena.memory);
	arena.memory = NULL;
	memset(arena.used, false, sizeof(arena.used));
	atomic_store(&is_unlocked, false);
}

bool
secret_is_locked(void)
{
	return !atomic_load(&is_unlocked);
}

static size_t
blocks_for(size_t size)
{
	return (size + BLOCK_BYTES - 1) / BLOCK_BYTES;
}

/* The first run of count free blocks; ARENA_BLOCKS when there is none. */
static size_t
find_run(size_t count)
{
	size_t run = 0;

	for (size_t i = 0; i < ARENA_BLOCKS; i++) {
		run = arena.used[i] ? 0 : run + 1;
		if (run == count)
			return i + 1 - count;
	}
	return ARENA_BLOCKS;
}

static uint8_t *
arena_take(size_t size)
{
	size_t count = blocks_for(size), first;
	uint8_t *memory = NULL;

	(void)pthread_mutex_lock(&arena.mutex);
	first = find_run(count);
	if (first < ARENA_BLOCKS) {
		memset(arena.used + first, true, count);
		memory = arena.memory + first * BLOCK_BYTES;
	}
	(void)pthread_mutex_unlock(&arena.mutex);
	return memory;
}

static void
arena_give(const uint8_t *memory, size_t size)
{
	size_t first = (size_t)(memory - arena.memory) / BLOCK_BYTES;

	(void)pthread_mutex_lock(&arena.mutex);
	memset(arena.used + first, false, blocks_for(size));
	(void)pthread_mutex_unlock(&arena.mutex);
}

static bool
is_in_arena(const uint8_t *memory)
{
	uintptr_t at = (uintptr_t)memory, start = (uintptr_t)arena.memory;

	return at >= start && at - start < SECRET_ARENA_BYTES;
}

int
secret_new(size_t cap, struct secret *ret, struct error *err)
{
	uint8_t *memory;

	assert(arena.memory != NULL && cap > 0);
	if (cap > CAPACITY_MAX)
		return error_set(err, ERROR_FAILED, "a secret of %zu bytes is larger than %d bytes",
				 cap, CAPACITY_MAX);
	memory = arena_take(cap);
	if (memory == NULL)
		memory = allocate_locked(cap);
	if (memory == NULL)
		return error_set(err, ERROR_FAILED, "no memory for a secret of %zu bytes", cap);
	*ret = (struct secret){ .data = memory, .len = 0, .cap = cap };
	return 0;
}

void
secret_clear(struct secret *secret)
{
	if (secret->data != NULL && is_in_arena(secret->data)) {
		/* Wiped first: once given back, another thread may have it. */
		sodium_memzero(secret->data, secret->cap);
		arena_give(secret->data, secret->cap);
	} else {
		sodium_free(secret->data);
	}
	*secret = (struct secret)SECRET_INIT;
}

void
secret_reset(struct secret *secret)
{
	secret_wipe(secret->data, secret->cap);
	secret->len = 0;
}

int
secret_from(struct bytes bytes, struct secret *ret, struct error *err)
{
	struct secret secret = SECRET_INIT;

	if (secret_new(bytes.len > 0 ? bytes.len : 1, &secret, err) < 0)
		return -1;
	if (bytes.len > 0)
		memcpy(secret.data, bytes.data, bytes.len);
	secret.len = bytes.len;
	*ret = secret;
	return 0;
}

int
secret_append(struct secret *secret, struct bytes bytes, struct error *err)
{
	if (bytes.len > secret->cap - secret->len)
		return error_set(err, ERROR_FAILED, "a secret is larger than %zu bytes",
				 secret->cap);
	if (bytes.len > 0)
		memcpy(secret->data + secret->len, bytes.data, bytes.len);
	secret->len += bytes.len;
	return 0;
}

void
secret_truncate(struct secret *secret, size_t new_len)
{
	if (new_len >= secret->len)
		return;
	sodium_memzero(secret->data + new_len, secret->len - new_len);
	secret->len = new_len;
}

struct bytes
secret_bytes(const struct secret *secret)
{
	return (struct bytes){ secret->data, secret->len };
}

bool
secret_equal(const struct secret *a, const struct secret *b)
{
	if (a->len != b->len)
		return false;
	return a->len == 0 || sodium_memcmp(a->data, b->data, a->len) == 0;
}

/* A larger home for the same bytes; the old one is wiped. */
static int
move_to(struct secret *secret, size_t cap, struct error *err)
{
	struct secret larger = SECRET_INIT;

	if (secret_new(cap, &larger, err) < 0)
		return -1;
	memcpy(larger.data, secret->data, secret->len);
	larger.len = secret->len;
	secret_clear(secret);
	*secret = larger;
	return 0;
}

static ssize_t
read_some(int fd, void *memory, size_t len)
{
	ssize_t count;

	do
		count = read(fd, memory, len);
	while (count < 0 && errno == EINTR);
	return count;
}

/* Full at the maximum: fine only if nothing follows. */
static int
expect_end(int fd, const char *shown, size_t max, struct error *err)
{
	uint8_t extra;
	ssize_t count = read_some(fd, &extra, 1);

	secret_wipe(&extra, 1);
	if (count < 0)
		return error_errno(err, "cannot read '%s'", shown);
	if (count > 0)
		return error_set(err, ERROR_FAILED, "'%s' is larger than %zu bytes", shown, max);
	return 0;
}

/* Most secrets are short: starts small, so that they stay in the arena, and doubles. */
int
secret_read(int fd, const char *shown, size_t max, struct secret *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret read_so_far = SECRET_INIT;
	ssize_t count = 1;

	if (secret_new(max < READ_FIRST ? max + (max == 0) : READ_FIRST, &read_so_far, err) < 0)
		return -1;
	while (count > 0 && read_so_far.len < max) {
		size_t cap = read_so_far.cap;

		if (read_so_far.len == cap &&
		    move_to(&read_so_far, cap < max / 2 ? cap * 2 : max, err) < 0)
			return -1;
		count = read_some(fd, read_so_far.data + read_so_far.len,
				  read_so_far.cap - read_so_far.len);
		if (count < 0)
			return error_errno(err, "cannot read '%s'", shown);
		read_so_far.len += (size_t)count;
	}
	if (count > 0 && expect_end(fd, shown, max, err) < 0)
		return -1;
	*ret = read_so_far;
	read_so_far = (struct secret)SECRET_INIT;
	return 0;
}

int
secret_write(int fd, const struct secret *secret, const char *shown, struct error *err)
{
	size_t done = 0;

	while (done < secret->len) {
		ssize_t count = write(fd, secret->data + done, secret->len - done);

		if (count < 0 && errno != EINTR)
			return error_errno(err, "cannot write '%s'", shown);
		if (count > 0)
			done += (size_t)count;
	}
	return 0;
}

void
secret_wipe(void *memory, size_t len)
{
	if (len > 0)
		sodium_memzero(memory, len);
}
