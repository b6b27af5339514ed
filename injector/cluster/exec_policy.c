/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/exec_policy.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/yaml.h"
#include "injector/cluster/exec_run.h"

#define POLICY "credentialPluginPolicy"
#define ALLOWLIST "credentialPluginAllowlist"

/* NULL: no preferences are to be looked at. */
static char *
path_of(bool *ret_is_named)
{
	const char *named = getenv("KUBERC"), *feature = getenv("KUBECTL_KUBERC");
	const char *home = getenv("HOME");

	*ret_is_named = named != NULL && named[0] != 0;
	if ((*ret_is_named && strcmp(named, "off") == 0) ||
	    (feature != NULL && strcmp(feature, "false") == 0))
		return NULL;
	return *ret_is_named ? xstrdup(named) :
			       xasprintf("%s/.kube/kuberc", home != NULL ? home : "");
}

static const char *
text_of(const struct yaml_node *map, const char *name)
{
	const struct yaml_node *node = map->kind == YAML_MAP ? yaml_get(map, name) : NULL;

	return node != NULL && node->kind == YAML_SCALAR ? node->text : "";
}

/* A name alone is what is found by it; a path is that path. `command` was called `name` before. */
static bool
is_allowed(const struct yaml_node *entry, const char *file)
{
	const char *command = text_of(entry, "command"), *ignored;
	CLEANUP(free_text) char *found = NULL;

	if (command[0] == 0)
		command = text_of(entry, "name");
	if (command[0] == 0)
		return false;
	if (strchr(command, '/') != NULL)
		return strcmp(command, file) == 0;
	found = exec_find(command, &ignored);
	return found != NULL && strcmp(found, file) == 0;
}

static int
check_list(const struct yaml *yaml, const struct yaml_node *list, const char *file,
	   bool *ret_allowed, struct error *err)
{
	if (list == NULL || list->kind != YAML_LIST)
		return yaml_error(yaml, yaml->root, err,
				  "'" POLICY ": Allowlist' wants a list '" ALLOWLIST "'");
	for (size_t i = 0; i < list->count; i++) {
		if (is_allowed(list->children[i], file))
			return 0;
	}
	*ret_allowed = false;
	return 0;
}

static int
check_preferences(const struct yaml *yaml, const char *file, bool *ret_allowed, struct error *err)
{
	const struct yaml_node *policy = yaml_get(yaml->root, POLICY),
			       *list = yaml_get(yaml->root, ALLOWLIST);
	const char *text = text_of(yaml->root, POLICY);

	if (strcmp(text, "Allowlist") == 0)
		return check_list(yaml, list, file, ret_allowed, err);
	if (list != NULL)
		return yaml_error(yaml, list, err,
				  "'" ALLOWLIST "' is for '" POLICY ": Allowlist' alone");
	*ret_allowed = strcmp(text, "DenyAll") != 0;
	if (policy == NULL || text[0] == 0 || !*ret_allowed || strcmp(text, "AllowAll") == 0)
		return 0;
	return yaml_error(yaml, policy, err,
			  "'" POLICY "' is none of AllowAll, DenyAll and Allowlist");
}

/* kubectl's takes an absolute one. */
static char *
absolute(const char *file)
{
	CLEANUP(free_text) char *here = file[0] != '/' ? get_current_dir_name() : NULL;

	return here != NULL ? xasprintf("%s/%s", here, file) : xstrdup(file);
}

static int
check(const char *path, bool is_named, const char *file, bool *ret_allowed, struct error *err)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(KUBERC_MAX);
	CLEANUP(yaml_documents_clear) struct yaml_documents documents = YAML_DOCUMENTS_INIT;
	CLEANUP(free_text) char *whole = absolute(file);

	if (file_read(AT_FDCWD, path, path, KUBERC_MAX, &source, err) < 0)
		return err->code == ERROR_MISSING && !is_named ? 0 : -1;
	if (yaml_parse_lax(buf_bytes(&source), path, &documents, err) < 0)
		return -1;
	for (size_t i = 0; i < documents.count; i++) {
		if (strcmp(text_of(documents.items[i]->root, "kind"), "Preference") == 0)
			return check_preferences(documents.items[i], whole, ret_allowed, err);
	}
	return 0;
}

int
exec_policy_check(const char *file, struct error *err)
{
	bool is_named, is_allowed = true;
	CLEANUP(free_text) char *path = path_of(&is_named);

	if (path == NULL)
		return 0;
	if (check(path, is_named, file, &is_allowed, err) < 0)
		return error_context(err, "cannot be looked up in kubectl's preferences");
	return is_allowed ? 0 :
			    error_set(err, ERROR_FAILED,
				      "is not allowed by '%s' (" POLICY ", " ALLOWLIST ")", path);
}
