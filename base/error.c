/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
error_set(struct error *err, enum error_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	err->code = code;
	return -1;
}

/* Appends to a text of `used` bytes; what does not fit is cut. */
static void
append(char *text, size_t size, size_t used, const char *tail)
{
	if (used < size - 1)
		(void)snprintf(text + used, size - used, "%s", tail);
}

int
error_errno(struct error *err, const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	append(err->message, sizeof(err->message), strlen(err->message), ": ");
	append(err->message, sizeof(err->message), strlen(err->message), strerror(saved));
	err->code = saved == ENOENT ? ERROR_MISSING : ERROR_FAILED;
	errno = saved;
	return -1;
}

int
error_context(struct error *err, const char *format, ...)
{
	char cause[ERROR_MESSAGE_BYTES];
	va_list args;

	memcpy(cause, err->message, sizeof(cause));
	va_start(args, format);
	(void)vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	append(err->message, sizeof(err->message), strlen(err->message), ": ");
	append(err->message, sizeof(err->message), strlen(err->message), cause);
	return -1;
}

int
error_advice(struct error *err, const char *format, ...)
{
	int saved = errno;
	size_t len;
	va_list args;

	append(err->message, sizeof(err->message), strlen(err->message), "; ");
	len = strlen(err->message);
	va_start(args, format);
	(void)vsnprintf(err->message + len, sizeof(err->message) - len, format, args);
	va_end(args);
	errno = saved;
	return -1;
}

int
error_exit_status(enum error_code code)
{
	static const int statuses[] = {
		[ERROR_NONE] = 0,  [ERROR_FAILED] = 1,	[ERROR_MISSING] = 1, [ERROR_USAGE] = 2,
		[ERROR_FOUND] = 3, [ERROR_REFUSED] = 4, [ERROR_CLUSTER] = 5,
	};

	return statuses[code];
}
