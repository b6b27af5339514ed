/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever is accepted is what would be written; what is written is accepted; and no change of one
 * character of it is. Input: up to 32 bytes are a key too, the two behind them a change.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/bech32.h"

#define HRP_PUBLIC "age"
#define HRP_PRIVATE "age-secret-key-"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_private(struct bytes text)
{
	CLEANUP(secret_clear) struct secret key = SECRET_INIT;
	CLEANUP(secret_clear) struct secret again = SECRET_INIT;
	struct error err = ERROR_INIT;

	if (bech32_decode_private(HRP_PRIVATE, text, &key, &err) < 0) {
		require(err.code == ERROR_REFUSED && key.data == NULL);
		return;
	}
	require(secret_new(BECH32_TEXT_MAX, &again, &err) == 0);
	require(bech32_encode_private(HRP_PRIVATE, &key, &again, &err) == 0);
	require(bytes_equal(secret_bytes(&again), text));
}

static void
check_public(struct bytes text)
{
	uint8_t key[BECH32_KEY_BYTES];
	char again[BECH32_TEXT_MAX];

	if (!bech32_decode_public(HRP_PUBLIC, text, key))
		return;
	bech32_encode_public(HRP_PUBLIC, key, again);
	require(bytes_equal(bytes_of(again), text));
}

static void
check_key(const uint8_t key[static BECH32_KEY_BYTES], uint8_t place, uint8_t change)
{
	uint8_t back[BECH32_KEY_BYTES];
	char text[BECH32_TEXT_MAX];

	bech32_encode_public(HRP_PUBLIC, key, text);
	require(bech32_decode_public(HRP_PUBLIC, bytes_of(text), back));
	require(memcmp(back, key, sizeof(back)) == 0);

	struct bytes whole = bytes_of(text);
	text[place % whole.len] = (char)(text[place % whole.len] ^ change);
	require(bech32_decode_public(HRP_PUBLIC, whole, back) == (change == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	uint8_t key_and_change[BECH32_KEY_BYTES + 2] = { 0 };
	struct error err = ERROR_INIT;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	check_public((struct bytes){ data, size });
	check_private((struct bytes){ data, size });
	if (size > 0)
		memcpy(key_and_change, data,
		       size < sizeof(key_and_change) ? size : sizeof(key_and_change));
	check_key(key_and_change, key_and_change[BECH32_KEY_BYTES],
		  key_and_change[BECH32_KEY_BYTES + 1]);
	return 0;
}
