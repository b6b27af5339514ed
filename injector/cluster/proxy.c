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

/* Names are resolved at the proxy (golang.org/x/net/proxy), which has a scheme of its own in libcurl. */
int
proxy_choose(const struct kube_access *access, char **ret, struct error *err)
{
	const char *chosen =
		access->proxy != NULL ? access->proxy : proxy_in_environment(access->server);
	CLEANUP(free_text) char *proxy = NULL;

	*ret = NULL;
	if (chosen == NULL)
		return 0;
	proxy = strstr(chosen, "://") != NULL ? xstrdup(chosen) : xasprintf("http://%s", chosen);
	if (strncasecmp(proxy, "socks5h://", 10) != 0 && !proxy_is_url(proxy))
		return error_set(err, ERROR_FAILED,
				 "the proxy that the environment's variables name for '%s' is no "
				 "http, https or socks5 URL",
				 access->server);
	if (strncasecmp(proxy, "socks5://", 9) == 0)
		*ret = xasprintf("socks5h://%s", proxy + 9);
	else
		*ret = TAKE(proxy);
	return 0;
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

	/* libcurl's name for what kubeconfigs call socks5. */
	if (strncasecmp(proxy, "socks5h://", 10) == 0)
		return xasprintf("socks5://%.*s", parts.host_len + parts.port_len, parts.host);
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
proxy_password_is_in(const char *proxy, const char *text)
{
	const struct parts parts = split(proxy);

	return is_in(parts.user, parts.user_len, text);
}
