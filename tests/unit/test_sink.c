/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/cluster/sink.h"
#include "schemas/type.h"

static int
setup(void **state)
{
	struct error err;

	(void)state;
	return secret_start(&err);
}

static int
teardown(void **state)
{
	(void)state;
	secret_stop();
	return 0;
}

/* The string that text becomes, in a buffer that the caller clears. */
static struct buf
written(struct bytes text)
{
	CLEANUP(sink_clear) struct sink sink = SINK_INIT;
	struct buf out = BUF_INIT(SECRET_VALUE_MAX);
	struct error err;

	assert_int_equal(sink_to_memory(8 * text.len + 64, &sink, &err), 0);
	assert_int_equal(sink_json_string(&sink, text, &err), 0);
	buf_append(&out, secret_bytes(&sink.block));
	return out;
}

static void
test_json_string(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "", "\"\"" },
		{ "plain text", "\"plain text\"" },
		{ "a\"b\\c/d", "\"a\\\"b\\\\c/d\"" },
		{ "\n\r\t\b\f\001\037", "\"\\n\\r\\t\\u0008\\u000c\\u0001\\u001f\"" },
		{ "\"", "\"\\\"\"" },
		{ "\177 \xc2\xa0\xe2\x82\xac\xf0\x9f\x94\x91",
		  "\"\177 \xc2\xa0\xe2\x82\xac\xf0\x9f\x94\x91\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_clear) struct buf out = written(bytes_of(cases[i].text));

		assert_string_equal(buf_text(&out), cases[i].json);
	}
}

static void
test_json_every_byte(void **state)
{
	(void)state;
	for (unsigned int byte = 0; byte < 0x80; byte++) {
		const uint8_t text[] = { 'x', (uint8_t)byte, 'y' };
		CLEANUP(buf_clear) struct buf out = written(BYTES(text));

		assert_true(json_is_valid(buf_bytes(&out)));
		assert_int_equal(out.data[1], 'x');
		assert_int_equal(out.data[out.len - 2], 'y');
	}
}

/* Longer than a block, to a descriptor, with an escape at every place around its end. */
static void
test_json_across_blocks(void **state)
{
	struct error err;

	(void)state;
	for (size_t len = SINK_BLOCK_BYTES - 9; len < SINK_BLOCK_BYTES + 3; len++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT(SECRET_VALUE_MAX);
		CLEANUP(buf_clear) struct buf expected = BUF_INIT(SECRET_VALUE_MAX);
		CLEANUP(buf_clear) struct buf found = BUF_INIT(SECRET_VALUE_MAX);
		CLEANUP(sink_clear) struct sink sink = SINK_INIT;
		CLEANUP(close_fd) int fd = memfd_create("sink", MFD_CLOEXEC);

		assert_true(fd >= 0);
		buf_append_byte(&expected, '"');
		for (size_t i = 0; i < len; i++) {
			buf_append_byte(&text, 'a');
			buf_append_byte(&expected, 'a');
		}
		buf_append_text(&text, "\001end");
		buf_append_text(&expected, "\\u0001end\"");
		assert_int_equal(sink_to_fd(fd, "it", &sink, &err), 0);
		assert_int_equal(sink_json_string(&sink, buf_bytes(&text), &err), 0);
		assert_int_equal(sink_flush(&sink, &err), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(file_read_all(fd, "it", SECRET_VALUE_MAX, &found, &err), 0);
		assert_true(bytes_equal(buf_bytes(&found), buf_bytes(&expected)));
	}
}

static void
test_full(void **state)
{
	CLEANUP(sink_clear) struct sink sink = SINK_INIT;
	struct error err;

	(void)state;
	assert_int_equal(sink_to_memory(4, &sink, &err), 0);
	assert_int_equal(sink_json_string(&sink, bytes_of("abc"), &err), -1);
	assert_int_equal(err.code, ERROR_FAILED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_string),
		cmocka_unit_test(test_json_every_byte),
		cmocka_unit_test(test_json_across_blocks),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
