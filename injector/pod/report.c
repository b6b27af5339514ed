/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/pod/report.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "injector/terminal.h"

static struct {
	const char *file;
	char done[ERROR_MESSAGE_BYTES];
} report = { .file = REPORT_FILE };

void
report_to(const char *file)
{
	if (file != NULL)
		report.file = file;
}

void
report_done(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(report.done, sizeof(report.done), format, args);
	va_end(args);
	terminal_note("%s", report.done);
}

void
report_end(int status, const struct error *err)
{
	char line[ERROR_MESSAGE_BYTES];
	struct error ignored;
	struct stat found;
	CLEANUP(close_fd) int fd = -1;

	(void)snprintf(line, sizeof(line), "%s", status != 0 ? err->message : report.done);
	text_neutralise(line, false);
	if (line[0] == 0)
		return;
	/* No link: somebody who shares a volume could have it lead to another file. */
	fd = open(report.file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &found) < 0 || !S_ISREG(found.st_mode) || ftruncate(fd, 0) < 0 ||
	    file_write_all(fd, bytes_of(line), report.file, &ignored) < 0)
		return;
}
