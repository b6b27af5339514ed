/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/kubeconfig.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/yaml.h"
#include "crypto/secret.h"

/* The file may hold tokens and keys: it stays in secret memory, and the tree is wiped. */
static char *
context_in(const char *path)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP(secret_clear) struct secret source = SECRET_INIT;
	CLEANUP(yaml_cleanup) struct yaml *yaml = NULL;
	const struct yaml_node *context;
	struct error ignored;

	if (fd < 0 || secret_read(fd, path, YAML_SOURCE_MAX, &source, &ignored) < 0 ||
	    yaml_parse(secret_bytes(&source), path, &yaml, &ignored) < 0 ||
	    yaml->root->kind != YAML_MAP)
		return NULL;
	context = yaml_get(yaml->root, "current-context");
	return context != NULL && context->kind == YAML_SCALAR && context->len > 0 ?
		       xstrdup(context->text) :
		       NULL;
}

char *
kubeconfig_current_context(void)
{
	const char *variable = getenv("KUBECONFIG"), *home = getenv("HOME");
	CLEANUP(free_text) char *list =
		variable != NULL && variable[0] != 0 ?
			xstrdup(variable) :
			xasprintf("%s/.kube/config", home != NULL ? home : "");
	char *rest = list, *path, *context = NULL;

	while (context == NULL && (path = strsep(&rest, ":")) != NULL) {
		if (path[0] != 0)
			context = context_in(path);
	}
	return context;
}
