/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "schemas/type.h"

static const char *const messages[TYPE_COUNT] = {
	[TYPE_STRING] = NULL,
	[TYPE_INTEGER] = "is not an integer",
	[TYPE_NUMBER] = "is not a number",
	[TYPE_BOOLEAN] = "is neither true nor false",
	[TYPE_URL] = "is not a URL (scheme://host…)",
	[TYPE_EMAIL] = "is not an email address",
	[TYPE_PORT] = "is not a port (1 to 65535)",
	[TYPE_HOST] = "is not a host name or an IP address",
	[TYPE_DURATION] = "is not a duration such as 90s, 1h30m or 90d",
	[TYPE_JSON] = "is not JSON",
	[TYPE_PEM] = "is not PEM (-----BEGIN …-----)",
	[TYPE_BASE64] = "is not base64 with padding",
	[TYPE_UUID] = "is not a UUID",
};

/* In a block of its own size, so that a sanitizer sees a byte read too many. */
static const char *
check(enum value_type type, struct bytes value)
{
	CLEANUP(free_text) char *copy = NULL;

	if (value.len > 0) {
		copy = xreallocarray(NULL, value.len, 1);
		memcpy(copy, value.data, value.len);
	}
	return type_check(type, (struct bytes){ (const uint8_t *)copy, value.len });
}

static void
expect(enum value_type type, struct bytes value, bool is_accepted)
{
	const char *answer = check(type, value);

	if ((answer == NULL) != is_accepted)
		fail_msg("%s: %.*s: %s", type_name(type), (int)value.len, (const char *)value.data,
			 answer == NULL ? "accepted" : answer);
	if (!is_accepted)
		assert_string_equal(answer, messages[type]);
}

/* Both lists end with NULL. */
static void
expect_all(enum value_type type, const char *const *accepted, const char *const *refused)
{
	static const char *const blanks[] = {
		" ", "\n", "\t", "\r", NULL,
	};

	for (size_t i = 0; accepted[i] != NULL; i++)
		expect(type, bytes_of(accepted[i]), true);
	for (size_t i = 0; refused[i] != NULL; i++)
		expect(type, bytes_of(refused[i]), false);
	for (size_t i = 0; blanks[i] != NULL; i++)
		expect(type, bytes_of(blanks[i]), false);
}

/* A blank or a NUL in front or behind is no part of such a value, and nothing between its bytes is. */
static void
expect_alone(enum value_type type, const char *value)
{
	static const uint8_t added[] = { ' ', '\n', '\t', '\r', 0, 0x7f, 0x80, 0xff };
	struct bytes bytes = bytes_of(value);

	for (size_t at = 0; at <= bytes.len; at++) {
		for (size_t i = 0; i < COUNT(added); i++) {
			CLEANUP(buf_clear) struct buf text = BUF_INIT(4096);

			buf_append(&text, (struct bytes){ bytes.data, at });
			buf_append_byte(&text, added[i]);
			buf_append_text(&text, value + at);
			expect(type, buf_bytes(&text), false);
		}
	}
}

static char *
repeat(char c, size_t count, const char *behind)
{
	char *text = xreallocarray(NULL, count + strlen(behind) + 1, 1);

	memset(text, c, count);
	memcpy(text + count, behind, strlen(behind) + 1);
	return text;
}

static void
test_names(void **state)
{
	static const char *const names[] = {
		"string", "integer",  "number", "boolean", "url",    "email", "port",
		"host",	  "duration", "json",	"pem",	   "base64", "uuid",  NULL,
	};
	static const char *const others[] = {
		"", "String", "INTEGER", "int", "strin", "strings", "url ", NULL,
	};
	enum value_type type = TYPE_PEM;

	(void)state;
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		assert_string_equal(type_name((enum value_type)i), names[i]);
		assert_string_equal(type_names()[i], names[i]);
		assert_true(type_from_name(names[i], &type));
		assert_int_equal(type, i);
	}
	assert_null(type_names()[TYPE_COUNT]);
	type = TYPE_PEM;
	for (size_t i = 0; others[i] != NULL; i++)
		assert_false(type_from_name(others[i], &type));
	assert_int_equal(type, TYPE_PEM);
}

