/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

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
test_found(void **state)
{
	(void)state;
	assert_true(
		proxy_host_is_in("http://u:w@p.example:1", "cannot connect to p.example port 1"));
	assert_false(proxy_host_is_in("http://u:w@p.example:1", "cannot connect to u:w"));
	assert_true(
		proxy_host_is_in("http://u:w@p.example:1", "connect to p.example port 1 after"));
	assert_true(proxy_host_is_in("p.example:1", "connect to p.example port 1"));
	assert_true(proxy_host_is_in("http://p.example", "connect to p.example port 1080 after"));
	assert_false(proxy_host_is_in("http://p.example:1", "connect to p.example port 10 after"));
	assert_false(proxy_host_is_in("http://p.example:1", "connect to q.example port 1 after"));
	assert_false(proxy_host_is_in("http://u:w@p.example:1", "connect to u:w"));
	assert_true(proxy_host_is_in("http://[::1]:8", "connect to ::1 port 8 after"));
	assert_false(proxy_host_is_in("http://", "anything"));
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

static void
test_variables(void **state)
{
	char secure[] = "https://h", plain[] = "http://localhost", own[] = "http://own";
	struct kube_access access = { .server = secure };

	(void)state;
	(void)unsetenv("https_proxy");
	(void)unsetenv("HTTPS_PROXY");
	(void)unsetenv("all_proxy");
	(void)unsetenv("http_proxy");
	(void)setenv("ALL_PROXY", "all", 1);
	(void)setenv("HTTP_PROXY", "never", 1);
	assert_string_equal(proxy_of(&access), "all");
	(void)setenv("HTTPS_PROXY", "upper", 1);
	assert_string_equal(proxy_of(&access), "upper");
	(void)setenv("https_proxy", "lower", 1);
	assert_string_equal(proxy_of(&access), "lower");
	access.server = plain;
	assert_string_equal(proxy_of(&access), "all");
	(void)unsetenv("ALL_PROXY");
	assert_null(proxy_of(&access));
	access.proxy = own;
	assert_string_equal(proxy_of(&access), "http://own");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
