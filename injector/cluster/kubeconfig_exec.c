/* SPDX-License-Identifier: Apache-2.0 */
/* `exec` of a user: the program that gives out his credential, and what it is told of the cluster. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "injector/cluster/kubeconfig_parts.h"

#define GROUP "client.authentication.k8s.io/"

enum { CLUSTER_MAX = 1024 * 1024, CONFIG_MAX = 256 * 1024 };

static int
read_version(const struct config_entry *exec, struct exec_plugin *plugin, struct error *err)
{
	const char *version = config_field_text(exec, "apiVersion");

	if (version == NULL)
		return yaml_error(exec->file->yaml, exec->map, err,
				  "the 'exec' of user '%s' has no 'apiVersion'", exec->name);
	plugin->version = xstrdup(version);
	if (strcmp(version, GROUP "v1") == 0 || strcmp(version, GROUP "v1beta1") == 0)
		return 0;
	return yaml_error(exec->file->yaml, config_field(exec, "apiVersion"), err,
			  "the 'exec' of user '%s' is of an 'apiVersion' that is neither " GROUP
			  "v1 nor " GROUP "v1beta1",
			  exec->name);
}

/* v1 leaves it to nobody. */
static int
read_mode(const struct config_entry *exec, struct exec_plugin *plugin, struct error *err)
{
	static const char *const modes[] = { "Never", "IfAvailable", "Always" };
	const char *mode = config_field_text(exec, "interactiveMode");

	if (mode == NULL && strcmp(plugin->version, GROUP "v1") == 0)
		return yaml_error(exec->file->yaml, exec->map, err,
				  "the 'exec' of user '%s' has no 'interactiveMode', which " GROUP
				  "v1 wants",
				  exec->name);
	plugin->mode = EXEC_IF_AVAILABLE;
	for (size_t i = 0; mode != NULL && i < COUNT(modes); i++) {
		if (strcmp(mode, modes[i]) == 0) {
			plugin->mode = (enum exec_mode)i;
			return 0;
		}
	}
	if (mode == NULL)
		return 0;
	return yaml_error(exec->file->yaml, config_field(exec, "interactiveMode"), err,
			  "the 'interactiveMode' of user '%s' is none of Never, IfAvailable and "
			  "Always",
			  exec->name);
}

/* A name alone is looked for in $PATH; with a '/' it is below the kubeconfig's folder. */
static int
read_command(const struct config_entry *exec, struct exec_plugin *plugin, struct error *err)
{
	const char *command = config_field_text(exec, "command");
	const char *hint = config_field_text(exec, "installHint");
	const struct yaml_node *arguments = yaml_get(exec->map, "args");

	if (command == NULL)
		return yaml_error(exec->file->yaml, exec->map, err,
				  "the 'exec' of user '%s' has no 'command'", exec->name);
	plugin->command =
		strchr(command, '/') != NULL ? config_path(exec->file, command) : xstrdup(command);
	if (hint != NULL) {
		plugin->hint = xstrdup(hint);
		for (char *c = plugin->hint; *c != 0; c++)
			*c = *c == '\n' || *c == '\t' ? ' ' : *c;
		text_neutralise(plugin->hint, false);
	}
	return arguments != NULL ?
		       config_add_texts(exec, arguments, "args", &plugin->arguments, err) :
		       0;
}

static int
add_variable(const struct config_entry *exec, const struct yaml_node *item, struct secret *out,
	     struct error *err)
{
	const struct config_entry variable = { .file = exec->file, .map = item };
	const struct yaml_node *name = config_field(&variable, "name");
	const struct yaml_node *value = config_field(&variable, "value");

	if (name == NULL || strchr(name->text, '=') != NULL)
		return yaml_error(
			exec->file->yaml, item, err,
			"a variable in 'env' of user '%s' has no 'name', or one with a '='",
			exec->name);
	if (secret_append(out, (struct bytes){ (const uint8_t *)name->text, name->len }, err) < 0 ||
	    secret_append(out, bytes_of("="), err) < 0 ||
	    (value != NULL &&
	     secret_append(out, (struct bytes){ (const uint8_t *)value->text, value->len }, err) <
		     0))
		return -1;
	return secret_append(out, (struct bytes){ (const uint8_t *)"", 1 }, err);
}

/* "NAME=value" and NUL of each; one at least, for a secret of no size is none. */
static size_t
bytes_of_environment(const struct yaml_node *list)
{
	size_t bytes = 1;

	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->children[i];

		bytes += 2;
		for (size_t j = 0; item->kind == YAML_MAP && j < item->count; j++)
			bytes += item->children[j]->len;
	}
	return bytes;
}

