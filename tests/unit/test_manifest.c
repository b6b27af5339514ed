/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "crypto/base64.h"
#include "injector/cluster/manifest.h"
#include "tests/unit/fake_values.h"

enum { OUTPUT_MAX = 32 << 20, MAX_SETTINGS = 64 };

#define TEXT(literal)                                                                              \
	(char[])                                                                                   \
	{                                                                                          \
		literal                                                                            \
	}

static const struct environment prod = { .name = TEXT("prod"), .deliver = DELIVER_OBJECTS };

/* One ConfigMap or Secret with a key for each value: K00, K01, ... */
struct one_object {
	struct kube_objects objects;
	struct fake_values fake;
	struct value_source source;
};

static void
make_one(enum object_kind kind, const struct fake_value *values, size_t count,
	 struct one_object *ret)
{
	char keys[MAX_SETTINGS][4];
	struct object_entry entries[MAX_SETTINGS];
	struct object object = {
		TEXT("app"), 1,	   kind, kind == OBJECT_SECRET ? TEXT("Opaque") : TEXT("ConfigMap"),
		entries,     count
	};
	const struct schema schema = { .objects = &object, .object_count = 1 };
	const struct object_place place = { &prod, FAKE_PROJECT_ID, "space", NULL, 0 };
	struct error err = ERROR_INIT;

	assert_true(count <= MAX_SETTINGS);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "K%02u", (unsigned)i % 100);
		entries[i] = (struct object_entry){ keys[i], i };
	}
	*ret = (struct one_object){ .fake = { .values = values } };
	ret->source = (struct value_source)FAKE_SOURCE(&ret->fake);
	assert_int_equal(kube_objects_make(&schema, &place, &ret->source, &ret->objects, &err), 0);
}

static void
clear_one(struct one_object *one)
{
	kube_objects_clear(&one->objects);
}

static void
write_objects(const struct kube_objects *objects, const struct value_source *source,
	      enum manifest_format format, enum manifest_secrets secrets, struct buf *ret)
{
	CLEANUP(close_fd) int fd = memfd_create("manifest", MFD_CLOEXEC);
	struct error err = ERROR_INIT;

	assert_true(fd >= 0);
	if (manifest_write(fd, "standard output", objects, source, format, secrets, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	buf_reset(ret);
	assert_int_equal(file_read_all(fd, "manifest", ret->max, ret, &err), 0);
}

static int
start(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return secret_start(&err);
}

static struct object_entry two_config[] = { { TEXT("BLOB"), 1 }, { TEXT("URL"), 0 } };
static struct object_entry two_secret[] = { { TEXT("database-url"), 2 }, { TEXT("port"), 3 } };
static struct object two_objects[] = {
	{ TEXT("app-config"), 1, OBJECT_CONFIGMAP, TEXT("ConfigMap"), two_config, 2 },
	{ TEXT("app-secrets"), 2, OBJECT_SECRET, TEXT("Opaque"), two_secret, 2 },
};
static const struct fake_value two_values[] = { FAKE_PLAIN("https://example.org"),
						FAKE_PLAIN("\0\xff"), FAKE_SEALED("hunter2"),
						FAKE_PLAIN("5432") };

static void
write_two(size_t count, enum manifest_format format, enum manifest_secrets secrets, struct buf *ret)
{
	const struct schema schema = { .objects = two_objects, .object_count = count };
	const struct object_place place = { &prod, FAKE_PROJECT_ID, NULL, NULL, 0 };
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	struct fake_values fake = { .values = two_values };
	const struct value_source source = FAKE_SOURCE(&fake);
	struct error err = ERROR_INIT;

	assert_int_equal(kube_objects_make(&schema, &place, &source, &objects, &err), 0);
	write_objects(&objects, &source, format, secrets, ret);
	assert_int_equal(fake.opened, secrets == MANIFEST_REVEALED && count > 1);
}

/* SHA-256 of TYPE and each key with its digest or value-id, computed with another program. */
#define CONFIG_CONTENT "v1:95ec0b3bf812bb95d60ce50a31596eac0f01b13cb281db79d2afce5e3dfbbc61"
#define SECRET_CONTENT "v1:87eb2ff42bdaa64ff7358706a30968cbe0207862ef7e8006167cc4336c5bafa4"

static void
test_yaml(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);

	(void)state;
	write_two(2, MANIFEST_YAML, MANIFEST_REVEALED, &out);
	assert_string_equal(buf_text(&out),
			    "---\n"
			    "apiVersion: v1\n"
			    "kind: ConfigMap\n"
			    "metadata:\n"
			    "  name: app-config\n"
			    "  labels:\n"
			    "    app.kubernetes.io/managed-by: tfsecrets\n"
			    "    tfsecrets.dev/environment: prod\n"
			    "    tfsecrets.dev/project: \"" FAKE_PROJECT_ID "\"\n"
			    "  annotations:\n"
			    "    tfsecrets.dev/content: \"" CONFIG_CONTENT "\"\n"
			    "    tfsecrets.dev/keys: \"BLOB=06eb7d6a,URL=50d7a905\"\n"
			    "data:\n"
			    "  URL: https://example.org\n"
			    "binaryData:\n"
			    "  BLOB: \"AP8=\"\n"
			    "---\n"
			    "apiVersion: v1\n"
			    "kind: Secret\n"
			    "metadata:\n"
			    "  name: app-secrets\n"
			    "  labels:\n"
			    "    app.kubernetes.io/managed-by: tfsecrets\n"
			    "    tfsecrets.dev/environment: prod\n"
			    "    tfsecrets.dev/project: \"" FAKE_PROJECT_ID "\"\n"
			    "  annotations:\n"
			    "    tfsecrets.dev/content: \"" SECRET_CONTENT "\"\n"
			    "    tfsecrets.dev/keys: \"database-url=01234567,port=4aeb7ad6\"\n"
			    "type: Opaque\n"
			    "data:\n"
			    "  database-url: \"aHVudGVyMg==\"\n"
			    "  port: \"NTQzMg==\"\n");
}

static void
test_json(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);

