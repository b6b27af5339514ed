/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { DAY = 86400 };

#define LATEST INT64_C(253402300799)

static void
expect_time(const char *text, int64_t seconds)
{
	char written[TIME_TEXT_BYTES];
	int64_t read = -1;

	if (!text_to_time(bytes_of(text), &read))
		fail_msg("refused: '%s'", text);
	assert_true(read == seconds);
	text_from_time(seconds, written);
	assert_string_equal(written, text);
}

static void
test_time(void **state)
{
	(void)state;
	expect_time("1970-01-01T00:00:00Z", 0);
	expect_time("1970-01-01T00:00:01Z", 1);
	expect_time("1999-12-31T23:59:59Z", 946684799);
	expect_time("2000-02-29T00:00:00Z", 951782400);
	expect_time("2001-09-09T01:46:40Z", 1000000000);
	expect_time("2026-11-21T16:40:02Z", 1795279202);
	expect_time("2038-01-19T03:14:08Z", INT64_C(2147483648));
	expect_time("2100-02-28T23:59:59Z", INT64_C(4107542399));
	expect_time("2100-03-01T00:00:00Z", INT64_C(4107542400));
	expect_time("9999-12-31T23:59:59Z", LATEST);
}

static void
test_time_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"2026-11-21T16:40:02",
		"2026-11-21T16:40:02z",
		"2026-11-21t16:40:02Z",
		"2026-11-21 16:40:02Z",
		"2026/11/21T16:40:02Z",
		"2026-11-21T16.40:02Z",
		"2026-11-21T16:40.02Z",
		"2026-11-21T16:40:02Z ",
		" 2026-11-21T16:40:02Z",
		"2026-11-21T16:40:02.0Z",
		"2026-11-21T16:40:02+00:00",
		"2026-11-21T16:40:0Z",
		"+026-11-21T16:40:02Z",
		"2026-+1-21T16:40:02Z",
		"2026-11- 1T16:40:02Z",
		"2026-11-21T-1:40:02Z",
		"2026-00-21T16:40:02Z",
		"2026-13-21T16:40:02Z",
		"2026-11-00T16:40:02Z",
		"2026-11-31T16:40:02Z",
		"2026-12-32T16:40:02Z",
		"2025-02-29T16:40:02Z",
		"2100-02-29T16:40:02Z",
		"2000-02-30T16:40:02Z",
		"2026-11-21T24:00:00Z",
		"2026-11-21T16:60:02Z",
		"2026-11-21T16:40:60Z",
		"2016-12-31T23:59:60Z",
		"1969-12-31T23:59:59Z",
		"0000-01-01T00:00:00Z",
		"2026-11-21T1a:40:02Z",
		"\xef\xbc\x91-11-21T16:40:02Z",
	};
	int64_t seconds = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (text_to_time(bytes_of(texts[i]), &seconds))
			fail_msg("accepted: '%s'", texts[i]);
	}
	assert_false(text_to_time((struct bytes){ (const uint8_t *)"2026-11-21T16:40:02\0", 20 },
				  &seconds));
	assert_true(seconds == 77);
}