static int
read_environment(const struct config_entry *exec, struct exec_plugin *plugin, struct error *err)
{
	const struct yaml_node *list = yaml_get(exec->map, "env");

	if (list == NULL || yaml_type_of(list) == YAML_TYPE_NULL)
		return 0;
	if (yaml_expect(exec->file->yaml, list, YAML_LIST, "'env'", err) < 0 ||
	    secret_new(bytes_of_environment(list), &plugin->environment, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		if (yaml_expect(exec->file->yaml, list->children[i], YAML_MAP,
				"a variable in 'env'", err) < 0 ||
		    config_check_types(exec->file, list->children[i], err) < 0 ||
		    add_variable(exec, list->children[i], &plugin->environment, err) < 0)
			return -1;
	}
	return 0;
}

static int
read_plugin(const struct config_entry *exec, struct exec_plugin *plugin, struct error *err)
{
	plugin->user = xstrdup(exec->name);
	plugin->wants_cluster = config_field_is_true(exec, "provideClusterInfo");
	if (config_check_types(exec->file, exec->map, err) < 0 ||
	    read_command(exec, plugin, err) < 0 || read_version(exec, plugin, err) < 0 ||
	    read_mode(exec, plugin, err) < 0)
		return -1;
	return read_environment(exec, plugin, err);
}

int
config_read_exec(const struct config_entry *user, struct kube_access *access, struct error *err)
{
	const struct yaml_node *exec = yaml_get(user->map, "exec");
	const struct config_entry entry = {
		.file = user->file, .map = exec, .kind = "exec", .name = user->name
	};

	if (exec == NULL || yaml_type_of(exec) == YAML_TYPE_NULL)
		return 0;
	if (yaml_expect(user->file->yaml, exec, YAML_MAP, "'exec'", err) < 0)
		return -1;
	access->plugin = xcalloc(1, sizeof(*access->plugin));
	return read_plugin(&entry, access->plugin, err);
}

int
config_read_extension(const struct config_entry *cluster, struct kube_access *access,
		      struct error *err)
{
	const struct yaml_node *list = yaml_get(cluster->map, "extensions");
	struct buf json = BUF_INIT(CONFIG_MAX);

	for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
		const struct config_entry item = { .file = cluster->file,
						   .map = list->children[i] };
		const char *name =
			item.map->kind == YAML_MAP ? config_field_text(&item, "name") : NULL;

		if (name == NULL || strcmp(name, GROUP "exec") != 0)
			continue;
		if (yaml_get(item.map, "extension") == NULL)
			continue;
		buf_reset(&json);
		yaml_write_json(&json, yaml_get(item.map, "extension"));
	}
	if (buf_check(&json, "the cluster's extension for plugins", err) < 0) {
		buf_clear(&json);
		return -1;
	}
	if (json.len > 0)
		access->extension = buf_take_text(&json);
	buf_clear(&json);
	return 0;
}

static void
put(struct json *json, const char *name, const char *value)
{
	if (value == NULL || value[0] == 0)
		return;
	json_name(json, name);
	json_text(json, value);
}

static void
put_true(struct json *json, const char *name, bool value)
{
	if (!value)
		return;
	json_name(json, name);
	json_boolean(json, true);
}

/* clientauthentication/v1: Cluster, in its order. The authority is always data, wherever it is from. */
void
kubeconfig_tell_plugin(struct kube_access *access)
{
	CLEANUP(buf_clear) struct buf authority = BUF_INIT(CLUSTER_MAX);
	struct buf out = BUF_INIT(CLUSTER_MAX);
	struct json json = JSON_INIT(&out, JSON_COMPACT);

	base64_encode(buf_bytes(&access->ca), BASE64_PADDED, 0, &authority);
	json_open(&json, '{');
	put(&json, "server", access->server);
	put(&json, "tls-server-name", access->server_name);
	put_true(&json, "insecure-skip-tls-verify", access->insecure);
	put(&json, "certificate-authority-data", buf_text(&authority));
	put(&json, "proxy-url", access->proxy);
	put_true(&json, "disable-compression", access->disables_compression);
	if (access->extension != NULL) {
		json_name(&json, "config");
		json_value(&json);
		buf_append_text(&out, access->extension);
	}
	json_close(&json, '}');
	access->plugin->cluster = buf_take_text(&out);
}
