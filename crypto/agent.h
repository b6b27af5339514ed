/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent: signatures by a key that ssh-agent holds (draft-ietf-sshm-ssh-agent): one request, one answer on
 * the socket $SSH_AUTH_SOCK. Serves keys behind a passphrase; the private key never comes to us.
 */
#ifndef CRYPTO_AGENT_H
#define CRYPTO_AGENT_H

#include "crypto/ed25519.h"

enum { AGENT_MESSAGE_MAX = 256 * 1024 };

/* Has the agent sign data with this key and verifies what comes back. ERROR_REFUSED: there is no agent, it
 * does not have the key, or it did not sign. */
int agent_sign(const uint8_t key[static ED25519_PUBLIC_BYTES], struct bytes data,
	       uint8_t ret[static ED25519_SIGNATURE_BYTES], struct error *err)
	__attribute__((warn_unused_result));

#endif