static void
test_string(void **state)
{
	(void)state;
	expect(TYPE_STRING, bytes_of(""), true);
	expect(TYPE_STRING, bytes_of("text\n"), true);
	expect(TYPE_STRING, BYTES(((const uint8_t[]){ 0, 0xff, 0x80, '\n' })), true);
	expect(TYPE_STRING, (struct bytes){ NULL, 0 }, true);
}

static void
test_integer(void **state)
{
	static const char *const accepted[] = {
		"0",
		"-0",
		"1",
		"-1",
		"42",
		"9223372036854775807",
		"-9223372036854775808",
		"-9223372036854775807",
		NULL,
	};
	static const char *const refused[] = {
		"",
		"-",
		"+1",
		"--1",
		"01",
		"-01",
		"00",
		"1.0",
		"1e3",
		"0x1F",
		"1_000",
		"1,000",
		"a",
		"1a",
		"9223372036854775808",
		"-9223372036854775809",
		"18446744073709551616",
		"99999999999999999999999999999999999999999",
		"\xd9\xa1",
		NULL,
	};

	(void)state;
	expect_all(TYPE_INTEGER, accepted, refused);
	expect_alone(TYPE_INTEGER, "-42");
}

static void
test_number(void **state)
{
	static const char *const accepted[] = {
		"0",	"-0",  "1",    "-1",	  "0.5",
		"-0.5", "1e3", "1E+3", "1.5e-10", "123456789012345678901234567890",
		"0e0",	NULL
	};
	static const char *const refused[] = {
		"",    "-",   "+1",  "1.",	 ".5",	 "01",	 "-01",	 "1e",
		"1e+", "NaN", "inf", "Infinity", "0x10", "true", "null", "\"1\"",
		"[1]", "1 2", "1,5", "1e1.5",	 "--1",	 "1-",	 "\"\"", NULL,
	};

	(void)state;
	expect_all(TYPE_NUMBER, accepted, refused);
	expect_alone(TYPE_NUMBER, "-1.5e+10");
}

static void
test_boolean(void **state)
{
	static const char *const accepted[] = {
		"true",
		"false",
		NULL,
	};
	static const char *const refused[] = {
		"",  "True", "TRUE", "False", "yes",   "no",	    "on",	"off",
		"1", "0",    "t",    "tru",   "truee", "falsetrue", "\"true\"", NULL,
	};

	(void)state;
	expect_all(TYPE_BOOLEAN, accepted, refused);
	expect_alone(TYPE_BOOLEAN, "true");
	expect_alone(TYPE_BOOLEAN, "false");
}

