/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a kubeconfig: they may hold tokens and keys, so they stay in secret memory, and the trees are
 * wiped. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/kubeconfig_parts.h"

void
config_clear(struct config *config)
{
	for (size_t i = 0; i < config->count; i++) {
		free(config->files[i].path);
		yaml_destroy(config->files[i].yaml);
	}
	free(config->files);
	free(config->shown);
	*config = (struct config)CONFIG_INIT;
}

int
kubeconfig_read(const char *path, size_t max, struct secret *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	return secret_read(fd, path, max, ret, err);
}

void
kubeconfig_trim(struct secret *text)
{
	while (text->len > 0 && strchr(" \t\r\n", text->data[text->len - 1]) != NULL)
		secret_truncate(text, text->len - 1);
}

/* The first document, read as laxly as kubectl does; without any, an empty map. */
static int
parse(struct bytes source, const char *path, struct yaml **ret, struct error *err)
{
	CLEANUP(yaml_documents_clear) struct yaml_documents documents = YAML_DOCUMENTS_INIT;

	if (yaml_parse_lax(source, path, &documents, err) < 0)
		return -1;
	if (documents.count == 0)
		return yaml_parse((struct bytes){ source.data, 0 }, path, ret, err);
	*ret = TAKE(documents.items[0]);
	return 0;
}

/* `apiVersion` and `kind` may be missing, but not be another's. */
static int
check_head(const struct yaml *yaml, struct error *err)
{
	static const char *const fields[][2] = { { "apiVersion", "v1" }, { "kind", "Config" } };

	for (size_t i = 0; i < COUNT(fields); i++) {
		const struct yaml_node *node = yaml_get(yaml->root, fields[i][0]);

		if (node != NULL && yaml_type_of(node) != YAML_TYPE_NULL &&
		    (node->kind != YAML_SCALAR || strcmp(node->text, fields[i][1]) != 0))
			return yaml_error(yaml, node, err, "a kubeconfig's '%s' is '%s'",
					  fields[i][0], fields[i][1]);
	}
	return 0;
}

static const char *
name_of(const struct yaml_node *item)
{
	const struct yaml_node *name = item->kind == YAML_MAP ? yaml_get(item, "name") : NULL;

	return name != NULL && name->kind == YAML_SCALAR ? name->text : "";
}

/* Whether it is used or not. */
static int
check_names(const struct yaml *yaml, const char *kind, struct error *err)
{
	CLEANUP(free_text) char *list_name = xasprintf("%ss", kind);
	const struct yaml_node *list = yaml_get(yaml->root, list_name);

	for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
		for (size_t j = 0; j < i; j++) {
			const char *name = name_of(list->children[i]);

			if (strcmp(name, name_of(list->children[j])) == 0)
				return yaml_error(yaml, list->children[i], err,
						  "the %s '%s' stands here for the second time",
						  kind, name);
		}
	}
	return 0;
}

static int
check_file(const struct yaml *yaml, struct error *err)
{
	if (yaml_expect(yaml, yaml->root, YAML_MAP, "a kubeconfig", err) < 0 ||
	    check_head(yaml, err) < 0 || check_names(yaml, "cluster", err) < 0 ||
	    check_names(yaml, "user", err) < 0)
		return -1;
	return check_names(yaml, "context", err);
}

static int
add_file(struct config *config, const char *path, struct error *err)
{
	CLEANUP(secret_clear) struct secret source = SECRET_INIT;
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;

	if (kubeconfig_read(path, YAML_SOURCE_MAX, &source, err) < 0 ||
	    parse(secret_bytes(&source), path, &yaml, err) < 0 || check_file(yaml, err) < 0)
		return -1;
	config->files = xreallocarray(config->files, config->count + 1, sizeof(*config->files));
	config->files[config->count++] =
		(struct config_file){ .path = xstrdup(path), .yaml = TAKE(yaml) };
	return 0;
}

static char *
usual_files(void)
{
	const char *variable = getenv("KUBECONFIG"), *home = getenv("HOME");

	if (variable != NULL && variable[0] != 0)
		return xstrdup(variable);
	return xasprintf("%s/.kube/config", home != NULL ? home : "");
}

static int
add_usual(struct config *config, struct error *err)
{
	CLEANUP(free_text) char *list = usual_files();
	char *rest = list, *path;

	config->shown = xstrdup(list);
	while ((path = strsep(&rest, ":")) != NULL) {
		if (path[0] == 0 || add_file(config, path, err) == 0)
			continue;
		if (err->code != ERROR_MISSING)
			return -1;
	}
	return 0;
}

int
config_load(const char *file, struct config *ret, struct error *err)
{
	int result;

	*ret = (struct config)CONFIG_INIT;
	if (file == NULL) {
		result = add_usual(ret, err);
	} else {
		ret->shown = xstrdup(file);
		result = add_file(ret, file, err);
	}
	if (result < 0)
		config_clear(ret);
	return result;
}

const char *
config_current_context(const struct config *config)
{
	for (size_t i = 0; i < config->count; i++) {
		const struct yaml_node *context =
			yaml_get(config->files[i].yaml->root, "current-context");

		if (context != NULL && context->kind == YAML_SCALAR && context->len > 0)
			return context->text;
	}
	return NULL;
}

char *
kubeconfig_current_context(void)
{
	CLEANUP(config_clear) struct config config = CONFIG_INIT;
	const char *context;
	struct error ignored;

	if (config_load(NULL, &config, &ignored) < 0)
		return NULL;
	context = config_current_context(&config);
	return context != NULL ? xstrdup(context) : NULL;
}
