/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/key_pair.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "crypto/ed25519.h"
#include "schemas/der.h"
#include "schemas/type_parts.h"

enum { TIME_DIGITS = KEY_PAIR_TIME_BYTES - 1, UTC_DIGITS = 12, CHAIN_MAX = 100 };

enum algorithm { ALGORITHM_OTHER, ALGORITHM_RSA, ALGORITHM_EC, ALGORITHM_ED25519 };

/* The public half, out of a certificate or beside a private key; all of it borrowed. */
struct public_key {
	enum algorithm algorithm;
	struct bytes oid; /* of the algorithm */
	struct bytes modulus, exponent;
	struct bytes curve; /* its OID */
	struct bytes point; /* empty: the key has none; of Ed25519 the 32 bytes */
	uint8_t ed25519[ED25519_PUBLIC_BYTES];
};

struct certificate {
	struct public_key key;
	char from[KEY_PAIR_TIME_BYTES], until[KEY_PAIR_TIME_BYTES];
};

/* RFC 8017 appendix A.1 and C, RFC 5480 section 2.1.1, RFC 8410 section 3. */
static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_rsa_pss[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a };
static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_ed25519[] = { 0x2b, 0x65, 0x70 };

static enum algorithm
algorithm_of(struct bytes oid)
{
	const struct {
		struct bytes oid;
		enum algorithm algorithm;
	} known[] = {
		{ BYTES(oid_rsa), ALGORITHM_RSA },
		{ BYTES(oid_rsa_pss), ALGORITHM_RSA },
		{ BYTES(oid_ec), ALGORITHM_EC },
		{ BYTES(oid_ed25519), ALGORITHM_ED25519 },
	};

	for (size_t i = 0; i < COUNT(known); i++) {
		if (bytes_equal(known[i].oid, oid))
			return known[i].algorithm;
	}
	return ALGORITHM_OTHER;
}

/* The base64 of a block without its blanks, decoded. The room is that of the text, which is more. */
static int
decode(struct bytes body, struct secret *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;

	if (secret_new(body.len + 1, &text, err) < 0 || secret_new(body.len + 1, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < body.len; i++) {
		if (memchr(" \t\r\n", body.data[i], 4) == NULL)
			text.data[text.len++] = body.data[i];
	}
	return base64_decode_secret(secret_bytes(&text), BASE64_PADDED, ret) ?
		       0 :
		       error_set(err, ERROR_REFUSED, "is not base64");
}

/* AlgorithmIdentifier, RFC 5280 section 4.1.1.2: of an elliptic curve its parameters are the curve's OID. */
static bool
take_algorithm(struct bytes *der, struct public_key *ret)
{
	struct bytes sequence;

	if (!der_take(der, DER_SEQUENCE, &sequence) || !der_take(&sequence, DER_OID, &ret->oid))
		return false;
	ret->algorithm = algorithm_of(ret->oid);
	return ret->algorithm != ALGORITHM_EC || der_take(&sequence, DER_OID, &ret->curve);
}

/* RSAPublicKey, and what RSAPrivateKey has behind its version: RFC 8017 appendix A.1. */
static bool
take_rsa(struct bytes *der, struct public_key *ret)
{
	return der_take_unsigned(der, &ret->modulus) && der_take_unsigned(der, &ret->exponent);
}

/* SubjectPublicKeyInfo, RFC 5280 section 4.1. */
static bool
take_public(struct bytes *der, struct public_key *ret)
{
	struct bytes info, bits, rsa;

	if (!der_take(der, DER_SEQUENCE, &info) || !take_algorithm(&info, ret) ||
	    !der_take_bits(&info, &bits))
		return false;
	ret->point = bits;
	if (ret->algorithm == ALGORITHM_RSA)
		return der_take(&bits, DER_SEQUENCE, &rsa) && take_rsa(&rsa, ret);
	return ret->algorithm != ALGORITHM_ED25519 || bits.len == ED25519_PUBLIC_BYTES;
}

/* UTCTime "YYMMDDHHMMSSZ" of 1950 to 2049, or GeneralizedTime "YYYYMMDDHHMMSSZ": RFC 5280 section 4.1.2.5. */
static bool
take_time(struct bytes *der, char out[static KEY_PAIR_TIME_BYTES])
{
	struct bytes text;
	bool is_short = der->len > 0 && der->data[0] == DER_UTC_TIME;
	size_t digits = is_short ? UTC_DIGITS : TIME_DIGITS;

	if (!der_take(der, is_short ? DER_UTC_TIME : DER_GENERALIZED_TIME, &text) ||
	    text.len != digits + 1 || text.data[digits] != 'Z')
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (!byte_is_digit(text.data[i]))
			return false;
	}
	if (is_short)
		memcpy(out, text.data[0] < '5' ? "20" : "19", 2);
	memcpy(out + TIME_DIGITS - digits, text.data, digits);
	out[TIME_DIGITS] = 0;
	return true;
}

