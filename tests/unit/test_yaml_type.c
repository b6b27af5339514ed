/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "base/yaml.h"

/* A document, as JSON with the types of YAML 1.1. */
static void
expect_json(const char *source, const char *json)
{
	CLEANUP(yaml_documents_clear) struct yaml_documents documents = YAML_DOCUMENTS_INIT;
	CLEANUP(buf_clear) struct buf out = BUF_INIT(1024);
	struct error err;

	assert_int_equal(yaml_parse_lax(bytes_of(source), "test", &documents, &err), 0);
	assert_int_equal(documents.count, 1);
	yaml_write_json(&out, documents.items[0]->root);
	if (strcmp(buf_text(&out), json) != 0)
		fail_msg("%s: %s is not %s", source, buf_text(&out), json);
}

/* What sigs.k8s.io/yaml makes of them. */
static void
test_scalars(void **state)
{
	static const char *const cases[][2] = {
		{ "[~, null, Null, NULL, nULL]", "[null,null,null,null,\"nULL\"]" },
		{ "[y, Y, yes, Yes, YES, on, On, ON, true, True, TRUE]",
		  "[true,true,true,true,true,true,true,true,true,true,true]" },
		{ "[n, N, no, No, NO, off, Off, OFF, false, False, FALSE]",
		  "[false,false,false,false,false,false,false,false,false,false,false]" },
		{ "[yEs, oN, tRUE, nope]", "[\"yEs\",\"oN\",\"tRUE\",\"nope\"]" },
		{ "['yes', \"1\", '']", "[\"yes\",\"1\",\"\"]" },
		{ "[0, -0, +7, 1_000, 010, 0o10, 0x1F, 0b101, -0x10]",
		  "[0,0,7,1000,8,8,31,5,-16]" },
		{ "[08, 0b2, 0x, 0xg, '+', -, 1e400]",
		  "[8,\"0b2\",\"0x\",\"0xg\",\"+\",\"-\",\"1e400\"]" },
		{ "[18446744073709551615, -9223372036854775808]",
		  "[18446744073709551615,-9223372036854775808]" },
		{ "[1.5, .5, -.5, 1., 1e3, 1.25e-3, 0.1]", "[1.5,0.5,-0.5,1,1000,0.00125,0.1]" },
		{ "[., 1e, 1e+, 1.2.3, 2001-01-01, 10.0.0.1]",
		  "[\".\",\"1e\",\"1e+\",\"1.2.3\",\"2001-01-01\",\"10.0.0.1\"]" },
		{ "{n: 1, 2: a, ~: b, 'n ': [], c: {}}",
		  "{\"false\":1,\"2\":\"a\",\"null\":\"b\",\"n \":[],\"c\":{}}" },
		{ "a: |\n  yes\n", "{\"a\":\"yes\\n\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_json(cases[i][0], cases[i][1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
