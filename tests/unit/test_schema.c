/* SPDX-License-Identifier: Apache-2.0 */
/* The model that is made of tfsecrets.yaml, its limits and the check of values. What the grammar refuses is in
 * tests/schemas, one file for each rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "schemas/schema.h"

#define HEAD "version: 1\nproject: shop\nenvironments: {dev: {}, prod: {}}\n"

static struct schema *
read_schema(const char *source)
{
	struct schema *schema = NULL;
	struct error err = ERROR_INIT;

	if (schema_read(bytes_of(source), "f", &schema, &err) < 0)
		fail_msg("%s", err.message);
	return schema;
}

static void
refuse(const char *source, const char *message)
{
	struct schema *schema = NULL;
	struct error err = ERROR_INIT;

	if (schema_read(bytes_of(source), "f", &schema, &err) == 0)
		fail_msg("accepted, instead of '%s'", message);
	assert_null(schema);
	assert_int_equal(err.code, ERROR_FAILED);
	assert_string_equal(err.message, message);
}

/* A file of one setting with these fields. */
static void
refuse_setting(const char *fields, const char *message)
{
	CLEANUP(free_text) char *source = xasprintf(HEAD "settings:\n  A: {%s}\n", fields);

	refuse(source, message);
}

static void
test_model(void **state)
{
	CLEANUP(schema_cleanup) struct schema *schema =
		read_schema("version: 1\n"
			    "project: shop\n"
			    "environments:\n"
			    "  prod:\n"
			    "    deliver: sealed\n"
			    "    targets:\n"
			    "      - {context: c1, namespace: n1}\n"
			    "      - in-cluster: true\n"
			    "  dev:\n"
			    "settings:\n"
			    "  URL:\n"
			    "    kind: config\n"
			    "    type: url\n"
			    "    description: where\n"
			    "    key: url.txt\n"
			    "    default: https://example.org\n"
			    "    schemes: [https, http]\n"
			    "    not-secret: it is public\n"
			    "  TOKEN:\n"
			    "    kind: secret\n"
			    "    generate: {length: 40, alphabet: hex}\n"
			    "    rotate-after: 90d\n"
			    "    required-in: [prod]\n");
	const struct setting *url, *token;
	const struct environment *prod;

	(void)state;
	assert_string_equal(schema->project, "shop");
	assert_int_equal(schema->environment_count, 2);
	prod = schema_environment(schema, "prod");
	assert_ptr_equal(prod, &schema->environments[0]);
	assert_int_equal(prod->line, 4);
	assert_int_equal(prod->deliver, DELIVER_SEALED);
	assert_int_equal(prod->target_count, 2);
	assert_string_equal(prod->targets[0].context, "c1");
	assert_string_equal(prod->targets[0].namespace, "n1");
	assert_false(prod->targets[0].in_cluster);
	assert_int_equal(prod->targets[0].line, 7);
	assert_null(prod->targets[1].context);
	assert_null(prod->targets[1].namespace);
	assert_true(prod->targets[1].in_cluster);
	assert_int_equal(schema->environments[1].deliver, DELIVER_OBJECTS);
	assert_int_equal(schema->environments[1].target_count, 0);

	assert_int_equal(schema->setting_count, 2);
	url = schema_setting(schema, "URL");
	assert_ptr_equal(url, &schema->settings[0]);
	assert_int_equal(url->line, 11);
	assert_int_equal(url->kind, KIND_CONFIG);
	assert_int_equal(url->type, TYPE_URL);
	assert_string_equal(url->description, "where");
	assert_string_equal(url->key, "url.txt");
	assert_string_equal(url->default_value, "https://example.org");
	assert_string_equal(url->not_secret, "it is public");
	assert_int_equal(url->schemes.count, 2);
	token = schema_setting(schema, "TOKEN");
	assert_ptr_equal(token, &schema->settings[1]);
	assert_int_equal(token->kind, KIND_SECRET);
	assert_int_equal(token->type, TYPE_STRING);
	assert_string_equal(token->key, "TOKEN");
	assert_null(token->default_value);
	assert_null(token->description);
	assert_int_equal(token->generate, 40);
	assert_int_equal(token->alphabet, GENERATE_HEX);
	assert_int_equal(token->rotate_after, 90 * 86400);
	assert_true(token->has_required_in);
}

