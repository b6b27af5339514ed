/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpke: single-shot public-key encryption, RFC 9180 base mode.
 * Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305 (0x0020, 0x0001, 0x0003).
 */
#ifndef CRYPTO_HPKE_H
#define CRYPTO_HPKE_H

#include "base/buf.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"

enum { HPKE_KEY_BYTES = X25519_BYTES, HPKE_OVERHEAD = 32 + 16, HPKE_INFO_MAX = 64 };

/* Seals plain to key. The context goes into info (at most HPKE_INFO_MAX bytes, RFC 9180 7.2.1 and
 * 8.1); aad is empty. Appends enc ‖ ct, plain.len + HPKE_OVERHEAD bytes, to *out.
 * ERROR_REFUSED: the key is of low order. */
int hpke_seal(const uint8_t key[static HPKE_KEY_BYTES], struct bytes info, struct bytes plain,
	      struct buf *out, struct error *err) __attribute__((warn_unused_result));

/* Opens box (enc ‖ ct) in place: it becomes what was sealed, HPKE_OVERHEAD bytes less, or is cleared on failure.
 * public is the public key of private (32 bytes); giving it saves a scalar multiplication.
 * ERROR_REFUSED "altered, or sealed to another key" for every failure to open. */
int hpke_open(const struct secret *private, const uint8_t public[static HPKE_KEY_BYTES],
	      struct bytes info, struct secret *box, struct error *err)
	__attribute__((warn_unused_result));

/* The parts with what is random given, for test vectors. */
struct hpke_context {
	uint8_t key[32], base_nonce[12];
	uint8_t secret[32], schedule[1 + 32 + 32]; /* for hpke_context_export */
};
/* RFC 9180 5.1.1 for the sender with a given ephemeral private key; enc has 32 bytes. */
int hpke_setup_sender(const uint8_t key[static HPKE_KEY_BYTES], const struct secret *ephemeral,
		      struct bytes info, uint8_t enc[static 32], struct hpke_context *ret,
		      struct error *err) __attribute__((warn_unused_result));
int hpke_setup_receiver(const struct secret *private, const uint8_t public[static HPKE_KEY_BYTES],
			struct bytes info, const uint8_t enc[static 32], struct hpke_context *ret,
			struct error *err) __attribute__((warn_unused_result));
/* Encrypts with sequence number seq and aad; appends plain.len + 16 bytes (RFC 9180 5.2). */
void hpke_context_seal(const struct hpke_context *context, uint64_t seq, struct bytes aad,
		       struct bytes plain, struct buf *out);
/* RFC 9180 5.3; len at most HKDF_MAX. */
void hpke_context_export(const struct hpke_context *context, struct bytes exporter_context,
			 uint8_t *out, size_t len);
/* RFC 9180 7.1.3 DeriveKeyPair; *ret_private becomes 32 bytes. */
int hpke_derive_key(struct bytes ikm, struct secret *ret_private, struct error *err)
	__attribute__((warn_unused_result));

#endif