/* Every day to the year 2106 and every eleventh one behind it, held against libc's calendar. */
static void
test_every_day(void **state)
{
	(void)state;
	for (int64_t day = 0; day <= LATEST / DAY; day += day < 50000 ? 1 : 11) {
		int64_t seconds = day * DAY + day % DAY, read = -1;
		char text[TIME_TEXT_BYTES], known[64];
		time_t time = (time_t)seconds;
		struct tm parts;

		text_from_time(seconds, text);
		assert_non_null(gmtime_r(&time, &parts));
		assert_true(strftime(known, sizeof(known), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0);
		if (strcmp(text, known) != 0)
			fail_msg("%s instead of %s", text, known);
		assert_true(text_to_time(bytes_of(text), &read) && read == seconds);
	}
}

static void
test_time_clamped(void **state)
{
	char text[TIME_TEXT_BYTES];

	(void)state;
	text_from_time(-1, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	text_from_time(INT64_MIN, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	text_from_time(LATEST + 1, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	text_from_time(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void
expect_duration(const char *text, uint64_t seconds)
{
	uint64_t read = ~seconds;

	if (!text_to_duration(bytes_of(text), &read))
		fail_msg("refused: '%s'", text);
	if (read != seconds)
		fail_msg("'%s' is %llu", text, (unsigned long long)read);
}

static void
test_duration(void **state)
{
	(void)state;
	expect_duration("0", 0);
	expect_duration("0s", 0);
	expect_duration("90s", 90);
	expect_duration("1m", 60);
	expect_duration("1h", 3600);
	expect_duration("1d", DAY);
	expect_duration("90d", 90 * DAY);
	expect_duration("1h30m", 5400);
	expect_duration("30m1h", 5400);
	expect_duration("1s1s", 2);
	expect_duration("1d2h3m4s", DAY + 2 * 3600 + 3 * 60 + 4);
	expect_duration("1.5h", 5400);
	expect_duration(".5h", 1800);
	expect_duration("1.h", 3600);
	expect_duration("007s", 7);
	expect_duration("1ms1m", 60);
	expect_duration("1500ms", 1);
	expect_duration("1000000us", 1);
	expect_duration("1000000\xc2\xb5s", 1);
	expect_duration("3000000000ns", 3);
	expect_duration("36500d", UINT64_C(36500) * DAY);
}

/* Down, and never by a binary fraction's error: what is a whole second is one. */
static void
test_duration_rounded(void **state)
{
	(void)state;
	expect_duration("0.9s", 0);
	expect_duration("1.999999s", 1);
	expect_duration("999ms", 0);
	expect_duration("999999us", 0);
	expect_duration("999999999ns", 0);
	expect_duration("1.999999999s", 1);
	expect_duration("36499.99999999999d", UINT64_C(36500) * DAY - 1);
	expect_duration("0.1s0.2s0.7s", 1);
	expect_duration("1.1h", 3960);
	expect_duration("0.29d", 25056);
	expect_duration("4.35m", 261);
	for (unsigned tenths = 0; tenths < 1000; tenths++) {
		CLEANUP(free_text) char *minutes = xasprintf("%u.%um", tenths / 10, tenths % 10);
		CLEANUP(free_text) char *seconds =
			xasprintf("%u.%02us", tenths / 100, tenths % 100);

		expect_duration(minutes, 6 * tenths);
		expect_duration(seconds, tenths / 100);
	}
}

static void
test_duration_refused(void **state)
{
	static const char *const texts[] = {
		"",	"00",	 "1",	   "90",    "s",     ".s",	".",	  "1.5",
		"1 h",	" 1h",	 "1h ",	   "-1h",   "+1h",   "1H",	"1D",	  "1S",
		"1w",	"1y",	 "1y2d",   "1hm",   "1h30",  "1..5h",	"1.5.5h", "1,5h",
		"1e3s", "0x1s",	 "1mss",   "1sm",   "1h-1m", "h1",	"1day",	  "inf s",
		"nans", "\xc2s", "1\xb5s", "1\xc2", "P1D",   "1h\n30m",
	};
	uint64_t seconds = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (text_to_duration(bytes_of(texts[i]), &seconds))
			fail_msg("accepted: '%s'", texts[i]);
	}
	assert_false(text_to_duration((struct bytes){ (const uint8_t *)"1\0s", 3 }, &seconds));
	assert_false(text_to_duration((struct bytes){ NULL, 0 }, &seconds));
	assert_true(seconds == 77);
}

static void
test_duration_too_long(void **state)
{
	static const char *const texts[] = { "36601d",
					     "36600d1s",
					     "878401h",
					     "3162240001s",
					     "36600d36600d",
					     "99999999999999999999d",
					     "18446744073709551616s",
					     "18446744073709551616ns",
					     "213504d213504d" };
	CLEANUP(free_text) char *endless = xcalloc(5002, 1);
	uint64_t seconds = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (text_to_duration(bytes_of(texts[i]), &seconds))
			fail_msg("accepted: '%s'", texts[i]);
	}
	memset(endless, '9', 5000);
	endless[5000] = 's';
	assert_false(text_to_duration(bytes_of(endless), &seconds));
	/* A fraction as long is one. */
	memcpy(endless, "0.", 2);
	assert_true(text_to_duration(bytes_of(endless), &seconds));
	assert_true(seconds == 0);
}

static void
expect_shown(uint64_t seconds, const char *expected)
{
	char text[TIME_TEXT_BYTES];

	text_from_duration(seconds, text);
	assert_string_equal(text, expected);
}

static void
test_duration_shown(void **state)
{
	(void)state;
	expect_shown(0, "0s");
	expect_shown(3, "3s");
	expect_shown(59, "59s");
	expect_shown(60, "1m");
	expect_shown(61, "1m 1s");
	expect_shown(300, "5m");
	expect_shown(3599, "59m 59s");
	expect_shown(3600, "1h");
	expect_shown(3601, "1h");
	expect_shown(3660, "1h 1m");
	expect_shown(DAY - 1, "23h 59m");
	expect_shown(DAY, "1d");
	expect_shown(DAY + 59 * 60, "1d");
	expect_shown(DAY + 2 * 3600 + 3599, "1d 2h");
	expect_shown(90 * DAY, "90d");
	expect_shown(UINT64_C(1000001) * DAY, "1000001d");
	expect_shown(UINT64_MAX, "213503982334601d 7h");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_time_refused),
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_time_clamped),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_duration_rounded),
		cmocka_unit_test(test_duration_refused),
		cmocka_unit_test(test_duration_too_long),
		cmocka_unit_test(test_duration_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