static void
test_url(void **state)
{
	static const char *const accepted[] = {
		"http://a",
		"https://example.org",
		"https://example.org/",
		"https://example.org:8443/a/b?c=d#e",
		"HTTPS://EXAMPLE.ORG",
		"a+b-c.1://h",
		"postgresql+asyncpg://u@h/db",
		"http://h?q",
		"http://h#f",
		"http://localhost:1",
		"http://localhost:65535",
		"http://my_service:80/x",
		"http://h/@",
		"http://h?a@b",
		"postgres://user:password@db.example.org:5432/name",
		"redis://:password@h:6379/0",
		"http://user@h",
		"http://user:@h",
		"http://@h",
		"amqp://u:p%40ss@h/%2F",
		"amqp://u:p@ss@h/",
		"http://1.2.3.4",
		"http://1.2.3.4:80",
		"http://[::1]",
		"http://[::1]:80/",
		"http://[2001:db8::1]/x",
		"http://[::ffff:1.2.3.4]:1",
		"http://u:p@[fe80::1]:5/",
		"mongodb://u:p@a:27017,b:27017,c/db?replicaSet=r",
		"mongodb://[::1]:1,[::2]:2/",
		"kafka://a,b",
		"postgresql://%2Fvar%2Frun%2Fpostgresql/db",
		"sqlite:///data.db",
		"sqlite:////srv/data.db",
		"postgresql:///name",
		"file:///etc/hosts",
		"unix:///run/a.sock",
		"http://h/\xc3\xa9",
		"http://h/%zz",
		"http://h/<a>{b}|\"",
		"http://999.999.1.1/",
		NULL,
	};
	static const char *const refused[] = {
		"",
		"http",
		"http:",
		"http:/",
		"http://",
		"http:///",
		"http:///a",
		"https:///a",
		"http://?a",
		"http://#a",
		"://h",
		"//h",
		"h",
		"h:80",
		"/a",
		"mailto:a@b.c",
		"jdbc:postgresql://h/db",
		"1http://h",
		"-a://h",
		"+a://h",
		"h\xc3\xa9://h",
		"a_b://h",
		"a b://h",
		"http//h",
		"http:h",
		"http:/h",
		"ftp//:h",
		"http://h:",
		"http://h:/",
		"http://h:0",
		"http://h:65536",
		"http://h:a",
		"http://h:080",
		"http://h:-1",
		"http://h:8 0",
		"http://h:80:81",
		"http://h:80a/",
		"http://u:p/ss@h/",
		"http://u:p?ss@h/",
		"http://u@",
		"http://u:p@",
		"http://u:p@/",
		"http://u:p@:80",
		"http://:80",
		"file://:80/x",
		"file://",
		"file:///",
		"file://u@/x",
		"sqlite://?x",
		"http://h\xc3\xa9/",
		"http://h<a>",
		"http://{h}",
		"http://${H}/",
		"http://h\\a",
		"http://a\"b",
		"http://h^",
		"http://%",
		"http://%4",
		"http://%4g",
		"http://h%zz",
		"http://[",
		"http://[]",
		"http://[::1",
		"http://::1",
		"http://[::1]a",
		"http://[::1]:",
		"http://[::1]:0",
		"http://[1.2.3.4]",
		"http://[h]",
		"http://[::1%eth0]",
		"http://[::g]",
		"http://::1]",
		"http://a]",
		"a://a,",
		"a://,a",
		"a://a,,b",
		"a://a:1,b:",
		"a://a:0,b",
		"http://h/\xc3",
		"http://h/\xff",
		"http://h/\xed\xa0\x80",
		"http://h/\xc2\x80",
		"http://h/\xc2\x9f",
		"http://h/\xc2\xa0",
		NULL,
	};

	(void)state;
	expect_all(TYPE_URL, accepted, refused);
	expect_alone(TYPE_URL, "http://u:p@h.example:80/a?b#c");
}

static void
expect_scheme(const char *value, const char *scheme, bool has_password)
{
	struct bytes found = type_url_scheme(bytes_of(value));

	if (!bytes_equal(found, bytes_of(scheme)))
		fail_msg("%s has scheme '%.*s'", value, (int)found.len, (const char *)found.data);
	if (type_url_has_password(bytes_of(value)) != has_password)
		fail_msg("%s: password: %d", value, !has_password);
}

static void
test_url_parts(void **state)
{
	(void)state;
	expect_scheme("http://h", "http", false);
	expect_scheme("HTTP://h", "HTTP", false);
	expect_scheme("postgresql+asyncpg://u:p@h/db", "postgresql+asyncpg", true);
	expect_scheme("a-b.c1://user@h", "a-b.c1", false);
	expect_scheme("a://user:@h", "a", false);
	expect_scheme("a://:p@h", "a", true);
	expect_scheme("a://:@h", "a", false);
	expect_scheme("a://@h", "a", false);
	expect_scheme("a://u:p@", "a", true);
	expect_scheme("a://u:p@ss@h", "a", true);
	expect_scheme("a://u@x:p@h", "a", true);
	expect_scheme("a://u::@h", "a", true);
	expect_scheme("a://h:80/", "a", false);
	expect_scheme("a://h/u:p@x", "a", false);
	expect_scheme("a://h?u:p@x", "a", false);
	expect_scheme("a://h#u:p@x", "a", false);
	expect_scheme("a://u:p@h1:1,h2:2/", "a", true);
	expect_scheme("a://", "a", false);
	expect_scheme("a:/h", "", false);
	expect_scheme("a:b@c", "", false);
	expect_scheme("://u:p@h", "", false);
	expect_scheme("1a://u:p@h", "", false);
	expect_scheme("a b://u:p@h", "", false);
	expect_scheme("u:p@h", "", false);
	expect_scheme("", "", false);
	assert_int_equal(type_url_scheme((struct bytes){ NULL, 0 }).len, 0);
	assert_false(type_url_has_password((struct bytes){ NULL, 0 }));
}

