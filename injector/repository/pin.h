/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pin: what a roster is held against, kept where an attacker who can edit the whole repository cannot
 * write: under git's common directory, or outside git under $XDG_STATE_HOME. A pin is
 * PROJECT-ID:SERIAL:HASH, the hash being that of the roster's body.
 */
#ifndef REPOSITORY_PIN_H
#define REPOSITORY_PIN_H

#include <stddef.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "injector/repository/roster.h"

struct git;

enum {
	PIN_TEXT_BYTES = ID_DIGITS + 1 + 10 + 1 + SHA256_HEX_BYTES,
	PINS_FILE_MAX = 16 * 1024 * 1024
};

struct pin {
	char project_id[ID_BYTES];
	uint32_t serial;
	char hash[SHA256_HEX_BYTES];
};

/* False: malformed. */
bool pin_parse(struct bytes text, struct pin *ret);
void pin_of(const struct roster *roster, struct pin *ret);
void pin_format(const struct pin *pin, char out[static PIN_TEXT_BYTES]);
/* Whether it is of the pin's project. ERROR_REFUSED. */
int pin_check_project(const struct pin *pin, const struct roster *roster, struct error *err)
	__attribute__((warn_unused_result));
/* Whether roster, of the pin's serial, is the one that it names. ERROR_REFUSED: another project, or a fork. */
int pin_check(const struct pin *pin, const struct roster *roster, struct error *err)
	__attribute__((warn_unused_result));

/* The pins that are kept for one root. */
struct pins {
	char *file;	   /* absolute path of the pins file */
	char *path;	   /* what its lines for this root begin with */
	struct buf others; /* the lines of other roots, as they stand */
	struct pin *pins;
	size_t count;
};

/* Reads the pins of the project at the absolute path root; git is NULL outside git. No file: none. A
 * malformed line is refused, "FILE:LINE: …", ERROR_REFUSED. The caller clears. */
int pins_read(const char *root, const struct git *git, struct pins *ret, struct error *err)
	__attribute__((warn_unused_result));
void pins_clear(struct pins *pins);
/* NULL: none for this serial. */
const struct pin *pins_find(const struct pins *pins, uint32_t serial);
/* Forgets those of this root; the file changes with the next pins_add. */
void pins_forget(struct pins *pins);
/* Adds those of pin[0..count) that are not there yet and writes the file if there were any. */
int pins_add(struct pins *pins, const struct pin *pin, size_t count, struct error *err)
	__attribute__((warn_unused_result));

#endif