static void
test_default_objects(void **state)
{
	CLEANUP(schema_cleanup) struct schema *schema =
		read_schema(HEAD "settings:\n"
				 "  Z: {kind: config}\n"
				 "  S: {kind: secret}\n"
				 "  A: {kind: config, key: b}\n"
				 "  B: {kind: config, key: a}\n");
	CLEANUP(schema_cleanup) struct schema *empty = read_schema(HEAD "settings:\n");

	(void)state;
	assert_int_equal(schema->object_count, 2);
	assert_string_equal(schema->objects[0].name, "shop-config");
	assert_int_equal(schema->objects[0].kind, OBJECT_CONFIGMAP);
	assert_string_equal(schema->objects[0].type, "ConfigMap");
	assert_int_equal(schema->objects[0].entry_count, 3);
	assert_string_equal(schema->objects[0].entries[0].key, "Z");
	assert_string_equal(schema->objects[0].entries[1].key, "a");
	assert_string_equal(schema->objects[0].entries[2].key, "b");
	assert_int_equal(schema->objects[0].entries[1].setting, 3);
	assert_string_equal(schema->objects[1].name, "shop-secrets");
	assert_int_equal(schema->objects[1].kind, OBJECT_SECRET);
	assert_string_equal(schema->objects[1].type, "Opaque");
	assert_int_equal(schema->objects[1].entry_count, 1);
	assert_int_equal(schema->objects[1].entries[0].setting, 1);
	assert_int_equal(empty->object_count, 2);
	assert_int_equal(empty->objects[0].entry_count, 0);
	assert_null(schema_setting(empty, "A"));
	assert_null(schema_suggest_setting(empty, "A"));
}

static void
test_objects(void **state)
{
	CLEANUP(schema_cleanup) struct schema *schema =
		read_schema(HEAD "settings:\n"
				 "  A: {kind: config}\n"
				 "  B: {kind: config}\n"
				 "  S: {kind: secret}\n"
				 "objects:\n"
				 "  one: {kind: ConfigMap, settings: {y: A, x: A}}\n"
				 "  rest: {kind: ConfigMap}\n"
				 "  mixed:\n"
				 "    kind: Secret\n"
				 "    type: example.org/own\n"
				 "    settings: {s: S, a: A}\n");

	(void)state;
	assert_int_equal(schema->object_count, 3);
	assert_int_equal(schema->objects[0].entry_count, 2);
	assert_string_equal(schema->objects[0].entries[0].key, "x");
	/* What another object names is not in the rest. */
	assert_int_equal(schema->objects[1].entry_count, 1);
	assert_string_equal(schema->objects[1].entries[0].key, "B");
	assert_string_equal(schema->objects[2].type, "example.org/own");
	assert_int_equal(schema->objects[2].line, 11);
	assert_int_equal(schema->objects[2].entry_count, 2);
	assert_int_equal(schema->objects[2].entries[0].setting, 0);
}

/* Found by binary search, in whatever order the file has them. */
static void
test_lookup(void **state)
{
	enum { SETTINGS = 1000 };
	CLEANUP(buf_clear) struct buf source = BUF_INIT(1 << 20);
	CLEANUP(schema_cleanup) struct schema *schema = NULL;

	(void)state;
	buf_append_text(&source, HEAD "settings:\n");
	for (unsigned i = 0; i < SETTINGS; i++)
		buf_printf(&source, "  N%u: {kind: config}\n", i * 7 % SETTINGS);
	schema = read_schema(buf_text(&source));
	for (unsigned i = 0; i < SETTINGS; i++) {
		CLEANUP(free_text) char *name = xasprintf("N%u", i);
		CLEANUP(free_text) char *other = xasprintf("N%u_", i);

		assert_string_equal(schema_setting(schema, name)->name, name);
		assert_null(schema_setting(schema, other));
	}
	assert_null(schema_setting(schema, ""));
	assert_null(schema_setting(schema, "n1"));
	assert_null(schema_setting(schema, "N1000"));
	assert_null(schema_setting(schema, "\xff"));
}

