/* SPDX-License-Identifier: Apache-2.0 */
/*
 * classify: is a setting config or secret? Deterministic and fail-safe, in one place, each answer with
 * its reason. Looks at values that may be secret: copies nothing; no reason contains any of them.
 */
#ifndef SCHEMAS_CLASSIFY_H
#define SCHEMAS_CLASSIFY_H

#include <stdbool.h>

#include "base/buf.h"
#include "schemas/schema.h"

enum { REASON_BYTES = 160 };

struct classification {
	enum setting_kind kind;
	enum value_type type; /* the type to propose with it */
	char reason
		[REASON_BYTES]; /* "well-known name", "the name says 'password'", "the value is …" */
};

/* What `init` proposes for a setting: the catalogue of well-known names, then the name's words, then the
 * look of the value; in doubt a secret. An empty value is judged by its name alone. No excuse for a
 * placeholder: DB_PASSWORD=changeme is a secret. */
void classify_propose(const char *name, struct bytes value, struct classification *ret);

/* The guard: whether the value of a `config` setting looks like a secret. False: it does not. True: it
 * does, reason says by what. Placeholders, numbers, paths and plain words excuse a name that sounds
 * secret here. The caller leaves out settings that say `not-secret`. */
bool classify_guard(const char *name, struct bytes value, char reason[static REASON_BYTES]);

/* Whether value looks like random text: one alphabet class, 16 characters or more, no dictionary word,
 * and an entropy that at least 99 % of uniform strings of this alphabet and length reach. UUIDs, digests,
 * image tags and the like are not. */
bool classify_is_random(struct bytes value);

/* The catalogue: false when name is not in it. */
bool catalog_find(const char *name, enum setting_kind *ret_kind, enum value_type *ret_type);
/* The table of issuers' token shapes: the issuer's name ("GitHub"), or NULL. Anchored: whole value. */
const char *catalog_token_issuer(struct bytes value);

#endif