static void
test_email(void **state)
{
	static const char *const accepted[] = {
		"a@b",
		"root@localhost",
		"jane.doe@example.org",
		"j+tag@example.org",
		"j_d-1@ex-ample.co.uk",
		"!#$%&'*+/=?^_`{|}~@h",
		"j\xc3\xb8rgen@example.org",
		"A@B.C",
		"1@2a",
		NULL,
	};
	static const char *const refused[] = {
		"",	     "@",	    "a",      "a@",	     "@b",	"a@@b",
		"a@b@c",     "a b@c",	    "a@b c",  ".a@b",	     "a.@b",	"a..b@c",
		"a@b..c",    "a@.b",	    "a@b.",   "a@-b",	     "a@b-",	"a@b_c",
		"a@1.2.3.4", "a@[1.2.3.4]", "a@::1",  "\"a\"@b",     "(a)b@c",	"a,b@c",
		"a;b@c",     "Jane <a@b>",  "<a@b>",  "mailto:a@b",  "a@b,c@d", "a\\b@c",
		"a[b@c",     "a@\xc3\xa9",  "\xc3@b", "a\xc2\xa0@b", NULL
	};
	CLEANUP(free_text) char *longest = repeat('a', 64, "@b"), *longer = repeat('a', 65, "@b");
	char whole[256] = "a";

	(void)state;
	expect_all(TYPE_EMAIL, accepted, refused);
	expect_alone(TYPE_EMAIL, "jane@example.org");
	expect(TYPE_EMAIL, bytes_of(longest), true);
	expect(TYPE_EMAIL, bytes_of(longer), false);
	memset(whole, 'a', 255);
	whole[64] = '@';
	for (size_t i = 65 + 60; i < 250; i += 60)
		whole[i] = '.';
	expect(TYPE_EMAIL, (struct bytes){ (const uint8_t *)whole, 254 }, true);
	expect(TYPE_EMAIL, (struct bytes){ (const uint8_t *)whole, 255 }, false);
}

static void
test_port(void **state)
{
	static const char *const accepted[] = {
		"1", "80", "8080", "65535", NULL,
	};
	static const char *const refused[] = {
		"",	  "0",	     "65536", "70000", "99999999999999999999",
		"-1",	  "+1",	     "080",   "00",    "http",
		"80/tcp", "8080:80", ":80",   "1.0",   "0x50",
		NULL
	};

	(void)state;
	expect_all(TYPE_PORT, accepted, refused);
	expect_alone(TYPE_PORT, "80");
}

static void
test_host(void **state)
{
	static const char *const accepted[] = {
		"a",
		"localhost",
		"example.org",
		"EXAMPLE.Org",
		"a-b.c-d",
		"1a",
		"a1.b2",
		"3com.com",
		"1.2.3.4a",
		"example.org.",
		"a.",
		"xn--bcher-kva.example",
		"0.0.0.0",
		"127.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"1::",
		"2001:db8::1",
		"2001:DB8::ABCD",
		"1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7::",
		"::2:3:4:5:6:7:8",
		"1::3:4:5:6:7:8",
		"1:2:3:4:5:6:1.2.3.4",
		"::1.2.3.4",
		"::ffff:1.2.3.4",
		"1::1.2.3.4",
		"64:ff9b::192.0.2.33",
		"1:2:3:4:5::1.2.3.4",
		"0000::ffff",
		NULL,
	};
	static const char *const refused[] = {
		"",
		".",
		"..",
		"a..b",
		".a",
		"a..",
		"-a",
		"a-",
		"a.-b",
		"a-.b",
		"a_b",
		"a b",
		"a/b",
		"a:80",
		"http://a",
		"user@a",
		"\xc3\xa9.org",
		"*",
		"*.a",
		"[::1]",
		"a,b",
		"1",
		"123",
		"a.1",
		"1.2.3",
		"1.2.3.4.",
		"1.2.3.4.5",
		"1.2.3.256",
		"256.1.1.1",
		"01.2.3.4",
		"1.2.3.04",
		"1.2.3.",
		".1.2.3",
		"1..2.3",
		"1.2.3.4/8",
		"1.2.3.-4",
		"1.2.3.4:80",
		"999.1.1.1",
		":",
		":::",
		"1",
		"1:",
		":1",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1::2:3:4:5:6:7:8",
		"1::2::3",
		"1:::2",
		"12345::",
		"::12345",
		"::g",
		"g::",
		"::1%eth0",
		"::1/64",
		"1:2:3:4:5:6:7:1.2.3.4",
		"1:2:3:4:5:1.2.3.4",
		"1:2:3:4:5:6::1.2.3.4",
		"1.2.3.4::",
		"1.2.3.4::1",
		"::1.2.3.4:5",
		"::1.2.3",
		"::1.2.3.256",
		"::01.2.3.4",
		"::1.2.3.4.5",
		":1::",
		"::1:",
		NULL,
	};
	CLEANUP(free_text) char *label = repeat('a', 63, ".b"), *too_long = repeat('a', 64, ".b");
	char name[256];

	(void)state;
	expect_all(TYPE_HOST, accepted, refused);
	expect_alone(TYPE_HOST, "db-1.example.org");
	expect_alone(TYPE_HOST, "192.0.2.1");
	expect_alone(TYPE_HOST, "2001:db8::1");
	expect(TYPE_HOST, bytes_of(label), true);
	expect(TYPE_HOST, bytes_of(too_long), false);
	memset(name, 'a', sizeof(name));
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '.';
	expect(TYPE_HOST, (struct bytes){ (const uint8_t *)name, 253 }, true);
	expect(TYPE_HOST, (struct bytes){ (const uint8_t *)name, 254 }, false);
	name[253] = '.';
	expect(TYPE_HOST, (struct bytes){ (const uint8_t *)name, 254 }, true);
}

