/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/kubeconfig.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/yaml.h"
#include "crypto/base64.h"
#include "injector/cluster/kubeconfig_parts.h"

void
kube_access_clear(struct kube_access *access)
{
	free(access->shown);
	free(access->server);
	free(access->server_name);
	free(access->namespace);
	free(access->proxy);
	buf_clear(&access->ca);
	secret_clear(&access->certificate);
	secret_clear(&access->key);
	secret_clear(&access->token);
	*access = (struct kube_access)KUBE_ACCESS_INIT;
}

/* One entry of a file: `clusters`, `users` or `contexts`, and what stands in it. */
struct entry {
	const struct config_file *file;
	const struct yaml_node *map;
	const char *kind, *name; /* "cluster", "user", "context" */
};

static bool
is_named(const struct yaml_node *node, const char *name)
{
	const struct yaml_node *named = node->kind == YAML_MAP ? yaml_get(node, "name") : NULL;

	return named != NULL && named->kind == YAML_SCALAR && strcmp(named->text, name) == 0;
}

static int
find_in(const struct config_file *file, struct entry *entry, struct error *err)
{
	CLEANUP(free_text) char *list_name = xasprintf("%ss", entry->kind);
	const struct yaml_node *list = yaml_get(file->yaml->root, list_name);

	if (list == NULL || list->kind != YAML_LIST)
		return 0;
	for (size_t i = 0; i < list->count; i++) {
		if (!is_named(list->children[i], entry->name))
			continue;
		if (entry->map != NULL)
			return yaml_error(file->yaml, list->children[i], err,
					  "the %s '%s' stands here for the second time",
					  entry->kind, entry->name);
		entry->map = yaml_get(list->children[i], entry->kind);
		entry->file = file;
		if (entry->map == NULL || entry->map->kind != YAML_MAP)
			return yaml_error(file->yaml, list->children[i], err,
					  "the %s '%s' has no '%s'", entry->kind, entry->name,
					  entry->kind);
	}
	return 0;
}

/* The first file that has it wins whole; map stays NULL where none does. */
static int
find_entry(const struct config *config, const char *kind, const char *name, struct entry *ret,
	   struct error *err)
{
	*ret = (struct entry){ .kind = kind, .name = name };
	for (size_t i = 0; ret->map == NULL && i < config->count; i++) {
		if (find_in(&config->files[i], ret, err) < 0)
			return -1;
	}
	return 0;
}

/* NULL: not there, or empty. */
static const struct yaml_node *
field(const struct entry *entry, const char *name)
{
	const struct yaml_node *node = entry->map != NULL ? yaml_get(entry->map, name) : NULL;

	return node != NULL && node->kind == YAML_SCALAR && node->len > 0 ? node : NULL;
}

static const char *
field_text(const struct entry *entry, const char *name)
{
	const struct yaml_node *node = field(entry, name);

	return node != NULL ? node->text : NULL;
}

static bool
field_is_true(const struct entry *entry, const char *name)
{
	const char *text = field_text(entry, name);

	return text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 ||
				strcmp(text, "y") == 0 || strcmp(text, "on") == 0);
}

/* Padded base64; Go's decoder skips line ends. */
static int
decode(const struct entry *entry, const struct yaml_node *node, struct secret *ret,
       struct error *err)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;

	if (secret_new(node->len, &text, err) < 0 || secret_new(node->len, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < node->len; i++) {
		struct bytes byte = { (const uint8_t *)node->text + i, 1 };

		if (node->text[i] != '\n' && node->text[i] != '\r' &&
		    secret_append(&text, byte, err) < 0)
			return -1;
	}
	if (!base64_decode_secret(secret_bytes(&text), BASE64_PADDED, ret))
		return yaml_error(entry->file->yaml, node, err, "'%s' is not base64",
				  node->key->text);
	return 0;
}

/* Paths are below the directory of the file that names them. */
static int
read_beside(const struct config_file *file, const char *path, struct secret *ret, struct error *err)
{
	const char *slash = strrchr(file->path, '/');
	CLEANUP(free_text) char *whole =
		path[0] == '/' || slash == NULL ?
			xstrdup(path) :
			xasprintf("%.*s/%s", (int)(slash - file->path), file->path, path);

	return kubeconfig_read(whole, KUBE_CREDENTIAL_MAX, ret, err);
}

