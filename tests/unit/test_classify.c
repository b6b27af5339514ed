/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/classify_rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define HEX "3f9a1c7be2048d56a0f1c93b7e5d2864"
#define BASE64 "qZ7tK0vLr3XnB9yWc5Gd2JhMf8PsQa4E"

static const struct {
	const char *name, *value;
	enum setting_kind kind;
	enum value_type type;
	const char *reason;
} proposals[] = {
	/* The seven settings of examples/taskflow. */
	{ "FRONTEND_URL", "https://taskflow.example.com", KIND_CONFIG, TYPE_URL,
	  "well-known name" },
	{ "BACKEND_URL", "https://api.taskflow.example.com", KIND_CONFIG, TYPE_URL,
	  "well-known name" },
	{ "NODE_ENV", "production", KIND_CONFIG, TYPE_STRING, "well-known name" },
	{ "LOG_LEVEL", "info", KIND_CONFIG, TYPE_STRING, "well-known name" },
	{ "DATABASE_URL", "postgresql://taskflow:correct-horse-battery@db.internal:5432/taskflow",
	  KIND_SECRET, TYPE_URL, "the value is a URL with a password in it" },
	{ "BETTER_AUTH_SECRET", "an-example-of-a-long-signing-secret-0123456789", KIND_SECRET,
	  TYPE_STRING, "well-known name" },
	{ "OPENAI_API_KEY",
	  "sk-"
	  "example-not-a-real-key-0123456789abcdefghij",
	  KIND_SECRET, TYPE_STRING, "the value looks like an OpenAI token" },
	/* The catalogue, and what overrules it. */
	{ "DATABASE_URL", "", KIND_SECRET, TYPE_URL, "well-known name" },
	{ "DATABASE_URL", "changeme", KIND_SECRET, TYPE_STRING, "well-known name" },
	{ "PORT", "3000", KIND_CONFIG, TYPE_PORT, "well-known name" },
	{ "PORT", "auto", KIND_CONFIG, TYPE_STRING, "well-known name" },
	{ "DEBUG", "true", KIND_CONFIG, TYPE_STRING, "well-known name" },
	{ "GIT_COMMIT", HEX "01234567", KIND_CONFIG, TYPE_STRING, "well-known name" },
	{ "NODE_ENV", HEX, KIND_SECRET, TYPE_STRING, "the value looks random (hex)" },
	{ "JAVA_OPTS", "-Djavax.net.ssl.keyStorePassword=Tr0ub4dor", KIND_SECRET, TYPE_STRING,
	  "a value for 'password' is inside it" },
	/* The name says secret: no value excuses it. */
	{ "ORDERS_PASSWORD", "changeme", KIND_SECRET, TYPE_STRING, "the name says 'password'" },
	{ "ORDERS_PASSWORD", "", KIND_SECRET, TYPE_STRING, "the name says 'password'" },
	{ "ORDERS_PASSWORD", "true", KIND_SECRET, TYPE_STRING, "the name says 'password'" },
	{ "ORDERS_PASSWORD", "12345", KIND_SECRET, TYPE_STRING, "the name says 'password'" },
	{ "ORDERS_TOKEN", "${TOKEN}", KIND_SECRET, TYPE_STRING, "the name says 'token'" },
	{ "ordersApiKey", "x", KIND_SECRET, TYPE_STRING, "the name says 'api key'" },
	{ "SMTPPASS", "x", KIND_SECRET, TYPE_STRING, "the name says 'pass'" },
	{ "ORDERS_DATABASE_URL", "postgresql://db/orders", KIND_SECRET, TYPE_URL,
	  "the name says 'database url'" },
	/* The last word says that it is none, while the value agrees. */
	{ "ORDERS_TOKEN_FILE", "/run/secrets/token", KIND_CONFIG, TYPE_STRING,
	  "the name says 'file'" },
	{ "ORDERS_TOKEN_FILE", BASE64, KIND_SECRET, TYPE_STRING, "the name says 'token'" },
	{ "ORDERS_TOKEN_TTL", "3600", KIND_CONFIG, TYPE_STRING, "the name says 'ttl'" },
	{ "ORDERS_TOKEN_TTL", "15m", KIND_CONFIG, TYPE_DURATION, "the name says 'ttl'" },
	{ "ORDERS_TOKEN_TTL", BASE64, KIND_SECRET, TYPE_STRING, "the name says 'token'" },
	{ "ORDERS_MAX_TOKENS", "4096", KIND_CONFIG, TYPE_STRING, "the name says 'max token'" },
	{ "ORDERS_CLIENT_ID", HEX, KIND_CONFIG, TYPE_STRING, "the name says 'client id'" },
	{ "BYPASS", "no", KIND_CONFIG, TYPE_STRING, "the value is yes or no" },
	/* Names that may be either. */
	{ "SORT_KEY", "created", KIND_CONFIG, TYPE_STRING, "the value is made of words" },
	{ "SORT_KEY", "changeme", KIND_SECRET, TYPE_STRING, "the name says 'key'" },
	{ "SORT_KEY", "", KIND_SECRET, TYPE_STRING, "the name says 'key'" },
	{ "DOOR_PIN", "4711", KIND_SECRET, TYPE_STRING, "the name says 'pin'" },
	/* The name says nothing: the look of the value. */
	{ "THING", "", KIND_SECRET, TYPE_STRING,
	  "in doubt: the name says nothing, and there is no value" },
	{ "THING", "Xk2!d9#q", KIND_SECRET, TYPE_STRING,
	  "in doubt: neither the name nor the value says what it is" },
	{ "THING", "changeme", KIND_SECRET, TYPE_STRING,
	  "in doubt: neither the name nor the value says what it is" },
	{ "THING", HEX, KIND_SECRET, TYPE_STRING, "the value looks random (hex)" },
	{ "THING", BASE64, KIND_SECRET, TYPE_STRING, "the value looks random (alphanumeric)" },
	{ "THING", "https://example.org/hooks/" HEX, KIND_SECRET, TYPE_STRING,
	  "in doubt: neither the name nor the value says what it is" },
	{ "THING_URL", "https://example.org/hooks/" HEX, KIND_SECRET, TYPE_URL,
	  "a part of the value looks random" },
	{ "THING", "42", KIND_CONFIG, TYPE_STRING, "the value is a number" },
	{ "THING", "eu-central-1", KIND_CONFIG, TYPE_STRING, "the value is made of words" },
	{ "THING", "01234567-89ab-cdef-0123-456789abcdef", KIND_CONFIG, TYPE_STRING,
	  "the value is a UUID" },
	{ "THING", "{\"a\":{\"token\":\"a8K2mQ\"}}", KIND_SECRET, TYPE_STRING,
	  "a value for 'token' is inside it" },
	{ "THING", "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n",
	  KIND_SECRET, TYPE_PEM, "the value is a PEM private key" },
	{ "THING", "-----BEGIN PUBLIC KEY-----\nMHcC\n-----END PUBLIC KEY-----\n", KIND_CONFIG,
	  TYPE_PEM, "the value is a certificate or public key" },
	/* Types, where another environment's value will be of it too. */
	{ "ORDERS_URL", "https://orders", KIND_CONFIG, TYPE_URL, "the name says 'url'" },
	{ "ORDERS_URL", "/orders", KIND_CONFIG, TYPE_STRING, "the name says 'url'" },
	{ "ORDERS_URLS", "https://orders", KIND_CONFIG, TYPE_STRING, "the name says 'url'" },
	{ "ORDERS_PORT", "8080", KIND_CONFIG, TYPE_PORT, "the name says 'port'" },
	{ "ORDERS_PORT", "tcp://10.0.0.1:80", KIND_CONFIG, TYPE_STRING, "the name says 'port'" },
	{ "ORDERS_EMAIL", "orders@example.org", KIND_CONFIG, TYPE_EMAIL, "the name says 'email'" },
	{ "ORDERS_ENABLED", "true", KIND_CONFIG, TYPE_BOOLEAN, "the name says 'enabled'" },
	{ "ORDERS_ENABLED", "yes", KIND_CONFIG, TYPE_STRING, "the name says 'enabled'" },
	{ "ORDERS_ENABLED", "1", KIND_CONFIG, TYPE_STRING, "the name says 'enabled'" },
	{ "ORDERS_RETRIES", "3", KIND_CONFIG, TYPE_INTEGER, "the name says 'retries'" },
	{ "ORDERS_WORKERS", "3", KIND_CONFIG, TYPE_STRING, "the name says 'worker'" },
	{ "ORDERS_RATE", "0.5", KIND_CONFIG, TYPE_NUMBER, "the name says 'rate'" },
	{ "ORDERS_TIMEOUT", "30", KIND_CONFIG, TYPE_STRING, "the name says 'timeout'" },
};

