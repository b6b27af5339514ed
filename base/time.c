/* SPDX-License-Identifier: Apache-2.0 */
/* The times and durations of text.h. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { SECONDS_A_DAY = 86400 };

/* 9999-12-31T23:59:59Z */
#define LATEST INT64_C(253402300799)
/* In nanoseconds, as durations are added up: a hundred years are a third of what 64 bits hold. */
#define SECOND UINT64_C(1000000000)
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
	uint64_t nanoseconds;
};

static const struct unit units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "µs", 1000 },
	{ "ms", 1000000 },
	{ "s", SECOND },
	{ "m", 60 * SECOND },
	{ "h", 3600 * SECOND },
	{ "d", SECONDS_A_DAY *SECOND },
};

/* The digits off the front of *text. */
static struct bytes
take_digits(struct bytes *text)
{
	struct bytes digits = { text->data, 0 };

	while (text->len > 0 && text->data[0] >= '0' && text->data[0] <= '9') {
		text->data++;
		text->len--;
		digits.len++;
	}
	return digits;
}

/* The unit off the front of *text, or NULL. */
static const struct unit *
take_unit(struct bytes *text)
{
	for (size_t i = 0; i < COUNT(units); i++) {
		size_t len = strlen(units[i].name);

		/* "ms" is no "m" with something behind it, and comes first. */
		if (text->len < len || memcmp(text->data, units[i].name, len) != 0)
			continue;
		text->data += len;
		text->len -= len;
		return &units[i];
	}
	return NULL;
}

/* One number with its unit off the front of *text, in nanoseconds rounded down: integers only, since binary
 * fractions would make a second of what is less. False: there is none, or it is too long. */
static bool
take_part(struct bytes *text, uint64_t *ret_nanoseconds)
{
	struct bytes whole = take_digits(text), fraction = { NULL, 0 };
	uint64_t number = 0, part = 0;
	const struct unit *unit;

	if (text->len > 0 && text->data[0] == '.') {
		text->data++;
		text->len--;
		fraction = take_digits(text);
	}
	unit = take_unit(text);
	if (whole.len + fraction.len == 0 || unit == NULL)
		return false;
	for (size_t i = 0; i < whole.len; i++) {
		uint64_t digit = (uint64_t)(whole.data[i] - '0');

		if (number > (LONGEST_DURATION * SECOND / unit->nanoseconds - digit) / 10)
			return false;
		number = 10 * number + digit;
	}
	/* From its last digit on, each tenth is rounded down, and so is the whole. */
	for (size_t i = fraction.len; i-- > 0;)
		part = ((uint64_t)(fraction.data[i] - '0') * unit->nanoseconds + part) / 10;
	*ret_nanoseconds = number * unit->nanoseconds + part;
	return true;
}

bool
text_to_duration(struct bytes text, uint64_t *ret_seconds)
{
	uint64_t total = 0, part;

	if (bytes_equal(text, bytes_of("0"))) {
		*ret_seconds = 0;
		return true;
	}
	if (text.len == 0)
		return false;
	while (text.len > 0) {
		if (!take_part(&text, &part))
			return false;
		total += part;
		if (total > LONGEST_DURATION * SECOND)
			return false;
	}
	*ret_seconds = total / SECOND;
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
	unsigned long long count, rest;

	while (first + 1 < COUNT(shown) && seconds < shown[first].seconds)
		first++;
	/* The remainders change nothing: they tell the compiler that the text fits. */
	count = seconds / shown[first].seconds % UINT64_C(1000000000000000);
	rest = first + 1 < COUNT(shown) ?
		       seconds % shown[first].seconds / shown[first + 1].seconds % 60 :
		       0;
	if (rest > 0)
		(void)snprintf(out, TIME_TEXT_BYTES, "%llu%s %llu%s", count, shown[first].name,
			       rest, shown[first + 1].name);
	else
		(void)snprintf(out, TIME_TEXT_BYTES, "%llu%s", count, shown[first].name);
}
