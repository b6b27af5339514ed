/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the lists of a kubeconfig. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "injector/cluster/kubeconfig_parts.h"

static bool
is_named(const struct yaml_node *node, const char *name)
{
	const struct yaml_node *named = node->kind == YAML_MAP ? yaml_get(node, "name") : NULL;

	return named != NULL && named->kind == YAML_SCALAR && strcmp(named->text, name) == 0;
}

static int
find_in(const struct config_file *file, struct config_entry *entry, struct error *err)
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

int
config_find(const struct config *config, const char *kind, const char *name,
	    struct config_entry *ret, struct error *err)
{
	*ret = (struct config_entry){ .kind = kind, .name = name };
	for (size_t i = 0; ret->map == NULL && i < config->count; i++) {
		if (find_in(&config->files[i], ret, err) < 0)
			return -1;
	}
	return 0;
}

const struct yaml_node *
config_field(const struct config_entry *entry, const char *name)
{
	const struct yaml_node *node = entry->map != NULL ? yaml_get(entry->map, name) : NULL;

	return node != NULL && node->kind == YAML_SCALAR && node->len > 0 ? node : NULL;
}

const char *
config_field_text(const struct config_entry *entry, const char *name)
{
	const struct yaml_node *node = config_field(entry, name);

	return node != NULL ? node->text : NULL;
}

bool
config_field_is_true(const struct config_entry *entry, const char *name)
{
	const char *text = config_field_text(entry, name);

	return text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 ||
				strcmp(text, "y") == 0 || strcmp(text, "on") == 0);
}

/* Padded base64; Go's decoder skips line ends. */
static int
decode(const struct config_entry *entry, const struct yaml_node *node, struct secret *ret,
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

char *
config_path(const struct config_file *file, const char *path)
{
	const char *slash = strrchr(file->path, '/');

	return path[0] == '/' || slash == NULL ?
		       xstrdup(path) :
		       xasprintf("%.*s/%s", (int)(slash - file->path), file->path, path);
}

static int
read_beside(const struct config_file *file, const char *path, struct secret *ret, struct error *err)
{
	CLEANUP(free_text) char *whole = config_path(file, path);

	return kubeconfig_read(whole, KUBE_CREDENTIAL_MAX, ret, err);
}

int
config_read_credential(const struct config_entry *entry, const char *name, struct secret *ret,
		       struct error *err)
{
	CLEANUP(free_text) char *data_name = xasprintf("%s-data", name);
	const struct yaml_node *file = config_field(entry, name),
			       *data = config_field(entry, data_name);

	if (file != NULL && data != NULL)
		return yaml_error(entry->file->yaml, data, err, "'%s' and '%s' exclude each other",
				  name, data_name);
	if (data != NULL)
		return decode(entry, data, ret, err);
	return file != NULL ? read_beside(entry->file, file->text, ret, err) : 0;
}
