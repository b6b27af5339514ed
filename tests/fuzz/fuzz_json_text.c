/* SPDX-License-Identifier: Apache-2.0 */
/* A text is JSON or not, and then so it is with blanks around it, as an element of an array, and as a member
 * of an object; only the depth may forbid that. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "schemas/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ADDED_MAX = 16, DEPTH_MAX = 64 };

static bool
is_valid_between(const char *front, struct bytes text, const char *back)
{
	CLEANUP(buf_clear) struct buf whole = BUF_INIT(text.len + ADDED_MAX);

	buf_append_text(&whole, front);
	buf_append(&whole, text);
	buf_append_text(&whole, back);
	return json_is_valid(buf_bytes(&whole));
}

/* At least as deep as the text: strings may have brackets too. */
static size_t
count_openers(struct bytes text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == '[' || text.data[i] == '{';
	return count;
}

static void
require(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { data, size };
	bool is_valid = json_is_valid(text), fits = count_openers(text) < DEPTH_MAX;

	require(json_is_valid(text) == is_valid);
	require(is_valid_between(" \n", text, "\t\r") == is_valid);
	require(!is_valid_between("\xef\xbb\xbf", text, ""));
	if (!is_valid)
		return 0;
	require(text_is_utf8(text) && size > 0 && memchr(data, 0, size) == NULL);
	require(!is_valid_between("", text, "]"));
	require(!is_valid_between("[", text, ""));
	require(!is_valid_between("[", text, ",]"));
	require(!is_valid_between("{", text, "}"));
	if (fits)
		require(is_valid_between("[0,", text, "]") &&
			is_valid_between("{\"a\":", text, "}"));
	return 0;
}