static void
test_suggestions(void **state)
{
	CLEANUP(schema_cleanup) struct schema *schema = read_schema(
		HEAD "settings:\n  DATABASE_URL: {kind: config}\n  PORT: {kind: config}\n");

	(void)state;
	assert_string_equal(schema_suggest_setting(schema, "DATABSE_URL"), "DATABASE_URL");
	assert_string_equal(schema_suggest_setting(schema, "database_url"), "DATABASE_URL");
	assert_string_equal(schema_suggest_setting(schema, "PROT"), "PORT");
	assert_null(schema_suggest_setting(schema, "DATABASE"));
	assert_string_equal(schema_suggest_environment(schema, "prdo"), "prod");
	assert_null(schema_suggest_environment(schema, "staging"));
	assert_null(schema_environment(schema, "pro"));
	assert_null(schema_environment(schema, "PROD"));
}

static void
test_near_misses(void **state)
{
	(void)state;
	refuse_setting("kind: confg", "f:5:13: unknown kind, did you mean 'config'?");
	refuse_setting("kind: SECRET", "f:5:13: unknown kind, did you mean 'secret'?");
	refuse_setting("kind: other", "f:5:13: 'kind' must be config or secret");
	refuse_setting("kind: config, tpye: url",
		       "f:5:21: unknown field 'tpye', did you mean 'type'?");
	refuse_setting("kind: config, type: string, min_length: 1",
		       "f:5:35: unknown field 'min_length', did you mean 'min-length'?");
	refuse_setting("kind: config, type: integr",
		       "f:5:27: unknown type, did you mean 'integer'?");
	refuse_setting("kind: config, optional: ture",
		       "f:5:31: unknown optional, did you mean 'true'?");
	refuse_setting("kind: config, optional: 1", "f:5:31: 'optional' must be false or true");
	refuse_setting("kind: config, required-in: [dve]",
		       "f:5:35: unknown environment 'dve', did you mean 'dev'?");
	refuse_setting("kind: config, required-in: [staging]",
		       "f:5:35: unknown environment 'staging'");
	refuse("versoin: 1\n", "f:1:1: 'version' is missing");
	refuse("version: 1\nprojct: a\n", "f:2:1: unknown field 'projct', did you mean 'project'?");
	refuse("version: 2\nnew-field: a\n", "f:1:10: this program knows version 1 only");
	refuse(HEAD "settings:\n  A_B: {kind: config}\n"
		    "objects:\n  o: {kind: ConfigMap, settings: {a: A_C}}\n",
	       "f:7:38: unknown setting, did you mean 'A_B'?");
}

/* A value where a name belongs must not be told: it may be a secret on its wrong line. */
static void
test_message_without_value(void **state)
{
	static const char *const fields[] = {
		"kind: hunter2hunter2",
		"kind: config, type: hunter2hunter2",
		"kind: config, optional: hunter2hunter2",
		"kind: config, type: integer, default: hunter2hunter2",
		"kind: config, type: integer, min: hunter2hunter2",
		"kind: config, max-length: hunter2hunter2",
		"kind: config, max-length: 3, default: hunter2hunter2",
		"kind: config, one-of: [x], default: hunter2hunter2",
		"kind: config, pattern: x, default: hunter2hunter2",
		"kind: secret, default: hunter2hunter2",
		"kind: secret, generate: hunter2hunter2",
		"kind: secret, rotate-after: hunter2hunter2",
		"kind: config, pattern: '(hunter2hunter2'",
		"kind: config, key: hunter2/hunter2",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		CLEANUP(free_text) char *source =
			xasprintf(HEAD "settings:\n  A: {%s}\n", fields[i]);
		struct schema *schema = NULL;
		struct error err = ERROR_INIT;

		if (schema_read(bytes_of(source), "f", &schema, &err) == 0)
			fail_msg("accepted: %s", fields[i]);
		if (strstr(err.message, "hunter2") != NULL)
			fail_msg("told: %s", err.message);
		assert_int_equal(strncmp(err.message, "f:5:", 4), 0);
	}
}

static void
expect_required(const struct schema *schema, const char *name, bool in_dev, bool in_prod)
{
	const struct setting *setting = schema_setting(schema, name);

	assert_true(setting_is_required(setting, "dev") == in_dev);
	assert_true(setting_is_required(setting, "prod") == in_prod);
}

static void
test_required(void **state)
{
	CLEANUP(schema_cleanup) struct schema *schema =
		read_schema(HEAD "settings:\n"
				 "  A: {kind: config}\n"
				 "  B: {kind: config, optional: true}\n"
				 "  C: {kind: config, optional: false}\n"
				 "  D: {kind: secret, required-in: [prod]}\n"
				 "  E: {kind: config, default: x}\n");

	(void)state;
	expect_required(schema, "A", true, true);
	expect_required(schema, "B", false, false);
	expect_required(schema, "C", true, true);
	expect_required(schema, "D", false, true);
	expect_required(schema, "E", true, true);
}

