/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "base/yaml_parts.h"

enum {
	ANCHORS_MAX = 10000,
	COPIED_NODES_MAX = 200000,
	COPIED_BYTES_MAX = 16 * 1024 * 1024,
};

const char *
yaml_lax_name(struct yaml_lax *lax, const char *name, const struct yaml_node *node)
{
	if (lax->anchor_count == ANCHORS_MAX)
		return "too many anchors";
	/* Powers of two, without a field for the capacity. */
	if ((lax->anchor_count & (lax->anchor_count - 1)) == 0)
		lax->anchors = xreallocarray(lax->anchors,
					     lax->anchor_count > 0 ? 2 * lax->anchor_count : 1,
					     sizeof(*lax->anchors));
	lax->anchors[lax->anchor_count++] = (struct yaml_anchor){ xstrdup(name), node };
	return NULL;
}

/* The last of the name counts. */
const struct yaml_node *
yaml_lax_find(const struct yaml_lax *lax, const char *name)
{
	for (size_t i = lax->anchor_count; i > 0; i--) {
		if (strcmp(lax->anchors[i - 1].name, name) == 0)
			return lax->anchors[i - 1].node;
	}
	return NULL;
}

const char *
yaml_lax_copy(struct yaml_lax *lax, const struct yaml_node *node, size_t depth,
	      struct yaml_node **ret)
{
	struct yaml_node *copy;
	const char *rule = NULL;

	lax->copied_nodes++;
	lax->copied_bytes += node->len;
	/* A few lines of aliases of aliases can stand for billions of entries. */
	if (lax->copied_nodes > COPIED_NODES_MAX || lax->copied_bytes > COPIED_BYTES_MAX)
		return "aliases stand for too much";
	if (depth > YAML_LAX_DEPTH_MAX)
		return "nested too deeply";
	copy = xcalloc(1, sizeof(*copy));
	*copy = *node;
	copy->is_copy = true;
	copy->key = NULL;
	copy->children = NULL;
	copy->count = 0;
	if (node->text != NULL)
		copy->text = xstrndup(node->text, node->len);
	for (size_t i = 0; i < node->count && rule == NULL; i++) {
		struct yaml_node *child = NULL, *key = NULL;

		if (node->kind == YAML_MAP)
			rule = yaml_lax_copy(lax, node->children[i]->key, depth, &key);
		if (rule == NULL)
			rule = yaml_lax_copy(lax, node->children[i], depth + 1, &child);
		if (rule == NULL) {
			child->key = key;
			yaml_node_append(copy, child);
		} else {
			yaml_node_free(key);
		}
	}
	if (rule == NULL)
		*ret = copy;
	else
		yaml_node_free(copy);
	return rule;
}

static bool
is_merge(const struct yaml_node *entry)
{
	return entry->key->style == YAML_PLAIN && strcmp(entry->key->text, "<<") == 0;
}

/* Entries on their way into a map, by key; of equal keys the one with the highest rank stays. */
struct candidate {
	struct yaml_node *entry;
	size_t at;
	ptrdiff_t rank;
};

struct candidates {
	struct candidate *items;
	size_t count;
	ptrdiff_t merged;
};

static void
add(struct candidates *candidates, struct yaml_node *entry, ptrdiff_t rank)
{
	size_t count = candidates->count;

	if ((count & (count - 1)) == 0)
		candidates->items = xreallocarray(candidates->items, count > 0 ? 2 * count : 1,
						  sizeof(*candidates->items));
	candidates->items[candidates->count++] =
		(struct candidate){ .entry = entry, .at = count, .rank = rank };
}

/* The entries of a map that a merge key names; the map's own and earlier ones come before them. */
static const char *
merge(struct yaml_lax *lax, const struct yaml_node *from, size_t depth,
      struct candidates *candidates)
{
	const char *rule = NULL;

	for (size_t i = 0; from->kind == YAML_LIST && i < from->count && rule == NULL; i++)
		rule = from->children[i]->kind == YAML_MAP ?
			       merge(lax, from->children[i], depth, candidates) :
			       "'<<' takes a map or a list of maps";
	if (from->kind == YAML_SCALAR)
		return "'<<' takes a map or a list of maps";
	for (size_t i = 0; from->kind == YAML_MAP && i < from->count && rule == NULL; i++) {
		struct yaml_node *key = NULL, *entry = NULL;

		rule = yaml_lax_copy(lax, from->children[i]->key, depth, &key);
		if (rule == NULL)
			rule = yaml_lax_copy(lax, from->children[i], depth, &entry);
		if (rule != NULL) {
			yaml_node_free(key);
			break;
		}
		entry->key = key;
		add(candidates, entry, -++candidates->merged);
	}
	return rule;
}

static int
by_key(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;
	int order = strcmp(one->entry->key->text, other->entry->key->text);

	return order != 0 ? order : (one->rank < other->rank) - (one->rank > other->rank);
}

static int
by_place(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;

	return (one->at > other->at) - (one->at < other->at);
}

/* The best of each key back into the map, in the order in which they stood. */
static void
keep_best(struct yaml_lax *lax, struct yaml_node *map, struct candidates *candidates)
{
	struct candidate *items = candidates->items;
	size_t kept = 0;

	qsort(items, candidates->count, sizeof(*items), by_key);
	for (size_t i = 0; i < candidates->count; i++) {
		if (kept > 0 &&
		    strcmp(items[kept - 1].entry->key->text, items[i].entry->key->text) == 0)
			yaml_node_append(&lax->dropped, items[i].entry);
		else
			items[kept++] = items[i];
	}
	qsort(items, kept, sizeof(*items), by_place);
	for (size_t i = 0; i < kept; i++)
		yaml_node_append(map, items[i].entry);
}

const char *
yaml_lax_settle(struct yaml_lax *lax, struct yaml_node *map, size_t depth)
{
	struct candidates candidates = { .items = NULL };
	const char *rule = NULL;
	size_t count = map->count;

	if (count == 0 || (count == 1 && !is_merge(map->children[0])))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (!is_merge(map->children[i]))
			add(&candidates, map->children[i], (ptrdiff_t)i);
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_merge(map->children[i]))
			continue;
		if (rule == NULL)
			rule = merge(lax, map->children[i], depth + 1, &candidates);
		yaml_node_append(&lax->dropped, map->children[i]);
	}
	free(map->children);
	map->children = NULL;
	map->count = 0;
	if (candidates.count > 0)
		keep_best(lax, map, &candidates);
	free(candidates.items);
	return rule;
}

void
yaml_lax_clear(struct yaml_lax *lax)
{
	for (size_t i = 0; i < lax->anchor_count; i++)
		free(lax->anchors[i].name);
	free(lax->anchors);
	for (size_t i = 0; i < lax->dropped.count; i++)
		yaml_node_free(lax->dropped.children[i]);
	free(lax->dropped.children);
	*lax = (struct yaml_lax){ .anchors = NULL };
}
