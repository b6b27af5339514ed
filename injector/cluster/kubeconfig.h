/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kubeconfig: which API server to talk to, and as whom, as kubectl decides it: --kubeconfig FILE alone; else
 * the files of $KUBECONFIG, of which the first that defines a name wins whole; else ~/.kube/config.
 * (client-go, tools/clientcmd: loader.go, merge.go, client_config.go, validation.go.) In a pod: its account.
 * Over that goes what the command line says, field by field. A user may sign in by a token, a password, a certificate or
 * a plugin that gives one out (exec_plugin.h); what is in files is read again while it is used.
 */
#ifndef CLUSTER_KUBECONFIG_H
#define CLUSTER_KUBECONFIG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/list.h"
#include "crypto/secret.h"
#include "injector/cluster/exec_plugin.h"

enum { KUBE_CREDENTIAL_MAX = 256 * 1024 /* a certificate chain, a key, a token */ };

/* What the command line and the target say; each may be NULL or false. */
struct kube_choice {
	const char *file;			 /* --kubeconfig */
	const char *context;			 /* --context, or the target's */
	const char *namespace;			 /* -n, or the target's */
	bool in_cluster;			 /* the pod's account, whatever files there are */
	bool insecure;				 /* --insecure-skip-tls-verify */
	const char *cluster, *user;		 /* --cluster, --user: not the context's */
	const char *server, *server_name;	 /* --server, --tls-server-name */
	const char *authority;			 /* --certificate-authority, a file */
	const char *certificate, *key;		 /* --client-certificate, --client-key, files */
	const char *as, *as_uid;		 /* --as, --as-uid */
	const struct list *as_groups, *as_extra; /* --as-group, --as-user-extra (KEY=VALUE) */
};

struct kube_access {
	char *shown;  /* "context 'prod'", "this pod's account", "…, as 'jane'"; for messages */
	char *server; /* "https://host:port/prefix", no slash at its end */
	char *server_name; /* tls-server-name: what the certificate must name; or NULL */
	char *namespace;   /* never NULL: the choice's, the context's, the pod's, or "default" */
	char *proxy;	   /* proxy-url; NULL: that of the environment's variables */
	bool insecure;
	char *as, *as_uid; /* whom to impersonate, or NULL */
	struct list as_groups;
	struct list as_extra;		   /* whole headers: "Impersonate-Extra-KEY: VALUE" */
	char *token_file;		   /* where token is from, or NULL */
	char *certificate_file, *key_file; /* where the two are from, or NULL */
	char *username;			   /* with password, or NULL */
	struct secret password;
	struct exec_plugin *plugin; /* who gives out token, certificate and key; or NULL */
	unsigned int plugin_run;    /* its run that they are of, 0: none yet */
	int64_t expires;	    /* when they do, seconds since 1970 */
	int64_t read_at;	    /* when the files were, monotonic seconds */
	char *extension;	    /* the cluster's for plugins, JSON; or NULL */
	bool disables_compression;  /* which plugins are told; we never ask for it */
	struct buf ca;		    /* PEM, the only roots; empty: the system's */
	struct secret certificate, key, token; /* PEM, PEM, one line; without data: none */
};

#define KUBE_ACCESS_INIT                                                                           \
	{                                                                                          \
		.shown = NULL, .server = NULL, .server_name = NULL, .namespace = NULL,             \
		.proxy = NULL, .as = NULL, .as_uid = NULL, .as_groups = LIST_INIT,                 \
		.as_extra = LIST_INIT, .token_file = NULL, .password = SECRET_INIT,                \
		.plugin = NULL, .ca = BUF_INIT(KUBE_CREDENTIAL_MAX), .certificate = SECRET_INIT,   \
		.key = SECRET_INIT, .token = SECRET_INIT                                           \
	}

/* ERROR_USAGE: no context of that name, or none is chosen and this is no pod. ERROR_FAILED names file, entry
 * and rule. Plain http is refused but to this machine, and carries no credentials there, as with kubectl. The
 * caller clears *ret. */
int kube_access_find(const struct kube_choice *choice, struct kube_access *ret, struct error *err)
	__attribute__((warn_unused_result));
void kube_access_clear(struct kube_access *access);
/* Before a request: runs the plugin where there is one and what it said is not valid (any more), and after some time
 * reads again what is in files, which others may have replaced; one that cannot be read leaves the credential as it is.
 * *ret_other_key: certificate or key are others now, so that no connection made before is of this account. */
int kube_access_prepare(struct kube_access *access, bool *ret_other_key, struct error *err)
	__attribute__((warn_unused_result));
/* For an account that the server does not know (any more): the plugin is run again, the files are read again.
 * *ret_renewed: there is another credential. */
int kube_access_renew(struct kube_access *access, bool *ret_renewed, bool *ret_other_key,
		      struct error *err) __attribute__((warn_unused_result));

/* The current context: of the first file of $KUBECONFIG (else ~/.kube/config) that sets one. A heap text;
 * NULL: there is none, or nothing can be read. */
char *kubeconfig_current_context(void);

#endif