/* Certificate, RFC 5280 section 4.1, as far as the public key. */
static bool
read_certificate(struct bytes der, struct certificate *ret)
{
	struct bytes certificate, body, ignored, validity;

	return der_take(&der, DER_SEQUENCE, &certificate) && der.len == 0 &&
	       der_take(&certificate, DER_SEQUENCE, &body) &&
	       der_take_optional(&body, DER_CONTEXT_0, &ignored) && /* version */
	       der_take(&body, DER_INTEGER, &ignored) &&	    /* serial */
	       der_take(&body, DER_SEQUENCE, &ignored) &&	    /* signature */
	       der_take(&body, DER_SEQUENCE, &ignored) &&	    /* issuer */
	       der_take(&body, DER_SEQUENCE, &validity) && take_time(&validity, ret->from) &&
	       take_time(&validity, ret->until) &&
	       der_take(&body, DER_SEQUENCE, &ignored) && /* subject */
	       take_public(&body, &ret->key);
}

/* RSAPrivateKey, RFC 8017 appendix A.1.2. */
static bool
read_rsa(struct bytes der, struct public_key *ret)
{
	struct bytes key, ignored;

	ret->algorithm = ALGORITHM_RSA;
	return der_take(&der, DER_SEQUENCE, &key) && der.len == 0 &&
	       der_take(&key, DER_INTEGER, &ignored) && take_rsa(&key, ret);
}

/* ECPrivateKey, RFC 5915 section 3: the curve stands here or around it, the point may be missing. */
static bool
read_ec(struct bytes der, struct public_key *ret)
{
	struct bytes key, ignored, curve, point;

	ret->algorithm = ALGORITHM_EC;
	if (!der_take(&der, DER_SEQUENCE, &key) || der.len > 0 ||
	    !der_take(&key, DER_INTEGER, &ignored) || !der_take(&key, DER_OCTET_STRING, &ignored) ||
	    !der_take_optional(&key, DER_CONTEXT_0, &curve) ||
	    !der_take_optional(&key, DER_CONTEXT_1, &point))
		return false;
	return (curve.len == 0 || der_take(&curve, DER_OID, &ret->curve)) &&
	       (point.len == 0 || der_take_bits(&point, &ret->point));
}

/* RFC 8410 section 7: the seed in an OCTET STRING of its own. */
static bool
read_ed25519(struct bytes der, struct public_key *ret)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;
	struct bytes bytes;
	struct error ignored;

	if (!der_take(&der, DER_OCTET_STRING, &bytes) || der.len > 0 ||
	    bytes.len != ED25519_SEED_BYTES || secret_from(bytes, &seed, &ignored) < 0)
		return false;
	ed25519_public(&seed, ret->ed25519);
	ret->point = BYTES(ret->ed25519);
	return true;
}

/* PrivateKeyInfo, RFC 5208 section 5. */
static bool
read_pkcs8(struct bytes der, struct public_key *ret)
{
	struct bytes info, ignored, key;

	if (!der_take(&der, DER_SEQUENCE, &info) || der.len > 0 ||
	    !der_take(&info, DER_INTEGER, &ignored) || !take_algorithm(&info, ret) ||
	    !der_take(&info, DER_OCTET_STRING, &key))
		return false;
	switch (ret->algorithm) {
	case ALGORITHM_RSA:
		return read_rsa(key, ret);
	case ALGORITHM_EC:
		return read_ec(key, ret);
	case ALGORITHM_ED25519:
		return read_ed25519(key, ret);
	case ALGORITHM_OTHER:
		break;
	}
	return true;
}

static const struct {
	const char *label;
	bool (*read)(struct bytes der, struct public_key *ret);
} key_forms[] = {
	{ "PRIVATE KEY", read_pkcs8 },
	{ "RSA PRIVATE KEY", read_rsa },
	{ "EC PRIVATE KEY", read_ec },
};

bool
key_pair_is_encrypted(struct bytes key)
{
	static const char *const signs[] = { "-----BEGIN ENCRYPTED PRIVATE KEY-----",
					     "Proc-Type: 4,ENCRYPTED" };

	for (size_t i = 0; i < COUNT(signs); i++) {
		if (key.len > 0 && memmem(key.data, key.len, signs[i], strlen(signs[i])) != NULL)
			return true;
	}
	return false;
}

/* The first private key; what stands beside it, parameters of a curve or certificates, is passed over. *der holds what
 * *ret borrows. */
static int
read_key(struct bytes text, struct secret *der, struct public_key *ret, struct error *err)
{
	struct bytes label, body;

	if (key_pair_is_encrypted(text))
		return error_set(err, ERROR_REFUSED,
				 "the private key is encrypted, and nothing in a cluster knows its "
				 "passphrase; 'openssl pkey' takes it off");
	while (pem_next(&text, &label, &body) == PEM_BLOCK) {
		for (size_t i = 0; i < COUNT(key_forms); i++) {
			if (!bytes_equal(label, bytes_of(key_forms[i].label)))
				continue;
			if (decode(body, der, err) < 0)
				return error_context(err, "the private key");
			if (!key_forms[i].read(secret_bytes(der), ret))
				return error_set(err, ERROR_REFUSED,
						 "the private key is broken: it is not what its "
						 "first line says");
			return 0;
		}
	}
	return error_set(err, ERROR_REFUSED,
			 "there is no private key in it ('-----BEGIN PRIVATE KEY-----')");
}

