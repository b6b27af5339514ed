/* SPDX-License-Identifier: Apache-2.0 */
/* The environments of tfsecrets.yaml and their targets. */
#include <string.h>

#include "base/memory.h"
#include "schemas/schema_parts.h"

static int
read_target(const struct yaml *yaml, const struct yaml_node *node, struct target *target,
	    struct error *err)
{
	static const char *const fields[] = { "context", "namespace", "in-cluster", NULL };
	const struct yaml_node *context, *namespace, *in_cluster;

	if (yaml_expect(yaml, node, YAML_MAP, "target", err) < 0 ||
	    yaml_check_fields(yaml, node, fields, err) < 0)
		return -1;
	if (node->count == 0)
		return yaml_error(yaml, node, err, "'target' is empty");
	target->line = node->line;
	context = yaml_get(node, "context");
	namespace = yaml_get(node, "namespace");
	in_cluster = yaml_get(node, "in-cluster");
	if (context != NULL &&
	    schema_read_text(yaml, context, "context", &target->context, err) < 0)
		return -1;
	if (namespace != NULL &&
	    schema_read_label(yaml, namespace, "namespace", &target->namespace, err) < 0)
		return -1;
	if (in_cluster != NULL &&
	    schema_read_boolean(yaml, in_cluster, "in-cluster", &target->in_cluster, err) < 0)
		return -1;
	if (target->in_cluster && context != NULL)
		return yaml_error(yaml, context, err,
				  "'context' and 'in-cluster' exclude each other");
	return 0;
}

static int
read_targets(const struct yaml *yaml, const struct yaml_node *node, struct environment *environment,
	     struct error *err)
{
	if (yaml_expect(yaml, node, YAML_LIST, "targets", err) < 0)
		return -1;
	if (node->count == 0)
		return yaml_error(yaml, node, err, "'targets' is empty");
	environment->targets = xcalloc(node->count, sizeof(*environment->targets));
	for (size_t i = 0; i < node->count; i++) {
		environment->target_count++;
		if (read_target(yaml, node->children[i], &environment->targets[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
read_environment(const struct yaml *yaml, const struct yaml_node *node,
		 struct environment *environment, struct error *err)
{
	static const char *const fields[] = { "deliver", "targets", NULL };
	static const char *const deliveries[] = { "objects", "sealed", NULL };
	const struct yaml_node *deliver, *targets;
	size_t choice = DELIVER_OBJECTS;

	environment->line = node->key->line;
	if (schema_read_label(yaml, node->key, "environment", &environment->name, err) < 0)
		return -1;
	if (strcmp(environment->name, "roster") == 0)
		return yaml_error(yaml, node->key, err, "'roster' is reserved");
	if (schema_is_nothing(node))
		return 0;
	if (yaml_expect(yaml, node, YAML_MAP, environment->name, err) < 0 ||
	    yaml_check_fields(yaml, node, fields, err) < 0)
		return -1;
	deliver = yaml_get(node, "deliver");
	targets = yaml_get(node, "targets");
	if (deliver != NULL &&
	    schema_read_choice(yaml, deliver, "deliver", deliveries, &choice, err) < 0)
		return -1;
	environment->deliver = choice == 1 ? DELIVER_SEALED : DELIVER_OBJECTS;
	return targets != NULL ? read_targets(yaml, targets, environment, err) : 0;
}

/* A target and where it stands. */
struct place {
	const struct environment *environment;
	const struct target *target;
	const struct yaml_node *node;
};

static int
compare_optional(const char *one, const char *other)
{
	if (one == NULL || other == NULL)
		return (one != NULL) - (other != NULL);
	return strcmp(one, other);
}

static int
compare_targets(const struct target *one, const struct target *other)
{
	int order = one->in_cluster - other->in_cluster;

	order = order != 0 ? order : compare_optional(one->context, other->context);
	return order != 0 ? order : compare_optional(one->namespace, other->namespace);
}

static int
compare_places(const void *a, const void *b)
{
	const struct place *one = a, *other = b;
	int order = compare_targets(one->target, other->target);

	return order != 0 ? order :
			    (one->node->start > other->node->start) -
				    (one->node->start < other->node->start);
}

/* Sorts; the first place, in the file's order, whose target another one in front has too; or NULL. */
static const struct place *
find_shared(struct place *places, size_t count)
{
	const struct place *first = NULL;

	qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 1; i < count; i++) {
		if (compare_targets(places[i - 1].target, places[i].target) == 0 &&
		    (first == NULL || places[i].node->start < first->node->start))
			first = &places[i];
	}
	return first;
}

/* Two environments in one place would overwrite each other's objects. */
static int
check_targets(const struct yaml *yaml, const struct yaml_node *map, const struct schema *schema,
	      struct error *err)
{
	struct place *places = NULL;
	const struct place *shared;
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; i < schema->environment_count; i++) {
		const struct environment *environment = &schema->environments[i];

		if (environment->target_count == 0)
			continue;
		places = xreallocarray(places, count + environment->target_count, sizeof(*places));
		for (size_t k = 0; k < environment->target_count; k++)
			places[count++] = (struct place){
				environment,
				&environment->targets[k],
				yaml_get(map->children[i], "targets")->children[k],
			};
	}
	shared = count > 1 ? find_shared(places, count) : NULL;
	if (shared != NULL)
		result = yaml_error(yaml, shared->node, err, "'%s' has this target already",
				    shared[-1].environment->name);
	free(places);
	return result;
}

int
schema_read_environments(const struct yaml *yaml, const struct yaml_node *map,
			 struct schema *schema, struct error *err)
{
	if (yaml_expect(yaml, map, YAML_MAP, "environments", err) < 0)
		return -1;
	if (map->count == 0)
		return yaml_error(yaml, map, err, "'environments' is empty");
	if (map->count > SCHEMA_ENVIRONMENTS_MAX)
		return yaml_error(yaml, map, err, "more than %d environments",
				  SCHEMA_ENVIRONMENTS_MAX);
	schema->environments = xcalloc(map->count, sizeof(*schema->environments));
	for (size_t i = 0; i < map->count; i++) {
		schema->environment_count++;
		if (read_environment(yaml, map->children[i], &schema->environments[i], err) < 0)
			return -1;
	}
	return check_targets(yaml, map, schema, err);
}
