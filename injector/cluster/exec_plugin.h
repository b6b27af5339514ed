/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_plugin: a user whose credential a program gives out, as kubectl's do (client-go, plugin/pkg/client/auth/exec).
 * What a plugin said is kept for the whole process, for each plugin and what it is told, until it expires or a server
 * refuses it: several connections and targets share one run, and the others wait for it. Nothing is on disk. Safe to
 * use from several threads.
 */
#ifndef CLUSTER_EXEC_PLUGIN_H
#define CLUSTER_EXEC_PLUGIN_H

#include "base/list.h"
#include "injector/cluster/exec_answer.h"

enum {
	EXEC_SECONDS = 120,		/* for a plugin that nobody talks to */
	EXEC_INTERACTIVE_SECONDS = 900, /* for somebody to sign in */
};

enum exec_mode { EXEC_NEVER, EXEC_IF_AVAILABLE, EXEC_ALWAYS };

struct exec_plugin {
	char *user;    /* the kubeconfig's user, for messages */
	char *command; /* as it stands there, or a path below the kubeconfig's folder */
	char *version; /* apiVersion */
	char *hint;    /* installHint, or NULL; control characters neutralised */
	struct list arguments;
	struct secret environment; /* "NAME=value" NUL, one behind the other; or none */
	enum exec_mode mode;
	bool wants_cluster; /* provideClusterInfo */
	char *config;	    /* JSON: the cluster's extension for plugins, or NULL */
	char *cluster;	    /* JSON: what it is told of the cluster, or NULL */
};

void exec_plugin_free(struct exec_plugin *plugin);

/* A copy of what the plugin said, which the caller clears, and *ret_run, the number of that run. refused: the number of
 * the run whose credential a server did not take, 0: none. It is run where nothing newer is known and nothing valid.
 * ERROR_FAILED names user, plugin and reason; a first run that failed is not repeated. */
int exec_plugin_ask(const struct exec_plugin *plugin, unsigned int refused,
		    struct exec_credential *ret, unsigned int *ret_run, struct error *err)
	__attribute__((warn_unused_result));
/* Wipes all that is kept. */
void exec_plugin_forget(void);

/* The value of $KUBERNETES_EXEC_INFO; a heap text. */
char *exec_plugin_info(const struct exec_plugin *plugin, bool is_interactive);

#endif
