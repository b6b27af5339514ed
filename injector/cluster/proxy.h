/* SPDX-License-Identifier: Apache-2.0 */
/* proxy: what stands between us and an API server. Its address may have a password in it, which no message has. */
#ifndef CLUSTER_PROXY_H
#define CLUSTER_PROXY_H

#include <stdbool.h>

#include "injector/cluster/kubeconfig.h"

/* Whether a kubeconfig's proxy-url is one: http, https or socks5, as with client-go. */
bool proxy_is_url(const char *proxy);

/* The proxy on the way to a server ("https://host:port/prefix"): $HTTPS_PROXY or $https_proxy, with http $HTTP_PROXY or
 * $http_proxy; but none to this machine and to what $NO_PROXY or $no_proxy names (host, .domain, address, network, with
 * or without a port, or *). NULL: none. Borrowed. */
const char *proxy_in_environment(const char *server);

/* What all requests go through, as libcurl takes it: a kubeconfig's proxy-url, for which nothing is excepted, or the
 * environment's. *ret becomes a heap text, NULL: none. ERROR_FAILED: it is none that we know, without its text. */
int proxy_choose(const struct kube_access *access, char **ret, struct error *err)
	__attribute__((warn_unused_result));

/* "http://host:port", a heap text: without who signs in there, and without a path. */
char *proxy_shown(const char *proxy);

/* Whether a text has the user and password of this proxy in it. */
bool proxy_password_is_in(const char *proxy, const char *text);

#endif
