/* SPDX-License-Identifier: Apache-2.0 */
/* Who signs in, and as whom: the fields of a user. */
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/kubeconfig_parts.h"

int
kubeconfig_read_token(const char *path, struct secret *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret all = SECRET_INIT;
	size_t start = 0;

	if (kubeconfig_read(path, KUBE_CREDENTIAL_MAX, &all, err) < 0)
		return -1;
	/* White space around it is the file's. */
	kubeconfig_trim(&all);
	while (start < all.len && strchr(" \t\r\n", all.data[start]) != NULL)
		start++;
	if (start == all.len)
		return error_set(err, ERROR_FAILED, "'%s' is empty", path);
	return secret_from((struct bytes){ all.data + start, all.len - start }, ret, err);
}

/* A file's token comes first; where it cannot be read, the one that stands here does. */
static int
read_token(const struct config_entry *entry, struct kube_access *access, struct error *err)
{
	const char *file = config_field_text(entry, "tokenFile");
	const struct yaml_node *token = config_field(entry, "token");

	if (file != NULL) {
		access->token_file = config_path(entry->file, file);
		if (kubeconfig_read_token(access->token_file, &access->token, err) == 0)
			return 0;
		secret_clear(&access->token);
		if (token == NULL)
			return -1;
	}
	return token != NULL ?
		       secret_from((struct bytes){ (const uint8_t *)token->text, token->len },
				   &access->token, err) :
		       0;
}

static int
read_password(const struct config_entry *entry, struct kube_access *access, struct error *err)
{
	const struct yaml_node *name = config_field(entry, "username"),
			       *password = config_field(entry, "password"),
			       *token = config_field(entry, "token");

	if (name == NULL && password == NULL)
		return 0;
	if (token == NULL)
		token = config_field(entry, "tokenFile");
	if (token != NULL)
		return yaml_error(entry->file->yaml, token, err,
				  "the user '%s' has a token and a password, which exclude each "
				  "other",
				  entry->name);
	if (name == NULL)
		return yaml_error(entry->file->yaml, password, err,
				  "the user '%s' has a 'password' and no 'username'", entry->name);
	access->username = xstrdup(name->text);
	return password != NULL ?
		       secret_from((struct bytes){ (const uint8_t *)password->text, password->len },
				   &access->password, err) :
		       0;
}

static int
refuse_provider(const struct config_entry *entry, struct error *err)
{
	const struct yaml_node *provider = yaml_get(entry->map, "auth-provider");
	const struct yaml_node *exec = yaml_get(entry->map, "exec");

	if (provider == NULL || yaml_type_of(provider) == YAML_TYPE_NULL)
		return 0;
	if (exec != NULL && yaml_type_of(exec) != YAML_TYPE_NULL)
		return yaml_error(entry->file->yaml, provider, err,
				  "the user '%s' has 'exec' and 'auth-provider', which exclude "
				  "each other",
				  entry->name);
	return yaml_error(entry->file->yaml, provider, err,
			  "the user '%s' signs in by 'auth-provider', which is not supported: a "
			  "plugin ('exec') is its successor",
			  entry->name);
}

static int
read_extra(const struct config_entry *entry, struct kube_access *access, struct error *err)
{
	const struct yaml_node *map = yaml_get(entry->map, "as-user-extra");

	if (map != NULL && map->kind != YAML_MAP)
		return yaml_error(entry->file->yaml, map, err, "'as-user-extra' is no map");
	for (size_t i = 0; map != NULL && i < map->count; i++) {
		CLEANUP(list_clear) struct list values = LIST_INIT;
		const char *key = map->children[i]->key->text;

		if (config_add_texts(entry, map->children[i], key, &values, err) < 0)
			return -1;
		for (size_t j = 0; j < values.count; j++)
			kube_access_add_extra(access, key, values.items[j]);
	}
	return 0;
}

static int
read_impersonation(const struct config_entry *entry, struct kube_access *access, struct error *err)
{
	const char *user = config_field_text(entry, "as"),
		   *uid = config_field_text(entry, "as-uid");
	const struct yaml_node *groups = yaml_get(entry->map, "as-groups");

	if (user != NULL)
		access->as = xstrdup(user);
	if (uid != NULL)
		access->as_uid = xstrdup(uid);
	if (groups != NULL &&
	    config_add_texts(entry, groups, "as-groups", &access->as_groups, err) < 0)
		return -1;
	return read_extra(entry, access, err);
}

/* Where certificate and key are to be read again. */
static void
note_files(const struct config_entry *entry, const struct kube_choice *choice,
	   struct kube_access *access)
{
	const char *certificate = config_field_text(entry, "client-certificate"),
		   *key = config_field_text(entry, "client-key");

	if (certificate != NULL && choice->certificate == NULL)
		access->certificate_file = config_path(entry->file, certificate);
	if (key != NULL && choice->key == NULL)
		access->key_file = config_path(entry->file, key);
}

/* What the command line replaces is not read: it need not be there. */
int
config_read_user(const struct config_entry *entry, const struct kube_choice *choice,
		 struct kube_access *access, struct error *err)
{
	if (refuse_provider(entry, err) < 0 || read_impersonation(entry, access, err) < 0 ||
	    (choice->certificate == NULL &&
	     config_read_credential(entry, "client-certificate", &access->certificate, err) < 0) ||
	    (choice->key == NULL &&
	     config_read_credential(entry, "client-key", &access->key, err) < 0))
		return -1;
	note_files(entry, choice, access);
	if (read_password(entry, access, err) < 0 || read_token(entry, access, err) < 0)
		return -1;
	return config_read_exec(entry, access, err);
}
