/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshsig: SSH signatures over bytes (openssh PROTOCOL.sshsig): version 1, ssh-ed25519, sha512, empty
 * reserved. Armor as ssh-keygen -Y sign writes it: lines of 70, the last shorter or equal.
 */
#ifndef CRYPTO_SSHSIG_H
#define CRYPTO_SSHSIG_H

#include "base/buf.h"
#include "crypto/ed25519.h"

/* Size of the whole armor for a namespace of 16 or 17 bytes is fixed; this is a safe maximum. */
enum { SSHSIG_ARMOR_MAX = 600, SSHSIG_NAMESPACE_MAX = 64 };

#define SSHSIG_BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define SSHSIG_END "-----END SSH SIGNATURE-----\n"

struct sshsig {
	uint8_t signer[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};

/* Appends the armored signature, from SSHSIG_BEGIN to SSHSIG_END. */
void sshsig_sign(const struct secret *seed, const char *namespace, struct bytes message,
		 struct buf *out);

/* Reads one armored block that stands at the beginning of text; it must equal what sshsig_sign
 * would write for its contents (canonical) and have this namespace. *ret_len is how many bytes it
 * takes. Nothing is verified yet, the key neither: sshsig_verify refuses non-canonical keys and those of
 * small order. ERROR_REFUSED with the rule that it breaks. */
int sshsig_parse(struct bytes text, const char *namespace, struct sshsig *ret, size_t *ret_len,
		 struct error *err) __attribute__((warn_unused_result));

/* Whether sig is sig->signer's signature over message in namespace. Thread safe. */
bool sshsig_verify(const struct sshsig *sig, const char *namespace, struct bytes message);

/* The bytes that the key signs (PROTOCOL.sshsig "signed data"), for a signer elsewhere. */
void sshsig_signed_data(const char *namespace, struct bytes message, struct buf *out);
/* Writes the armor around a finished signature. */
void sshsig_armor(const struct sshsig *sig, const char *namespace, struct buf *out);

#endif
