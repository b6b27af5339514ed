/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/pod/env_file.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/variables.h"

static bool
has_long_line(const char *name, struct bytes value)
{
	size_t len = strlen(name) + strlen("=''");

	for (size_t i = 0; i < value.len && len <= ENV_FILE_LINE_MAX; i++)
		len = value.data[i] == '\n' ? strlen("'") : len + 1;
	return len > ENV_FILE_LINE_MAX;
}

/* NULL, or what the file cannot hold. */
static const char *
rule(const char *name, struct bytes value)
{
	if (value.len == 0)
		return "an empty value";
	if (memchr(value.data, '\'', value.len) != NULL)
		return "a single quote";
	if (memchr(value.data, 0, value.len) != NULL)
		return "a NUL";
	if (memchr(value.data, '\r', value.len) != NULL)
		return "a carriage return";
	if (!text_is_utf8(value))
		return "a value that is not UTF-8";
	if (has_long_line(name, value))
		return "a line of more than 60 KiB";
	if (strlen(name) + 1 + value.len + 1 > VARIABLE_MAX)
		return "a variable of more than 128 KiB";
	return NULL;
}

int
env_file_check(const char *name, const struct secret *value, struct error *err)
{
	const char *broken = rule(name, secret_bytes(value));

	if (broken == NULL)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "'%s': the kubelet's env file cannot hold %s; leave it out with --no-env "
			 "%s, its own file has it",
			 name, broken, name);
}

int
env_file_write(int fd, const char *name, const struct secret *value, const char *shown,
	       struct error *err)
{
	if (file_write_all(fd, bytes_of(name), shown, err) < 0 ||
	    file_write_all(fd, bytes_of("='"), shown, err) < 0 ||
	    secret_write(fd, value, shown, err) < 0)
		return -1;
	return file_write_all(fd, bytes_of("'\n"), shown, err);
}
