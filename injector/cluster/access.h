/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access: what an account lacks. A 403 does not always say it: a PATCH that would create is refused for want of
 * `create`, with no word of that. The server knows, and answers everybody about himself
 * (SelfSubjectAccessReview of authorization.k8s.io/v1).
 */
#ifndef CLUSTER_ACCESS_H
#define CLUSTER_ACCESS_H

#include "base/error.h"
#include "injector/cluster/http.h"

/* A request that was answered by 403, in RBAC's words. */
struct access_request {
	const char *verb;
	const char *group;	      /* "" for the core's */
	const char *resource;	      /* "secrets" */
	const char *namespace, *name; /* or NULL */
};

/* Adds to err, which tells of the 403, which right is missing: "…; it needs 'create' on secrets in namespace 'x'". A
 * server that does not answer changes nothing. At most `seconds`. */
void access_explain(struct http *http, const struct access_request *request, long seconds,
		    struct error *err);

#endif