static void
test_duration(void **state)
{
	static const char *const accepted[] = {
		"0",	 "0s",	"90s",	      "1h30m", "1.5h",	   "90d",
		"100ms", "1us", "1\xc2\xb5s", "5ns",   "1d2h3m4s", NULL,
	};
	static const char *const refused[] = {
		"",   "1",  "s",    "-1s",  "+1s",     "1 h",	 "1y",	  "1w",
		"1H", "h1", "1h30", "1,5h", "forever", "40000d", "1..5h", NULL,
	};

	(void)state;
	expect_all(TYPE_DURATION, accepted, refused);
	expect_alone(TYPE_DURATION, "1h30m");
}

static void
test_json(void **state)
{
	static const char *const accepted[] = {
		"{}", "[1, 2]", " {\"a\": null}\n", "\"a\"", "1", "null", NULL,
	};
	static const char *const refused[] = {
		"", "{", "{a: 1}", "[1,]", "{} {}", "nope", "\xef\xbb\xbf{}", NULL,
	};

	(void)state;
	expect_all(TYPE_JSON, accepted, refused);
}

static void
test_base64(void **state)
{
	/* The vectors of RFC 4648 section 10, and every last digit that leaves no bit unused. */
	static const char *const accepted[] = {
		"",	"Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
		"////", "++++", "AA==", "AQ==", "Ag==",	    "Aw==",	"AAA=",
		"AAE=", "AAI=", "AA8=", "/w==", "//8=",	    NULL
	};
	static const char *const refused[] = {
		"=",
		"==",
		"===",
		"====",
		"A",
		"AA",
		"AAA",
		"A=",
		"A==",
		"A===",
		"AA=",
		"AAA==",
		"AAAA=",
		"AAAA==",
		"AAAA====",
		"AAAAA",
		"=AAA",
		"A=AA",
		"AA=A",
		"Zg==Zg==",
		"Zm8=Zm8=",
		"AB==",
		"AE==",
		"AI==",
		"Ah==",
		"A/==",
		"AAB=",
		"AA/=",
		"Zh==",
		"Zm9=",
		"-_-_",
		"AA-A",
		"AA_A",
		"AA.A",
		"\xc3\xa9"
		"AA",
		NULL,
	};

	(void)state;
	expect_all(TYPE_BASE64, accepted, refused);
	expect_alone(TYPE_BASE64, "Zm9vYg==");
}

