/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_parts: what the files of yaml share; nobody else includes it. */
#ifndef BASE_YAML_PARTS_H
#define BASE_YAML_PARTS_H

#include "base/yaml.h"

struct yaml_anchor {
	char *name;
	const struct yaml_node *node; /* in the tree, or in `dropped` */
};

/* What a lax reading has to remember of one document. */
struct yaml_lax {
	struct yaml_anchor *anchors;
	size_t anchor_count;
	size_t copied_nodes, copied_bytes;
	struct yaml_node
		dropped; /* duplicates and merge keys: an alias may still name what is in them */
};

/* How long a byte order mark in front is: 3 or 0. */
size_t yaml_source_mark_len(struct bytes source);
/* Whether the line around this byte is one of a merge conflict. */
bool yaml_source_is_conflict(struct bytes source, size_t at);
/* What libyaml would report in words of its own or in a wrong place: size, UTF-8, characters, conflicts. */
int yaml_source_check(struct bytes source, const char *file, bool is_lax, struct error *err)
	__attribute__((warn_unused_result, nonnull));

void yaml_node_free(struct yaml_node *node);
void yaml_node_append(struct yaml_node *collection, struct yaml_node *child);

/* Remembers what an anchor names. NULL, or the rule that it breaks. */
const char *yaml_lax_name(struct yaml_lax *lax, const char *name, const struct yaml_node *node);
/* What an alias stands for, or NULL: no such anchor. */
const struct yaml_node *yaml_lax_find(const struct yaml_lax *lax, const char *name);
/* A copy of node into *ret, which stands at `depth`. NULL, or the rule that it breaks. */
const char *yaml_lax_copy(struct yaml_lax *lax, const struct yaml_node *node, size_t depth,
			  struct yaml_node **ret);
/* A finished map: merge keys become entries, and of duplicate keys the last one stays. NULL, or the rule that it
 * breaks. */
const char *yaml_lax_settle(struct yaml_lax *lax, struct yaml_node *map, size_t depth);
/* For the next document; wipes what was dropped. */
void yaml_lax_clear(struct yaml_lax *lax);

#endif