/* NAME (a file) or NAME-data, not both: kubectl refuses that too. */
static int
read_credential(const struct entry *entry, const char *name, struct secret *ret, struct error *err)
{
	CLEANUP(free_text) char *data_name = xasprintf("%s-data", name);
	const struct yaml_node *file = field(entry, name), *data = field(entry, data_name);

	if (file != NULL && data != NULL)
		return yaml_error(entry->file->yaml, data, err, "'%s' and '%s' exclude each other",
				  name, data_name);
	if (data != NULL)
		return decode(entry, data, ret, err);
	return file != NULL ? read_beside(entry->file, file->text, ret, err) : 0;
}

static int
read_server(const struct entry *entry, struct kube_access *access, struct error *err)
{
	const struct yaml_node *server = field(entry, "server");
	size_t len;

	if (server == NULL)
		return yaml_error(entry->file->yaml, entry->map, err,
				  "the cluster '%s' has no 'server'", entry->name);
	/* It is shown in messages, where a password has no place. */
	if (memchr(server->text, '@', server->len) != NULL)
		return yaml_error(entry->file->yaml, server, err,
				  "'server' has a '@' in it; who signs in stands in 'users'");
	len = strcspn(server->text, "?#");
	while (len > 0 && server->text[len - 1] == '/')
		len--;
	access->server = strstr(server->text, "://") != NULL ?
				 xstrndup(server->text, len) :
				 xasprintf("https://%.*s", (int)len, server->text);
	if (kubeconfig_server_is_safe(access->server))
		return 0;
	return yaml_error(entry->file->yaml, server, err,
			  "'server' is not https, which only a server on this machine may be");
}

static int
read_cluster(const struct entry *entry, const struct kube_choice *choice,
	     struct kube_access *access, struct error *err)
{
	CLEANUP(secret_clear) struct secret ca = SECRET_INIT;
	const char *name = field_text(entry, "tls-server-name");
	const char *proxy = field_text(entry, "proxy-url");

	if (read_server(entry, access, err) < 0 ||
	    read_credential(entry, "certificate-authority", &ca, err) < 0)
		return -1;
	if (ca.data != NULL)
		buf_append(&access->ca, secret_bytes(&ca));
	if (name != NULL)
		access->server_name = xstrdup(name);
	if (proxy != NULL)
		access->proxy = xstrdup(proxy);
	if (field_is_true(entry, "insecure-skip-tls-verify") && !choice->insecure)
		return error_set(
			err, ERROR_FAILED,
			"%s: the cluster '%s' says insecure-skip-tls-verify, so that anybody in "
			"between could read what is sent; --insecure-skip-tls-verify takes that",
			entry->file->path, entry->name);
	access->insecure = choice->insecure;
	if (access->insecure)
		buf_clear(&access->ca);
	return buf_check(&access->ca, "the certificate authority", err);
}

/* One line; the file's end of line is none of it. */
static int
read_token(const struct entry *entry, struct secret *ret, struct error *err)
{
	const struct yaml_node *file = field(entry, "tokenFile"), *token = field(entry, "token");

	if (file != NULL) {
		if (read_beside(entry->file, file->text, ret, err) < 0)
			return -1;
		kubeconfig_trim(ret);
		return ret->len > 0 ?
			       0 :
			       yaml_error(entry->file->yaml, file, err,
					  "the 'tokenFile' of the user '%s' is empty", entry->name);
	}
	if (token == NULL)
		return 0;
	return secret_from((struct bytes){ (const uint8_t *)token->text, token->len }, ret, err);
}