static void
test_proposals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(proposals); i++) {
		struct classification got;

		classify_propose(proposals[i].name, bytes_of(proposals[i].value), &got);
		if (got.kind != proposals[i].kind || got.type != proposals[i].type ||
		    strcmp(got.reason, proposals[i].reason) != 0)
			fail_msg("%s=%s: %s, %s, %s", proposals[i].name, proposals[i].value,
				 got.kind == KIND_SECRET ? "secret" : "config", type_name(got.type),
				 got.reason);
	}
}

/* reason NULL: passes. */
static const struct {
	const char *name, *value, *reason;
} guarded[] = {
	{ "THING", "", NULL },
	{ "DB_PASSWORD", "", NULL },
	/* Certain, whatever the name. */
	{ "LOG_LEVEL",
	  "ghp_"
	  "0123456789abcdefghijABCDEFGHIJ012345",
	  "looks like a GitHub token" },
	{ "LOG_LEVEL", "https://a:b@example.org", "a URL with a password in it" },
	{ "LOG_LEVEL", "https://a:${PASSWORD}@example.org", NULL },
	{ "PUBLIC_KEY", "-----BEGIN PRIVATE KEY-----\nMHcC\n-----END PRIVATE KEY-----\n",
	  "a PEM private key" },
	{ "LOG_LEVEL", "AGE-SECRET-KEY-1QQQQ", "an age identity" },
	{ "LOG_LEVEL", "Server=db;Password=pl3asant-Day", "a value for 'password' is inside it" },
	{ "LOG_LEVEL", "Server=db;Password=${PASSWORD}", NULL },
	/* The catalogue and the name, with their excuses. */
	{ "DB_PASSWORD", "pl3asant-Day!", "well-known name" },
	{ "DB_PASSWORD", "changeme", NULL },
	{ "OWN_PASSWORD", "pl3asant-Day!", "the name says 'password'" },
	{ "OWN_PASSWORD", "changeme", NULL },
	{ "OWN_PASSWORD", "<password>", NULL },
	{ "OWN_PASSWORD", "${PASSWORD}", NULL },
	{ "OWN_PASSWORD", "xxxx", NULL },
	{ "OWN_PASSWORD", "12345", NULL },
	{ "OWN_PASSWORD", "false", NULL },
	{ "OWN_PASSWORD", "/run/secrets/own", NULL },
	{ "OWN_PASSWORD", "required", NULL },
	{ "OWN_PASSWORD", "/q8Zr4+w/Kd91mXc", "the name says 'password'" },
	{ "REDIS_URL", "redis://redis:6379/0", NULL },
	{ "OWN_TOKEN_FILE", "/run/secrets/own", NULL },
	{ "OWN_TOKEN_FILE", "q8Zr!4w#9", "the name says 'token'" },
	{ "OWN_TOKEN_TTL", "3600", NULL },
	{ "OWN_TOKEN_TTL", "q8Zr!4w#9", "the name says 'token'" },
	{ "SORT_KEY", "created_at", NULL },
	{ "SORT_KEY", "q8Zr!4w#9", "the name says 'key'" },
	{ "BYPASS_RULES", "internal", NULL },
	/* The look, unless an identifier or something public. */
	{ "THING", HEX, "looks random (hex)" },
	{ "THING", BASE64, "looks random (alphanumeric)" },
	{ "LOG_LEVEL", HEX, "looks random (hex)" },
	{ "THING_ID", HEX, NULL },
	{ "GIT_COMMIT", HEX, NULL },
	{ "THING", "sha256:" HEX HEX, NULL },
	{ "THING", "01234567-89ab-cdef-0123-456789abcdef", NULL },
	{ "THING", "registry.example.org/app:main-0a1b2c3", NULL },
	{ "THING", "pk_live_" BASE64, NULL },
	{ "THING", "https://example.org/hooks/" HEX, "a part of it looks random" },
	{ "THING", "https://example.org/01234567-89ab-cdef-0123-456789abcdef", NULL },
	{ "THING", "x-team=" BASE64 ",x-env=prod", "a part of it looks random" },
};

