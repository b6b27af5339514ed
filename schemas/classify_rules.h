/* SPDX-License-Identifier: Apache-2.0 */
/*
 * classify_rules: what classify.c and guard.c share: what a name says, what a value looks like. Private
 * to schemas/classify*.c, guard.c, name.c, shape*.c, words.c, embedded.c, match.c, entropy.c, catalog.c and issuer.c.
 *
 * Values may be secret: they are read in place, nothing is copied or allocated, and no result contains
 * any part of one.
 */
#ifndef SCHEMAS_CLASSIFY_RULES_H
#define SCHEMAS_CLASSIFY_RULES_H

#include "schemas/classify.h"

/* The proposal reads a value as the stand-in for the real one, so a placeholder is as good as the secret.
 * The guard judges what would go to the cluster, so a placeholder is just a placeholder. */
enum reading { READING_STRICT, READING_LENIENT };

/* catalog.c */
struct catalog_entry {
	const char *name;
	enum setting_kind kind;
	enum value_type type;
	bool is_identifier; /* config whose value may look random: a commit, a client id */
};
const struct catalog_entry *catalog_entry(const char *name);
/* In the order of the table, NULL behind its end: for tests. */
const struct catalog_entry *catalog_at(size_t index);

/* name.c */
enum name_says {
	NAME_NOTHING,
	NAME_CONFIG, /* LOG_LEVEL; also TOKEN_FILE: the last word says that it is no token */
	NAME_QUANTITY, /* TOKEN_TTL, MAX_TOKENS, ENABLE_AUTH: only while the value is a number or yes/no */
	NAME_IDENTIFIER, /* PUBLIC_KEY, CLIENT_ID, GIT_COMMIT: may look random */
	NAME_PERHAPS,	 /* CACHE_KEY, AUTH */
	NAME_SECRET,
};

struct name_verdict {
	enum name_says says;
	const char *word;	 /* the words that decided, "api key"; "" when nothing did */
	const char *secret_word; /* the secret word that a later one overruled, or NULL */
};
struct name_verdict name_judge(struct bytes name);
/* Whether a quantity's or switch's value is what its name promises. */
bool name_fits_quantity(struct bytes value);

/* guard.c: the guard without the certain shapes; value is not empty. */
bool guard_by_name_and_look(const char *name, struct bytes value, char reason[static REASON_BYTES]);

/* shape_secret.c: values that are secrets whatever they are called. */
bool shape_is_certain(struct bytes value, enum reading reading, char reason[static REASON_BYTES]);
/* embedded.c: "password=…" inside a connection string, a query, a properties file, JSON. The word it was
 * found by, or NULL. */
const char *shape_assigns_secret(struct bytes text, enum reading reading);

/* shape.c: values that tell what they are. */
/* "a URL without a password", "a UUID", … or NULL. Certain secrets were sorted out before. */
const char *shape_harmless(struct bytes value);
/* shape_public.c */
const char *shape_public(struct bytes value);
bool shape_is_number(struct bytes value);
bool shape_is_yes_or_no(struct bytes value);
bool shape_is_path(struct bytes value);
/* One without a password and without a part that looks random. */
bool shape_is_url(struct bytes value);
/* Whether a part of a text, between marks that no token has, looks random. */
bool shape_has_random_part(struct bytes text);
/* words.c */
/* "changeme", "<token>", "${TOKEN}", "xxxx", "your-key-here", empty. */
bool shape_is_placeholder(struct bytes value);
/* "${TOKEN}", "$(TOKEN)", "{{ token }}", "<token>", "****": stands for a value that is elsewhere. */
bool shape_is_template(struct bytes value);
/* Letters, digits and these marks; not empty. */
bool shape_is_made_of(struct bytes value, const char *marks);
/* One or two words of letters: "bearer", "read-only". */
bool shape_is_plain_word(struct bytes value);
/* Words and numbers, as people and products are named: "eu-central-1", "Hello, world". */
bool shape_is_wordlike(struct bytes value);

/* entropy.c */
/* What classify_is_random decides for one run of characters, without looking at its shape. The name of
 * its alphabet ("hex"), or NULL when it is not random. */
const char *entropy_random_alphabet(struct bytes run);
/* Whether one of a few hundred English and technical words of four letters and more is in it. */
bool entropy_has_word(struct bytes text);

/* match.c */
bool bytes_start(struct bytes value, const char *prefix);
bool bytes_end(struct bytes value, const char *suffix);
/* ASCII letter case ignored. */
bool bytes_equal_word(struct bytes value, const char *word);
bool bytes_start_word(struct bytes value, const char *prefix);
/* From from to the end. */
struct bytes bytes_from(struct bytes value, size_t from);
/* The offset of text at or behind from, or value.len. */
size_t bytes_find(struct bytes value, size_t from, const char *text);

#endif