static void
test_uuid(void **state)
{
	static const char *const accepted[] = {
		"00000000-0000-0000-0000-000000000000",
		"ffffffff-ffff-ffff-ffff-ffffffffffff",
		"123E4567-e89b-12D3-a456-426614174000",
		NULL,
	};
	static const char *const refused[] = {
		"",
		"-",
		"123e4567e89b12d3a456426614174000",
		"123e4567-e89b-12d3-a456-42661417400",
		"123e4567-e89b-12d3-a456-4266141740000",
		"123e4567-e89b-12d3-a456_426614174000",
		"123e456-7e89b-12d3-a456-426614174000",
		"g23e4567-e89b-12d3-a456-426614174000",
		"123e4567-e89b-12d3-a456-42661417400-",
		"123e4567-e89b-12d3-a456-426614174000-",
		"{123e4567-e89b-12d3-a456-426614174000}",
		"urn:uuid:123e4567-e89b-12d3-a456-426614174000",
		NULL,
	};

	(void)state;
	expect_all(TYPE_UUID, accepted, refused);
	expect_alone(TYPE_UUID, accepted[2]);
}

#define BEGIN "-----BEGIN A-----\n"
#define END "-----END A-----\n"

static void
test_pem(void **state)
{
	static const char *const accepted[] = {
		BEGIN "AAAA\n" END,
		BEGIN "AAAA\n-----END A-----",
		BEGIN "AAAA\nAAA=\n" END,
		BEGIN "AA\nAA\nAA==\n" END,
		BEGIN "\n AAAA\n\n" END,
		"-----BEGIN A-----\r\nAAAA\r\n-----END A-----\r\n",
		"-----BEGIN A-----  \nAAAA\t\n-----END A----- \n",
		BEGIN "AAAA\n" END BEGIN "BBBB\n" END,
		BEGIN "AAAA\n" END "\n\n" BEGIN "BBBB\n" END "\n",
		"subject=CN = a\nissuer=CN = b\n" BEGIN "AAAA\n" END,
		BEGIN "AAAA\n" END "the end",
		"-- \n" BEGIN "AAAA\n" END,
		BEGIN "AAA=\n" END BEGIN "AA==\n" END,
		"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN X-509 ~!-----\nAAAA\n-----END X-509 ~!-----\n",
		NULL
	};
	static const char *const refused[] = {
		"",
		"AAAA",
		"text\n",
		BEGIN,
		END,
		BEGIN END,
		BEGIN "\n" END,
		BEGIN " \n\t\n" END,
		BEGIN "AAAA\n",
		"AAAA\n" END,
		BEGIN "AAAA" END,
		BEGIN "AAA\n" END,
		BEGIN "AB==\n" END,
		BEGIN "AA==\nAAAA\n" END,
		BEGIN "=\n" END,
		BEGIN "AA-A\n" END,
		BEGIN "AA_A\n" END,
		BEGIN "A.AA\n" END,
		BEGIN "AAAA\n-----END B-----\n",
		BEGIN "AAAA\n-----END a-----\n",
		BEGIN "AAAA\n-----END -----\n",
		BEGIN "AAAA\n-----END A----\n",
		BEGIN "AAAA\n-----END A------\n",
		BEGIN "AAAA\n----END A-----\n",
		BEGIN "AAAA\n-----END A-----x\n",
		BEGIN "AAAA\n -----END A-----\n",
		" " BEGIN "AAAA\n" END,
		"x" BEGIN "AAAA\n" END,
		"-----BEGIN A----\nAAAA\n" END,
		"-----BEGIN A\nAAAA\n" END,
		"-----BEGINA-----\nAAAA\n" END,
		"-----BEGIN -----\nAAAA\n-----END -----\n",
		"-----BEGIN  A-----\nAAAA\n-----END  A-----\n",
		"-----BEGIN A -----\nAAAA\n-----END A -----\n",
		"-----BEGIN A--B-----\nAAAA\n-----END A--B-----\n",
		"-----BEGIN \xc3\xa9-----\nAAAA\n-----END \xc3\xa9-----\n",
		"-----BEGIN A-----AAAA-----END A-----",
		"-----begin A-----\nAAAA\n-----end A-----\n",
		"-----BEGIN A-----\\nAAAA\\n-----END A-----\\n",
		BEGIN "AAAA\n" END BEGIN,
		BEGIN "AAAA\n" END END,
		BEGIN "AAAA\n" END "-----\n",
		"-----\n" BEGIN "AAAA\n" END,
		BEGIN BEGIN "AAAA\n" END END,
		BEGIN "AAAA\n" END BEGIN "AAAA\n",
		BEGIN "AAAA\n" END BEGIN "AAA\n" END,
		BEGIN "Proc-Type: 4,ENCRYPTED\n\nAAAA\n" END,
		"---- BEGIN A ----\nAAAA\n---- END A ----\n",
		"-----BEGIN-----\nAAAA\n-----END-----\n",
		"----------\n",
		"-----BEGIN ",
		"-----BEGIN A----",
		NULL
	};

	(void)state;
	expect_all(TYPE_PEM, accepted, refused);
}

