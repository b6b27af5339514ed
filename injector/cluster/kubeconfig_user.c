/* SPDX-License-Identifier: Apache-2.0 */
/* Who signs in, and as whom: the fields of a user. */
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/kubeconfig_parts.h"

int
kubeconfig_read_token(const char *path, struct secret *ret, struct error *err)
{
	if (kubeconfig_read(path, KUBE_CREDENTIAL_MAX, ret, err) < 0)
		return -1;
	/* One line; the file's end of line is none of it. */
	kubeconfig_trim(ret);
	return ret->len > 0 ? 0 : error_set(err, ERROR_FAILED, "'%s' is empty", path);
}

static int
read_token(const struct config_entry *entry, struct kube_access *access, struct error *err)
{
	const char *file = config_field_text(entry, "tokenFile");
	const struct yaml_node *token = config_field(entry, "token");

	if (file != NULL) {
		access->token_file = config_path(entry->file, file);
		return kubeconfig_read_token(access->token_file, &access->token, err);
	}
	if (token == NULL)
		return 0;
	return secret_from((struct bytes){ (const uint8_t *)token->text, token->len },
			   &access->token, err);
}

static int
refuse_strange(const struct config_entry *entry, struct error *err)
{
	static const char *const strange[] = { "exec", "auth-provider", "username", "password" };

	for (size_t i = 0; i < COUNT(strange); i++) {
		const struct yaml_node *node = yaml_get(entry->map, strange[i]);

		if (node != NULL && (node->kind != YAML_SCALAR || node->len > 0))
			return yaml_error(entry->file->yaml, node, err,
					  "the user '%s' signs in by '%s', which is not supported",
					  entry->name, strange[i]);
	}
	return 0;
}

static int
add_all(const struct config_entry *entry, const struct yaml_node *list, const char *name,
	struct list *out, struct error *err)
{
	if (list->kind != YAML_LIST)
		return yaml_error(entry->file->yaml, list, err, "'%s' is no list", name);
	for (size_t i = 0; i < list->count; i++) {
		if (list->children[i]->kind != YAML_SCALAR)
			return yaml_error(entry->file->yaml, list->children[i], err,
					  "'%s' has something that is no text", name);
		list_add(out, list->children[i]->text);
	}
	return 0;
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

		if (add_all(entry, map->children[i], key, &values, err) < 0)
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
	if (groups != NULL && add_all(entry, groups, "as-groups", &access->as_groups, err) < 0)
		return -1;
	return read_extra(entry, access, err);
}

/* What the command line replaces is not read: it need not be there. */
int
config_read_user(const struct config_entry *entry, const struct kube_choice *choice,
		 struct kube_access *access, struct error *err)
{
	if (refuse_strange(entry, err) < 0 || read_impersonation(entry, access, err) < 0 ||
	    (choice->certificate == NULL &&
	     config_read_credential(entry, "client-certificate", &access->certificate, err) < 0) ||
	    (choice->key == NULL &&
	     config_read_credential(entry, "client-key", &access->key, err) < 0))
		return -1;
	return read_token(entry, access, err);
}
