/* SPDX-License-Identifier: Apache-2.0 */
/* The chain as it stands in a repository: tfsecrets/roster, complete from 0001 on. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/repository/chain.h"
#include "injector/repository/tree.h"

static int
read_one(struct chain *chain, const struct tree_directory *directory, uint32_t serial, bool is_last,
	 struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(ROSTER_FILE_MAX);
	char name[16], file[64];

	chain_file_name(serial, name);
	(void)snprintf(file, sizeof(file), ROSTER_DIRECTORY "/%s", name);
	if (tree_read_in(directory, name, ROSTER_FILE_MAX, &text, err) < 0) {
		if (err->code == ERROR_MISSING)
			return error_set(err, ERROR_REFUSED,
					 "%s is missing: the chain of rosters must be complete",
					 file);
		return -1;
	}
	return chain_add(chain, buf_bytes(&text), file, is_last, err);
}

/* Names are exactly the serials: 0001 and on. */
static int
check_names(const struct list *names, struct error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		uint64_t serial;
		char expected[16];
		const char *digits = names->items[i];

		digits += strspn(digits, "0");
		if (!text_to_number(bytes_of(digits), UINT32_MAX, &serial) ||
		    (chain_file_name((uint32_t)serial, expected),
		     strcmp(expected, names->items[i]) != 0))
			return error_set(err, ERROR_REFUSED,
					 ROSTER_DIRECTORY
					 "/%s is not a roster; names are four digits",
					 names->items[i]);
	}
	return 0;
}

int
chain_read(struct tree *tree, struct chain *ret, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	CLEANUP(tree_close_directory) struct tree_directory directory = { .fd = -1 };

	if (tree_list(tree, ROSTER_DIRECTORY, &names, err) < 0)
		return -1;
	if (names.count == 0)
		return error_set(err, ERROR_MISSING,
				 "there is no roster%s; 'tfsecrets init' makes the first one",
				 tree->label);
	if (check_names(&names, err) < 0 ||
	    tree_open_directory(tree, ROSTER_DIRECTORY, &directory, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		if (read_one(&chain, &directory, (uint32_t)(i + 1), i + 1 == names.count, err) < 0)
			return -1;
	}
	*ret = chain;
	chain = (struct chain)CHAIN_INIT;
	return 0;
}
