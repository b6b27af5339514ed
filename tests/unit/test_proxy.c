/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/proxy.h"

static void
test_shown(void **state)
{
	static const char *const proxies[][2] = {
		{ "http://p", "http://p" },
		{ "http://p:1/", "http://p:1" },
		{ "p:1", "http://p:1" },
		{ "https://u:w@p:1/x?y#z", "https://p:1" },
		{ "socks5://u@p", "socks5://p" },
		{ "u:w@p:1", "http://p:1" },
		{ "http://u:w@x@p:1", "http://p:1" },
		{ "http://[::1]:8/", "http://[::1]:8" },
		{ "http://[::1]", "http://[::1]" },
		{ "", "http://" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(proxies); i++) {
		CLEANUP(free_text) char *shown = proxy_shown(proxies[i][0]);

		assert_string_equal(shown, proxies[i][1]);
	}
}

static void
test_password(void **state)
{
	(void)state;
	assert_true(proxy_password_is_in("http://u:w@p", "bad proxy 'http://u:w@p'"));
	assert_false(proxy_password_is_in("http://u:w@p", "bad proxy 'http://p'"));
	assert_false(proxy_password_is_in("http://p", "bad proxy 'http://p'"));
}

static void
test_urls(void **state)
{
	static const char *const good[] = { "http://p", "HTTPS://p:1", "socks5://u:w@p" };
	static const char *const bad[] = { "p",	      "p:1",	     "http://",
					   "ftp://p", "socks5h://p", "socks4://p" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(proxy_is_url(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(proxy_is_url(bad[i]));
}

/* golang.org/x/net/http/httpproxy: what is excepted from the proxy that a variable names. */
static void
test_exceptions(void **state)
{
	static const struct {
		const char *server, *no_proxy;
		bool is_used;
	} cases[] = {
		{ "https://h", "", true },
		{ "https://localhost:1", "", false },
		{ "https://127.1.2.3", "", false },
		{ "https://[::1]:6443/p", "", false },
		{ "https://127.1", "", true },
		{ "https://localhost.example", "", true },
		{ "https://h", "*", false },
		{ "https://h", " a , h ", false },
		{ "https://h.example.org", "example.org", false },
		{ "https://H.example.org", "EXAMPLE.org", false },
		{ "https://anexample.org", "example.org", true },
		{ "https://example.org", ".example.org", true },
		{ "https://h.example.org", ".example.org", false },
		{ "https://example.org", "*.example.org", true },
		{ "https://h.example.org", "*.example.org", false },
		{ "https://h:6443", "h:6443", false },
		{ "https://h:6443", "h:443", true },
		{ "https://h", "h:443", false },
		{ "https://10.1.2.3", "10.1.0.0/16", false },
		{ "https://10.2.2.3", "10.1.0.0/16", true },
		{ "https://10.1.2.3", "10.1.0.0/x", true },
		{ "https://10.1.2.3:1", "10.1.2.3", false },
		{ "https://10.1.2.3:1", "10.1.2.3:2", true },
		{ "https://10.1.2.3", "2.3", true },
		{ "https://[fd00::1]:1", "fd00::/8", false },
		{ "https://[fd00::1]:1", "[fd00::1]:1", false },
		{ "https://[fd00::1]:1", "fd00::1", false },
		{ "https://[fd00::1]:1", "fd00::2", true },
		{ "https://h", ",:1,/,[,", true },
	};

	(void)state;
	(void)setenv("HTTPS_PROXY", "p", 1);
	(void)setenv("no_proxy", "h", 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		(void)setenv("NO_PROXY", cases[i].no_proxy, 1);
		if (cases[i].no_proxy[0] == 0)
			(void)unsetenv("no_proxy");
		if ((proxy_in_environment(cases[i].server) != NULL) != cases[i].is_used)
			fail_msg("%s, %s", cases[i].server, cases[i].no_proxy);
	}
	(void)unsetenv("NO_PROXY");
}

static void
test_variables(void **state)
{
	char secure[] = "https://h", plain[] = "http://h", own[] = "socks5://own";
	struct kube_access access = { .server = secure };
	char *chosen = NULL;
	struct error err;

	(void)state;
	(void)unsetenv("HTTPS_PROXY");
	(void)setenv("ALL_PROXY", "all", 1);
	(void)setenv("all_proxy", "all", 1);
	(void)setenv("http_proxy", "only-http", 1);
	assert_int_equal(proxy_choose(&access, &chosen, &err), 0);
	assert_null(chosen);
	(void)setenv("https_proxy", "lower:1", 1);
	assert_int_equal(proxy_choose(&access, &chosen, &err), 0);
	assert_string_equal(chosen, "http://lower:1");
	free(chosen);
	(void)setenv("HTTPS_PROXY", "https://upper", 1);
	assert_int_equal(proxy_choose(&access, &chosen, &err), 0);
	assert_string_equal(chosen, "https://upper");
	free(chosen);
	access.server = plain;
	assert_string_equal(proxy_in_environment(access.server), "only-http");
	access.server = secure;
	access.proxy = own;
	(void)setenv("NO_PROXY", "*", 1);
	assert_int_equal(proxy_choose(&access, &chosen, &err), 0);
	assert_string_equal(chosen, "socks5h://own");
	free(chosen);
	access.proxy = NULL;
	(void)unsetenv("NO_PROXY");
	(void)setenv("HTTPS_PROXY", "strange://u:w@p", 1);
	assert_int_equal(proxy_choose(&access, &chosen, &err), -1);
	assert_non_null(strstr(err.message, "is no http, https or socks5 URL"));
	assert_null(strstr(err.message, "u:w"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),	  cmocka_unit_test(test_password),
		cmocka_unit_test(test_urls),	  cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