static void
test_guard(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(guarded); i++) {
		char reason[REASON_BYTES] = "untouched";
		bool is_refused =
			classify_guard(guarded[i].name, bytes_of(guarded[i].value), reason);
		const char *expected = guarded[i].reason != NULL ? guarded[i].reason : "";

		if (is_refused != (guarded[i].reason != NULL) || strcmp(reason, expected) != 0)
			fail_msg("%s=%s: %s '%s'", guarded[i].name, guarded[i].value,
				 is_refused ? "refused" : "passed", reason);
	}
}

static void
test_catalogue(void **state)
{
	size_t count = 0, secrets = 0;
	const struct catalog_entry *entry, *before = NULL;
	enum setting_kind kind;
	enum value_type type;

	(void)state;
	for (; (entry = catalog_at(count)) != NULL; before = entry, count++) {
		assert_true(text_is_setting_name(bytes_of(entry->name)));
		if (before != NULL && strcmp(before->name, entry->name) >= 0)
			fail_msg("'%s' does not stand before '%s'", before->name, entry->name);
		assert_ptr_equal(catalog_entry(entry->name), entry);
		assert_true(catalog_find(entry->name, &kind, &type));
		assert_true(kind == entry->kind && type == entry->type);
		assert_false(entry->is_identifier && entry->kind == KIND_SECRET);
		secrets += entry->kind == KIND_SECRET;
	}
	assert_true(count >= 500 && secrets >= 200 && secrets < count);
	assert_null(catalog_at(count));
}