	(void)state;
	write_two(1, MANIFEST_JSON, MANIFEST_REVEALED, &out);
	assert_string_equal(buf_text(&out),
			    "{\n"
			    "  \"apiVersion\": \"v1\",\n"
			    "  \"kind\": \"ConfigMap\",\n"
			    "  \"metadata\": {\n"
			    "    \"name\": \"app-config\",\n"
			    "    \"labels\": {\n"
			    "      \"app.kubernetes.io/managed-by\": \"tfsecrets\",\n"
			    "      \"tfsecrets.dev/environment\": \"prod\",\n"
			    "      \"tfsecrets.dev/project\": \"" FAKE_PROJECT_ID "\"\n"
			    "    },\n"
			    "    \"annotations\": {\n"
			    "      \"tfsecrets.dev/content\": \"" CONFIG_CONTENT "\",\n"
			    "      \"tfsecrets.dev/keys\": \"BLOB=06eb7d6a,URL=50d7a905\"\n"
			    "    }\n"
			    "  },\n"
			    "  \"data\": {\n"
			    "    \"URL\": \"https://example.org\"\n"
			    "  },\n"
			    "  \"binaryData\": {\n"
			    "    \"BLOB\": \"AP8=\"\n"
			    "  }\n"
			    "}\n");
}

/* A text with a '<' is no base64 to any API server. */
static void
test_hidden(void **state)
{
	static const enum manifest_format formats[] = { MANIFEST_YAML, MANIFEST_JSON };

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);

		write_two(2, formats[i], MANIFEST_HIDDEN, &out);
		assert_non_null(strstr(buf_text(&out), "\"<hidden: sealed, generation 7>\""));
		assert_non_null(strstr(buf_text(&out), "\"NTQzMg==\""));
		assert_null(strstr(buf_text(&out), "hunter2"));
		assert_null(strstr(buf_text(&out), "aHVudGVyMg"));
	}
}

