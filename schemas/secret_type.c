/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/secret_type.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "schemas/json_scan.h"
#include "schemas/type.h"
#include "schemas/type_parts.h"

enum { CIPHER_MAX = 64 };

/* The values that a rule looks at. */
struct typed {
	const struct typed_value *values;
	size_t count;
	const char *now;
	struct key_pair_notes *notes;
};

/* NULL: it has no value. */
static const struct bytes *
find(const struct typed *typed, const char *key)
{
	for (size_t i = 0; i < typed->count; i++) {
		if (strcmp(typed->values[i].key, key) == 0)
			return &typed->values[i].value;
	}
	return NULL;
}

static int
need(const struct typed *typed, const char *key, struct bytes *ret, struct error *err)
{
	const struct bytes *value = find(typed, key);

	if (value == NULL || value->len == 0)
		return error_set(err, ERROR_REFUSED, "the key '%s' has no value", key);
	*ret = *value;
	return 0;
}

static int
check_tls(const struct typed *typed, struct error *err)
{
	struct bytes chain, key;

	if (need(typed, "tls.crt", &chain, err) < 0 || need(typed, "tls.key", &key, err) < 0)
		return -1;
	if (key_pair_check(chain, key, typed->now, typed->notes, err) < 0)
		return error_context(err, "'tls.crt' and 'tls.key'");
	return 0;
}

/* A string of JSON without its quotes; none with escapes, which base64 has no need of. */
static bool
read_string(struct bytes value, struct bytes *ret)
{
	if (value.len < 2 || value.data[0] != '"')
		return false;
	*ret = (struct bytes){ value.data + 1, value.len - 2 };
	return true;
}

static bool
is_object(struct bytes value)
{
	return value.len > 0 && value.data[0] == '{';
}

/* "user:password", in base64, as a kubelet takes it apart. */
static bool
is_authorization(struct bytes value)
{
	CLEANUP(secret_clear) struct secret decoded = SECRET_INIT;
	struct bytes text;
	struct error ignored;

	return read_string(value, &text) && text.len > 0 &&
	       secret_new(text.len, &decoded, &ignored) == 0 &&
	       base64_decode_secret(text, BASE64_PADDED, &decoded) && decoded.len > 0 &&
	       memchr(decoded.data, ':', decoded.len) != NULL;
}

/* Each registry of a configuration of Docker's: kubernetes, pkg/credentialprovider/config.go. */
static int
check_registries(struct bytes registries, const char *key, struct error *err)
{
	struct json_scan scan;
	struct bytes name, value, found;
	size_t count = 0;

	if (!is_object(registries) || !json_scan_enter(registries, &scan))
		return error_set(err, ERROR_REFUSED, "'%s' has no registries in it", key);
	for (; json_scan_member(&scan, &name, &value); count++) {
		if (!is_object(value))
			return error_set(err, ERROR_REFUSED, "'%s': registry %zu is no object", key,
					 count + 1);
		if (json_scan_find(value, "auth", &found)) {
			if (!is_authorization(found))
				return error_set(
					err, ERROR_REFUSED,
					"'%s': 'auth' of registry %zu is not 'user:password' "
					"in base64",
					key, count + 1);
		} else if (!json_scan_find(value, "username", &found) ||
			   !json_scan_find(value, "password", &found)) {
			return error_set(err, ERROR_REFUSED,
					 "'%s': registry %zu has neither 'auth' nor 'username' and "
					 "'password'",
					 key, count + 1);
		}
	}
	return count > 0 ? 0 : error_set(err, ERROR_REFUSED, "'%s' has no registries in it", key);
}

static int
need_json(const struct typed *typed, const char *key, struct bytes *ret, struct error *err)
{
	if (need(typed, key, ret, err) < 0)
		return -1;
	if (!json_is_valid(*ret))
		return error_set(err, ERROR_REFUSED, "'%s' is not JSON", key);
	while (ret->len > 0 && memchr(" \t\r\n", ret->data[0], 4) != NULL)
		*ret = bytes_behind(*ret, 1);
	return is_object(*ret) ? 0 :
				 error_set(err, ERROR_REFUSED, "'%s' is no object of JSON", key);
}

