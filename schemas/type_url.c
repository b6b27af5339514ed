/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "schemas/type.h"
#include "schemas/type_parts.h"

/* RFC 5321 section 4.5.3.1: the part before '@', and the whole of a path without its brackets. */
enum { EMAIL_LOCAL_MAX = 64, EMAIL_MAX = 254 };

/* The parts of scheme://user@host:port/path; all borrowed. `behind` is path, query and fragment. */
struct url {
	struct bytes scheme, user, hosts, behind;
	bool has_user;
};

static bool
is_one_of(uint8_t c, const char *set)
{
	return c != 0 && strchr(set, c) != NULL;
}

struct bytes
type_url_scheme(struct bytes value)
{
	struct bytes scheme = bytes_front(value, bytes_find(value, ':')), none = { NULL, 0 };
	struct bytes rest = bytes_behind(value, scheme.len);

	if (scheme.len == 0 || !byte_is_letter(scheme.data[0]) || rest.len < 3 ||
	    memcmp(rest.data, "://", 3) != 0)
		return none;
	for (size_t i = 0; i < scheme.len; i++) {
		uint8_t c = scheme.data[i];

		if (!byte_is_letter(c) && !byte_is_digit(c) && !is_one_of(c, "+-."))
			return none;
	}
	return scheme;
}

/* A password with a raw '@' in it is common, and those who read such a URL take the last one. */
static bool
split(struct bytes value, struct url *ret_url)
{
	struct url url = { .scheme = type_url_scheme(value) };
	struct bytes authority;
	size_t len = 0;

	if (url.scheme.len == 0)
		return false;
	url.behind = bytes_behind(value, url.scheme.len + strlen("://"));
	while (len < url.behind.len && !is_one_of(url.behind.data[len], "/?#"))
		len++;
	authority = bytes_front(url.behind, len);
	url.behind = bytes_behind(url.behind, len);
	for (len = authority.len; len > 0 && authority.data[len - 1] != '@'; len--)
		;
	url.has_user = len > 0;
	url.user = bytes_front(authority, len > 0 ? len - 1 : 0);
	url.hosts = bytes_behind(authority, len);
	*ret_url = url;
	return true;
}

bool
type_url_has_password(struct bytes value)
{
	struct url url;

	return split(value, &url) && bytes_find(url.user, ':') + 1 < url.user.len;
}

/* reg-name of RFC 3986 section 3.2.2. */
static bool
is_registered_name(struct bytes host)
{
	for (size_t i = 0; i < host.len; i++) {
		uint8_t c = host.data[i];

		if (c == '%' && i + 2 < host.len && byte_is_hex(host.data[i + 1]) &&
		    byte_is_hex(host.data[i + 2]))
			i += 2;
		else if (!byte_is_letter(c) && !byte_is_digit(c) && !is_one_of(c, "-._~!$&'()*+;="))
			return false;
	}
	return true;
}

/* Where the host ends; 0 when there is none. */
static size_t
host_length(struct bytes text)
{
	size_t len = bytes_find(text, ':'), end = bytes_find(text, ']');

	if (text.len == 0 || text.data[0] != '[')
		return is_registered_name(bytes_front(text, len)) ? len : 0;
	return end < text.len && host_is_ipv6(bytes_behind(bytes_front(text, end), 1)) ? end + 1 :
											 0;
}

static bool
is_host_and_port(struct bytes text)
{
	size_t len = host_length(text);
	struct bytes port = bytes_behind(text, len);

	return len > 0 &&
	       (port.len == 0 || (port.data[0] == ':' && port_is_valid(bytes_behind(port, 1))));
}

/* Databases and message queues are reached at several hosts: host:port,host:port. */
static bool
are_hosts(struct bytes text)
{
	for (;;) {
		size_t len = bytes_find(text, ',');

		if (!is_host_and_port(bytes_front(text, len)))
			return false;
		if (len == text.len)
			return true;
		text = bytes_behind(text, len + 1);
	}
}

/* sqlite:///data.db and postgresql:///db have none, but RFC 9110 section 4.2 wants one. */
static bool
may_lack_host(const struct url *url)
{
	return !bytes_equal(url->scheme, bytes_of("http")) &&
	       !bytes_equal(url->scheme, bytes_of("https")) && !url->has_user &&
	       url->behind.len > 1 && url->behind.data[0] == '/';
}

static bool
has_blank_or_control(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ' || text.data[i] == 0x7f)
			return true;
		/* U+0080 to U+00A0 */
		if (text.data[i] == 0xc2 && i + 1 < text.len && text.data[i + 1] <= 0xa0)
			return true;
	}
	return false;
}

bool
url_is_valid(struct bytes text)
{
	struct url url;

	if (has_blank_or_control(text) || !text_is_utf8(text) || !split(text, &url))
		return false;
	return url.hosts.len == 0 ? may_lack_host(&url) : are_hosts(url.hosts);
}

/* Dot-string of RFC 5321 section 4.1.2, with the letters of RFC 6531. */
static bool
is_mailbox(struct bytes local)
{
	uint8_t before = '.';

	if (local.len > EMAIL_LOCAL_MAX || has_blank_or_control(local))
		return false;
	for (size_t i = 0; i < local.len; before = local.data[i++]) {
		if (is_one_of(local.data[i], "()<>[]:;@\\,\"") ||
		    (local.data[i] == '.' && before == '.'))
			return false;
	}
	return before != '.';
}

bool
email_is_valid(struct bytes text)
{
	size_t len = bytes_find(text, '@');

	return len < text.len && text.len <= EMAIL_MAX && text_is_utf8(text) &&
	       is_mailbox(bytes_front(text, len)) && host_is_dns_name(bytes_behind(text, len + 1));
}