/* What a setting of these fields says to a value; NULL: it is fine. */
static void
expect_rule_bytes(const char *fields, struct bytes value, const char *expected)
{
	CLEANUP(free_text) char *source =
		xasprintf(HEAD "settings:\n  A: {kind: secret, %s}\n", fields);
	CLEANUP(schema_cleanup) struct schema *schema = read_schema(source);
	char text[RULE_TEXT_BYTES];
	uint8_t *copy = xcalloc(value.len + 2, 1);
	const char *rule;

	if (value.len > 0)
		memcpy(copy, value.data, value.len);
	/* A byte that no rule may look at, and a NUL for sanitizers, whose regexec looks for one. */
	copy[value.len] = 'x';
	rule = setting_check(&schema->settings[0], (struct bytes){ copy, value.len }, text);
	free(copy);
	if (rule == NULL && expected == NULL)
		return;
	assert_string_equal(rule != NULL ? rule : "fine", expected != NULL ? expected : "fine");
}

static void
expect_rule(const char *fields, const char *value, const char *expected)
{
	expect_rule_bytes(fields, bytes_of(value), expected);
}

static void
test_check_length(void **state)
{
	(void)state;
	expect_rule("min-length: 3", "ab", "is shorter than min-length 3");
	expect_rule("min-length: 3", "abc", NULL);
	expect_rule("max-length: 3", "abc", NULL);
	expect_rule("max-length: 3", "abcd", "is longer than max-length 3");
	expect_rule("max-length: 0", "", NULL);
	expect_rule("max-length: 0", "a", "is longer than max-length 0");
	/* Characters, or bytes where it is no UTF-8. */
	expect_rule("max-length: 3", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", NULL);
	expect_rule("min-length: 3", "\xc3\xa4\xe2\x82\xac", "is shorter than min-length 3");
	expect_rule("min-length: 3", "\xc3\xa4\xff", NULL);
	expect_rule("max-length: 2", "\xc3\xa4\xff", "is longer than max-length 2");
	expect_rule_bytes("min-length: 3", (struct bytes){ (const uint8_t *)"a\0b", 3 }, NULL);
}

static void
test_check_range(void **state)
{
	(void)state;
	expect_rule("type: integer, min: 1, max: 10", "1", NULL);
	expect_rule("type: integer, min: 1, max: 10", "10", NULL);
	expect_rule("type: integer, min: 1, max: 10", "0", "is less than min 1");
	expect_rule("type: integer, min: 1, max: 10", "11", "is greater than max 10");
	expect_rule("type: number, min: -0.5", "-0.5", NULL);
	expect_rule("type: number, min: -0.5", "-0.50001", "is less than min -0.5");
	expect_rule("type: number, max: 1e3", "1000.0", NULL);
	expect_rule("type: number, max: 1e3", "1e4", "is greater than max 1000");
	expect_rule("type: port, min: 1024", "1023", "is less than min 1024");
	expect_rule("type: duration, min: 1m, max: 2h", "1m", NULL);
	expect_rule("type: duration, min: 1m, max: 2h", "59s", "is less than min 60");
	expect_rule("type: duration, min: 1m, max: 2h", "121m", "is greater than max 7200");
	expect_rule("type: duration, max: 2h", "1.5h", NULL);
	expect_rule("type: number, max: 10",
		    "0.0000000000000000000000000000000000000000000000000000000000000000000000001",
		    "is out of range");
}

static void
test_check_pattern(void **state)
{
	(void)state;
	expect_rule("pattern: '^a+$'", "aaa", NULL);
	expect_rule("pattern: '^a+$'", "aab", "does not match pattern");
	expect_rule("pattern: '^a+$'", "", "does not match pattern");
	expect_rule("pattern: '^$'", "", NULL);
	/* Anywhere, unless it is anchored. */
	expect_rule("pattern: b", "abc", NULL);
	/* Behind a NUL nothing would be looked at. */
	expect_rule_bytes("pattern: '^a'", (struct bytes){ (const uint8_t *)"a\0b", 3 },
			  "does not match pattern");
	/* Only what belongs to the value: no byte behind it. */
	expect_rule_bytes("pattern: '^ab$'", (struct bytes){ (const uint8_t *)"abc", 2 }, NULL);
}

static void
test_check_choices(void **state)
{
	(void)state;
	expect_rule("one-of: [a, b]", "b", NULL);
	expect_rule("one-of: [a, b]", "A", "is not one of a, b");
	expect_rule("one-of: [a, b]", "", "is not one of a, b");
	expect_rule("one-of: [a, b]", "ab", "is not one of a, b");
	expect_rule_bytes("one-of: [a, b]", (struct bytes){ (const uint8_t *)"a\0", 2 },
			  "is not one of a, b");
	/* As many as there is room for. */
#define FORTY "0123456789012345678901234567890123456789"
	expect_rule("one-of: [a" FORTY ", b" FORTY ", c" FORTY ", d" FORTY "]", "b",
		    "is not one of a" FORTY ", b" FORTY ", c" FORTY ", …");
	expect_rule("one-of: [a" FORTY FORTY FORTY FORTY ", b]", "x", "is not one of one-of");
	expect_rule("type: url, schemes: [https, postgres]", "https://a", NULL);
	expect_rule("type: url, schemes: [https, postgres]", "POSTGRES://a", NULL);
	expect_rule("type: url, schemes: [https]", "http://a",
		    "has a scheme that is not in schemes");
	expect_rule("type: url, schemes: [https]", "httpsx://a",
		    "has a scheme that is not in schemes");
}

static void
test_patterns_refused(void **state)
{
	static const struct {
		const char *pattern, *message;
	} patterns[] = {
		{ "(a)\\1", "'pattern' has a back-reference, which POSIX extended does not know" },
		{ "((a{255}){255}){255}", "'pattern' repeats too much (max-length may do)" },
		{ "(a{64}){65}", "'pattern' repeats too much (max-length may do)" },
		{ "a{4097}", "'pattern' repeats too much (max-length may do)" },
		{ "((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+",
		  "'pattern' repeats too much (max-length may do)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++) {
		CLEANUP(free_text) char *fields =
			xasprintf("kind: config, pattern: '%s'", patterns[i].pattern);
		CLEANUP(free_text) char *message = xasprintf("f:5:30: %s", patterns[i].message);

		refuse_setting(fields, message);
	}
	expect_rule("pattern: '[\\1]'", "x", "does not match pattern");
}

/* count entries behind a head; the caller clears. */
static struct buf
many(const char *head, const char *format, size_t count, const char *tail)
{
	struct buf source = BUF_INIT(4 * 1024 * 1024);

	buf_append_text(&source, head);
	for (size_t i = 0; i < count; i++)
		buf_printf(&source, "  %s%zu%s\n", format, i, tail);
	return source;
}

static void
test_limits(void **state)
{
	CLEANUP(buf_clear) struct buf fits =
		many(HEAD "settings:\n", "A", SCHEMA_SETTINGS_MAX, ": {kind: config}");
	CLEANUP(buf_clear) struct buf settings =
		many(HEAD "settings:\n", "A", SCHEMA_SETTINGS_MAX + 1, ": {kind: config}");
	CLEANUP(buf_clear) struct buf environments =
		many("version: 1\nproject: p\nsettings:\nenvironments:\n", "e",
		     SCHEMA_ENVIRONMENTS_MAX + 1, ":");
	CLEANUP(buf_clear) struct buf objects =
		many(HEAD "settings:\nobjects:\n", "o", 1001, ": {kind: Secret}");
	CLEANUP(schema_cleanup) struct schema *schema = read_schema(buf_text(&fits));

	(void)state;
	assert_int_equal(schema->setting_count, SCHEMA_SETTINGS_MAX);
	refuse(buf_text(&settings), "f:5:3: more than 20000 settings");
	refuse(buf_text(&environments), "f:5:3: more than 100 environments");
	refuse(buf_text(&objects), "f:6:3: more than 1000 objects");
}

static void
test_free_nothing(void **state)
{
	struct schema *schema = NULL;

	(void)state;
	schema_free(NULL);
	schema_cleanup(&schema);
	assert_null(schema);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_default_objects),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_near_misses),
		cmocka_unit_test(test_message_without_value),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_check_length),
		cmocka_unit_test(test_check_range),
		cmocka_unit_test(test_check_pattern),
		cmocka_unit_test(test_check_choices),
		cmocka_unit_test(test_patterns_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_free_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
