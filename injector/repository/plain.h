/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain: an environment's config.yaml, a block map of NAME: scalar that people write. Changes are
 * made by byte range: comments, order and quoting of everything else stay as they were.
 *
 * A secret may stand in it until `seal` takes it out, so the source is held in a struct secret and the
 * tree is wiped when it is cleared.
 */
#ifndef REPOSITORY_PLAIN_H
#define REPOSITORY_PLAIN_H

#include <stdbool.h>

#include "base/list.h"
#include "base/yaml.h"
#include "crypto/secret.h"

struct plain {
	struct secret source; /* the file's bytes; empty when there was no file */
	bool exists;
	struct yaml *yaml;
};

#define PLAIN_INIT                                                                                 \
	{                                                                                          \
		.source = SECRET_INIT, .exists = false, .yaml = NULL                               \
	}

/* Parses source (taken over by *ret, also on failure cleared); file is its name in messages. Errors, as
 * FILE:LINE:COLUMN and ERROR_FAILED: not a block map, a name outside the grammar, two names that differ
 * only in letter case, a value that is no scalar, a value over SECRET_VALUE_MAX. */
int plain_parse(struct secret *source, const char *file, struct plain *ret, struct error *err)
	__attribute__((warn_unused_result));
void plain_clear(struct plain *plain);

size_t plain_count(const struct plain *plain);
/* Name, line and value of the entry at index, in file order; borrowed. */
const char *plain_name(const struct plain *plain, size_t index);
size_t plain_line(const struct plain *plain, size_t index);
struct bytes plain_value(const struct plain *plain, size_t index);
/* False: no such entry. */
bool plain_find(const struct plain *plain, const char *name, size_t *ret_index);

/* The source without the entries of names (those that are not there do not matter): from the start of the
 * entry's line to the end of its last line, a comment on the same line included. The caller clears. */
int plain_without(const struct plain *plain, const struct list *names, struct secret *ret,
		  struct error *err) __attribute__((warn_unused_result));
/* The source with name set to value: its scalar replaced in place (a comment behind it stays), or a line
 * added at the end. The result parses and holds exactly that value, which is checked. */
int plain_with(const struct plain *plain, const char *name, struct bytes value, struct secret *ret,
	       struct error *err) __attribute__((warn_unused_result));

#endif
