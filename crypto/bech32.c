/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/bech32.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

/* A symbol is 5 bits: 32 bytes take 52 of them, the last with 4 bits of padding. */
enum {
	KEY_SYMBOLS = (BECH32_KEY_BYTES * 8 + 4) / 5,
	CHECKSUM_SYMBOLS = 6,
	SYMBOLS = KEY_SYMBOLS + CHECKSUM_SYMBOLS,
	HRP_MAX = BECH32_TEXT_MAX - 1 - SYMBOLS - 1,
	NO_SYMBOL = 32,
};

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* Looks at every entry: a table by character would show a private key in the cache. */
static uint8_t
symbol_of(uint8_t character)
{
	unsigned found = NO_SYMBOL;

	for (unsigned i = 0; i < NO_SYMBOL; i++) {
		unsigned difference = (unsigned)(character ^ (uint8_t)charset[i]);
		unsigned is_same = (difference - 1) >> 31;

		found ^= (0U - is_same) & (found ^ i);
	}
	return (uint8_t)found;
}

static uint8_t
character_of(uint8_t symbol)
{
	unsigned character = 0;

	for (unsigned i = 0; i < NO_SYMBOL; i++) {
		unsigned is_same = ((symbol ^ i) - 1) >> 31;

		character |= (0U - is_same) & (uint8_t)charset[i];
	}
	return (uint8_t)character;
}

/* BIP-173: one step of the BCH code over GF(32). */
static uint32_t
polymod_step(uint32_t checksum, uint8_t symbol)
{
	static const uint32_t generator[5] = {
		0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3,
	};
	uint32_t top = checksum >> 25;

	checksum = (checksum & 0x1ffffff) << 5 ^ symbol;
	for (size_t i = 0; i < COUNT(generator); i++)
		checksum ^= (0U - (top >> i & 1)) & generator[i];
	return checksum;
}

/* Over the expanded human-readable part and count symbols. */
static uint32_t
polymod(const char *hrp, const uint8_t *symbols, size_t count)
{
	uint32_t checksum = 1;

	for (const char *c = hrp; *c != '\0'; c++)
		checksum = polymod_step(checksum, (uint8_t)*c >> 5);
	checksum = polymod_step(checksum, 0);
	for (const char *c = hrp; *c != '\0'; c++)
		checksum = polymod_step(checksum, (uint8_t)*c & 31);
	for (size_t i = 0; i < count; i++)
		checksum = polymod_step(checksum, symbols[i]);
	return checksum;
}

static void
key_to_symbols(const uint8_t *key, uint8_t *symbols)
{
	unsigned pending = 0, bits = 0;

	for (size_t i = 0; i < BECH32_KEY_BYTES; i++) {
		pending = (pending << 8 | key[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			*symbols++ = pending >> (bits - 5) & 31;
	}
	*symbols = (uint8_t)(pending << (5 - bits) & 31);
}

/* False: a padding bit is set. */
static bool
key_from_symbols(const uint8_t *symbols, uint8_t *key)
{
	unsigned pending = 0, bits = 0;

	for (size_t i = 0; i < KEY_SYMBOLS; i++) {
		pending = (pending << 5 | symbols[i]) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			*key++ = (uint8_t)(pending >> bits);
		}
	}
	return (pending & ((1U << bits) - 1)) == 0;
}

static void
encode(const char *hrp, const uint8_t *key, char *out)
{
	uint8_t symbols[SYMBOLS] = { 0 };
	size_t length = strlen(hrp);
	uint32_t checksum;

	assert(length > 0 && length <= HRP_MAX);
	key_to_symbols(key, symbols);
	checksum = polymod(hrp, symbols, SYMBOLS) ^ 1;
	for (size_t i = 0; i < CHECKSUM_SYMBOLS; i++)
		symbols[KEY_SYMBOLS + i] = checksum >> (5 * (CHECKSUM_SYMBOLS - 1 - i)) & 31;

	memcpy(out, hrp, length);
	out[length++] = '1';
	for (size_t i = 0; i < SYMBOLS; i++)
		out[length++] = (char)character_of(symbols[i]);
	out[length] = '\0';
	secret_wipe(symbols, sizeof(symbols));
}

/* Lower-case text without its human-readable part. NULL, or the rule that it breaks. */
static const char *
decode_symbols(const char *hrp, const uint8_t *text, uint8_t *key)
{
	uint8_t symbols[SYMBOLS], all = 0;
	const char *rule = NULL;

	for (size_t i = 0; i < SYMBOLS; i++) {
		symbols[i] = symbol_of(text[i]);
		all |= symbols[i];
	}
	if (all >= NO_SYMBOL)
		rule = "it has a character that Bech32 does not use";
	else if (polymod(hrp, symbols, SYMBOLS) != 1)
		rule = "its checksum does not match";
	else if (!key_from_symbols(symbols, key))
		rule = "its last bits are not zero";
	secret_wipe(symbols, sizeof(symbols));
	return rule;
}

static const char *
decode(const char *hrp, struct bytes text, uint8_t *key)
{
	size_t length = strlen(hrp);

	assert(length > 0 && length <= HRP_MAX);
	if (text.len <= length || memcmp(text.data, hrp, length) != 0 || text.data[length] != '1')
		return "it is of another kind";
	if (text.len != length + 1 + SYMBOLS)
		return "its length is wrong";
	return decode_symbols(hrp, text.data + length + 1, key);
}

void
bech32_encode_public(const char *hrp, const uint8_t key[static BECH32_KEY_BYTES],
		     char out[static BECH32_TEXT_MAX])
{
	encode(hrp, key, out);
}

bool
bech32_decode_public(const char *hrp, struct bytes text, uint8_t ret[static BECH32_KEY_BYTES])
{
	uint8_t key[BECH32_KEY_BYTES];

	if (decode(hrp, text, key) != NULL)
		return false;
	memcpy(ret, key, sizeof(key));
	return true;
}

/* Letters to the other case; digits and '-' stay. Text that is not all upper case is then not all
 * lower case and does not decode. */
static void
swap_case(uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text[i] ^= (uint8_t)((text[i] >> 6 & 1) << 5);
}

int
bech32_encode_private(const char *hrp, const struct secret *key, struct secret *out,
		      struct error *err)
{
	char text[BECH32_TEXT_MAX];
	size_t before = out->len;
	int status;

	assert(key->len == BECH32_KEY_BYTES);
	encode(hrp, key->data, text);
	status = secret_append(out, bytes_of(text), err);
	if (status == 0)
		swap_case(out->data + before, out->len - before);
	secret_wipe(text, sizeof(text));
	return status;
}

int
bech32_decode_private(const char *hrp, struct bytes text, struct secret *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret key = SECRET_INIT;
	CLEANUP(secret_clear) struct secret lower = SECRET_INIT;
	const char *rule;

	if (secret_new(BECH32_KEY_BYTES, &key, err) < 0 || secret_from(text, &lower, err) < 0)
		return -1;
	swap_case(lower.data, lower.len);
	rule = decode(hrp, secret_bytes(&lower), key.data);
	if (rule != NULL)
		return error_set(err, ERROR_REFUSED, "not a private key: %s", rule);
	key.len = BECH32_KEY_BYTES;
	*ret = key;
	key = (struct secret)SECRET_INIT;
	return 0;
}
