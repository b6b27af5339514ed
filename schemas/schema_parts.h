/* SPDX-License-Identifier: Apache-2.0 */
/* schema_parts: the sections of tfsecrets.yaml. Private to schemas/schema*.c. */
#ifndef SCHEMAS_SCHEMA_PARTS_H
#define SCHEMAS_SCHEMA_PARTS_H

#include "schemas/schema.h"

enum { VALUE_MAX = 1048576 };

/* What the parser of a setting's field works on. */
struct reading {
	const struct yaml *yaml;
	const struct schema *schema;
	struct setting *setting;
};

/* schema_environment.c: the environments map. */
int schema_read_environments(const struct yaml *yaml, const struct yaml_node *map,
			     struct schema *schema, struct error *err);
/* schema_setting.c: the settings map. Environments were read before. */
int schema_read_settings(const struct yaml *yaml, const struct yaml_node *map,
			 struct schema *schema, struct error *err);
/* schema_object.c: the objects map, or the two defaults when it is NULL. Settings were read before. */
int schema_read_objects(const struct yaml *yaml, const struct yaml_node *map, struct schema *schema,
			struct error *err);

/* The text of a scalar as a list of choices and "did you mean": an index into words (NULL-terminated). */
int schema_read_choice(const struct yaml *yaml, const struct yaml_node *node, const char *what,
		       const char *const *words, size_t *ret, struct error *err);
/* "true" or "false". */
int schema_read_boolean(const struct yaml *yaml, const struct yaml_node *node, const char *what,
			bool *ret, struct error *err);
/* A scalar's text, at least one character, copied. */
int schema_read_text(const struct yaml *yaml, const struct yaml_node *node, const char *what,
		     char **ret, struct error *err);
/* A list of scalars, at least one, no duplicates. */
int schema_read_list(const struct yaml *yaml, const struct yaml_node *node, const char *what,
		     struct list *ret, struct error *err);
/* A DNS label, copied. */
int schema_read_label(const struct yaml *yaml, const struct yaml_node *node, const char *what,
		      char **ret, struct error *err);
/* Nothing behind a name: "prod:" is an environment like "prod: {}". */
bool schema_is_nothing(const struct yaml_node *node);
struct bytes schema_bytes(const struct yaml_node *scalar);
/* What the API server takes as a key: letters, digits, '-', '_' and '.', but neither "." nor "..*". */
bool schema_is_key(const struct yaml_node *scalar);

/* schema_pattern.c */
int schema_read_pattern(const struct reading *reading, const struct yaml_node *node,
			struct error *err);

/* schema_constraint.c */
int schema_read_one_of(const struct reading *reading, const struct yaml_node *node,
		       struct error *err);
int schema_read_schemes(const struct reading *reading, const struct yaml_node *node,
			struct error *err);
int schema_read_min_length(const struct reading *reading, const struct yaml_node *node,
			   struct error *err);
int schema_read_max_length(const struct reading *reading, const struct yaml_node *node,
			   struct error *err);
int schema_read_min(const struct reading *reading, const struct yaml_node *node, struct error *err);
int schema_read_max(const struct reading *reading, const struct yaml_node *node, struct error *err);
int schema_read_generate(const struct reading *reading, const struct yaml_node *node,
			 struct error *err);

/* schema_check.c: setting_check but for one-of. */
const char *schema_check_unlisted(const struct setting *setting, struct bytes value,
				  char out[static RULE_TEXT_BYTES]);

#endif
