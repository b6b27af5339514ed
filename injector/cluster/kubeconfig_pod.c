/* SPDX-License-Identifier: Apache-2.0 */
/* The account of the pod that we are in, and which servers may be spoken to without TLS. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "injector/cluster/kubeconfig_parts.h"

#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"

/* What follows the host: nothing, a path, or a port. "localhost:80@example.org" is a user and his password. */
static bool
ends_the_host(const char *text)
{
	if (text[0] == ':')
		text += 1 + strspn(text + 1, "0123456789");
	return text[0] == 0 || text[0] == '/';
}

bool
kubeconfig_server_is_safe(const char *server)
{
	static const char *const here[] = { "localhost", "127.0.0.1", "[::1]" };

	if (strncasecmp(server, "https://", 8) == 0)
		return server[8] != 0;
	if (strncasecmp(server, "http://", 7) != 0)
		return false;
	for (size_t i = 0; i < COUNT(here); i++) {
		size_t len = strlen(here[i]);

		if (strncasecmp(server + 7, here[i], len) == 0 && ends_the_host(server + 7 + len))
			return true;
	}
	return false;
}

bool
kubeconfig_in_pod(void)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");

	return host != NULL && host[0] != 0 && port != NULL && port[0] != 0;
}

static int
pod_namespace(char **ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret file = SECRET_INIT;
	const char *variable = getenv("POD_NAMESPACE");

	if (variable != NULL && variable[0] != 0) {
		*ret = xstrdup(variable);
		return 0;
	}
	if (kubeconfig_read(ACCOUNT "namespace", 1024, &file, err) < 0)
		return -1;
	kubeconfig_trim(&file);
	*ret = xstrndup((const char *)file.data, file.len);
	return 0;
}

int
kubeconfig_pod_access(const struct kube_choice *choice, struct kube_access *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret ca = SECRET_INIT;
	const char *host = getenv("KUBERNETES_SERVICE_HOST");

	if (!kubeconfig_in_pod())
		return error_set(err, ERROR_FAILED,
				 "this is no pod: $KUBERNETES_SERVICE_HOST and "
				 "$KUBERNETES_SERVICE_PORT are not set");
	if (choice->cluster != NULL || choice->user != NULL)
		return error_set(err, ERROR_USAGE,
				 "'--cluster' and '--user' name entries of a kubeconfig, and this "
				 "pod's account has none");
	if (kubeconfig_read_token(ACCOUNT "token", &ret->token, err) < 0 ||
	    kubeconfig_read(ACCOUNT "ca.crt", KUBE_CREDENTIAL_MAX, &ca, err) < 0)
		return -1;
	ret->token_file = xstrdup(ACCOUNT "token");
	buf_append(&ret->ca, secret_bytes(&ca));
	if (choice->namespace != NULL)
		ret->namespace = xstrdup(choice->namespace);
	else if (pod_namespace(&ret->namespace, err) < 0)
		return -1;
	ret->server =
		strchr(host, ':') != NULL ?
			xasprintf("https://[%s]:%s", host, getenv("KUBERNETES_SERVICE_PORT")) :
			xasprintf("https://%s:%s", host, getenv("KUBERNETES_SERVICE_PORT"));
	ret->shown = xstrdup("this pod's account");
	return 0;
}