/* What a YAML 1.1 parser, a JSON parser or a terminal could take for something else. */
static const struct fake_value hostile[] = {
	FAKE_PLAIN(""),
	FAKE_PLAIN("no"),
	FAKE_PLAIN("Yes"),
	FAKE_PLAIN("ON"),
	FAKE_PLAIN("y"),
	FAKE_PLAIN("null"),
	FAKE_PLAIN("~"),
	FAKE_PLAIN("012"),
	FAKE_PLAIN("0o12"),
	FAKE_PLAIN("0x1F"),
	FAKE_PLAIN("1e3"),
	FAKE_PLAIN("12345678901234567890123456789012"),
	FAKE_PLAIN(".5"),
	FAKE_PLAIN("1_000"),
	FAKE_PLAIN("190:20:30"),
	FAKE_PLAIN(".inf"),
	FAKE_PLAIN("-.INF"),
	FAKE_PLAIN(".NaN"),
	FAKE_PLAIN("2026-11-21"),
	FAKE_PLAIN("2026-11-21T16:40:02Z"),
	FAKE_PLAIN("="),
	FAKE_PLAIN("<<"),
	FAKE_PLAIN("---"),
	FAKE_PLAIN("..."),
	FAKE_PLAIN("- a"),
	FAKE_PLAIN("? a"),
	FAKE_PLAIN("a: b"),
	FAKE_PLAIN("a:"),
	FAKE_PLAIN("a #b"),
	FAKE_PLAIN("#"),
	FAKE_PLAIN("&a"),
	FAKE_PLAIN("*a"),
	FAKE_PLAIN("!a"),
	FAKE_PLAIN("|"),
	FAKE_PLAIN(">"),
	FAKE_PLAIN("%a"),
	FAKE_PLAIN("@a"),
	FAKE_PLAIN("`a"),
	FAKE_PLAIN("'a'"),
	FAKE_PLAIN("\"a\\\""),
	FAKE_PLAIN("{a}"),
	FAKE_PLAIN("[a]"),
	FAKE_PLAIN(" a "),
	FAKE_PLAIN("a\n"),
	FAKE_PLAIN("\n\na\n b"),
	FAKE_PLAIN("a\r\nb\rc"),
	FAKE_PLAIN("\t"),
	FAKE_PLAIN("\x01\x1b[31m\x7f"),
	FAKE_PLAIN("\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0"),
	FAKE_PLAIN("\xe2\x80\xa8\xe2\x80\xa9"),
	FAKE_PLAIN("\xef\xbb\xbf"),
	FAKE_PLAIN("\xef\xbf\xbe\xef\xbf\xbf"),
	FAKE_PLAIN("\xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"),
	FAKE_PLAIN("\xc3\xa9\xe2\x82\xac"),
	FAKE_PLAIN("</script>\\/"),
	/* what no text can hold */
	FAKE_PLAIN("\0"),
	FAKE_PLAIN("a\0b"),
	FAKE_PLAIN("\xff"),
	FAKE_PLAIN("\xed\xa0\x80"),
	FAKE_PLAIN("\xed\xa0\xbd\xed\xb8\x80"),
	FAKE_PLAIN("\xc0\x80"),
	FAKE_PLAIN("\xf4\x90\x80\x80"),
};

static bool
is_text(const struct fake_value *value)
{
	return value->len == 0 || (memchr(value->data, 0, value->len) == NULL &&
				   text_is_utf8((struct bytes){ value->data, value->len }));
}

/* got: the text at a key in data, or NULL; got_binary: in binaryData. */
static void
assert_value(const struct fake_value *value, bool is_secret, const char *got,
	     const char *got_binary)
{
	bool is_base64 = is_secret || !is_text(value);
	CLEANUP(buf_clear) struct buf decoded = BUF_INIT(OUTPUT_MAX);
	const char *text = is_secret || is_text(value) ? got : got_binary;

	assert_non_null(text);
	assert_null(text == got ? got_binary : got);
	if (is_base64)
		assert_true(base64_decode(bytes_of(text), BASE64_PADDED, &decoded));
	else
		buf_append_text(&decoded, text);
	assert_int_equal(decoded.len, value->len);
	if (value->len > 0)
		assert_memory_equal(decoded.data, value->data, value->len);
}

static const char *
yaml_text(const struct yaml *yaml, const char *field, const char *key)
{
	const struct yaml_node *map = yaml_get(yaml->root, field);
	const struct yaml_node *value = map != NULL ? yaml_get(map, key) : NULL;

	return value != NULL ? value->text : NULL;
}

static const char *
json_text_at(const cJSON *json, const char *field, const char *key)
{
	return cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, field),
						 key));
}

/* Writes values as an object and reads each back: from YAML, from JSON, and from JSON as YAML, which is
 * how API servers read it. */
