/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret: the only home of a secret byte. Memory that is locked where the system lets us, kept out of
 * core dumps, and wiped before it is given back.
 *
 * One arena of 32 KiB is made at start (sodium_malloc, then an explicit sodium_mlock whose result is
 * looked at: sodium_malloc hides it); what does not fit there gets an allocation of its own, treated
 * alike. Safe to use from several threads. A capacity is given at creation and never grows.
 * Being a struct, a secret cannot be printed by accident, and grep finds each place that has one.
 */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum { SECRET_ARENA_BYTES = 32 * 1024, SECRET_VALUE_MAX = 1024 * 1024 };

struct secret {
	uint8_t *data;
	size_t len, cap;
};

#define SECRET_INIT                                                                                \
	{                                                                                          \
		.data = NULL, .len = 0, .cap = 0                                                   \
	}

/* Starts libsodium and the arena. Once, before anything else in crypto/. */
int secret_start(struct error *err) __attribute__((warn_unused_result));
/* Wipes and gives back the arena. */
void secret_stop(void);
/* False once any secret memory could not be locked (RLIMIT_MEMLOCK): it may be swapped. */
bool secret_is_locked(void);

/* An empty secret of capacity cap (at least 1, at most 32 MiB). The caller clears it. */
int secret_new(size_t cap, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Wipes, gives back, resets to SECRET_INIT. Fine on SECRET_INIT. */
void secret_clear(struct secret *secret);
/* Wipes the contents, keeps the capacity. */
void secret_reset(struct secret *secret);

/* A new secret of exactly these bytes (capacity len, or 1). */
int secret_from(struct bytes bytes, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Appends; over the capacity is an error and changes nothing. */
int secret_append(struct secret *secret, struct bytes bytes, struct error *err)
	__attribute__((warn_unused_result));
/* Takes bytes off the end: len becomes at most new_len; what goes is wiped. */
void secret_truncate(struct secret *secret, size_t new_len);

/* Borrowed bytes. */
struct bytes secret_bytes(const struct secret *secret);
/* Equal length and content, in constant time for equal lengths. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* Reads all of fd with read(2), no stdio; more than max bytes is an error that names `shown`. */
int secret_read(int fd, const char *shown, size_t max, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));
/* write(2) until all is out. */
int secret_write(int fd, const struct secret *secret, const char *shown, struct error *err)
	__attribute__((warn_unused_result));

/* Wipes any memory in a way that no compiler removes (sodium_memzero). */
void secret_wipe(void *memory, size_t len);

#endif
