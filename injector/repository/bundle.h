/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle: what sealed delivery brings into a pod, the entries of one ConfigMap: `roster.NNNN` (the newest part of
 * the chain), `key.age`, `settings` and one `sealed.SETTING` for each value. All of it is public: verified, still
 * sealed. crypto/FORMAT.md section 7.
 */
#ifndef REPOSITORY_BUNDLE_H
#define REPOSITORY_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/text.h"
#include "schemas/type.h"

#define BUNDLE_ROSTER "roster."
#define BUNDLE_KEY "key.age"
#define BUNDLE_SETTINGS "settings"
#define BUNDLE_SEALED "sealed."

enum {
	BUNDLE_MAX = 1000 * 1000,      /* names and contents: a ConfigMap takes 1 MiB */
	BUNDLE_CHAIN_MAX = 200 * 1000, /* of the chain, but always the roster in force */
	BUNDLE_SETTING_KEY_MAX = 253,
};

/* One line of `settings`: NAME KEY config|secret TYPE required|optional */
struct bundle_setting {
	char *name, *key;
	enum value_type type;
	bool is_secret, is_required;
};

struct bundle_settings {
	struct bundle_setting *items; /* by name, byte order */
	size_t count;
};

#define BUNDLE_SETTINGS_INIT                                                                       \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

/* Reads `settings`, strictly; file is its name in messages. No two secrets have one key. The caller clears.
 * ERROR_REFUSED "FILE:LINE: rule". */
int bundle_settings_read(struct bytes text, const char *file, struct bundle_settings *ret,
			 struct error *err) __attribute__((warn_unused_result));
void bundle_settings_clear(struct bundle_settings *settings);
/* NULL: no such one. Binary search. */
const struct bundle_setting *bundle_settings_find(const struct bundle_settings *settings,
						  const char *name);
/* Appends one line. */
void bundle_setting_write(const struct bundle_setting *setting, struct buf *out);
/* A key of a ConfigMap or Secret that is a file's name as well: [-._a-zA-Z0-9]{1,253}, not "." and not beginning
 * with "..". */
bool bundle_is_key(struct bytes text);

struct bundle_entry {
	char *name;
	struct buf content;
};

struct bundle {
	struct bundle_entry *entries; /* by name, byte order */
	size_t count, size;	      /* size: of names and contents together */
};

#define BUNDLE_INIT                                                                                \
	{                                                                                          \
		.entries = NULL, .count = 0, .size = 0                                             \
	}

/* Adds an entry, taking both over: the name is the bundle's, and the content is left empty. bundle_sort follows. */
void bundle_add(struct bundle *bundle, char *name, struct buf *content);
void bundle_sort(struct bundle *bundle);
/* NULL: no such one. Binary search. */
const struct bundle_entry *bundle_find(const struct bundle *bundle, const char *name);
void bundle_clear(struct bundle *bundle);

struct values;

/* Makes the bundle of an environment's values, as values_load has verified them. Needs no private key. The caller
 * clears. ERROR_REFUSED: it is larger than BUNDLE_MAX bytes, two secrets have one key, or a file has changed since
 * it was verified. */
int bundle_make(struct values *values, struct bundle *ret, struct error *err)
	__attribute__((warn_unused_result));

#endif
