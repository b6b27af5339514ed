/* SPDX-License-Identifier: Apache-2.0 */
/* Every type judges the same value twice, and what one type accepts is held against what other functions make
 * of it: libc, the decoder of base64, the parts of a URL. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "schemas/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* libc reads numbers and addresses too, once there is a NUL behind them. */
static void
check_with_libc(struct bytes value, const bool is[static TYPE_COUNT])
{
	CLEANUP(free_text) char *text = xasprintf("%.*s", (int)value.len, (const char *)value.data);
	struct in6_addr address;
	char *end;

	if (strlen(text) != value.len)
		return;
	if (inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1)
		require(is[TYPE_HOST]);
	else if (is[TYPE_HOST])
		require(strchr(text, ':') == NULL);
	if (is[TYPE_NUMBER]) {
		(void)strtod(text, &end);
		require(*end == 0);
	}
	if (is[TYPE_INTEGER]) {
		errno = 0;
		(void)strtoll(text, &end, 10);
		require(*end == 0 && errno == 0);
	}
}

static void
check_url(struct bytes value, bool is_url)
{
	struct bytes scheme = type_url_scheme(value);

	if (scheme.len > 0)
		require(scheme.data == value.data && scheme.len + strlen("://") <= value.len);
	require(!is_url || scheme.len > 0);
	if (type_url_has_password(value))
		require(scheme.len > 0 && memchr(value.data, '@', value.len) != NULL);
}

/* A block around base64 is PEM, and around what is none it is not. */
static void
check_base64(struct bytes value, bool is_base64)
{
	CLEANUP(buf_clear) struct buf decoded = BUF_INIT(value.len), pem = BUF_INIT(value.len + 64);

	require(base64_decode(value, BASE64_PADDED, &decoded) == is_base64);
	buf_append_text(&pem, "-----BEGIN A-----\n");
	buf_append(&pem, value);
	buf_append_text(&pem, "\n-----END A-----\n");
	if (is_base64)
		require((type_check(TYPE_PEM, buf_bytes(&pem)) == NULL) == (value.len > 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes value = { data, size };
	bool is[TYPE_COUNT];

	for (size_t i = 0; i < TYPE_COUNT; i++) {
		const char *answer = type_check((enum value_type)i, value);

		require(type_check((enum value_type)i, value) == answer);
		is[i] = answer == NULL;
	}
	require(is[TYPE_STRING] && is[TYPE_JSON] == json_is_valid(value));
	require(!is[TYPE_PORT] || is[TYPE_INTEGER]);
	require(!is[TYPE_INTEGER] || is[TYPE_NUMBER]);
	require(!is[TYPE_NUMBER] || is[TYPE_JSON]);
	check_with_libc(value, is);
	check_url(value, is[TYPE_URL]);
	check_base64(value, is[TYPE_BASE64]);
	return 0;
}
