/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig_parts: the files of a kubeconfig, and the account of a pod. For kubeconfig.c and its tests. */
#ifndef CLUSTER_KUBECONFIG_PARTS_H
#define CLUSTER_KUBECONFIG_PARTS_H

#include "base/yaml.h"
#include "injector/cluster/kubeconfig.h"

struct config_file {
	char *path;
	struct yaml *yaml; /* its root is a map */
};

struct config {
	struct config_file *files; /* in their order; those that are not there are left out */
	size_t count;
	char *shown; /* the files' names, for messages */
};

#define CONFIG_INIT                                                                                \
	{                                                                                          \
		.files = NULL, .count = 0, .shown = NULL                                           \
	}

/* file alone, which must be there; NULL: those of $KUBECONFIG, or ~/.kube/config. The caller clears. */
int config_load(const char *file, struct config *ret, struct error *err)
	__attribute__((warn_unused_result));
void config_clear(struct config *config);
/* NULL: none of the files has one. Borrowed. */
const char *config_current_context(const struct config *config);

/* A file of at most max bytes; links are followed, since kubelets put tokens behind them. */
int kubeconfig_read(const char *path, size_t max, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Takes white space off the end. */
void kubeconfig_trim(struct secret *text);
/* https, or http to this machine. */
bool kubeconfig_server_is_safe(const char *server);

/* Whether the kubelet's variables are there. */
bool kubeconfig_in_pod(void);
/* client-go, rest/config.go: InClusterConfig. An unreadable ca.crt is an error here. */
int kubeconfig_pod_access(const struct kube_choice *choice, struct kube_access *ret,
			  struct error *err) __attribute__((warn_unused_result));

#endif
