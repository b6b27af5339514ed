/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema: tfsecrets.yaml as a model. The grammar is in man/tfsecrets.yaml.5; the editors' form of it is
 * schemas/tfsecrets.schema.json.
 */
#ifndef SCHEMAS_SCHEMA_H
#define SCHEMAS_SCHEMA_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "base/yaml.h"
#include "schemas/type.h"

#define SCHEMA_FILE "tfsecrets.yaml"

enum {
	SCHEMA_SETTINGS_MAX = 20000,
	SCHEMA_ENVIRONMENTS_MAX = 100,
	OBJECT_KEY_MAX = 253,	       /* a key in a ConfigMap or Secret */
	OBJECT_NAME_MAX = 253,	       /* DNS subdomain, RFC 1123 */
	OBJECT_DATA_MAX = 1024 * 1024, /* all values of an object, decoded; the API server's */
	OBJECT_ANNOTATIONS_MAX = 256 * 1024, /* names and values; the API server's */
	/* Of which our two annotations take so much, and for each key so many digits, '=' and a comma. */
	OBJECT_MARKS_BYTES = 105,
	OBJECT_KEY_DIGITS = 8,
	PATTERN_MAX = 1024,
};

enum setting_kind { KIND_CONFIG, KIND_SECRET };

/* What `generate` draws from. */
enum generate_alphabet { GENERATE_BASE64URL, GENERATE_HEX, GENERATE_ALPHANUMERIC };

struct setting {
	char *name;
	size_t line; /* in tfsecrets.yaml */
	enum setting_kind kind;
	enum value_type type;
	char *description;   /* or NULL, as the other texts */
	char *key;	     /* never NULL: the setting's name unless the file says otherwise */
	char *default_value; /* config only */
	char *not_secret;    /* the reason that quiets the guard; config only */
	char *pattern;	     /* POSIX extended */
	regex_t *regex;	     /* of pattern */
	struct list one_of, schemes;
	bool has_min_length, has_max_length, has_min, has_max;
	uint64_t min_length, max_length; /* characters of UTF-8; bytes where it is none */
	double min, max;
	size_t generate; /* characters, 0: not generated; secret only */
	enum generate_alphabet alphabet;
	uint64_t rotate_after; /* seconds, 0: never; secret only */
	bool optional;
	bool has_required_in;
	struct list required_in;
};

struct target {
	char *context;	 /* or NULL: the current one */
	char *namespace; /* or NULL: the context's */
	bool in_cluster;
	size_t line;
};

enum delivery { DELIVER_OBJECTS, DELIVER_SEALED };

struct environment {
	char *name;
	size_t line;
	enum delivery deliver;
	struct target *targets;
	size_t target_count;
};

enum object_kind { OBJECT_CONFIGMAP, OBJECT_SECRET };

/* One key of an object and the setting whose value it gets. */
struct object_entry {
	char *key;
	size_t setting; /* index into schema.settings */
};

struct object {
	char *name;
	size_t line;
	enum object_kind kind;
	char *type; /* Secret: "Opaque" or what the file says; ConfigMap: "ConfigMap" */
	struct object_entry *entries; /* by key, byte order */
	size_t entry_count;
};

struct schema {
	char *project;
	struct environment *environments; /* in file order */
	size_t environment_count;
	struct setting *settings; /* in file order */
	size_t setting_count;
	struct object *objects; /* in file order; the two defaults where the file has none */
	size_t object_count;
	size_t *by_name; /* indices of settings sorted by name, for schema_setting */
};

/* Reads source, the bytes of tfsecrets.yaml; file is its name in messages. The first error ends it:
 * "FILE:LINE:COLUMN: …", ERROR_FAILED. The caller frees *ret. */
int schema_read(struct bytes source, const char *file, struct schema **ret, struct error *err)
	__attribute__((warn_unused_result, nonnull));
void schema_free(struct schema *schema);
void schema_cleanup(struct schema **schema);

/* NULL: no such one. Binary search. */
const struct setting *schema_setting(const struct schema *schema, const char *name);
const struct environment *schema_environment(const struct schema *schema, const char *name);
/* One or more DNS labels with dots between them, at most OBJECT_NAME_MAX bytes (RFC 1123). */
bool schema_is_object_name(struct bytes name);
/* Whether a Secret of this type must have the key. */
bool schema_type_needs(const char *type, const char *key);
/* The known name nearest to this one, or NULL; for messages. */
const char *schema_suggest_setting(const struct schema *schema, const char *name);
const char *schema_suggest_environment(const struct schema *schema, const char *name);

/* Whether environment must have a value for setting (its default counts as one). */
bool setting_is_required(const struct setting *setting, const char *environment);

/* NULL when value is of the setting's type and within its constraints; else the rule that it breaks, a
 * text without any of the value ("is shorter than min-length 32"), written to out. */
enum { RULE_TEXT_BYTES = 160 };
const char *setting_check(const struct setting *setting, struct bytes value,
			  char out[static RULE_TEXT_BYTES]);

#endif
