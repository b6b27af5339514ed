/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/kubeconfig_parts.h"
#include "tests/unit/scratch.h"

#define CONTEXTS                                                                                   \
	"contexts: [{name: a, context: {cluster: c, user: u, namespace: here}},"                   \
	" {name: bare, context: {cluster: c}}, {name: none, context: {cluster: x}},"               \
	" {name: nobody, context: {cluster: c, user: x}}]\n"
#define CLUSTER(fields) "clusters: [{name: c, cluster: {" fields "}}]\n"
#define USER(fields) "users: [{name: u, user: {" fields "}}]\n"
#define GOOD CLUSTER("server: 'https://h:6443'") USER("token: t") CONTEXTS "current-context: a\n"

static char *
in_scratch(const char *name)
{
	return xasprintf("%s/%s", scratch, name);
}

static int
find_in(const char *content, struct kube_choice choice, struct kube_access *ret, struct error *err)
{
	CLEANUP(free_text) char *path = in_scratch("config");

	*ret = (struct kube_access)KUBE_ACCESS_INIT;
	scratch_put("config", content);
	choice.file = path;
	return kube_access_find(&choice, ret, err);
}

static void
expect_refused(const char *content, const char *context, enum error_code code, const char *message)
{
	CLEANUP(kube_access_clear) struct kube_access access;
	struct error err = ERROR_INIT;

	assert_int_equal(find_in(content, (struct kube_choice){ .context = context }, &access,
				 &err),
			 -1);
	if (strstr(err.message, message) == NULL || err.code != code)
		fail_msg("'%s' (%d) lacks '%s' (%d)", err.message, (int)err.code, message,
			 (int)code);
}

static void
test_usual(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access;
	struct error err;

	(void)state;
	assert_int_equal(find_in(GOOD, (struct kube_choice){ .file = NULL }, &access, &err), 0);
	assert_string_equal(access.server, "https://h:6443");
	assert_string_equal(access.namespace, "here");
	assert_string_equal(access.shown, "context 'a'");
	assert_int_equal(access.token.len, 1);
	assert_int_equal(access.ca.len, 0);
	assert_null(access.key.data);
	assert_null(access.proxy);
	assert_false(access.insecure);
}

static void
test_namespaces(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access first, second;
	struct error err;

	(void)state;
	assert_int_equal(find_in(GOOD, (struct kube_choice){ .namespace = "other" }, &first, &err),
			 0);
	assert_string_equal(first.namespace, "other");
	assert_int_equal(find_in(GOOD, (struct kube_choice){ .context = "bare" }, &second, &err),
			 0);
	assert_string_equal(second.namespace, "default");
	assert_null(second.token.data);
}

