/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"
#include "injector/repository/conflict.h"

static void
expect_split(const char *text, const char *ours, const char *theirs)
{
	CLEANUP(buf_clear) struct buf a = BUF_INIT(4096);
	CLEANUP(buf_clear) struct buf b = BUF_INIT(4096);

	assert_true(conflict_split(bytes_of(text), &a, &b));
	assert_string_equal(buf_text(&a), ours);
	assert_string_equal(buf_text(&b), theirs);
}

static void
test_split(void **state)
{
	(void)state;
	expect_split("1\n<<<<<<< HEAD\no\n=======\nt\n>>>>>>> side\n2\n", "1\no\n2\n", "1\nt\n2\n");
	expect_split("<<<<<<< ours\no\n||||||| base\nb\n=======\nt\n>>>>>>> theirs\n", "o\n",
		     "t\n");
	expect_split("<<<<<<<\n=======\nt\n>>>>>>>\n", "", "t\n");
	/* Two places, and no line feed at the end. */
	expect_split("<<<<<<< a\n1\n=======\n2\n>>>>>>> b\nx\n<<<<<<< a\n3\n=======\n4\n>>>>>>> b",
		     "1\nx\n3\n", "2\nx\n4\n");
	/* Eight are no marker, nor are seven with something behind. */
	expect_split("<<<<<<< a\n========\n=======x\n=======\n>>>>>>> b\n", "========\n=======x\n",
		     "");
}

static void
test_no_split(void **state)
{
	static const char *const texts[] = {
		"",
		"nothing\n",
		"<<<<<<< a\n",
		"<<<<<<< a\n=======\n",
		"=======\n",
		">>>>>>> b\n",
		"||||||| b\n",
		"<<<<<<< a\n>>>>>>> b\n",
		"<<<<<<< a\n<<<<<<< a\n=======\n>>>>>>> b\n",
		"<<<<<<< a\n=======\n=======\n>>>>>>> b\n",
		"<<<<<<< a\n=======\n||||||| c\n>>>>>>> b\n",
		"<<<<<<< a\n||||||| c\n||||||| c\n=======\n>>>>>>> b\n",
		"<<<<<<< a\n=======\n>>>>>>> b\n>>>>>>> b\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		CLEANUP(buf_clear) struct buf a = BUF_INIT(4096);
		CLEANUP(buf_clear) struct buf b = BUF_INIT(4096);

		if (conflict_split(bytes_of(texts[i]), &a, &b))
			fail_msg("was taken apart: %s", texts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_no_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