static void
assert_round_trip(enum object_kind kind, const struct fake_value *values, size_t count)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(OUTPUT_MAX), body = BUF_INIT(OUTPUT_MAX);
	CLEANUP(clear_one) struct one_object one;
	CLEANUP(sink_clear) struct sink sink = SINK_INIT;
	struct yaml *yaml = NULL, *body_yaml = NULL;
	struct error err = ERROR_INIT;
	cJSON *json, *body_json;

	make_one(kind, values, count, &one);
	write_objects(&one.objects, &one.source, MANIFEST_YAML, MANIFEST_REVEALED, &text);
	if (yaml_parse(buf_bytes(&text), "F", &yaml, &err) < 0)
		fail_msg("%s", err.message);
	write_objects(&one.objects, &one.source, MANIFEST_JSON, MANIFEST_REVEALED, &text);
	json = cJSON_Parse(buf_text(&text));
	assert_non_null(json);
	assert_int_equal(sink_to_memory(4 << 20, &sink, &err), 0);
	assert_int_equal(manifest_body(&one.objects.items[0], &one.source, &sink, &err), 0);
	buf_append(&body, secret_bytes(&sink.block));
	body_json = cJSON_Parse(buf_text(&body));
	assert_non_null(body_json);
	if (yaml_parse(buf_bytes(&body), "F", &body_yaml, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < count; i++) {
		const char *key = one.objects.items[0].entries[i].key;
		bool is_secret = kind == OBJECT_SECRET;

		assert_value(&values[i], is_secret, yaml_text(yaml, "data", key),
			     yaml_text(yaml, "binaryData", key));
		assert_value(&values[i], is_secret, json_text_at(json, "data", key),
			     json_text_at(json, "binaryData", key));
		assert_value(&values[i], is_secret, json_text_at(body_json, "data", key),
			     json_text_at(body_json, "binaryData", key));
		assert_value(&values[i], is_secret, yaml_text(body_yaml, "data", key),
			     yaml_text(body_yaml, "binaryData", key));
	}
	yaml_destroy(yaml);
	yaml_destroy(body_yaml);
	cJSON_Delete(json);
	cJSON_Delete(body_json);
}

static void
test_hostile_values(void **state)
{
	struct fake_value sealed[COUNT(hostile)];

	(void)state;
	assert_round_trip(OBJECT_CONFIGMAP, hostile, COUNT(hostile));
	assert_round_trip(OBJECT_SECRET, hostile, COUNT(hostile));
	for (size_t i = 0; i < COUNT(hostile); i++)
		sealed[i] = (struct fake_value){ VALUE_SEALED, hostile[i].data, hostile[i].len };
	assert_round_trip(OBJECT_SECRET, sealed, COUNT(sealed));
}

/* Lengths around a group, a block and the largest value. */
static void
test_lengths(void **state)
{
	static const size_t lengths[] = { 1,
					  2,
					  3,
					  3071,
					  3072,
					  3073,
					  12285,
					  12288,
					  12289,
					  16384,
					  50000,
					  OBJECT_DATA_MAX - 1,
					  OBJECT_DATA_MAX };
	uint8_t *bytes = xcalloc(OBJECT_DATA_MAX, 1);

	(void)state;
	for (size_t i = 0; i < OBJECT_DATA_MAX; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		const struct fake_value values[] = { { VALUE_SEALED, bytes, lengths[i] },
						     FAKE_SEALED("next") };
		const struct fake_value plain[] = { { VALUE_PLAIN, bytes, lengths[i] },
						    FAKE_PLAIN("next") };

		assert_round_trip(OBJECT_SECRET, values, COUNT(values));
		assert_round_trip(OBJECT_CONFIGMAP, plain, COUNT(plain));
	}
	/* the longest text for its length: six characters for each byte */
	memset(bytes, 0x01, OBJECT_DATA_MAX);
	{
		const struct fake_value values[] = { { VALUE_PLAIN, bytes, OBJECT_DATA_MAX / 2 } };

		assert_round_trip(OBJECT_CONFIGMAP, values, COUNT(values));
	}
	free(bytes);
}

static void
test_no_values(void **state)
{
	static const struct fake_value none[] = { FAKE_ABSENT };
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	CLEANUP(clear_one) struct one_object one;

	(void)state;
	make_one(OBJECT_SECRET, none, 1, &one);
	write_objects(&one.objects, &one.source, MANIFEST_YAML, MANIFEST_HIDDEN, &out);
	assert_non_null(strstr(buf_text(&out), "\n  namespace: space\n"));
	assert_non_null(strstr(buf_text(&out), "\n    tfsecrets.dev/keys: \"\"\n"));
	assert_non_null(strstr(buf_text(&out), "\ntype: Opaque\ndata: {}\n"));
	write_objects(&one.objects, &one.source, MANIFEST_JSON, MANIFEST_HIDDEN, &out);
	assert_non_null(strstr(buf_text(&out), "\n  \"type\": \"Opaque\",\n  \"data\": {}\n}\n"));
}

