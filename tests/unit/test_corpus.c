/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classification held against labelled settings: every clear secret must be found, and little else. Each
 * is judged under its own name and under that of an application that puts its name in front, which is in
 * no catalogue. What fails is named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/classify.h"

#define CORPUS "tests/schemas/corpus.tsv"
#define ORDINARY "tests/schemas/ordinary.tsv"

enum {
	LINE_MAX_BYTES = 4096,
	SECRETS_MIN = 150,
	CONFIGS_MIN = 250,
	ORDINARY_MIN = 400,
	PRECISION_MIN = 95,
	/* Of 1,000 ordinary values. */
	FALSE_ALARMS_MAX = 10,
};

struct entry {
	char *label, *name;
	struct bytes value;
};

struct figures {
	size_t found, missed, false_alarms, passed, either;
};

typedef void visit_fn(const struct entry *entry, void *context);

static int
hex_digit(char digit)
{
	return isdigit((unsigned char)digit) ? digit - '0' :
					       tolower((unsigned char)digit) - 'a' + 10;
}

/* In place. */
static struct bytes
unescape(char *text)
{
	char *out = text;
	struct bytes value = { (const uint8_t *)text, 0 };

	for (const char *in = text; *in != '\0'; in++) {
		if (*in != '\\') {
			*out++ = *in;
			continue;
		}
		in++;
		assert_non_null(strchr("nt\\x", *in));
		if (*in == 'x') {
			assert_true(isxdigit((unsigned char)in[1]) &&
				    isxdigit((unsigned char)in[2]));
			*out++ = (char)(hex_digit(in[1]) * 16 + hex_digit(in[2]));
			in += 2;
		} else {
			*out++ = *in == 'n' ? '\n' : *in == 't' ? '\t' : '\\';
		}
	}
	value.len = (size_t)(out - text);
	return value;
}

/* How many entries the file has. */
static size_t
visit(const char *path, bool has_labels, visit_fn *fn, void *context)
{
	static char line[LINE_MAX_BYTES];
	FILE *file = fopen(path, "r");
	size_t count = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		struct entry entry = { .label = line, .name = line };
		char *end = strchr(line, '\n'), *tab;

		assert_non_null(end);
		*end = '\0';
		if (line[0] == '#')
			continue;
		if (has_labels) {
			tab = strchr(line, '\t');
			assert_non_null(tab);
			*tab = '\0';
			entry.name = tab + 1;
		}
		tab = strchr(entry.name, '\t');
		assert_non_null(tab);
		*tab = '\0';
		entry.value = unescape(tab + 1);
		fn(&entry, context);
		count++;
	}
	(void)fclose(file);
	return count;
}

/* A reason tells nothing of the value: no run of six characters but of its own words, in lower case. */
static void
check_reason(const struct entry *entry, const char *name, const char *reason)
{
	enum { RUN = 6 };
	static const char words[] = "abcdefghijklmnopqrstuvwxyz '";
	char run[RUN + 1] = "";

	assert_true(reason[0] != '\0' && strlen(reason) < REASON_BYTES - 1);
	for (size_t i = 0; i + RUN <= entry->value.len; i++) {
		memcpy(run, entry->value.data + i, RUN);
		if (strspn(run, words) < RUN && strlen(run) == RUN && strstr(reason, run) != NULL)
			fail_msg("%s: the reason '%s' shows the value", name, reason);
	}
}

static void
judge(const struct entry *entry, const char *name, struct figures *figures)
{
	struct classification proposed;
	bool is_secret;

	classify_propose(name, entry->value, &proposed);
	is_secret = proposed.kind == KIND_SECRET;
	check_reason(entry, name, proposed.reason);
	if (entry->value.len > 0)
		assert_null(type_check(proposed.type, entry->value));
	if (strcmp(entry->label, "either") == 0) {
		figures->either++;
	} else if (strcmp(entry->label, "secret") == 0) {
		if (is_secret)
			figures->found++;
		else
			figures->missed++;
		if (!is_secret)
			print_message("# missed: %s: %s\n", name, proposed.reason);
	} else {
		assert_string_equal(entry->label, "config");
		if (is_secret)
			figures->false_alarms++;
		else
			figures->passed++;
		if (is_secret)
			print_message("# no secret: %s: %s\n", name, proposed.reason);
	}
}

static void
judge_own(const struct entry *entry, void *context)
{
	judge(entry, entry->name, context);
}

