/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signer.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/agent.h"

enum { SIGNED_DATA_MAX = 512 };

int
signer_sign(const struct signer *signer, const char *namespace, struct bytes message,
	    struct buf *out, struct error *err)
{
	CLEANUP(buf_clear) struct buf data = BUF_INIT(SIGNED_DATA_MAX);
	struct sshsig sig;

	if (signer->seed != NULL) {
		sshsig_sign(signer->seed, namespace, message, out);
		return 0;
	}
	memcpy(sig.signer, signer->public, sizeof(sig.signer));
	sshsig_signed_data(namespace, message, &data);
	if (agent_sign(signer->public, buf_bytes(&data), sig.signature, err) < 0)
		return -1;
	sshsig_armor(&sig, namespace, out);
	return 0;
}