static int
read_user(const struct entry *entry, struct kube_access *access, struct error *err)
{
	static const char *const strange[] = {
		"exec", "auth-provider", "username",  "password",
		"as",	"as-uid",	 "as-groups", "as-user-extra"
	};

	for (size_t i = 0; i < COUNT(strange); i++) {
		const struct yaml_node *node = yaml_get(entry->map, strange[i]);

		if (node != NULL && (node->kind != YAML_SCALAR || node->len > 0))
			return yaml_error(entry->file->yaml, node, err,
					  "the user '%s' signs in by '%s', which is not supported",
					  entry->name, strange[i]);
	}
	if (read_credential(entry, "client-certificate", &access->certificate, err) < 0 ||
	    read_credential(entry, "client-key", &access->key, err) < 0 ||
	    read_token(entry, &access->token, err) < 0)
		return -1;
	if ((access->certificate.data == NULL) != (access->key.data == NULL))
		return yaml_error(entry->file->yaml, entry->map, err,
				  "the user '%s' has one of client-certificate and client-key, "
				  "and needs both",
				  entry->name);
	return 0;
}

static int
need_entry(const struct config *config, const struct entry *context, const char *kind,
	   struct entry *ret, struct error *err)
{
	const struct yaml_node *name = field(context, kind);

	if (name == NULL)
		return yaml_error(context->file->yaml, context->map, err,
				  "the context '%s' has no '%s'", context->name, kind);
	if (find_entry(config, kind, name->text, ret, err) < 0)
		return -1;
	if (ret->map == NULL)
		return yaml_error(context->file->yaml, name, err, "there is no %s '%s'", kind,
				  name->text);
	return 0;
}

static int
read_context(const struct config *config, const struct entry *context,
	     const struct kube_choice *choice, struct kube_access *access, struct error *err)
{
	struct entry cluster, user;
	const char *namespace = field_text(context, "namespace");

	if (need_entry(config, context, "cluster", &cluster, err) < 0 ||
	    read_cluster(&cluster, choice, access, err) < 0)
		return -1;
	if (field(context, "user") != NULL &&
	    (need_entry(config, context, "user", &user, err) < 0 ||
	     read_user(&user, access, err) < 0))
		return -1;
	if (choice->namespace != NULL)
	namespace = choice->namespace;
	access->namespace = xstrdup(namespace != NULL ? namespace : "default");
	access->shown = xasprintf("context '%s'", context->name);
	return 0;
}

static int
find_access(const struct kube_choice *choice, struct kube_access *access, struct error *err)
{
	CLEANUP(config_clear) struct config config = CONFIG_INIT;
	const char *name = choice->context;
	struct entry context;

	if (choice->in_cluster)
		return kubeconfig_pod_access(choice, access, err);
	if (config_load(choice->file, &config, err) < 0)
		return -1;
	if (name == NULL)
		name = config_current_context(&config);
	if (name == NULL && config.count == 0 && kubeconfig_in_pod())
		return kubeconfig_pod_access(choice, access, err);
	if (name == NULL)
		return error_set(err, ERROR_USAGE,
				 "no cluster is chosen: there is no current context; "
				 "--context names one");
	if (find_entry(&config, "context", name, &context, err) < 0)
		return -1;
	if (context.map == NULL)
		return error_set(err, ERROR_USAGE, "there is no context '%s' in %s", name,
				 config.shown);
	return read_context(&config, &context, choice, access, err);
}

/* What goes into a header must not end it. */
static bool
is_one_word(const struct secret *token)
{
	for (size_t i = 0; i < token->len; i++) {
		if (token->data[i] <= ' ' || token->data[i] >= 0x7f)
			return false;
	}
	return true;
}

static int
check_access(struct kube_access *access, struct error *err)
{
	if (!text_is_label(bytes_of(access->namespace)))
		return error_set(err, ERROR_FAILED,
				 "%s: its namespace is not a DNS label (a-z, 0-9, -)",
				 access->shown);
	if (!is_one_word(&access->token))
		return error_set(err, ERROR_FAILED,
				 "%s: its token has characters that no token has", access->shown);
	if (strncmp(access->server, "https:", 6) != 0) {
		secret_clear(&access->token);
		secret_clear(&access->key);
		secret_clear(&access->certificate);
	}
	return 0;
}

int
kube_access_find(const struct kube_choice *choice, struct kube_access *ret, struct error *err)
{
	struct kube_access access = KUBE_ACCESS_INIT;

	if (find_access(choice, &access, err) < 0 || check_access(&access, err) < 0) {
		kube_access_clear(&access);
		return -1;
	}
	*ret = access;
	return 0;
}
