/* SPDX-License-Identifier: Apache-2.0 */
/* place: what the command line says of the cluster: which one, as whom, and for how long. */
#ifndef INJECTOR_PLACE_H
#define INJECTOR_PLACE_H

#include "injector/cluster/kubeconfig.h"
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
	  "how long to try, for each target; default: 60s, with --wait 10m" }
/* clang-format on */

struct place {
	struct kube_choice choice; /* but for its lists */
	struct list groups, extra;
	long seconds;	      /* for a target */
	long request_seconds; /* for one request; 0: as long as that */
};

/* usual: seconds for a target, where --timeout says nothing. ERROR_USAGE names the option. The caller clears *ret. */
int place_read(const struct options *options, long usual, struct place *ret, struct error *err)
	__attribute__((warn_unused_result));
void place_clear(struct place *place);

/* What the command line says comes before what the target (or NULL: none) says. Borrowed from both. */
struct kube_choice place_choose(const struct place *place, const struct target *target);
/* Whether two choices of one place are of the same cluster and account. */
bool place_is_same(const struct kube_choice *a, const struct kube_choice *b);

/* ERROR_USAGE: neither the environment nor the command line says where to; or the namespace is none. */
int place_check(const struct invocation *invocation, const struct environment *environment,
		struct error *err) __attribute__((warn_unused_result));

#endif
