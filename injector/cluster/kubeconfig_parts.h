/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig_parts: the files of a kubeconfig and what stands in them, the account of a pod, and what the command
 * line says. For kubeconfig*.c and their tests. */
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

/* One entry of a list: of `clusters`, `users` or `contexts`, and what stands in it. */
struct config_entry {
	const struct config_file *file;
	const struct yaml_node *map; /* NULL: there is none */
	const char *kind, *name;     /* "cluster", "user", "context" */
};

/* The first file that has it wins whole; map stays NULL where none does. */
int config_find(const struct config *config, const char *kind, const char *name,
		struct config_entry *ret, struct error *err) __attribute__((warn_unused_result));
/* Each field that we know must be of its type, as YAML 1.1 has it: `token: 12` is a number, `as: on` a boolean. */
int config_check_types(const struct config_file *file, const struct yaml_node *map,
		       struct error *err) __attribute__((warn_unused_result));
/* A scalar; NULL: not there, empty, or null. */
const struct yaml_node *config_field(const struct config_entry *entry, const char *name);
const char *config_field_text(const struct config_entry *entry, const char *name);
bool config_field_is_true(const struct config_entry *entry, const char *name);
/* What NAME (a file) or NAME-data (base64) holds; not both, which kubectl refuses too. Neither: *ret stays. */
int config_read_credential(const struct config_entry *entry, const char *name, struct secret *ret,
			   struct error *err) __attribute__((warn_unused_result));
/* Appends the texts of a list that is the field `name`. */
int config_add_texts(const struct config_entry *entry, const struct yaml_node *list,
		     const char *name, struct list *out, struct error *err)
	__attribute__((warn_unused_result));
/* A path in a file is below the directory of that file. A heap text. */
char *config_path(const struct config_file *file, const char *path);

/* Credentials and impersonation of a user, but for what the command line says. */
int config_read_user(const struct config_entry *entry, const struct kube_choice *choice,
		     struct kube_access *access, struct error *err)
	__attribute__((warn_unused_result));

/* `exec` of a user, where there is one. */
int config_read_exec(const struct config_entry *user, struct kube_access *access, struct error *err)
	__attribute__((warn_unused_result));
/* What a cluster has for plugins: its extension client.authentication.k8s.io/exec. */
int config_read_extension(const struct config_entry *cluster, struct kube_access *access,
			  struct error *err) __attribute__((warn_unused_result));
/* What the plugin is told of the cluster, once all is known. */
void kubeconfig_tell_plugin(struct kube_access *access);

/* The server's address as it is used: no query, no slash at its end, with a scheme. NULL, and *ret_problem
 * says why ("is not https, …"): not one to speak to. */
char *kubeconfig_server(const char *text, const char **ret_problem);
/* What the command line says, over what was found; as client-go merges its overrides. */
int kubeconfig_override(const struct kube_choice *choice, struct kube_access *access,
			struct error *err) __attribute__((warn_unused_result));
/* One of what an impersonated user has besides; its header, whole. */
void kube_access_add_extra(struct kube_access *access, const char *key, const char *value);

/* What goes into a header must not end it; an empty one is fine. */
bool kubeconfig_is_token(const struct secret *token);
/* A token out of a file: not empty, without the white space around it. */
int kubeconfig_read_token(const char *path, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));
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
