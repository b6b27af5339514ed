/* SPDX-License-Identifier: Apache-2.0 */
/* delivery: what `apply` and `diff` share: the environment's values, its targets, up to four at a time, each
 * with the account to reach it, and one report line an object. */
#ifndef INJECTOR_DELIVERY_H
#define INJECTOR_DELIVERY_H

#include "injector/cluster/apply.h"
#include "injector/invocation.h"

/* A token on the command line is a secret there. */
#define TOKEN_REFUSED                                                                              \
	"every process on this machine can read a command line; put the token into a file that a " \
	"kubeconfig names as its user's tokenFile"

/* kubectl's own names. */
/* clang-format off */
#define OPTIONS_CLUSTER \
	{ 0, "context", OPTION_VALUE, "NAME", NULL, \
	  "the kubeconfig's context; default: the targets' own" }, \
	{ 'n', "namespace", OPTION_VALUE, "NAMESPACE", NULL, \
	  "the namespace; default: the target's" }, \
	{ 0, "kubeconfig", OPTION_VALUE, "FILE", NULL, \
	  "this kubeconfig alone, not those of $KUBECONFIG" }, \
	{ 0, "cluster", OPTION_VALUE, "NAME", NULL, \
	  "the kubeconfig's cluster, not the context's" }, \
	{ 0, "user", OPTION_VALUE, "NAME", NULL, "the kubeconfig's user, not the context's" }, \
	{ 0, "server", OPTION_VALUE, "URL", NULL, "the API server, not the cluster's" }, \
	{ 0, "tls-server-name", OPTION_VALUE, "NAME", NULL, \
	  "what the server's certificate must name" }, \
	{ 0, "certificate-authority", OPTION_VALUE, "FILE", NULL, \
	  "who signs the server's certificate" }, \
	{ 0, "insecure-skip-tls-verify", OPTION_NONE, NULL, NULL, \
	  "speak to a server that cannot prove which one it is" }, \
	{ 0, "client-certificate", OPTION_VALUE, "FILE", NULL, \
	  "our certificate, not the user's" }, \
	{ 0, "client-key", OPTION_VALUE, "FILE", NULL, "its key" }, \
	{ 0, "token", OPTION_REFUSED, NULL, NULL, TOKEN_REFUSED }, \
	{ 0, "as", OPTION_VALUE, "USER", NULL, "impersonate this user" }, \
	{ 0, "as-group", OPTION_MANY, "GROUP", NULL, "and this group; may be repeated" }, \
	{ 0, "as-uid", OPTION_VALUE, "UID", NULL, "and this uid" }, \
	{ 0, "as-user-extra", OPTION_MANY, "KEY=VALUE", NULL, \
	  "and this extra; may be repeated" }, \
	{ 0, "request-timeout", OPTION_VALUE, "DURATION", NULL, \
	  "how long one request may take; default: as --timeout" }, \
	{ 0, "timeout", OPTION_VALUE, "DURATION", NULL, \
	  "how long to try, for each target; default: 60s" }
/* clang-format on */

struct delivery_terms {
	enum apply_dry_run dry_run;
	bool force, allow_rollback, create_namespace;
	const char *done; /* what a target is then: "applied" */
	bool announce;	  /* say where to before anything is sent */
	/* One object's line, with its LF, or nothing. Called by several threads at once. */
	void (*describe)(const struct invocation *invocation, const struct apply_report *report,
			 struct buf *out);
};

/* One target that fails does not stop the others; the first failure is what it ends with, the others are
 * printed. *ret_differing: how many objects were, or would be, written. */
int delivery_run(const struct invocation *invocation, const struct delivery_terms *delivery,
		 size_t *ret_differing, struct error *err) __attribute__((warn_unused_result));

#endif