/* The next certificate of a chain. 1: there is none. */
static int
next_certificate(struct bytes *text, struct secret *der, struct certificate *ret, struct error *err)
{
	struct bytes label, body;

	while (pem_next(text, &label, &body) == PEM_BLOCK) {
		if (!bytes_equal(label, bytes_of("CERTIFICATE")))
			continue;
		if (decode(body, der, err) < 0)
			return error_context(err, "the certificate");
		if (!read_certificate(secret_bytes(der), ret))
			return error_set(err, ERROR_REFUSED,
					 "the certificate is broken: it is no X.509");
		return 0;
	}
	return 1;
}

/* A point, RFC 5480 section 2.2: whole (4), or compressed (2, 3), where the form has the lowest bit of y. */
static bool
is_same_point(struct bytes a, struct bytes b)
{
	struct bytes whole = a.len > b.len ? a : b, other = a.len > b.len ? b : a;
	size_t len = other.len > 0 ? other.len - 1 : 0;

	if (a.len == b.len)
		return bytes_equal(a, b);
	return len > 0 && whole.len == 2 * len + 1 && whole.data[0] == 4 &&
	       (other.data[0] & 0xfe) == 2 && memcmp(whole.data + 1, other.data + 1, len) == 0 &&
	       (whole.data[2 * len] & 1) == (other.data[0] & 1);
}

/* Whether both are halves of one pair, as far as the private one tells. */
static bool
is_pair(const struct public_key *certificate, const struct public_key *key)
{
	if (certificate->algorithm != key->algorithm)
		return false;
	switch (key->algorithm) {
	case ALGORITHM_RSA:
		return bytes_equal(certificate->modulus, key->modulus) &&
		       bytes_equal(certificate->exponent, key->exponent);
	case ALGORITHM_EC:
		if (key->curve.len > 0 && !bytes_equal(certificate->curve, key->curve))
			return false;
		return key->point.len == 0 || is_same_point(certificate->point, key->point);
	case ALGORITHM_ED25519:
		return bytes_equal(certificate->point, key->point);
	case ALGORITHM_OTHER:
		break;
	}
	return bytes_equal(certificate->oid, key->oid);
}

/* Of which certificate of the chain the key is, from 2; 0: of none. Broken ones are passed over. */
static size_t
find_in_chain(struct bytes text, const struct public_key *key)
{
	struct error ignored;

	for (size_t i = 1; i <= CHAIN_MAX; i++) {
		CLEANUP(secret_clear) struct secret der = SECRET_INIT;
		struct certificate certificate = { .key = { .algorithm = ALGORITHM_OTHER } };
		int result = next_certificate(&text, &der, &certificate, &ignored);

		if (result == 1)
			break;
		if (result == 0 && i > 1 && is_pair(&certificate.key, key))
			return i;
	}
	return 0;
}

static void
add_note(struct key_pair_notes *notes, const char *text)
{
	if (notes->count < KEY_PAIR_NOTES)
		notes->texts[notes->count++] = text;
}

static void
find_notes(const struct certificate *certificate, const struct public_key *key, const char *now,
	   struct key_pair_notes *notes)
{
	if (key->algorithm == ALGORITHM_OTHER)
		add_note(notes, "the key is of an algorithm that is not known here, so it was not "
				"held against the certificate");
	else if (key->algorithm == ALGORITHM_EC && key->point.len == 0)
		add_note(notes, "the key has not its public point in it, so it was not held "
				"against the certificate");
	if (strcmp(certificate->until, now) < 0)
		add_note(notes, "the certificate has expired");
	else if (strcmp(certificate->from, now) > 0)
		add_note(notes, "the certificate is not valid yet");
}

int
key_pair_check(struct bytes chain, struct bytes key, const char now[static KEY_PAIR_TIME_BYTES],
	       struct key_pair_notes *notes, struct error *err)
{
	CLEANUP(secret_clear) struct secret key_der = SECRET_INIT;
	CLEANUP(secret_clear) struct secret der = SECRET_INIT;
	struct public_key private = { .algorithm = ALGORITHM_OTHER };
	struct certificate first = { .key = { .algorithm = ALGORITHM_OTHER } };
	struct bytes text = chain;
	size_t other;
	int result = next_certificate(&text, &der, &first, err);

	notes->count = 0;
	if (result == 1)
		return error_set(err, ERROR_REFUSED,
				 "there is no certificate in it ('-----BEGIN CERTIFICATE-----')");
	if (result < 0 || read_key(key, &key_der, &private, err) < 0)
		return -1;
	if (is_pair(&first.key, &private)) {
		find_notes(&first, &private, now, notes);
		return 0;
	}
	other = find_in_chain(chain, &private);
	if (other > 0)
		return error_set(err, ERROR_REFUSED,
				 "the private key is that of certificate %zu of the chain, which "
				 "must stand first",
				 other);
	return error_set(err, ERROR_REFUSED, "the private key is not that of the certificate");
}
