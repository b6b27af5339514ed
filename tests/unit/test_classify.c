/* SPDX-License-Identifier: Apache-2.0 */
/* What is proposed for a setting, what the guard refuses, and with which reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "schemas/classify_rules.h"

#define RANDOM_HEX "9f1c07e2b85d4a36c0e97b12fd684a53"
#define RANDOM_BASE64 "q7Zt0Xw3Lr9VbNs5Ky1HgPd8"

static void
test_proposals(void **state)
{
	static const struct {
		const char *name, *value;
		enum setting_kind kind;
		enum value_type type;
		const char *reason;
	} cases[] = {
		{ "FRONTEND_URL", "https://taskflow.example.com", KIND_CONFIG, TYPE_URL,
		  "well-known name" },
		{ "NODE_ENV", "production", KIND_CONFIG, TYPE_STRING, "well-known name" },
		{ "log_level", "info", KIND_CONFIG, TYPE_STRING, "well-known name" },
		{ "DATABASE_URL", "", KIND_SECRET, TYPE_URL, "well-known name" },
		{ "DATABASE_URL", "changeme", KIND_SECRET, TYPE_STRING, "well-known name" },
		{ "DATABASE_URL", "postgresql://a:b@db/x", KIND_SECRET, TYPE_URL,
		  "the value is a URL with a password in it" },
		{ "NODE_ENV", "postgresql://a:b@db/x", KIND_SECRET, TYPE_STRING,
		  "the value is a URL with a password in it" },
		{ "BETTER_AUTH_SECRET", RANDOM_BASE64, KIND_SECRET, TYPE_STRING,
		  "well-known name" },
		{ "BILLING_PASSWORD", "changeme", KIND_SECRET, TYPE_STRING,
		  "the name says 'password'" },
		{ "BILLING_PASSWORD", "", KIND_SECRET, TYPE_STRING, "the name says 'password'" },
		{ "BILLING_PASSWORD_FILE", "/run/secrets/x", KIND_CONFIG, TYPE_STRING,
		  "the name says 'file'" },
		{ "MAX_TOKENS", "4096", KIND_CONFIG, TYPE_STRING, "the name says 'max'" },
		{ "MAX_TOKENS", RANDOM_HEX, KIND_SECRET, TYPE_STRING, "the name says 'token'" },
		{ "SIGNING_PUBLIC_KEY", RANDOM_BASE64, KIND_CONFIG, TYPE_STRING,
		  "the name says 'public key'" },
		{ "WIDGET", RANDOM_HEX, KIND_SECRET, TYPE_STRING, "the value is random hex" },
		{ "WIDGET", "blue and green", KIND_CONFIG, TYPE_STRING,
		  "the value is made of plain words" },
		{ "WIDGET", "12", KIND_CONFIG, TYPE_STRING, "the value is a number" },
		{ "WIDGET", "", KIND_SECRET, TYPE_STRING, "nothing says that it is harmless" },
		{ "WIDGET", "k9#$!x", KIND_SECRET, TYPE_STRING,
		  "nothing says that it is harmless" },
		{ "METRICS_PORT", "9090", KIND_CONFIG, TYPE_PORT, "the name says 'port'" },
		{ "METRICS_PORT", "99999", KIND_CONFIG, TYPE_STRING, "the name says 'port'" },
		{ "SUPPORT_EMAIL", "help@example.com", KIND_CONFIG, TYPE_EMAIL,
		  "the name says 'email'" },
		{ "FEATURE_BOARDS", "true", KIND_CONFIG, TYPE_BOOLEAN, "the name says 'feature'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct classification found;

		classify_propose(cases[i].name, bytes_of(cases[i].value), &found);
		print_message("%s: %s\n", cases[i].name, found.reason);
		assert_string_equal(found.reason, cases[i].reason);
		assert_int_equal(found.kind, cases[i].kind);
		assert_int_equal(found.type, cases[i].type);
	}
}

/* NULL: the guard lets it through. */
static void
test_guard(void **state)
{
	static const struct {
		const char *name, *value, *reason;
	} cases[] = {
		{ "LOG_LEVEL", "info", NULL },
		{ "LOG_LEVEL", "", NULL },
		{ "LOG_LEVEL", "postgres://a:b@db/x", "a URL with a password in it" },
		{ "LOG_LEVEL", "postgres://a:${PASSWORD}@db/x", NULL },
		{ "LOG_LEVEL", "-----BEGIN EC PRIVATE KEY-----\nx", "a PEM private key" },
		{ "LOG_LEVEL", "ghp_0q8Zt1Xw3Lr9VbNs5Ky1HgPd8wQ2mXc7RtJ4", "a GitHub token" },
		{ "LOG_LEVEL", RANDOM_HEX, "the value is random hex" },
		{ "GIT_COMMIT", "9f1c07e2b85d4a36c0e97b12fd684a5312345678", NULL },
		{ "BILLING_PASSWORD", "changeme", NULL },
		{ "BILLING_PASSWORD", "<password>", NULL },
		{ "BILLING_PASSWORD", "12", NULL },
		{ "BILLING_PASSWORD", "true", NULL },
		{ "BILLING_PASSWORD", "/run/secrets/billing", NULL },
		{ "BILLING_PASSWORD", "hunter2!x", "the name says 'password'" },
		{ "DB_PASSWORD", "hunter2!x", "it is a well-known name of a secret" },
		{ "MAX_TOKENS", "4096", NULL },
		{ "MAX_TOKENS", "k9#x!hunter", "the name says 'token'" },
		{ "BILLING_KEY", "Zx81#kk9!", "the name says 'key'" },
		{ "BILLING_KEY", "tenant", NULL },
		{ "WIDGET", "Server=db;Password=k9#x!",
		  "a text with a value for 'password' in it" },
		{ "WIDGET", "7d9f3a52-6c1e-4b8a-9a0d-2f8e51c4b7d6", NULL },
		{ "WIDGET", "sha256:9f1c07e2b85d4a36c0e97b12fd684a53", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char reason[REASON_BYTES] = "";
		bool refused = classify_guard(cases[i].name, bytes_of(cases[i].value), reason);

		print_message("%s: %s\n", cases[i].name, refused ? reason : "nothing");
		assert_int_equal(refused, cases[i].reason != NULL);
		if (refused)
			assert_string_equal(reason, cases[i].reason);
	}
}

/* Sixteen characters are enough to tell, fifteen are not. */
static void
test_random(void **state)
{
	(void)state;
	assert_true(classify_is_random(bytes_of("q7Zt0Xw3Lr9VbNs5")));
	assert_false(classify_is_random(bytes_of("q7Zt0Xw3Lr9VbNs")));
	assert_true(classify_is_random(bytes_of(RANDOM_HEX)));
	assert_false(classify_is_random(bytes_of("aaaaaaaabbbbbbbb11111111")));
	assert_false(classify_is_random(bytes_of("the-quick-release-channel-1")));
	assert_false(classify_is_random(bytes_of("12345678901234567890")));
	assert_false(classify_is_random(bytes_of("7d9f3a52-6c1e-4b8a-9a0d-2f8e51c4b7d6")));
}

static void
test_catalog(void **state)
{
	static const char *const issued[] = { "ghp_0q8Zt1Xw3Lr9VbNs5Ky1HgPd8wQ2mXc7RtJ4",
					      "AKIA0Q8ZT1XW3LR9VBNS", NULL };
	enum setting_kind kind;
	enum value_type type;

	(void)state;
	assert_true(catalog_find("DATABASE_URL", &kind, &type));
	assert_int_equal(kind, KIND_SECRET);
	assert_int_equal(type, TYPE_URL);
	assert_true(catalog_find("ALLOWED_HOSTS", &kind, &type));
	assert_int_equal(kind, KIND_CONFIG);
	assert_true(catalog_find("WEB_CONCURRENCY", &kind, &type));
	assert_false(catalog_find("DATABASE_URLS", &kind, &type));
	assert_false(catalog_find("", &kind, &type));
	for (size_t i = 0; issued[i] != NULL; i++)
		assert_non_null(catalog_token_issuer(bytes_of(issued[i])));
	assert_null(catalog_token_issuer(bytes_of("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")));
	assert_null(catalog_token_issuer(bytes_of("info")));
}

/* No reason shows any part of a value, and a megabyte of anything ends. */
static void
test_large(void **state)
{
	static const char *const units[] = { "a",
					     "aB3",
					     "a=b ",
					     "://a:",
					     "-----BEGIN ",
					     "0123456789abcdef",
					     "/x",
					     "eyJ.",
					     "\"password\": \"",
					     "q7Zt0Xw3Lr9VbNs5Ky1HgPd8" };
	enum { SIZE = 1024 * 1024 };
	CLEANUP(free_text) char *value = xcalloc(SIZE, 1);

	(void)state;
	for (size_t i = 0; i < COUNT(units); i++) {
		struct bytes bytes = { (const uint8_t *)value, SIZE };
		struct classification proposed;
		char reason[REASON_BYTES] = "";

		for (size_t at = 0; at < SIZE; at++)
			value[at] = units[i][at % strlen(units[i])];
		classify_propose("WIDGET", bytes, &proposed);
		(void)classify_guard("WIDGET", bytes, reason);
		assert_null(strstr(proposed.reason, "q7Zt"));
		assert_null(strstr(reason, "q7Zt"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proposals), cmocka_unit_test(test_guard),
		cmocka_unit_test(test_random),	  cmocka_unit_test(test_catalog),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
