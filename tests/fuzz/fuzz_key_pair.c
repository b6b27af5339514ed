/* SPDX-License-Identifier: Apache-2.0 */
/* The input is two texts with a NUL between them, a chain and a key, and it is also what stands in their blocks: two
 * bytes of length, a certificate, and what is left a key, in every form. An answer is the same twice; a pair that fits
 * does so with other blocks around; what was refused is refused with ERROR_REFUSED. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "schemas/der.h"
#include "schemas/key_pair.h"
#include "schemas/type.h"

#define NOW "20261125120000"

enum { COLUMNS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static bool
fits(struct bytes chain, struct bytes key)
{
	struct key_pair_notes notes, again;
	struct error err = ERROR_INIT;
	bool result = key_pair_check(chain, key, NOW, &notes, &err) == 0;

	require(result || err.code == ERROR_REFUSED);
	require((key_pair_check(chain, key, NOW, &again, &err) == 0) == result);
	for (size_t i = 0; result && i < notes.count; i++)
		require(again.count == notes.count && again.texts[i] == notes.texts[i]);
	return result;
}

static void
armor(struct bytes der, const char *label, struct buf *out)
{
	buf_printf(out, "-----BEGIN %s-----\n", label);
	base64_encode(der, BASE64_PADDED, COLUMNS, out);
	buf_printf(out, "-----END %s-----\n", label);
}

static void
check_blocks(struct bytes certificate, struct bytes key)
{
	static const char *const labels[] = { "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY" };
	size_t room = 4 * (certificate.len + key.len) + 1024;
	CLEANUP(buf_clear) struct buf chain = BUF_INIT(room), longer = BUF_INIT(2 * room);

	armor(certificate, "CERTIFICATE", &chain);
	buf_append(&longer, buf_bytes(&chain));
	armor(certificate, "CERTIFICATE", &longer);
	for (size_t i = 0; i < COUNT(labels); i++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT(room);
		bool is_pair;

		armor(key, labels[i], &text);
		is_pair = fits(buf_bytes(&chain), buf_bytes(&text));
		require(fits(buf_bytes(&longer), buf_bytes(&text)) == is_pair);
		if (is_pair)
			require(type_check(TYPE_PEM, buf_bytes(&text)) == NULL &&
				type_check(TYPE_PEM, buf_bytes(&chain)) == NULL);
	}
}

/* An element ends within what it was taken from, and what is left is the end of that. */
static void
check_elements(struct bytes der)
{
	while (der.len > 0) {
		struct bytes before = der, content;

		if (!der_take(&der, (enum der_tag)der.data[0], &content)) {
			require(der.len == before.len && der.data == before.data);
			require(!der_skip(&der));
			return;
		}
		require(der.data + der.len == before.data + before.len);
		require(content.data > before.data && content.data + content.len == der.data);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	const uint8_t *gap = size > 0 ? memchr(data, 0, size) : NULL;
	struct error err = ERROR_INIT;
	size_t len;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	check_elements((struct bytes){ data, size });
	if (gap != NULL)
		(void)fits((struct bytes){ data, (size_t)(gap - data) },
			   (struct bytes){ gap + 1, size - (size_t)(gap - data) - 1 });
	if (size < 2)
		return 0;
	len = (size_t)data[0] << 8 | data[1];
	if (len <= size - 2)
		check_blocks((struct bytes){ data + 2, len },
			     (struct bytes){ data + 2 + len, size - 2 - len });
	return 0;
}
