/* SPDX-License-Identifier: Apache-2.0 */
/* api_call: one request as the verbs of api.h make it. */
#ifndef CLUSTER_API_CALL_H
#define CLUSTER_API_CALL_H

#include "injector/cluster/api.h"
#include "injector/cluster/refusal.h"

/* One request. All may be made again: a second POST finds the object there, a second PATCH finds what it was to
 * be, or another resourceVersion, and then the caller looks. */
struct call {
	struct subject subject;
	struct http_request request;
	struct secret *secret; /* where the answer goes, which nobody looks at then; or NULL */
};

/* *ret: what the answer is, where that is API_DONE and ret is not NULL. */
int api_do(struct api *api, const struct call *call, struct object_meta *ret,
	   enum api_result *ret_result, struct error *err) __attribute__((warn_unused_result));

/* A heap text. namespace: NULL for what has none, or all; name: NULL for the list; query: with its "?", or "". */
char *api_path(const char *resource, const char *namespace, const char *name, const char *query);

#endif