static int
check_docker_json(const struct typed *typed, struct error *err)
{
	struct bytes value, registries;

	if (need_json(typed, ".dockerconfigjson", &value, err) < 0)
		return -1;
	if (!json_scan_find(value, "auths", &registries))
		return error_set(err, ERROR_REFUSED, "'.dockerconfigjson' has no 'auths'");
	return check_registries(registries, ".dockerconfigjson", err);
}

static int
check_docker_old(const struct typed *typed, struct error *err)
{
	struct bytes value;

	if (need_json(typed, ".dockercfg", &value, err) < 0)
		return -1;
	return check_registries(value, ".dockercfg", err);
}

static int
check_basic(const struct typed *typed, struct error *err)
{
	return find(typed, "username") != NULL || find(typed, "password") != NULL ?
		       0 :
		       error_set(err, ERROR_REFUSED,
				 "neither 'username' nor 'password' has a value");
}

/* "openssh-key-v1", and then the name of the cipher (PROTOCOL.key of OpenSSH), which is "none" without a passphrase:
 * so far in front is nothing of the key, in this form alone. */
static bool
is_encrypted_openssh(struct bytes label, struct bytes body)
{
	static const char front[] = "openssh-key-v1\0\0\0\0\4none";
	CLEANUP(secret_clear) struct secret decoded = SECRET_INIT;
	struct error ignored;
	uint8_t text[CIPHER_MAX];
	size_t len = 0;

	if (!bytes_equal(label, bytes_of("OPENSSH PRIVATE KEY")))
		return false;
	for (size_t i = 0; i < body.len && len < sizeof(text); i++) {
		if (memchr(" \t\r\n", body.data[i], 4) == NULL)
			text[len++] = body.data[i];
	}
	len -= len % 4;
	return secret_new(CIPHER_MAX, &decoded, &ignored) == 0 &&
	       base64_decode_secret((struct bytes){ text, len }, BASE64_PADDED, &decoded) &&
	       decoded.len >= sizeof(front) - 1 &&
	       memcmp(decoded.data, front, sizeof("openssh-key-v1")) == 0 &&
	       memcmp(decoded.data, front, sizeof(front) - 1) != 0;
}

static int
check_ssh(const struct typed *typed, struct error *err)
{
	static const char suffix[] = "PRIVATE KEY";
	struct bytes text, label, body;
	bool is_encrypted;

	if (need(typed, "ssh-privatekey", &text, err) < 0)
		return -1;
	is_encrypted = key_pair_is_encrypted(text);
	while (!is_encrypted && pem_next(&text, &label, &body) == PEM_BLOCK) {
		if (label.len < sizeof(suffix) - 1 ||
		    memcmp(label.data + label.len - (sizeof(suffix) - 1), suffix,
			   sizeof(suffix) - 1) != 0)
			continue;
		if (!is_encrypted_openssh(label, body))
			return 0;
		is_encrypted = true;
	}
	return error_set(
		err, ERROR_REFUSED,
		is_encrypted ? "'ssh-privatekey' is encrypted, and nothing in a cluster knows its "
			       "passphrase; 'ssh-keygen -p' takes it off" :
			       "'ssh-privatekey' is no private key ('-----BEGIN … PRIVATE "
			       "KEY-----')");
}

static const struct {
	const char *type;
	int (*check)(const struct typed *typed, struct error *err);
} rules[] = {
	{ "kubernetes.io/tls", check_tls },
	{ "kubernetes.io/dockerconfigjson", check_docker_json },
	{ "kubernetes.io/dockercfg", check_docker_old },
	{ "kubernetes.io/basic-auth", check_basic },
	{ "kubernetes.io/ssh-auth", check_ssh },
};

bool
secret_type_has_rules(const char *type)
{
	for (size_t i = 0; i < COUNT(rules); i++) {
		if (strcmp(rules[i].type, type) == 0)
			return true;
	}
	return false;
}

int
secret_type_check(const char *type, const struct typed_value *values, size_t count,
		  const char now[static KEY_PAIR_TIME_BYTES], struct key_pair_notes *notes,
		  struct error *err)
{
	const struct typed typed = { values, count, now, notes };

	notes->count = 0;
	for (size_t i = 0; i < COUNT(rules); i++) {
		if (strcmp(rules[i].type, type) == 0)
			return rules[i].check(&typed, err);
	}
	return 0;
}
