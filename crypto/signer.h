/* SPDX-License-Identifier: Apache-2.0 */
/* signer: an Ed25519 key that signs: its seed is here, or ssh-agent has it. */
#ifndef CRYPTO_SIGNER_H
#define CRYPTO_SIGNER_H

#include "crypto/sshsig.h"

struct signer {
	uint8_t public[ED25519_PUBLIC_BYTES];
	const struct secret *seed; /* borrowed; NULL: ssh-agent signs */
};

/* Appends an armored SSH signature over message. Fails with ssh-agent only. */
int signer_sign(const struct signer *signer, const char *namespace, struct bytes message,
		struct buf *out, struct error *err) __attribute__((warn_unused_result));

#endif
