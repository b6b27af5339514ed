/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "injector/cluster/exec_answer.h"

#define V1 "client.authentication.k8s.io/v1"
#define ANSWER(status)                                                                             \
	"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":" status "}"

static int
start(void **state)
{
	struct error err;

	(void)state;
	return secret_start(&err);
}

static int
stop(void **state)
{
	(void)state;
	secret_stop();
	return 0;
}

static void
test_good(void **state)
{
	CLEANUP(exec_credential_clear) struct exec_credential got = EXEC_CREDENTIAL_INIT;
	struct error err;

	(void)state;
	assert_int_equal(
		exec_answer_read(
			bytes_of(ANSWER("{ \"token\" : \"first\", \"x\": [{\"token\": \"]\\\\\"}], "
					"\"token\": \"a\\u002db\\/\", \"expirationTimestamp\": "
					"\"1970-01-01T02:00:01.5+02:00\" } ")),
			V1, &got, &err),
		0);
	assert_int_equal(got.token.len, 4);
	assert_memory_equal(got.token.data, "a-b/", 4);
	assert_int_equal(got.expires, 1);
	assert_null(got.key.data);
	exec_credential_clear(&got);
	assert_int_equal(exec_answer_read(bytes_of(ANSWER("{\"clientCertificateData\":\"c\\n\","
							  "\"clientKeyData\":\"k\",\"token\":null,"
							  "\"expirationTimestamp\":null}")),
					  V1, &got, &err),
			 0);
	assert_null(got.token.data);
	assert_memory_equal(got.certificate.data, "c\n", 2);
	assert_memory_equal(got.key.data, "k", 1);
	assert_true(got.expires == INT64_MAX);
}

static void
test_bad(void **state)
{
	static const struct {
		const char *answer, *message;
	} cases[] = {
		{ "", "is empty" },
		{ "apiVersion: " V1 "\nkind: ExecCredential\n", "is not JSON" },
		{ ANSWER("{\"token\":\"a\"}") "{}", "is not JSON" },
		{ "[]", "is no ExecCredential" },
		{ "{\"kind\":\"Other\",\"apiVersion\":\"" V1 "\"}", "is no ExecCredential" },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "beta1\"}",
		  "is of another apiVersion than '" V1 "'" },
		{ "{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"a\"}}",
		  "is of another apiVersion" },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}", "has no 'status'" },
		{ ANSWER("null"), "has no 'status'" },
		{ ANSWER("[]"), "has no 'status'" },
		{ ANSWER("{}"), "has neither a 'token' nor" },
		{ ANSWER("{\"token\":\"\"}"), "has neither a 'token' nor" },
		{ ANSWER("{\"token\":\"a\",\"clientKeyData\":\"k\"}"),
		  "has one of 'clientCertificateData' and 'clientKeyData'" },
		{ ANSWER("{\"clientCertificateData\":\"c\"}"), "has one of" },
		{ ANSWER("{\"token\":12}"), "has a 'token' that is no text" },
		{ ANSWER("{\"token\":\"a\\u0000\"}"), "characters that no credential has" },
		{ ANSWER("{\"token\":\"\\ud83d\\ude00\"}"), "characters that no credential has" },
		{ ANSWER("{\"token\":\"a\",\"expirationTimestamp\":\"soon\"}"),
		  "has an 'expirationTimestamp' that is no time" },
		{ ANSWER("{\"token\":\"a\",\"expirationTimestamp\":5}"), "that is no time" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct exec_credential got = EXEC_CREDENTIAL_INIT;
		struct error err = ERROR_INIT;

		if (exec_answer_read(bytes_of(cases[i].answer), V1, &got, &err) == 0 ||
		    strstr(err.message, cases[i].message) == NULL)
			fail_msg("'%s': '%s' lacks '%s'", cases[i].answer, err.message,
				 cases[i].message);
		assert_null(got.token.data);
	}
}

static void
test_times(void **state)
{
	static const char *const bad[] = { "",
					   "1970-01-01T00:00:00",
					   "1970-01-01T00:00:00.Z",
					   "1970-01-01T00:00:00z",
					   "1970-01-01T00:00:00+0200",
					   "1970-01-01T00:00:00+24:00",
					   "1970-01-01T00:00:00+0a:00",
					   "1970-02-30T00:00:00Z" };
	int64_t seconds;

	(void)state;
	assert_true(exec_answer_time(bytes_of("1970-01-01T00:00:00-01:30"), &seconds));
	assert_int_equal(seconds, 5400);
	assert_true(exec_answer_time(bytes_of("2026-01-01T00:00:00.123456789Z"), &seconds));
	assert_int_equal(seconds, 1767225600);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (exec_answer_time(bytes_of(bad[i]), &seconds))
			fail_msg("'%s' is taken", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