static void
test_not_in_catalogue(void **state)
{
	static const char *const names[] = { "",	  "A",	       "node_env", "NODE_EN",
					     "NODE_ENVS", "zzzzzzzzz", "NODE-ENV", "\377" };
	enum setting_kind kind;
	enum value_type type;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_false(catalog_find(names[i], &kind, &type));
}

static const struct {
	const char *value, *what;
} harmless[] = {
	{ "", NULL },
	{ "true", "yes or no" },
	{ "OFF", "yes or no" },
	{ "-1", "a number" },
	{ "1_000", "a number" },
	{ "1.5e-3", "a number" },
	{ "512Mi", "a number" },
	{ "80%", "a number" },
	{ "1.", NULL },
	{ "1h30m", "a duration" },
	{ "PT15M", "a duration" },
	{ "320x240", "a size" },
	{ "*", "a wildcard" },
	{ "^[a-z]+$", "a pattern" },
	{ "https://example.org/a?b=c", "a URL without a password" },
	{ "https://example.org/" HEX, NULL },
	{ "a@example.org", "an email address" },
	{ "Some Body <a@example.org>", "an email address" },
	{ "db.example.org", "a host" },
	{ "[::1]:80", "a host" },
	{ "10.0.0.0/8", "a host" },
	{ "kafka:9092", "a host" },
	{ HEX ":9092", NULL },
	{ "/var/lib/app", "a path" },
	{ "C:\\Users\\app", "a path" },
	{ "/q8Zr4+w/Kd91mXc", NULL },
	{ "2026-11-25T10:00:00Z", "a time" },
	{ "*/5 * * * 1-5", "a schedule" },
	{ "@daily", "a schedule" },
	{ "#1a2b3c", "a colour" },
	{ "{\"a\":[1]}", "JSON without a secret in it" },
	{ "{\"a\":\"" HEX "\"}", NULL },
	{ "a.example.org:80, b.example.org:80", "a list of harmless things" },
	{ "a.example.org:80, " HEX, NULL },
	{ "Xk2!d9#q", NULL },
	/* Public, though it looks random. */
	{ "01234567-89ab-cdef-0123-456789abcdef", "a UUID" },
	{ "{01234567-89ab-cdef-0123-456789abcdef}", "a UUID" },
	{ "01234567-89ab-cdef-0123-456789abcde", NULL },
	{ "sha256:" HEX HEX, "a digest" },
	{ "sha256:" HEX, NULL },
	{ "sha1-" HEX "01234567", "a digest" },
	{ HEX, NULL },
	{ HEX "01234567", NULL },
	{ "v1.4.0-12-g0a1b2c3", "a version with a commit" },
	{ "main-" HEX "01234567", "a version with a commit" },
	{ "main-" HEX, NULL },
	{ "ghcr.io/example/app:1.4-alpine", "a container image" },
	{ "nginx:1.27@sha256:" HEX HEX, "a container image" },
	{ "admin:" HEX, NULL },
	{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 a@b", "an SSH public key" },
	{ "age1" HEX HEX, "an age recipient" },
	{ "pk_live_" BASE64, "a publishable key" },
	{ "sk_live_" BASE64, NULL },
	{ "arn:aws:iam::123456789012:role/app", "an identifier" },
	{ "subnet-0a1b2c3d4e5f60718", "an identifier" },
	{ "1:12345:web:0a1b2c3d4e5f", "an identifier" },
	{ "0x" HEX "01234567", "an address on a blockchain" },
	{ "0x" HEX HEX, NULL },
};

static void
test_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(harmless); i++) {
		const char *what = shape_harmless(bytes_of(harmless[i].value));

		if ((what == NULL) != (harmless[i].what == NULL) ||
		    (what != NULL && strcmp(what, harmless[i].what) != 0))
			fail_msg("'%s' is %s", harmless[i].value, what != NULL ? what : "nothing");
	}
}

