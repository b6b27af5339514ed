/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

bool
proxy_is_url(const char *proxy)
{
	static const char *const schemes[] = { "http://", "https://", "socks5://" };

	for (size_t i = 0; i < COUNT(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (strncasecmp(proxy, schemes[i], len) == 0)
			return proxy[len] != 0;
	}
	return false;
}

const char *
proxy_of(const struct kube_access *access)
{
	static const char *const https[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
					     "ALL_PROXY" };
	static const char *const http[] = { "http_proxy", "all_proxy", "ALL_PROXY" };
	bool secure = strncasecmp(access->server, "https:", 6) == 0;

	if (access->proxy != NULL)
		return access->proxy;
	for (size_t i = 0; i < (secure ? COUNT(https) : COUNT(http)); i++) {
		const char *proxy = getenv(secure ? https[i] : http[i]);

		if (proxy != NULL && proxy[0] != 0)
			return proxy;
	}
	return NULL;
}

/* SCHEME://USER:PASSWORD@HOST:PORT/PATH; all but HOST may be missing. */
struct parts {
	int scheme_len; /* with "://" */
	const char *user, *host;
	int user_len, host_len, port_len; /* port_len: with its colon, behind the host */
};

static struct parts
split(const char *proxy)
{
	const char *start = strstr(proxy, "://"), *at, *end, *colon;
	struct parts parts = { .scheme_len = start != NULL ? (int)(start + 3 - proxy) : 0 };

	parts.user = proxy + parts.scheme_len;
	end = parts.user + strcspn(parts.user, "/?#");
	at = memrchr(parts.user, '@', (size_t)(end - parts.user));
	parts.user_len = at != NULL ? (int)(at - parts.user) : 0;
	parts.host = at != NULL ? at + 1 : parts.user;
	colon = memrchr(parts.host, ':', (size_t)(end - parts.host));
	if (colon == NULL || memchr(colon, ']', (size_t)(end - colon)) != NULL)
		colon = end;
	parts.host_len = (int)(colon - parts.host);
	parts.port_len = (int)(end - colon);
	return parts;
}

char *
proxy_shown(const char *proxy)
{
	const struct parts parts = split(proxy);

	return xasprintf("%.*s%.*s", parts.scheme_len > 0 ? parts.scheme_len : 7,
			 parts.scheme_len > 0 ? proxy : "http://", parts.host_len + parts.port_len,
			 parts.host);
}

static bool
is_in(const char *part, int len, const char *text)
{
	return len > 0 && memmem(text, strlen(text), part, (size_t)len) != NULL;
}

bool
proxy_host_is_in(const char *proxy, const char *text)
{
	const struct parts parts = split(proxy);
	int bracket = parts.host_len > 2 && parts.host[0] == '[';
	CLEANUP(free_text) char *named =
		xasprintf("to %.*s port %.*s", parts.host_len - 2 * bracket, parts.host + bracket,
			  parts.port_len > 0 ? parts.port_len - 1 : 0,
			  parts.host + parts.host_len + 1);
	const char *found = parts.host_len > 0 ? strstr(text, named) : NULL;

	return found != NULL &&
	       (parts.port_len < 2 || strchr("0123456789", found[strlen(named)]) == NULL ||
		found[strlen(named)] == 0);
}

bool
proxy_password_is_in(const char *proxy, const char *text)
{
	const struct parts parts = split(proxy);

	return is_in(parts.user, parts.user_len, text);
}
