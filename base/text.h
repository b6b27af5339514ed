/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: the small grammars that every layer shares: names, numbers, times, suggestions.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"

enum {
	SETTING_NAME_MAX = 128,
	LABEL_MAX = 63, /* DNS label, RFC 1123: environment, namespace, project */
	MEMBER_NAME_MAX = 63,
	TIME_TEXT_BYTES = 21, /* 2026-11-21T16:40:02Z and NUL */
};

/* [A-Za-z_][A-Za-z0-9_]{0,127} */
bool text_is_setting_name(struct bytes text);
/* [a-z0-9]([-a-z0-9]{0,61}[a-z0-9])? */
bool text_is_label(struct bytes text);
/* [a-z0-9][a-z0-9._-]{0,62} */
bool text_is_member_name(struct bytes text);
/* Valid UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
bool text_is_utf8(struct bytes text);

/* Decimal digits only: no sign, no leading zero, at most maximum. False: not such a number. */
bool text_to_number(struct bytes text, uint64_t maximum, uint64_t *ret_number);

/* 2026-11-21T16:40:02Z, exactly: a real calendar date (proleptic Gregorian), 1970 to 9999, UTC.
 * Seconds since 1970. False: not such a time. */
bool text_to_time(struct bytes text, int64_t *ret_seconds);
/* The same, written; seconds outside 1970 to 9999 are clamped. */
void text_from_time(int64_t seconds, char out[static TIME_TEXT_BYTES]);

/* Go's durations and days: an unsigned sequence of decimal numbers, each with an optional fraction
 * and a unit (ns us µs ms s m h d), such as 90s, 1h30m, 1.5h, 90d; "0" alone is fine.
 * In seconds, rounded down. False: not a duration, or more than a hundred years. */
bool text_to_duration(struct bytes text, uint64_t *ret_seconds);
/* "90d", "1d 2h", "5m", "3s": the two largest units, for people. out has TIME_TEXT_BYTES. */
void text_from_duration(uint64_t seconds, char out[static TIME_TEXT_BYTES]);

/* The candidate nearest to word by Damerau-Levenshtein distance, letter case ignored, when it is near
 * enough to be a slip (at most a third of the longer length, at least 1, at most 3); else NULL.
 * candidates ends with NULL. Borrowed from candidates. */
const char *text_suggest(const char *word, const char *const *candidates);

/* Replaces each control character (C0 except LF and TAB when keep_lines, DEL, C1 as UTF-8) and each
 * invalid byte by '?', so that a hostile file name cannot drive a terminal. In place. */
void text_neutralise(char *text, bool keep_lines);

/* Lower-case hex; out has 2 * bytes.len + 1. */
void text_to_hex(struct bytes bytes, char *out);
/* Exactly len bytes from exactly 2 * len lower-case hex digits. */
bool text_from_hex(struct bytes text, uint8_t *ret, size_t len);

#endif
