/* SPDX-License-Identifier: Apache-2.0 */
/* refusal: what an API server's no means, and what to do about it, in our own words: what it writes about a Secret may
 * have values in it. */
#ifndef CLUSTER_REFUSAL_H
#define CLUSTER_REFUSAL_H

#include "base/json_read.h"
#include "base/list.h"
#include "injector/cluster/http.h"

/* What a request is about, for messages: "secret 'x' in namespace 'y'". */
struct subject {
	const char *verb; /* in RBAC's words */
	const char *resource, *namespace, *name;
};

/* A Status object's reason; "" where the answer is none (a proxy's page, a text). */
const char *refusal_reason(const struct json_node *status);
/* Whether a 409 is one of fields that others own; *owned, which is emptied before, then names them. */
bool refusal_is_owned(const struct json_node *status, struct list *owned);
/* Whether a 403 is a ResourceQuota's, which only its text says. */
bool refusal_is_quota(const struct json_node *status);

/* ERROR_CLUSTER; -1. status: NULL where the answer is no JSON. */
int refuse(const struct kube_access *access, const struct subject *subject,
	   const struct http_answer *answer, const struct json_node *status, struct error *err);

#endif
