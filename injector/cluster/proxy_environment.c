/* SPDX-License-Identifier: Apache-2.0 */
/* The variables that name a proxy, as programs in Go read them (golang.org/x/net/http/httpproxy). */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/cluster/proxy.h"

enum { ADDRESS_BYTES = 16 };

/* The server, or an entry of $NO_PROXY: its host without brackets, its port as text ("" in an entry: every port). */
struct place {
	char *host, *port;
	uint8_t address[ADDRESS_BYTES]; /* where the host is one */
	size_t address_bytes;		/* 4, 16, or 0: it is a name */
};

static void
place_clear(struct place *place)
{
	free(place->host);
	free(place->port);
}

static size_t
to_address(const char *host, uint8_t ret[static ADDRESS_BYTES])
{
	if (inet_pton(AF_INET, host, ret) == 1)
		return 4;
	return inet_pton(AF_INET6, host, ret) == 1 ? ADDRESS_BYTES : 0;
}

/* HOST, HOST:PORT, [HOST]:PORT, or an address with colons and neither. */
static struct place
to_place(const char *text, size_t len, const char *usual_port)
{
	CLEANUP(free_text) char *all = xstrndup(text, len);
	char *colon = strrchr(all, ':'), *host = all;
	struct place place = { .port = NULL };

	if (all[0] != '[' && strchr(all, ':') != colon)
		colon = NULL;
	if (all[0] == '[' && strchr(all, ']') != NULL) {
		host = all + 1;
		colon = strchr(all, ']');
		*colon = 0;
		colon = colon[1] == ':' ? colon + 1 : NULL;
	}
	if (colon != NULL)
		*colon = 0;
	place.host = xstrdup(host);
	place.port = xstrdup(colon != NULL ? colon + 1 : usual_port);
	place.address_bytes = to_address(host, place.address);
	return place;
}

static bool
is_this_machine(const struct place *server)
{
	static const uint8_t loopback[ADDRESS_BYTES] = { [ADDRESS_BYTES - 1] = 1 };

	if (server->address_bytes == 4)
		return server->address[0] == 127;
	if (server->address_bytes > 0)
		return memcmp(server->address, loopback, ADDRESS_BYTES) == 0;
	return strcmp(server->host, "localhost") == 0;
}

/* ADDRESS/BITS. */
static bool
is_in_network(const struct place *server, const char *entry, const char *slash)
{
	CLEANUP(free_text) char *text = xstrndup(entry, (size_t)(slash - entry));
	uint8_t network[ADDRESS_BYTES];
	size_t bytes = to_address(text, network);
	uint64_t bits;

	if (bytes == 0 || bytes != server->address_bytes ||
	    !text_to_number(bytes_of(slash + 1), bytes * 8, &bits))
		return false;
	for (size_t i = 0; i < bits; i++) {
		uint8_t mask = (uint8_t)(0x80U >> i % 8);

		if ((network[i / 8] & mask) != (server->address[i / 8] & mask))
			return false;
	}
	return true;
}

/* A name stands for what is below it, too; with a dot in front for that alone. */
static bool
is_below(const char *host, const char *domain)
{
	size_t len = strlen(host), domain_len;

	if (domain[0] == '*' && domain[1] == '.')
		domain++;
	else if (domain[0] != '.' && strcasecmp(host, domain) == 0)
		return true;
	domain_len = strlen(domain);
	if (domain_len == 0 || len <= domain_len ||
	    strcasecmp(host + len - domain_len, domain) != 0)
		return false;
	return domain[0] == '.' || host[len - domain_len - 1] == '.';
}

static bool
is_meant(const struct place *server, const char *entry)
{
	CLEANUP(place_clear) struct place place = { .host = NULL };
	const char *slash = strchr(entry, '/');

	if (strcmp(entry, "*") == 0)
		return true;
	if (slash != NULL)
		return is_in_network(server, entry, slash);
	place = to_place(entry, strlen(entry), "");
	if (place.host[0] == 0 || (place.port[0] != 0 && strcmp(place.port, server->port) != 0))
		return false;
	if (place.address_bytes > 0 || server->address_bytes > 0)
		return place.address_bytes == server->address_bytes &&
		       memcmp(place.address, server->address, place.address_bytes) == 0;
	return is_below(server->host, place.host);
}

/* The first that is not empty; upper case comes first. */
static const char *
variable(const char *upper, const char *lower)
{
	const char *value = getenv(upper);

	if (value == NULL || value[0] == 0)
		value = getenv(lower);
	return value != NULL && value[0] != 0 ? value : NULL;
}

static bool
is_excepted(const struct place *server)
{
	const char *list = variable("NO_PROXY", "no_proxy");
	CLEANUP(free_text) char *entries = xstrdup(list != NULL ? list : "");
	char *rest = entries, *entry;

	while ((entry = strsep(&rest, ",")) != NULL) {
		entry += strspn(entry, " \t");
		entry[strcspn(entry, " \t")] = 0;
		if (entry[0] != 0 && is_meant(server, entry))
			return true;
	}
	return false;
}

const char *
proxy_in_environment(const char *server)
{
	bool is_https = strncasecmp(server, "https:", 6) == 0;
	const char *host = strstr(server, "://") + 3;
	CLEANUP(place_clear) struct place place =
		to_place(host, strcspn(host, "/"), is_https ? "443" : "80");

	if (is_this_machine(&place) || is_excepted(&place))
		return NULL;
	return is_https ? variable("HTTPS_PROXY", "https_proxy") :
			  variable("HTTP_PROXY", "http_proxy");
}
