/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/kubeconfig.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/yaml.h"
#include "injector/cluster/kubeconfig_parts.h"
#include "injector/cluster/proxy.h"

void
kube_access_clear(struct kube_access *access)
{
	free(access->shown);
	free(access->server);
	free(access->server_name);
	free(access->namespace);
	free(access->proxy);
	free(access->token_file);
	free(access->certificate_file);
	free(access->key_file);
	free(access->username);
	secret_clear(&access->password);
	exec_plugin_free(access->plugin);
	free(access->extension);
	free(access->as);
	free(access->as_uid);
	list_clear(&access->as_groups);
	list_clear(&access->as_extra);
	buf_clear(&access->ca);
	secret_clear(&access->certificate);
	secret_clear(&access->key);
	secret_clear(&access->token);
	*access = (struct kube_access)KUBE_ACCESS_INIT;
}

static int
read_server(const struct config_entry *entry, struct kube_access *access, struct error *err)
{
	const struct yaml_node *server = config_field(entry, "server");
	const char *problem = NULL;

	if (server == NULL)
		return yaml_error(entry->file->yaml, entry->map, err,
				  "the cluster '%s' has no 'server'", entry->name);
	access->server = kubeconfig_server(server->text, &problem);
	if (access->server != NULL)
		return 0;
	return yaml_error(entry->file->yaml, server, err, "'server' %s", problem);
}

static int
read_authority(const struct config_entry *entry, struct kube_access *access, struct error *err)
{
	CLEANUP(secret_clear) struct secret ca = SECRET_INIT;

	if (config_read_credential(entry, "certificate-authority", &ca, err) < 0)
		return -1;
	if (config_field_is_true(entry, "insecure-skip-tls-verify"))
		return error_set(
			err, ERROR_FAILED,
			"%s: the cluster '%s' says insecure-skip-tls-verify, so that anybody in "
			"between could read what is sent; --insecure-skip-tls-verify takes that",
			entry->file->path, entry->name);
	if (ca.data != NULL)
		buf_append(&access->ca, secret_bytes(&ca));
	return buf_check(&access->ca, "the certificate authority", err);
}

/* What the command line replaces is not read: it need not be there. */
static int
read_cluster(const struct config_entry *entry, const struct kube_choice *choice,
	     struct kube_access *access, struct error *err)
{
	const char *name = config_field_text(entry, "tls-server-name");
	const char *proxy = config_field_text(entry, "proxy-url");

	if ((choice->server == NULL && read_server(entry, access, err) < 0) ||
	    (choice->authority == NULL && !choice->insecure &&
	     read_authority(entry, access, err) < 0))
		return -1;
	if (name != NULL)
		access->server_name = xstrdup(name);
	access->disables_compression = config_field_is_true(entry, "disable-compression");
	if (config_read_extension(entry, access, err) < 0)
		return -1;
	if (proxy == NULL)
		return 0;
	access->proxy = xstrdup(proxy);
	return proxy_is_url(proxy) ? 0 :
				     yaml_error(entry->file->yaml, config_field(entry, "proxy-url"),
						err, "'proxy-url' is no http, https or socks5 URL");
}

/* The cluster or user that the command line names, else the context; map stays NULL where neither does. */
static int
find_part(const struct config *config, const struct config_entry *context, const char *kind,
	  const char *chosen, struct config_entry *ret, struct error *err)
{
	const struct yaml_node *name = config_field(context, kind);

	*ret = (struct config_entry){ .kind = kind };
	if (chosen == NULL && name == NULL)
		return 0;
	if (config_find(config, kind, chosen != NULL ? chosen : name->text, ret, err) < 0)
		return -1;
	if (ret->map != NULL)
		return 0;
	if (chosen != NULL)
		return error_set(err, ERROR_USAGE, "there is no %s '%s' in %s", kind, chosen,
				 config->shown);
	return yaml_error(context->file->yaml, name, err, "there is no %s '%s'", kind, name->text);
}