static void
test_no_objects(void **state)
{
	const struct kube_objects none = KUBE_OBJECTS_INIT;
	const struct value_source source = { .context = NULL };
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);

	(void)state;
	write_objects(&none, &source, MANIFEST_YAML, MANIFEST_HIDDEN, &out);
	assert_string_equal(buf_text(&out), "");
	write_objects(&none, &source, MANIFEST_JSON, MANIFEST_HIDDEN, &out);
	assert_string_equal(
		buf_text(&out),
		"{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": []\n}\n");
}

/* Only binary values: no empty `data` beside them. */
static void
test_only_binary(void **state)
{
	static const struct fake_value binary[] = { FAKE_PLAIN("\xff") };
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	CLEANUP(clear_one) struct one_object one;

	(void)state;
	make_one(OBJECT_CONFIGMAP, binary, 1, &one);
	write_objects(&one.objects, &one.source, MANIFEST_YAML, MANIFEST_HIDDEN, &out);
	assert_null(strstr(buf_text(&out), "\ndata:"));
	assert_non_null(strstr(buf_text(&out), "\nbinaryData:\n  K00: \"/w==\"\n"));
}

static void
test_body(void **state)
{
	static const struct fake_value values[] = { FAKE_SEALED("hunter2") };
	CLEANUP(sink_clear) struct sink sink = SINK_INIT, small = SINK_INIT;
	CLEANUP(clear_one) struct one_object one;
	CLEANUP(free_text) char *wanted = NULL;
	struct error err = ERROR_INIT;

	(void)state;
	make_one(OBJECT_SECRET, values, 1, &one);
	wanted = xasprintf(
		"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"app\","
		"\"namespace\":\"space\",\"labels\":{\"app.kubernetes.io/managed-by\":\"tfsecrets\","
		"\"tfsecrets.dev/environment\":\"prod\",\"tfsecrets.dev/project\":\"" FAKE_PROJECT_ID
		"\"},\"annotations\":{\"tfsecrets.dev/content\":\"%s\",\"tfsecrets.dev/keys\":"
		"\"K00=01234567\"}},\"type\":\"Opaque\",\"data\":{\"K00\":\"aHVudGVyMg==\"}}",
		one.objects.items[0].annotations[0].value);
	assert_int_equal(sink_to_memory(strlen(wanted), &sink, &err), 0);
	assert_int_equal(manifest_body(&one.objects.items[0], &one.source, &sink, &err), 0);
	assert_int_equal(sink.block.len, strlen(wanted));
	assert_memory_equal(sink.block.data, wanted, strlen(wanted));
	assert_int_equal(sink_to_memory(strlen(wanted) - 1, &small, &err), 0);
	assert_int_equal(manifest_body(&one.objects.items[0], &one.source, &small, &err), -1);
}

static void
test_failures(void **state)
{
	static const struct fake_value values[] = { FAKE_SEALED("hunter2") };
	CLEANUP(close_fd) int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	CLEANUP(clear_one) struct one_object one;
	struct error err = ERROR_INIT;

	(void)state;
	make_one(OBJECT_SECRET, values, 1, &one);
	assert_int_equal(manifest_write(full, "standard output", &one.objects, &one.source,
					MANIFEST_YAML, MANIFEST_REVEALED, &err),
			 -1);
	assert_string_equal(err.message, "cannot write 'standard output': No space left on device");
	one.fake.is_broken = true;
	assert_int_equal(manifest_write(full, "standard output", &one.objects, &one.source,
					MANIFEST_YAML, MANIFEST_REVEALED, &err),
			 -1);
	assert_string_equal(err.message, "altered, or sealed to another key");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml),	   cmocka_unit_test(test_json),
		cmocka_unit_test(test_hidden),	   cmocka_unit_test(test_hostile_values),
		cmocka_unit_test(test_lengths),	   cmocka_unit_test(test_no_values),
		cmocka_unit_test(test_no_objects), cmocka_unit_test(test_only_binary),
		cmocka_unit_test(test_body),	   cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