/* Real ones have many lines; a line that is missing or cut off shows only where it leaves part of a group
 * of four. */
static void
test_pem_cut_off(void **state)
{
	static const char block[] = "-----BEGIN PUBLIC KEY-----\n"
				    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
				    "-----END PUBLIC KEY-----\n";
	size_t len = strlen(block);

	(void)state;
	expect(TYPE_PEM, bytes_of(block), true);
	expect(TYPE_PEM, (struct bytes){ (const uint8_t *)block, len - 1 }, true);
	for (size_t cut = 0; cut < len - 1; cut++)
		expect(TYPE_PEM, (struct bytes){ (const uint8_t *)block, cut }, false);
	for (size_t at = 1; at < len; at++)
		expect(TYPE_PEM, bytes_of(block + at), false);
}

/* From how many bytes on each front of a value is a value too. */
static void
test_cut_off(void **state)
{
	static const struct {
		enum value_type type;
		const char *value;
		size_t shortest;
	} cases[] = {
		{ TYPE_BOOLEAN, "true", 4 },
		{ TYPE_BOOLEAN, "false", 5 },
		{ TYPE_INTEGER, "-12", 2 },
		{ TYPE_PORT, "65535", 1 },
		{ TYPE_URL, "http://host", 8 },
		{ TYPE_EMAIL, "a@bc", 3 },
		{ TYPE_HOST, "host", 1 },
		{ TYPE_UUID, "123e4567-e89b-12d3-a456-426614174000", 36 },
		{ TYPE_JSON, "{\"a\":[1,2]}", 11 },
		{ TYPE_DURATION, "90s", 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bytes value = bytes_of(cases[i].value);

		for (size_t len = 0; len <= value.len; len++)
			expect(cases[i].type, (struct bytes){ value.data, len },
			       len >= cases[i].shortest);
	}
}

/* A fixed sequence (xorshift), so that a failure comes again. Bytes that the grammars use come often. */
static uint8_t
next_byte(uint32_t *seed)
{
	static const char often[] = "0123456789abcdefAEtrue.:/@-+=[]{}\",\\ \n";

	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed & 0x300 ? (uint8_t)often[(*seed >> 12) % strlen(often)] :
			       (uint8_t)(*seed >> 16);
}

static void
test_random_bytes(void **state)
{
	uint32_t seed = 2463534242;
	size_t accepted = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[24];
		struct bytes value = { bytes, (size_t)round % (sizeof(bytes) + 1) };

		for (size_t i = 0; i < value.len; i++)
			bytes[i] = next_byte(&seed);
		for (size_t type = 0; type < TYPE_COUNT; type++) {
			const char *answer = check((enum value_type)type, value);

			accepted += answer == NULL;
			assert_true(answer == NULL ||
				    answer == type_check((enum value_type)type, value));
			if (answer != NULL)
				assert_string_equal(answer, messages[type]);
		}
	}
	/* All strings, and some of the others. */
	assert_true(accepted > 20000);
}

/* What one type accepts is a value of these others too. */
static void
test_types_within_types(void **state)
{
	static const char *const values[] = {
		"1",
		"0",
		"-1",
		"65535",
		"65536",
		"1.5",
		"true",
		"null",
		"a",
		"1.2.3.4",
		"-9223372036854775808",
		"1e3",
		NULL,
	};

	(void)state;
	for (size_t i = 0; values[i] != NULL; i++) {
		struct bytes value = bytes_of(values[i]);

		if (check(TYPE_PORT, value) == NULL)
			expect(TYPE_INTEGER, value, true);
		if (check(TYPE_INTEGER, value) == NULL)
			expect(TYPE_NUMBER, value, true);
		if (check(TYPE_NUMBER, value) == NULL || check(TYPE_BOOLEAN, value) == NULL)
			expect(TYPE_JSON, value, true);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_integer),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_boolean),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_url_parts),
		cmocka_unit_test(test_email),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_pem_cut_off),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_types_within_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
