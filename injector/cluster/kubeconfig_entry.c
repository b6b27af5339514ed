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
		entry->map = yaml_get(list->children[i], entry->kind);
		entry->file = file;
		if (entry->map == NULL || entry->map->kind != YAML_MAP)
			return yaml_error(file->yaml, list->children[i], err,
					  "the %s '%s' has no '%s'", entry->kind, entry->name,
					  entry->kind);
	}
	return 0;
}

static bool
is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* No name stands for two things in a kubeconfig. */
int
config_check_types(const struct config_file *file, const struct yaml_node *map, struct error *err)
{
	static const char *const texts[] = {
		"server",
		"tls-server-name",
		"certificate-authority",
		"certificate-authority-data",
		"proxy-url",
		"client-certificate",
		"client-certificate-data",
		"client-key",
		"client-key-data",
		"token",
		"tokenFile",
		"username",
		"password",
		"as",
		"as-uid",
		"cluster",
		"user",
		"namespace",
		"command",
		"apiVersion",
		"installHint",
		"interactiveMode",
		"name",
		"value",
	};
	static const char *const booleans[] = { "insecure-skip-tls-verify", "disable-compression",
						"provideClusterInfo" };

	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *node = map->children[i];
		const char *name = node->key->text;
		enum yaml_type type = yaml_type_of(node);

		if (type == YAML_TYPE_NULL)
			continue;
		if (is_among(name, texts, COUNT(texts)) &&
		    (node->kind != YAML_SCALAR || type != YAML_TYPE_TEXT))
			return yaml_error(file->yaml, node, err, "'%s' is no text%s", name,
					  node->kind == YAML_SCALAR ?
						  ", but a number or a boolean: put it in quotes" :
						  "");
		if (is_among(name, booleans, COUNT(booleans)) && type != YAML_TYPE_TRUE &&
		    type != YAML_TYPE_FALSE)
			return yaml_error(file->yaml, node, err, "'%s' is neither true nor false",
					  name);
	}
	return 0;
}

int
config_add_texts(const struct config_entry *entry, const struct yaml_node *list, const char *name,
		 struct list *out, struct error *err)
{
	if (yaml_type_of(list) == YAML_TYPE_NULL)
		return 0;
	if (list->kind != YAML_LIST)
		return yaml_error(entry->file->yaml, list, err, "'%s' is no list", name);
	for (size_t i = 0; i < list->count; i++) {
		if (list->children[i]->kind != YAML_SCALAR ||
		    yaml_type_of(list->children[i]) != YAML_TYPE_TEXT)
			return yaml_error(entry->file->yaml, list->children[i], err,
					  "'%s' has something that is no text", name);
		list_add(out, list->children[i]->text);
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
	return ret->map != NULL ? config_check_types(ret->file, ret->map, err) : 0;
}

const struct yaml_node *
config_field(const struct config_entry *entry, const char *name)
{
	const struct yaml_node *node = entry->map != NULL ? yaml_get(entry->map, name) : NULL;

	return node != NULL && node->kind == YAML_SCALAR && node->len > 0 &&
			       yaml_type_of(node) != YAML_TYPE_NULL ?
		       node :
		       NULL;
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
	const struct yaml_node *node = config_field(entry, name);

	return node != NULL && yaml_type_of(node) == YAML_TYPE_TRUE;
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

	while (strncmp(path, "./", 2) == 0)
		path += 2;
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
