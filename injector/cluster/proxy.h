/* SPDX-License-Identifier: Apache-2.0 */
/* proxy: what stands between us and an API server, for messages: its address may have a password in it. */
#ifndef CLUSTER_PROXY_H
#define CLUSTER_PROXY_H

#include <stdbool.h>

#include "injector/cluster/kubeconfig.h"

/* Whether a kubeconfig's proxy-url is one: http, https or socks5, as with client-go. */
bool proxy_is_url(const char *proxy);

/* The kubeconfig's, or what libcurl takes from the environment's variables unless $no_proxy speaks against it;
 * NULL: none. Borrowed. */
const char *proxy_of(const struct kube_access *access);

/* "http://host:port", a heap text: without who signs in there, and without a path. */
char *proxy_shown(const char *proxy);

/* Whether a text says "to HOST port PORT" of this proxy, as libcurl does, or has its user and password in it. */
bool proxy_host_is_in(const char *proxy, const char *text);
bool proxy_password_is_in(const char *proxy, const char *text);

#endif