static void
test_servers(void **state)
{
	static const char *const servers[][2] = {
		{ "https://h:1/", "https://h:1" },
		{ "h:1", "https://h:1" },
		{ "https://h/a/b//", "https://h/a/b" },
		{ "https://h?x=y", "https://h" },
		{ "http://localhost:8001", "http://localhost:8001" },
		{ "http://[::1]/", "http://[::1]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(servers); i++) {
		CLEANUP(kube_access_clear) struct kube_access access;
		CLEANUP(free_text) char *config =
			xasprintf(CLUSTER("server: '%s'") CONTEXTS, servers[i][0]);
		struct error err;

		assert_int_equal(find_in(config, (struct kube_choice){ .context = "bare" }, &access,
					 &err),
				 0);
		assert_string_equal(access.server, servers[i][1]);
	}
}

static void
test_unsafe_servers(void **state)
{
	static const char *const servers[] = {
		"http://h",
		"http://localhost.example.org",
		"http://127.0.0.1.example",
		"http://127.0.0.1@example.org",
		"http://localhost:80@example.org",
		"http://127.0.0.1:@example.org",
		"http://[::1].example.org",
		"http://localhostile:1",
		"ftp://localhost",
		"file:///etc/passwd",
		"https://",
		"http://",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(servers); i++)
		if (kubeconfig_server_is_safe(servers[i]))
			fail_msg("%s", servers[i]);
	expect_refused(CLUSTER("server: 'http://h'") CONTEXTS, "bare", ERROR_FAILED,
		       "/config:1:40: 'server' is not https");
}

/* As kubectl has it: over plain http no credentials go. */
static void
test_plain_http(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access;
	struct error err;

	(void)state;
	assert_int_equal(find_in(CLUSTER("server: 'http://127.0.0.1:1'") USER("token: t") CONTEXTS,
				 (struct kube_choice){ .context = "a" }, &access, &err),
			 0);
	assert_null(access.token.data);
}

static void
test_credentials(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access;
	struct error err;

	(void)state;
	scratch_put("ca", "authority");
	scratch_put("token", " word \n\n");
	scratch_put("key", "private");
	assert_int_equal(
		find_in(CLUSTER("server: h, certificate-authority: ca, tls-server-name: sni, "
				"proxy-url: 'http://p'")
				USER("tokenFile: token, token: other, client-key: key, "
				     "client-certificate-data: \"Y2Vy\\r\\ndA==\\n\"") CONTEXTS,
			(struct kube_choice){ .context = "a" }, &access, &err),
		0);
	assert_string_equal(buf_text(&access.ca), "authority");
	assert_string_equal(access.server_name, "sni");
	assert_string_equal(access.proxy, "http://p");
	assert_memory_equal(access.token.data, "word", 4);
	assert_int_equal(access.token.len, 4);
	assert_memory_equal(access.certificate.data, "cert", 4);
	assert_memory_equal(access.key.data, "private", 7);
	/* Where the file cannot be read, the other token counts. */
	kube_access_clear(&access);
	assert_int_equal(find_in(CLUSTER("server: h") USER("tokenFile: gone, token: other")
					 CONTEXTS,
				 (struct kube_choice){ .context = "a" }, &access, &err),
			 0);
	assert_memory_equal(access.token.data, "other", 5);
	kube_access_clear(&access);
	assert_int_equal(find_in(CLUSTER("server: h") USER("username: me, password: w") CONTEXTS,
				 (struct kube_choice){ .context = "a" }, &access, &err),
			 0);
	assert_string_equal(access.username, "me");
	assert_memory_equal(access.password.data, "w", 1);
}

/* As YAML 1.1 has it, `on` is no text and "true" no boolean. */
static void
test_types(void **state)
{
	(void)state;
	expect_refused(CLUSTER("server: h") USER("token: 12") CONTEXTS, "a", ERROR_FAILED,
		       "'token' is no text, but a number or a boolean: put it in quotes");
	expect_refused(CLUSTER("server: h") USER("as: on") CONTEXTS, "a", ERROR_FAILED,
		       "'as' is no text");
	expect_refused(CLUSTER("server: [h]") CONTEXTS, "bare", ERROR_FAILED,
		       "'server' is no text");
	expect_refused(CLUSTER("server: h, insecure-skip-tls-verify: 'true'") CONTEXTS, "bare",
		       ERROR_FAILED, "'insecure-skip-tls-verify' is neither true nor false");
	expect_refused(CLUSTER("server: h, insecure-skip-tls-verify: On") CONTEXTS, "bare",
		       ERROR_FAILED, "--insecure-skip-tls-verify takes that");
	expect_refused(CLUSTER("server: ~") CONTEXTS, "bare", ERROR_FAILED,
		       "the cluster 'c' has no 'server'");
	expect_refused(CLUSTER("server: h") USER("as: a, as-groups: [1]") CONTEXTS, "a",
		       ERROR_FAILED, "'as-groups' has something that is no text");
}

#define V1 "apiVersion: client.authentication.k8s.io/v1"

static void
test_bad_plugins(void **state)
{
	static const struct {
		const char *user, *message;
	} cases[] = {
		{ "exec: []", "'exec'" },
		{ "exec: {" V1 ", interactiveMode: Never}", "has no 'command'" },
		{ "exec: {command: x, interactiveMode: Never}", "has no 'apiVersion'" },
		{ "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}",
		  "is of an 'apiVersion' that is neither" },
		{ "exec: {command: x, " V1 "}", "has no 'interactiveMode'" },
		{ "exec: {command: x, " V1 ", interactiveMode: never}",
		  "is none of Never, IfAvailable and Always" },
		{ "exec: {command: x, " V1 ", interactiveMode: Never, env: [{value: x}]}",
		  "has no 'name'" },
		{ "exec: {command: x, " V1 ", interactiveMode: Never, env: [{name: a=b}]}",
		  "one with a '='" },
		{ "exec: {command: x, " V1 ", interactiveMode: Never, args: [1]}",
		  "'args' has something that is no text" },
		{ "exec: {command: x, " V1 "}, auth-provider: {name: oidc}",
		  "has 'exec' and 'auth-provider', which exclude each other" },
		{ "auth-provider: {name: oidc}", "signs in by 'auth-provider', which is not" },
		{ "token: t, username: x", "has a token and a password" },
		{ "tokenFile: t, username: x", "has a token and a password" },
		{ "password: x", "has a 'password' and no 'username'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(free_text) char *config =
			xasprintf(CLUSTER("server: h") USER("%s") CONTEXTS, cases[i].user);

		expect_refused(config, "a", ERROR_FAILED, cases[i].message);
	}
}

/* What it is told of the cluster: types of YAML 1.1, the authority as data. Who has a token needs no plugin. */
static void
test_plugin(void **state)
{
	static const char config[] = CLUSTER(
		"server: 'https://h/p/', certificate-authority: ca, disable-compression: yes, "
		"extensions: [{name: other, extension: 1}, "
		"{name: client.authentication.k8s.io/exec, extension: "
		"{n: 5, m: 0x10, y: [~, 1e3, -.5, 010, 1_6, '1', off]}}]")
		USER("exec: {command: bin/x, " V1 ", interactiveMode: IfAvailable, "
		     "provideClusterInfo: true, installHint: \"a\\nb\\e[31m\", "
		     "env: [{name: A, value: \"\"}, {name: B, value: c}]}") CONTEXTS;
	CLEANUP(kube_access_clear) struct kube_access access;
	CLEANUP(free_text) char *info = NULL;
	struct error err;

	(void)state;
	scratch_put("ca", "authority");
	assert_int_equal(find_in(config, (struct kube_choice){ .context = "a" }, &access, &err), 0);
	assert_non_null(access.plugin);
	assert_string_equal(access.plugin->hint, "a b?[31m");
	assert_int_equal(access.plugin->environment.len, 7);
	assert_memory_equal(access.plugin->environment.data, "A=\0B=c", 7);
	assert_string_equal(access.plugin->command + strlen(access.plugin->command) - 6, "/bin/x");
	info = exec_plugin_info(access.plugin, true);
	assert_string_equal(
		info,
		"{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s."
		"io/v1\",\"spec\":{\"cluster\":{\"server\":\"https://h/p\","
		"\"certificate-authority-data\":\"YXV0aG9yaXR5\",\"disable-compression\":true,"
		"\"config\":{\"false\":5,\"m\":16,\"true\":[null,1000,-0.5,8,16,\"1\",false]}},"
		"\"interactive\":true}}");
	kube_access_clear(&access);
	assert_int_equal(find_in(CLUSTER("server: h") USER("token: t, exec: {command: x, " V1
							   ", interactiveMode: Never}") CONTEXTS,
				 (struct kube_choice){ .context = "a" }, &access, &err),
			 0);
	assert_null(access.plugin);
}

/* What others put into files anew is read again after some time, or when the server refuses: a pair as a whole. */
static void
test_renewed(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access;
	bool other_key = true, renewed = true;
	struct error err;

	(void)state;
	scratch_put("token", "first");
	scratch_put("cert", "c1");
	scratch_put("key", "k1");
	assert_int_equal(find_in(CLUSTER("server: h") USER(
					 "tokenFile: token, client-certificate: cert, client-key: "
					 "key") CONTEXTS,
				 (struct kube_choice){ .context = "a" }, &access, &err),
			 0);
	assert_int_equal(kube_access_prepare(&access, &other_key, &err), 0);
	assert_false(other_key);
	assert_int_equal(kube_access_renew(&access, &renewed, &other_key, &err), 0);
	assert_false(renewed);
	scratch_put("token", "second");
	scratch_put("key", "k2");
	/* Too early. */
	assert_int_equal(kube_access_prepare(&access, &other_key, &err), 0);
	assert_memory_equal(access.token.data, "first", 5);
	access.read_at -= 60;
	assert_int_equal(kube_access_prepare(&access, &other_key, &err), 0);
	assert_true(other_key);
	assert_memory_equal(access.token.data, "second", 6);
	assert_memory_equal(access.certificate.data, "c1", 2);
	assert_memory_equal(access.key.data, "k2", 2);
	/* What is no token leaves the old one. */
	scratch_put("token", "th\nird");
	scratch_put("cert", "");
	scratch_put("key", "k3");
	assert_int_equal(kube_access_renew(&access, &renewed, &other_key, &err), 0);
	assert_false(renewed);
	assert_memory_equal(access.token.data, "second", 6);
	assert_memory_equal(access.key.data, "k2", 2);
	scratch_put("token", "third");
	assert_int_equal(kube_access_renew(&access, &renewed, &other_key, &err), 0);
	assert_true(renewed);
	assert_false(other_key);
	assert_memory_equal(access.token.data, "third", 5);
}

static void
test_refused(void **state)
{
	(void)state;
	expect_refused(GOOD, "zz", ERROR_USAGE, "there is no context 'zz' in ");
	expect_refused(CLUSTER("server: h") CONTEXTS, NULL, ERROR_USAGE, "no cluster is chosen");
	expect_refused(GOOD, "none", ERROR_FAILED, "there is no cluster 'x'");
	expect_refused(GOOD, "nobody", ERROR_FAILED, "there is no user 'x'");
	expect_refused(CLUSTER("a: b") CONTEXTS, "bare", ERROR_FAILED,
		       "the cluster 'c' has no 'server'");
	expect_refused(CLUSTER("server: 'https://u:p@h'") CONTEXTS, "bare", ERROR_FAILED,
		       "'server' has a '@' in it");
	expect_refused(CLUSTER("server: h, certificate-authority: a, "
			       "certificate-authority-data: YQ==") CONTEXTS,
		       "bare", ERROR_FAILED, "exclude each other");
	expect_refused(CLUSTER("server: h, certificate-authority-data: 'Y'") CONTEXTS, "bare",
		       ERROR_FAILED, "'certificate-authority-data' is not base64");
	expect_refused(CLUSTER("server: h, certificate-authority: gone") CONTEXTS, "bare",
		       ERROR_MISSING, "/gone'");
	expect_refused(CLUSTER("server: h, insecure-skip-tls-verify: true") CONTEXTS, "bare",
		       ERROR_FAILED, "--insecure-skip-tls-verify takes that");
	expect_refused(CLUSTER("server: h") USER("client-key-data: YQ==") CONTEXTS, "a",
		       ERROR_FAILED, "and both are needed");
	expect_refused("clusters: [{name: c, cluster: {server: h}}, {name: c, cluster: {server: "
		       "i}}]\n" CONTEXTS,
		       "bare", ERROR_FAILED, "the cluster 'c' stands here for the second time");
	expect_refused("- a\n", "a", ERROR_FAILED, "config:1:1: ");
	expect_refused("a: [\n", "a", ERROR_FAILED, "config:2:1: ");
}

static void
test_insecure(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access;
	struct error err;

	(void)state;
	assert_int_equal(find_in(CLUSTER("server: h, certificate-authority-data: YQ==") CONTEXTS,
				 (struct kube_choice){ .context = "bare", .insecure = true },
				 &access, &err),
			 0);
	assert_true(access.insecure);
	assert_int_equal(access.ca.len, 0);
}

#define FULL                                                                                       \
	CLUSTER("server: h, tls-server-name: sni, certificate-authority-data: YQ==")               \
	USER("token: t, client-key-data: aw==, client-certificate-data: Yw==, as: ann, "           \
	     "as-uid: '1', as-groups: [g, h], as-user-extra: {a/b: [x, z]}")                       \
	CONTEXTS

static void
test_impersonation(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access;
	struct error err;

	(void)state;
	assert_int_equal(find_in(FULL, (struct kube_choice){ .context = "a" }, &access, &err), 0);
	assert_string_equal(access.as, "ann");
	assert_string_equal(access.as_uid, "1");
	assert_int_equal(access.as_groups.count, 2);
	assert_string_equal(access.as_groups.items[1], "h");
	assert_int_equal(access.as_extra.count, 2);
	assert_string_equal(access.as_extra.items[0], "Impersonate-Extra-a%2Fb: x");
	assert_string_equal(access.shown, "context 'a', as 'ann'");
}

/* Each option replaces one field, and what belongs to that alone. */
static void
test_command_line(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access, other;
	char group[] = "only", extra[] = "a b%=c=d";
	char *groups[] = { group }, *extras[] = { extra };
	const struct list group_list = { groups, 1, 1 }, extra_list = { extras, 1, 1 };
	CLEANUP(free_text) char *authority = in_scratch("other-ca");
	struct error err;

	(void)state;
	scratch_put("other-ca", "another authority");
	assert_int_equal(find_in(FULL,
				 (struct kube_choice){ .context = "a",
						       .server = "https://other/",
						       .authority = authority,
						       .certificate = authority,
						       .as = "bob",
						       .as_groups = &group_list,
						       .as_extra = &extra_list },
				 &access, &err),
			 0);
	assert_string_equal(access.server, "https://other");
	assert_null(access.server_name);
	assert_string_equal(buf_text(&access.ca), "another authority");
	assert_memory_equal(access.certificate.data, "another", 7);
	assert_memory_equal(access.key.data, "k", 1);
	assert_string_equal(access.as, "bob");
	assert_string_equal(access.as_uid, "1");
	assert_int_equal(access.as_groups.count, 1);
	assert_string_equal(access.as_groups.items[0], "only");
	assert_int_equal(access.as_extra.count, 1);
	assert_string_equal(access.as_extra.items[0], "Impersonate-Extra-a%20b%25: c=d");
	assert_int_equal(find_in(FULL,
				 (struct kube_choice){ .context = "nobody",
						       .user = "u",
						       .namespace = "there",
						       .server_name = "m" },
				 &other, &err),
			 0);
	assert_string_equal(other.server, "https://h");
	assert_string_equal(other.server_name, "m");
	assert_string_equal(other.namespace, "there");
	assert_string_equal(other.shown, "context 'nobody', as 'ann'");
}

/* A server is enough. */
static void
test_server_alone(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access;
	struct error err;

	(void)state;
	assert_int_equal(find_in("{}\n", (struct kube_choice){ .server = "https://h" }, &access,
				 &err),
			 0);
	assert_string_equal(access.namespace, "default");
	assert_string_equal(access.shown, "no context");
	assert_null(access.key.data);
}

static void
test_impersonation_refused(void **state)
{
	(void)state;
	expect_refused(CLUSTER("server: h") USER("as-groups: [g]") CONTEXTS, "a", ERROR_USAGE,
		       "context 'a': an impersonated uid, group or extra needs a user");
	expect_refused(CLUSTER("server: h") USER("as: \"a\\nb\"") CONTEXTS, "a", ERROR_FAILED,
		       "whom to impersonate is empty, or has a control character");
	expect_refused(CLUSTER("server: h") USER("as: a, as-groups: ['']") CONTEXTS, "a",
		       ERROR_FAILED, "whom to impersonate is empty");
	expect_refused(CLUSTER("server: h") USER("as: a, as-groups: g") CONTEXTS, "a", ERROR_FAILED,
		       "'as-groups' is no list");
	expect_refused(CLUSTER("server: h") USER("as: a, as-user-extra: [g]") CONTEXTS, "a",
		       ERROR_FAILED, "'as-user-extra' is no map");
	expect_refused(CLUSTER("server: h") USER("as: a, as-user-extra: {k: v}") CONTEXTS, "a",
		       ERROR_FAILED, "'k' is no list");
}

/* The first file that has a name wins whole; the first current context counts; files that are gone do not. */
static void
test_several_files(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access;
	CLEANUP(free_text) char *list =
		xasprintf("%s/gone::%s/one:%s/two", scratch, scratch, scratch);
	const struct kube_choice choice = { .file = NULL };
	char *current;
	struct error err;

	(void)state;
	scratch_put("one", CLUSTER("server: first") "current-context: a\n");
	scratch_put("two", CLUSTER("server: second, tls-server-name: n") USER("token: t") CONTEXTS
		    "current-context: bare\n");
	(void)setenv("KUBECONFIG", list, 1);
	assert_int_equal(kube_access_find(&choice, &access, &err), 0);
	assert_string_equal(access.server, "https://first");
	assert_null(access.server_name);
	assert_string_equal(access.shown, "context 'a'");
	current = kubeconfig_current_context();
	assert_string_equal(current, "a");
	free(current);
	(void)unsetenv("KUBECONFIG");
}

static void
test_no_pod(void **state)
{
	CLEANUP(kube_access_clear) struct kube_access access = KUBE_ACCESS_INIT;
	const struct kube_choice choice = { .in_cluster = true };
	struct error err;

	(void)state;
	(void)unsetenv("KUBERNETES_SERVICE_HOST");
	assert_int_equal(kube_access_find(&choice, &access, &err), -1);
	assert_non_null(strstr(err.message, "this is no pod"));
	(void)setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
	(void)setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	assert_true(kubeconfig_in_pod());
	assert_int_equal(kube_access_find(&choice, &access, &err), -1);
	assert_non_null(strstr(err.message, "/var/run/secrets/kubernetes.io/serviceaccount/token"));
	(void)unsetenv("KUBERNETES_SERVICE_HOST");
}

static int
setup(void **state)
{
	struct error err;

	(void)state;
	(void)unsetenv("KUBECONFIG");
	return secret_start(&err) < 0 ? -1 : scratch_make("kubeconfig");
}

static int
teardown(void **state)
{
	(void)state;
	secret_stop();
	return scratch_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual),	      cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_servers),	      cmocka_unit_test(test_unsafe_servers),
		cmocka_unit_test(test_plain_http),    cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_impersonation), cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_server_alone),  cmocka_unit_test(test_impersonation_refused),
		cmocka_unit_test(test_renewed),	      cmocka_unit_test(test_types),
		cmocka_unit_test(test_bad_plugins),   cmocka_unit_test(test_plugin),
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_insecure),
		cmocka_unit_test(test_several_files), cmocka_unit_test(test_no_pod),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