/* A PEM with a public and a private block is no public one. */
static void
test_mixed_pem(void **state)
{
	struct bytes both =
		bytes_of("-----BEGIN CERTIFICATE-----\nMHcC\n-----END CERTIFICATE-----\n"
			 "-----BEGIN RSA PRIVATE KEY-----\nMHcC\n"
			 "-----END RSA PRIVATE KEY-----\n");
	char reason[REASON_BYTES];

	(void)state;
	assert_null(shape_public(both));
	assert_true(classify_guard("CERTIFICATE", both, reason));
	assert_string_equal(reason, "a PEM private key");
}

/* Marsaglia's xorshift: the same strings in every run. */
static char
draw(uint64_t *generator, const char *alphabet)
{
	*generator ^= *generator << 13;
	*generator ^= *generator >> 7;
	*generator ^= *generator << 17;
	return alphabet[(*generator >> 32) % strlen(alphabet)];
}

static const char *const alphabets[] = {
	"0123456789abcdef",
	"0123456789ABCDEF",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
	"abcdefghijklmnopqrstuvwxyz0123456789",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

/* Of uniform strings, 94 % at least are found: 99 % by their entropy, less those with a word by chance and
 * those without a digit, which are 4 % in 16 characters of base32. */
static void
test_random_is_found(void **state)
{
	static const size_t lengths[] = { 16, 20, 24, 32, 40, 43, 64, 100, 256 };
	enum { DRAWS = 1000, FOUND_MIN = 940 };
	uint64_t generator = 88172645463325252U;
	char text[257] = "";

	(void)state;
	for (size_t a = 0; a < COUNT(alphabets); a++) {
		for (size_t l = 0; l < COUNT(lengths); l++) {
			size_t found = 0;

			for (size_t i = 0; i < DRAWS; i++) {
				for (size_t at = 0; at < lengths[l]; at++)
					text[at] = draw(&generator, alphabets[a]);
				found += classify_is_random(
					(struct bytes){ (uint8_t *)text, lengths[l] });
			}
			if (found < FOUND_MIN)
				fail_msg("%zu of 1000, %zu of '%s'", found, lengths[l],
					 alphabets[a]);
		}
	}
}

static void
test_not_random(void **state)
{
	static const char *const values[] = {
		"",
		"3f9a1c7be2048d5", /* 15 characters */
		"0000000000000000",
		"abcdabcdabcdabcd",
		"1234567890123456",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"create-order-worker-v2",
		"internationalization",
		"OrderServiceApplicationConfiguration",
		"2026-11-25T10:00:00Z",
		"01234567-89ab-cdef-0123-456789abcdef",
		"sha256:" HEX HEX,
		"a value with blanks 3f9a1c7be2048d56",
		"com.example.orders.OrderProcessor",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		if (classify_is_random(bytes_of(values[i])))
			fail_msg("'%s' looks random", values[i]);
	assert_true(classify_is_random(bytes_of("3f9a1c7be2048d56"))); /* 16 */
}

/* The largest value that a Secret can hold, of characters that keep every search going. No time is asserted:
 * what is not linear here takes minutes, and the runner ends it. */
static void
test_large_values(void **state)
{
	static const char *const units[] = {
		"a",  "key=",		"://x:y", "\"a\":1,", "-----BEGIN ", "a b ",
		"a=", "password: {{\n", "eyJ.",	  "a.b,",     "http://a/",   "12:",
	};
	enum { LARGE = 1 << 20 };
	uint8_t *data = malloc(LARGE);
	struct bytes value = { data, LARGE };
	uint64_t generator = 88172645463325252U;
	struct classification got;
	char reason[REASON_BYTES];

	(void)state;
	assert_non_null(data);
	for (size_t a = 0; a < COUNT(alphabets); a++) {
		for (size_t i = 0; i < LARGE; i++)
			data[i] = (uint8_t)draw(&generator, alphabets[a]);
		classify_propose("THING", value, &got);
		assert_int_equal(got.kind, KIND_SECRET);
		assert_true(classify_guard("THING", value, reason));
	}
	for (size_t u = 0; u < COUNT(units); u++) {
		size_t len = strlen(units[u]);

		for (size_t i = 0; i < LARGE; i++)
			data[i] = (uint8_t)units[u][i % len];
		classify_propose("THING", value, &got);
		if (got.kind == KIND_CONFIG)
			assert_false(classify_guard("THING", value, reason));
		assert_true(got.reason[0] != '\0');
	}
	free(data);
}

/* Beginnings of shapes: no byte is read behind the end, and what the guard refuses is proposed as a secret. */
static void
test_boundaries(void **state)
{
	static const char *const cut[] = {
		"a://",
		"a://:",
		"a://b:",
		"-----BEGIN ",
		"-----BEGIN PUBLIC KEY",
		"key=",
		"key=\"",
		"key=\\",
		"Bearer ",
		"${",
		"sha256:",
		"1:",
		"0x",
		"C:",
		"^",
		"P",
		"+",
		"1e",
		"1_",
		"@",
		"<>",
		"ssh-ed25519 AAAA",
		"a@sha256:",
		"x:",
		"/",
		"age1",
		"pk_live_",
		"eyJ",
		"$2a$",
	};
	char reason[REASON_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(cut); i++) {
		/* In a block of exactly its size, for the sanitizer. */
		size_t len = strlen(cut[i]);
		uint8_t *data = malloc(len);
		struct classification got;

		assert_non_null(data);
		memcpy(data, cut[i], len);
		classify_propose("THING", (struct bytes){ data, len }, &got);
		if (classify_guard("THING", (struct bytes){ data, len }, reason))
			assert_int_equal(got.kind, KIND_SECRET);
		else
			assert_string_equal(reason, "");
		free(data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proposals),	cmocka_unit_test(test_guard),
		cmocka_unit_test(test_catalogue),	cmocka_unit_test(test_not_in_catalogue),
		cmocka_unit_test(test_harmless),	cmocka_unit_test(test_mixed_pem),
		cmocka_unit_test(test_random_is_found), cmocka_unit_test(test_not_random),
		cmocka_unit_test(test_large_values),	cmocka_unit_test(test_boundaries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
