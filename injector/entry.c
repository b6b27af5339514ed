/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/entry.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/memory.h"
#include "injector/terminal.h"

int
entry_from_file(const char *path, size_t max, struct secret *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	return secret_read(fd, path, max, ret, err);
}

/* A value of the maximum may have its line feed behind it; what is too large is refused when it is set. */
int
entry_from_stdin(struct secret *ret, struct error *err)
{
	if (secret_read(STDIN_FILENO, "standard input", SECRET_VALUE_MAX + 1, ret, err) < 0)
		return -1;
	if (ret->len > 0 && ret->data[ret->len - 1] == '\n')
		secret_truncate(ret, ret->len - 1);
	return 0;
}

int
entry_ask(const char *setting, const char *environment, struct secret *ret, struct error *err)
{
	CLEANUP(free_text) char *prompt = xasprintf("%s for '%s': ", setting, environment);

	return terminal_ask_secret(prompt, true, SECRET_VALUE_MAX, ret, err);
}