/* context: without a map where there is none, and the command line says enough. */
static int
read_context(const struct config *config, const struct config_entry *context,
	     const struct kube_choice *choice, struct kube_access *access, struct error *err)
{
	struct config_entry cluster, user;
	const char *namespace = config_field_text(context, "namespace");

	if (find_part(config, context, "cluster", choice->cluster, &cluster, err) < 0 ||
	    find_part(config, context, "user", choice->user, &user, err) < 0)
		return -1;
	if (cluster.map == NULL && choice->server == NULL)
		return yaml_error(context->file->yaml, context->map, err,
				  "the context '%s' has no 'cluster'", context->name);
	if ((cluster.map != NULL && read_cluster(&cluster, choice, access, err) < 0) ||
	    (user.map != NULL && config_read_user(&user, choice, access, err) < 0))
		return -1;
	access->namespace = xstrdup(namespace != NULL ? namespace : "default");
	access->shown = context->map != NULL ? xasprintf("context '%s'", context->name) :
					       xstrdup("no context");
	return 0;
}

static int
read_files(const struct config *config, const char *name, const struct kube_choice *choice,
	   struct kube_access *access, struct error *err)
{
	struct config_entry context = { .kind = "context" };

	if (name != NULL && config_find(config, "context", name, &context, err) < 0)
		return -1;
	if (name != NULL && context.map == NULL && config->count == 0)
		return error_set(err, ERROR_USAGE,
				 "there is no context '%s', since there is no kubeconfig '%s'",
				 name, config->shown);
	if (name != NULL && context.map == NULL)
		return error_set(err, ERROR_USAGE, "there is no context '%s' in %s", name,
				 config->shown);
	if (name == NULL && choice->server == NULL && choice->cluster == NULL)
		return error_set(err, ERROR_USAGE,
				 "no cluster is chosen: there is no current context; "
				 "--context names one");
	return read_context(config, &context, choice, access, err);
}

static int
find_access(const struct kube_choice *choice, struct kube_access *access, struct error *err)
{
	CLEANUP(config_clear) struct config config = CONFIG_INIT;
	const char *name = choice->context;

	if (choice->in_cluster)
		return kubeconfig_pod_access(choice, access, err);
	if (config_load(choice->file, &config, err) < 0)
		return -1;
	if (name == NULL)
		name = config_current_context(&config);
	if (name == NULL && config.count == 0 && choice->server == NULL && kubeconfig_in_pod())
		return kubeconfig_pod_access(choice, access, err);
	return read_files(&config, name, choice, access, err);
}

bool
kubeconfig_is_token(const struct secret *token)
{
	for (size_t i = 0; i < token->len; i++) {
		if (token->data[i] <= ' ' || token->data[i] >= 0x7f)
			return false;
	}
	return true;
}

static void
drop_plugin(struct kube_access *access)
{
	exec_plugin_free(access->plugin);
	access->plugin = NULL;
}

static void
drop_credentials(struct kube_access *access)
{
	secret_clear(&access->token);
	secret_clear(&access->key);
	secret_clear(&access->certificate);
	secret_clear(&access->password);
	free(TAKE(access->username));
	drop_plugin(access);
}

static int
check_access(struct kube_access *access, struct error *err)
{
	if (!text_is_label(bytes_of(access->namespace)))
		return error_set(err, ERROR_FAILED,
				 "%s: its namespace is not a DNS label (a-z, 0-9, -)",
				 access->shown);
	if (!kubeconfig_is_token(&access->token))
		return error_set(err, ERROR_FAILED,
				 "%s: its token has characters that no token has", access->shown);
	if (strncasecmp(access->server, "https:", 6) != 0)
		drop_credentials(access);
	/* Who has another credential needs none of a plugin (client-go, exec.go: UpdateTransportConfig). */
	if (access->token.data != NULL || access->username != NULL || access->key.data != NULL)
		drop_plugin(access);
	if (access->plugin != NULL && access->plugin->wants_cluster)
		kubeconfig_tell_plugin(access);
	return 0;
}

int
kube_access_find(const struct kube_choice *choice, struct kube_access *ret, struct error *err)
{
	struct kube_access access = KUBE_ACCESS_INIT;

	if (find_access(choice, &access, err) < 0 ||
	    kubeconfig_override(choice, &access, err) < 0 || check_access(&access, err) < 0) {
		kube_access_clear(&access);
		return -1;
	}
	*ret = access;
	return 0;
}
