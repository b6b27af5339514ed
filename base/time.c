/* SPDX-License-Identifier: Apache-2.0 */
/* The times and durations of text.h. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { SECONDS_A_DAY = 86400 };

/* 9999-12-31T23:59:59Z */
#define LATEST INT64_C(253402300799)
#define LONGEST_DURATION (UINT64_C(100) * 366 * SECONDS_A_DAY)

/* Days since 1970 of a date of the Gregorian calendar; years begin in March, so that leap days end them. */
static int64_t
days_from_date(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static void
date_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
	int64_t shifted = days + 719468;
	int64_t era = shifted / 146097, in_era = shifted % 146097;
	int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * y + y / 4 - y / 100), m = (5 * in_year + 2) / 153;

	*day = in_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = era * 400 + y + (*month <= 2);
}

void
text_from_time(int64_t seconds, char out[static TIME_TEXT_BYTES])
{
	int64_t clamped = seconds < 0 ? 0 : seconds > LATEST ? LATEST : seconds;
	int64_t year, month, day, rest = clamped % SECONDS_A_DAY;

	date_from_days(clamped / SECONDS_A_DAY, &year, &month, &day);
	(void)snprintf(out, TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		       (unsigned)year % 10000, (unsigned)month % 100, (unsigned)day % 100,
		       (unsigned)(rest / 3600) % 100, (unsigned)(rest / 60 % 60),
		       (unsigned)(rest % 60));
}

/* The digits of text at places; -1: not digits. */
static int64_t
digits_at(struct bytes text, size_t start, size_t len)
{
	int64_t number = 0;

	for (size_t i = start; i < start + len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		number = 10 * number + text.data[i] - '0';
	}
	return number;
}

/* What is written back the same was a real date. */
bool
text_to_time(struct bytes text, int64_t *ret_seconds)
{
	char again[TIME_TEXT_BYTES];
	int64_t year, month, day, hour, minute, second, seconds;

	if (text.len != TIME_TEXT_BYTES - 1)
		return false;
	year = digits_at(text, 0, 4);
	month = digits_at(text, 5, 2);
	day = digits_at(text, 8, 2);
	hour = digits_at(text, 11, 2);
	minute = digits_at(text, 14, 2);
	second = digits_at(text, 17, 2);
	if (year < 1970 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 ||
	    minute < 0 || minute > 59 || second < 0 || second > 59)
		return false;
	seconds = days_from_date(year, month, day) * SECONDS_A_DAY + hour * 3600 + minute * 60 +
		  second;
	text_from_time(seconds, again);
	if (memcmp(again, text.data, text.len) != 0)
		return false;
	*ret_seconds = seconds;
	return true;
}

struct unit {
	const char *name;
	double seconds;
};

static const struct unit units[] = {
	{ "ns", 1e-9 }, { "us", 1e-6 }, { "µs", 1e-6 }, { "ms", 1e-3 },
	{ "s", 1 },	{ "m", 60 },	{ "h", 3600 },	{ "d", SECONDS_A_DAY },
};

/* One number with its unit off the front of *text; -1: there is none. */
static double
take_part(struct bytes *text)
{
	size_t at = 0, digits = 0;
	double number = 0, scale = 1;

	for (; at < text->len && text->data[at] >= '0' && text->data[at] <= '9'; at++, digits++)
		number = 10 * number + text->data[at] - '0';
	if (at < text->len && text->data[at] == '.') {
		for (at++; at < text->len && text->data[at] >= '0' && text->data[at] <= '9';
		     at++, digits++)
			number += (text->data[at] - '0') * (scale /= 10);
	}
	for (size_t i = 0; digits > 0 && i < COUNT(units); i++) {
		size_t len = strlen(units[i].name);
		bool fits =
			text->len - at >= len && memcmp(text->data + at, units[i].name, len) == 0;

		/* "ms" is no "m" with something behind it. */
		if (!fits || (len == 1 && units[i].name[0] == 'm' && text->len - at > 1 &&
			      text->data[at + 1] == 's'))
			continue;
		text->data += at + len;
		text->len -= at + len;
		return number * units[i].seconds;
	}
	return -1;
}

bool
text_to_duration(struct bytes text, uint64_t *ret_seconds)
{
	double total = 0;

	if (bytes_equal(text, bytes_of("0"))) {
		*ret_seconds = 0;
		return true;
	}
	if (text.len == 0)
		return false;
	while (text.len > 0) {
		double part = take_part(&text);

		if (part < 0)
			return false;
		total += part;
	}
	if (total > (double)LONGEST_DURATION)
		return false;
	/* 1e-9 for what binary fractions lack of a whole second. */
	*ret_seconds = (uint64_t)(total + 1e-9);
	return true;
}

void
text_from_duration(uint64_t seconds, char out[static TIME_TEXT_BYTES])
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} shown[] = { { "d", SECONDS_A_DAY }, { "h", 3600 }, { "m", 60 }, { "s", 1 } };
	size_t first = 0;
	unsigned count, rest;

	while (first + 1 < COUNT(shown) && seconds < shown[first].seconds)
		first++;
	/* The remainders of 1000000 and 100 change nothing; they tell the compiler what fits. */
	count = (unsigned)(seconds / shown[first].seconds % 1000000);
	rest = first + 1 < COUNT(shown) ?
		       (unsigned)(seconds % shown[first].seconds / shown[first + 1].seconds % 100) :
		       0;
	if (rest > 0)
		(void)snprintf(out, TIME_TEXT_BYTES, "%u%s %u%s", count, shown[first].name, rest,
			       shown[first + 1].name);
	else
		(void)snprintf(out, TIME_TEXT_BYTES, "%u%s", count, shown[first].name);
}
