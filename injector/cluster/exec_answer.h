/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_answer: the ExecCredential that a credential plugin writes (client.authentication.k8s.io/v1 and v1beta1:
 * client-go, pkg/apis/clientauthentication). It is read where it is, in secret memory: cJSON would copy it.
 */
#ifndef CLUSTER_EXEC_ANSWER_H
#define CLUSTER_EXEC_ANSWER_H

#include <stdint.h>

#include "base/error.h"
#include "crypto/secret.h"

struct exec_credential {
	struct secret token;		/* one line, or none */
	struct secret certificate, key; /* PEM; both or none */
	int64_t expires;		/* seconds since 1970; INT64_MAX: never */
};

#define EXEC_CREDENTIAL_INIT                                                                       \
	{                                                                                          \
		.token = SECRET_INIT, .certificate = SECRET_INIT, .key = SECRET_INIT,              \
		.expires = INT64_MAX                                                               \
	}

/* version: the apiVersion that the answer must have. There is a token, or a certificate and its key, or all three.
 * ERROR_FAILED says what is wrong with the answer ("is not JSON"), never what stands there. The caller clears. */
int exec_answer_read(struct bytes answer, const char *version, struct exec_credential *ret,
		     struct error *err) __attribute__((warn_unused_result));
void exec_credential_clear(struct exec_credential *credential);
/* A copy, which the caller clears. */
int exec_credential_copy(const struct exec_credential *from, struct exec_credential *ret,
			 struct error *err) __attribute__((warn_unused_result));

/* RFC 3339 with a fraction and any offset, as Go's time.RFC3339 takes it: seconds since 1970, rounded down. False: not
 * such a time. */
bool exec_answer_time(struct bytes text, int64_t *ret_seconds);

#endif
