/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "schemas/type_parts.h"

/* RFC 1035 section 2.3.4, as text without the last dot. */
enum { DNS_NAME_MAX = 253 };

enum { IPV6_GROUPS = 8, IPV6_DIGITS_MAX = 4 };

static bool
is_ipv4(struct bytes text)
{
	uint64_t octet;

	for (int i = 0; i < 4; i++) {
		size_t len = bytes_find(text, '.');

		if (!text_to_number(bytes_front(text, len), UINT8_MAX, &octet) ||
		    (len == text.len) != (i == 3))
			return false;
		text = bytes_behind(text, i == 3 ? len : len + 1);
	}
	return true;
}

/* Hexadecimal groups between single colons; an IPv4 address may take the place of the last two.
 * Their number, -1 when the text is none such; 0 for the empty text. */
static int
count_groups(struct bytes text, bool may_end_in_ipv4)
{
	int groups = 0;

	if (text.len == 0)
		return 0;
	for (;;) {
		size_t len = bytes_find(text, ':');

		if (len == text.len && may_end_in_ipv4 && is_ipv4(text))
			return groups + 2;
		if (len == 0 || len > IPV6_DIGITS_MAX || groups == IPV6_GROUPS)
			return -1;
		for (size_t i = 0; i < len; i++) {
			if (!byte_is_hex(text.data[i]))
				return -1;
		}
		groups++;
		if (len == text.len)
			return groups;
		text = bytes_behind(text, len + 1);
	}
}

bool
host_is_ipv6(struct bytes text)
{
	int before, after;
	size_t gap = 0;

	while (gap + 1 < text.len && (text.data[gap] != ':' || text.data[gap + 1] != ':'))
		gap++;
	if (gap + 1 >= text.len)
		return count_groups(text, true) == IPV6_GROUPS;
	before = count_groups(bytes_front(text, gap), false);
	after = count_groups(bytes_behind(text, gap + 2), true);
	return before >= 0 && after >= 0 && before + after < IPV6_GROUPS;
}

static bool
is_dns_label(struct bytes label)
{
	if (label.len == 0 || label.len > LABEL_MAX || label.data[0] == '-' ||
	    label.data[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		uint8_t c = label.data[i];

		if (!byte_is_letter(c) && !byte_is_digit(c) && c != '-')
			return false;
	}
	return true;
}

/* A name whose last label is a number would be a mistyped address: no such top-level domain exists. */
bool
host_is_dns_name(struct bytes text)
{
	bool is_numeric = true;

	if (text.len > DNS_NAME_MAX)
		return false;
	for (;;) {
		size_t len = bytes_find(text, '.');

		if (!is_dns_label(bytes_front(text, len)))
			return false;
		if (len == text.len)
			break;
		text = bytes_behind(text, len + 1);
	}
	for (size_t i = 0; i < text.len; i++)
		is_numeric = is_numeric && byte_is_digit(text.data[i]);
	return !is_numeric;
}

bool
host_is_valid(struct bytes text)
{
	bool has_root = text.len > 1 && text.data[text.len - 1] == '.';

	return host_is_dns_name(bytes_front(text, text.len - has_root)) || is_ipv4(text) ||
	       host_is_ipv6(text);
}