static void
judge_prefixed(const struct entry *entry, void *context)
{
	char name[LINE_MAX_BYTES];
	enum setting_kind kind;
	enum value_type type;

	(void)snprintf(name, sizeof(name), "ACME_%s", entry->name);
	assert_false(catalog_find(name, &kind, &type));
	judge(entry, name, context);
}

static void
check_corpus(visit_fn *fn)
{
	struct figures figures = { 0 };
	size_t count = visit(CORPUS, true, fn, &figures), precision;

	assert_int_equal(count, figures.found + figures.missed + figures.false_alarms +
					figures.passed + figures.either);
	assert_true(figures.found + figures.missed >= SECRETS_MIN);
	assert_true(figures.false_alarms + figures.passed >= CONFIGS_MIN);
	precision = figures.found * 1000 / (figures.found + figures.false_alarms);
	print_message("# %zu entries: %zu of %zu secrets found, precision %zu.%zu %%\n", count,
		      figures.found, figures.found + figures.missed, precision / 10,
		      precision % 10);
	assert_int_equal(figures.missed, 0);
	assert_true(precision >= (size_t)PRECISION_MIN * 10);
}

static void
test_own_names(void **state)
{
	(void)state;
	check_corpus(judge_own);
}

static void
test_names_in_no_catalogue(void **state)
{
	(void)state;
	check_corpus(judge_prefixed);
}

static void
guard(const struct entry *entry, void *context)
{
	char reason[REASON_BYTES];
	size_t *alarms = context;

	if (!classify_guard(entry->name, entry->value, reason)) {
		assert_string_equal(reason, "");
		return;
	}
	check_reason(entry, entry->name, reason);
	print_message("# false alarm: %s: %s\n", entry->name, reason);
	(*alarms)++;
}

static void
guard_config(const struct entry *entry, void *context)
{
	if (strcmp(entry->label, "config") == 0)
		guard(entry, context);
}

static void
test_false_alarms(void **state)
{
	size_t alarms = 0, count = visit(ORDINARY, false, guard, &alarms);

	(void)state;
	print_message("# guard: %zu false alarms in %zu ordinary values, %zu in 1,000\n", alarms,
		      count, alarms * 1000 / count);
	assert_true(count >= ORDINARY_MIN);
	assert_true(alarms * 1000 <= count * FALSE_ALARMS_MAX);
}

static void
test_false_alarms_in_corpus(void **state)
{
	size_t alarms = 0;

	(void)state;
	(void)visit(CORPUS, true, guard_config, &alarms);
	print_message("# guard: %zu false alarms in the corpus\n", alarms);
	assert_true(alarms * 1000 <= (size_t)CONFIGS_MIN * FALSE_ALARMS_MAX);
}

/* The guard excuses short words and placeholders, so a secret that is one passes; the long random ones do not. */
static void
guard_secret(const struct entry *entry, void *context)
{
	char reason[REASON_BYTES];
	size_t *passed = context;

	if (strcmp(entry->label, "secret") != 0 || !classify_is_random(entry->value))
		return;
	passed[0]++;
	if (classify_guard(entry->name, entry->value, reason))
		return;
	print_message("# passed: %s\n", entry->name);
	passed[1]++;
}

static void
test_random_secrets_are_refused(void **state)
{
	size_t passed[2] = { 0 };

	(void)state;
	(void)visit(CORPUS, true, guard_secret, passed);
	assert_true(passed[0] >= 50);
	assert_int_equal(passed[1], 0);
}

static void
propose_ordinary(const struct entry *entry, void *context)
{
	struct classification proposed;
	size_t *secrets = context;

	classify_propose(entry->name, entry->value, &proposed);
	check_reason(entry, entry->name, proposed.reason);
	if (proposed.kind != KIND_SECRET)
		return;
	print_message("# proposed as a secret: %s: %s\n", entry->name, proposed.reason);
	(*secrets)++;
}

/* In doubt a secret: so some of these are, and must stay few. */
static void
test_ordinary_proposals(void **state)
{
	size_t secrets = 0, count = visit(ORDINARY, false, propose_ordinary, &secrets);

	(void)state;
	print_message("# %zu of %zu ordinary values proposed as secrets\n", secrets, count);
	assert_true(secrets * 100 <= count * 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_names),
		cmocka_unit_test(test_names_in_no_catalogue),
		cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_false_alarms_in_corpus),
		cmocka_unit_test(test_random_secrets_are_refused),
		cmocka_unit_test(test_ordinary_proposals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
