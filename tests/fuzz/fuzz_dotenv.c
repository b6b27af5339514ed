/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever dotenv_read accepts, dotenv_write must write so that it reads back the same. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/repository/dotenv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_reads_back(const struct dotenv *dotenv)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	CLEANUP(dotenv_clear) struct dotenv again = DOTENV_INIT;
	struct error err = ERROR_INIT;
	size_t room = 1;

	for (size_t i = 0; i < dotenv->count; i++)
		room += dotenv_write_size(dotenv->entries[i].name, dotenv_value(dotenv, i));
	require(secret_new(room, &text, &err) == 0);
	for (size_t i = 0; i < dotenv->count; i++)
		require(dotenv_write(dotenv->entries[i].name, dotenv_value(dotenv, i), &text,
				     &err) == 0);
	require(dotenv_read(secret_bytes(&text), "fuzz", &again, &err) == 0);
	require(again.count == dotenv->count);
	for (size_t i = 0; i < again.count; i++)
		require(strcmp(again.entries[i].name, dotenv->entries[i].name) == 0 &&
			bytes_equal(dotenv_value(&again, i), dotenv_value(dotenv, i)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	CLEANUP(dotenv_clear) struct dotenv dotenv = DOTENV_INIT;
	struct error err = ERROR_INIT;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	if (dotenv_read((struct bytes){ data, size }, "fuzz", &dotenv, &err) == 0)
		check_reads_back(&dotenv);
	else
		require(strncmp(err.message, "fuzz:", strlen("fuzz:")) == 0);
	return 0;
}
