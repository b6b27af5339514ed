/* SPDX-License-Identifier: Apache-2.0 */
/* random: bytes from the system's generator, by libsodium. */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/secret.h"

void random_bytes(void *out, size_t len);

/* Appends count characters, each drawn uniformly (no modulo bias) from an alphabet of 2 to 256
 * characters. */
int random_text(struct secret *out, size_t count, const char *alphabet, struct error *err)
	__attribute__((warn_unused_result));

#endif
