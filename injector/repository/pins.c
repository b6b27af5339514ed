/* SPDX-License-Identifier: Apache-2.0 */
/* The pins that are kept: one file for all roots of a clone, or of a person outside git. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/repository/git.h"
#include "injector/repository/pin.h"

static char *
state_file(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state != NULL && state[0] == '/')
		return xasprintf("%s/tfsecrets/pins", state);
	return xasprintf("%s/.local/state/tfsecrets/pins", home != NULL ? home : "");
}

void
pins_clear(struct pins *pins)
{
	free(pins->file);
	free(pins->path);
	free(pins->pins);
	buf_clear(&pins->others);
	*pins = (struct pins){ .others = BUF_INIT(PINS_FILE_MAX) };
}

void
pins_forget(struct pins *pins)
{
	pins->count = 0;
}

static void
keep(struct pins *pins, const struct pin *pin)
{
	pins->pins = xreallocarray(pins->pins, pins->count + 1, sizeof(*pins->pins));
	pins->pins[pins->count++] = *pin;
}

/* PATH PIN: the pin follows the last blank, since a path may hold blanks. */
static int
read_line(struct pins *pins, struct bytes line, size_t number, struct error *err)
{
	const uint8_t *blank = memrchr(line.data, ' ', line.len);
	size_t path_len = blank != NULL ? (size_t)(blank - line.data) : 0;
	struct pin pin;

	if (path_len == 0 || !pin_parse((struct bytes){ blank + 1, line.len - path_len - 1 }, &pin))
		return error_set(err, ERROR_REFUSED,
				 "%s:%zu: not a pin (PATH PROJECT-ID:SERIAL:HASH)", pins->file,
				 number);
	if (bytes_equal((struct bytes){ line.data, path_len }, bytes_of(pins->path))) {
		keep(pins, &pin);
	} else {
		buf_append(&pins->others, line);
		buf_append_byte(&pins->others, '\n');
	}
	return 0;
}

static int
read_lines(struct pins *pins, struct bytes text, struct error *err)
{
	for (size_t at = 0, number = 1; at < text.len; number++) {
		const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
		size_t len = end != NULL ? (size_t)(end - text.data) - at : text.len - at;

		if (read_line(pins, (struct bytes){ text.data + at, len }, number, err) < 0)
			return -1;
		at += len + 1;
	}
	return 0;
}

int
pins_read(const char *root, const struct git *git, struct pins *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(PINS_FILE_MAX);
	CLEANUP(pins_clear) struct pins pins = { .others = BUF_INIT(PINS_FILE_MAX) };
	struct error cause;

	pins.file = git != NULL ? xasprintf("%s/tfsecrets/pins", git->common) : state_file();
	pins.path = xstrdup(git != NULL ? git->prefix : root);
	if (strchr(pins.path, '\n') != NULL)
		return error_set(err, ERROR_FAILED, "the path of the project holds a line feed");
	if (file_read(AT_FDCWD, pins.file, pins.file, PINS_FILE_MAX, &text, &cause) < 0) {
		if (cause.code != ERROR_MISSING) {
			*err = cause;
			return -1;
		}
	} else if (read_lines(&pins, buf_bytes(&text), err) < 0) {
		return -1;
	}
	*ret = pins;
	pins = (struct pins){ .others = BUF_INIT(PINS_FILE_MAX) };
	return 0;
}

const struct pin *
pins_find(const struct pins *pins, uint32_t serial)
{
	for (size_t i = 0; i < pins->count; i++) {
		if (pins->pins[i].serial == serial)
			return &pins->pins[i];
	}
	return NULL;
}

static int
write_file(const struct pins *pins, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(PINS_FILE_MAX);
	CLEANUP(free_text) char *directory = xstrdup(pins->file);

	buf_append(&text, buf_bytes(&pins->others));
	for (size_t i = 0; i < pins->count; i++) {
		char pin[PIN_TEXT_BYTES];

		pin_format(&pins->pins[i], pin);
		buf_printf(&text, "%s %s\n", pins->path, pin);
	}
	*strrchr(directory, '/') = 0;
	if (buf_check(&text, "the pins file", err) < 0 ||
	    file_make_directories(AT_FDCWD, directory, directory, err) < 0)
		return -1;
	return file_replace(AT_FDCWD, pins->file, pins->file, buf_bytes(&text), 0600, err);
}

int
pins_add(struct pins *pins, const struct pin *pin, size_t count, struct error *err)
{
	size_t before = pins->count;

	for (size_t i = 0; i < count; i++) {
		if (pins_find(pins, pin[i].serial) == NULL)
			keep(pins, &pin[i]);
	}
	return pins->count > before ? write_file(pins, err) : 0;
}
