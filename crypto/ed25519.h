/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ed25519: keys and signatures (RFC 8032) and their SSH text forms (RFC 8709, RFC 4253 6.6).
 */
#ifndef CRYPTO_ED25519_H
#define CRYPTO_ED25519_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/secret.h"

enum {
	ED25519_SEED_BYTES = 32,
	ED25519_PUBLIC_BYTES = 32,
	ED25519_SIGNATURE_BYTES = 64,
	SSH_PUBLIC_TEXT_BYTES = 81, /* "ssh-ed25519 " and 68 characters and NUL */
	SSH_WIRE_BYTES = 51,	    /* string "ssh-ed25519", string key */
	SSH_FINGERPRINT_BYTES = 51, /* "SHA256:" and 43 characters and NUL */
};

void ed25519_public(const struct secret *seed, uint8_t ret[static ED25519_PUBLIC_BYTES]);
/* Refuses non-canonical encodings and points of small order, on which verifiers differ. */
bool ed25519_is_valid_public(const uint8_t key[static ED25519_PUBLIC_BYTES]);

void ed25519_sign(const struct secret *seed, struct bytes message,
		  uint8_t ret[static ED25519_SIGNATURE_BYTES]);
bool ed25519_verify(const uint8_t key[static ED25519_PUBLIC_BYTES], struct bytes message,
		    const uint8_t signature[static ED25519_SIGNATURE_BYTES]);

/* "ssh-ed25519 AAAA…", as the first two words of a .pub file. */
void ssh_public_format(const uint8_t key[static ED25519_PUBLIC_BYTES],
		       char out[static SSH_PUBLIC_TEXT_BYTES]);
/* The base64 word alone ("AAAA…"): canonical, one ssh-ed25519 key, nothing behind it, and valid as
 * ed25519_is_valid_public says. */
bool ssh_public_parse(struct bytes base64, uint8_t ret[static ED25519_PUBLIC_BYTES]);
void ssh_public_wire(const uint8_t key[static ED25519_PUBLIC_BYTES],
		     uint8_t out[static SSH_WIRE_BYTES]);
/* "SHA256:…", as ssh-keygen -l prints it. */
void ssh_fingerprint(const uint8_t key[static ED25519_PUBLIC_BYTES],
		     char out[static SSH_FINGERPRINT_BYTES]);

/* An OpenSSH private key file (PROTOCOL.key, "openssh-key-v1"): unencrypted, one Ed25519 key, all
 * fields and padding checked. *ret_seed becomes 32 bytes. Encrypted keys and other algorithms are
 * refused with what to do (ssh-agent, or an age identity). */
int ssh_private_parse(const struct secret *file, struct secret *ret_seed, struct error *err)
	__attribute__((warn_unused_result));
/* Whether the text begins as such a file. */
bool ssh_private_is(const struct secret *file);

#endif
