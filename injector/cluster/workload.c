/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/workload.h"

#include <string.h>

#include "base/memory.h"

static const struct workload_kind kinds[] = {
	{ "deployments", "Deployment", "deployment.apps", true },
	{ "statefulsets", "StatefulSet", "statefulset.apps", true },
	{ "daemonsets", "DaemonSet", "daemonset.apps", true },
	{ "cronjobs", "CronJob", "cronjob.batch", false },
	{ "jobs", "Job", "job.batch", false },
	{ "pods", "Pod", "pod", false },
};

enum { RESTARTABLE_KINDS = 3 };

static void
workload_clear(struct workload *workload)
{
	for (size_t i = 0; i < workload->reference_count; i++) {
		free(workload->references[i].name);
		free(workload->references[i].key);
	}
	free(workload->references);
	free(workload->name);
	free(workload->restarted_for);
	free(workload->created);
	*workload = (struct workload){ .name = NULL };
}

void
workloads_clear(struct workloads *workloads)
{
	for (size_t i = 0; i < workloads->count; i++)
		workload_clear(&workloads->items[i]);
	free(workloads->items);
	*workloads = (struct workloads)WORKLOADS_INIT;
}

static void
refer(struct workload *workload, enum object_kind kind, const char *name, const char *key,
      bool optional)
{
	if (name == NULL)
		return;
	workload->references = xreallocarray(workload->references, workload->reference_count + 1,
					     sizeof(*workload->references));
	workload->references[workload->reference_count++] =
		(struct reference){ .kind = kind,
				    .name = xstrdup(name),
				    .key = key != NULL ? xstrdup(key) : NULL,
				    .optional = optional };
}

static bool
is_optional(const struct json_node *source)
{
	return json_is_true(json_get(source, "optional"));
}

/* {secretKeyRef: {name, key}} and its like. */
static void
env(struct workload *workload, const struct json_node *list)
{
	static const struct {
		const char *field;
		enum object_kind kind;
	} sources[] = { { "secretKeyRef", OBJECT_SECRET },
			{ "configMapKeyRef", OBJECT_CONFIGMAP } };

	for (const struct json_node *entry = json_first(list); entry != NULL;
	     entry = json_next(entry)) {
		for (size_t i = 0; i < COUNT(sources); i++) {
			const struct json_node *source =
				json_walk(entry, "valueFrom", sources[i].field, NULL);

			refer(workload, sources[i].kind, json_string_of(json_get(source, "name")),
			      json_string_of(json_get(source, "key")), is_optional(source));
		}
	}
}

static void
env_from(struct workload *workload, const struct json_node *list)
{
	for (const struct json_node *entry = json_first(list); entry != NULL;
	     entry = json_next(entry)) {
		const struct json_node *secret = json_get(entry, "secretRef");
		const struct json_node *config = json_get(entry, "configMapRef");

		refer(workload, OBJECT_SECRET, json_string_of(json_get(secret, "name")), NULL,
		      is_optional(secret));
		refer(workload, OBJECT_CONFIGMAP, json_string_of(json_get(config, "name")), NULL,
		      is_optional(config));
	}
}

/* Without items, the whole object is mounted. */
static void
source(struct workload *workload, enum object_kind kind, const struct json_node *node,
       const char *name_field)
{
	const char *name = json_string_of(json_get(node, name_field));
	const struct json_node *item = json_first(json_get(node, "items"));

	refer(workload, kind, name, NULL, is_optional(node));
	for (; item != NULL; item = json_next(item))
		refer(workload, kind, name, json_string_of(json_get(item, "key")),
		      is_optional(node));
}

static void
volumes(struct workload *workload, const struct json_node *list)
{
	for (const struct json_node *volume = json_first(list); volume != NULL;
	     volume = json_next(volume)) {
		const struct json_node *part =
			json_first(json_walk(volume, "projected", "sources", NULL));

		source(workload, OBJECT_SECRET, json_get(volume, "secret"), "secretName");
		source(workload, OBJECT_CONFIGMAP, json_get(volume, "configMap"), "name");
		for (; part != NULL; part = json_next(part)) {
			source(workload, OBJECT_SECRET, json_get(part, "secret"), "name");
			source(workload, OBJECT_CONFIGMAP, json_get(part, "configMap"), "name");
		}
	}
}

static void
containers(struct workload *workload, const struct json_node *list)
{
	for (const struct json_node *container = json_first(list); container != NULL;
	     container = json_next(container)) {
		env(workload, json_get(container, "env"));
		env_from(workload, json_get(container, "envFrom"));
	}
}

static void
pod_spec(struct workload *workload, const struct json_node *spec)
{
	const struct json_node *pull = json_first(json_get(spec, "imagePullSecrets"));

	containers(workload, json_get(spec, "initContainers"));
	containers(workload, json_get(spec, "containers"));
	volumes(workload, json_get(spec, "volumes"));
	for (; pull != NULL; pull = json_next(pull))
		refer(workload, OBJECT_SECRET, json_string_of(json_get(pull, "name")), NULL, true);
}

static const struct json_node *
template_of(const struct workload_kind *kind, const struct json_node *object)
{
	if (strcmp(kind->resource, "pods") == 0)
		return object;
	if (strcmp(kind->resource, "cronjobs") == 0)
		return json_walk(object, "spec", "jobTemplate", "spec", "template", NULL);
	return json_walk(object, "spec", "template", NULL);
}

static char *
copy_of(const struct json_node *node)
{
	const char *text = json_string_of(node);

	return text != NULL ? xstrdup(text) : NULL;
}

/* A finished pod or job refers to nothing any more; what another workload owns is that one's. */
static bool
is_past(const struct json_node *object)
{
	const char *phase = json_string_of(json_walk(object, "status", "phase", NULL));

	return json_first(json_walk(object, "metadata", "ownerReferences", NULL)) != NULL ||
	       json_walk(object, "status", "completionTime", NULL) != NULL ||
	       (phase != NULL && (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0));
}

static void
add(struct workloads *workloads, const struct workload_kind *kind, const struct json_node *object)
{
	const struct json_node *template = template_of(kind, object);
	struct workload workload = {
		.kind = kind,
		.name = copy_of(json_walk(object, "metadata", "name", NULL)),
		.created = copy_of(json_walk(object, "metadata", "creationTimestamp", NULL)),
		.restarted_for = copy_of(json_walk(template, "metadata", "annotations",
						   ANNOTATION_RESTARTED_FOR, NULL)),
	};

	if (!kind->restarts && is_past(object)) {
		workload_clear(&workload);
		return;
	}
	pod_spec(&workload, json_get(template, "spec"));
	if (workload.name == NULL || workload.reference_count == 0) {
		workload_clear(&workload);
		return;
	}
	workloads->items =
		xreallocarray(workloads->items, workloads->count + 1, sizeof(*workloads->items));
	workloads->items[workloads->count++] = workload;
}

static int
read_kind(struct api *api, const char *namespace, const struct workload_kind *kind,
	  struct workloads *ret, struct error *err)
{
	CLEANUP(free_text) char *from = NULL;

	do {
		CLEANUP(object_meta_clear) struct object_meta page = OBJECT_META_INIT;
		const struct json_node *item;

		if (api_page(api, kind->resource, namespace, NULL, from, &page, err) < 0)
			return -1;
		for (item = json_first(json_get(page.json, "items")); item != NULL;
		     item = json_next(item))
			add(ret, kind, item);
		free(from);
		from = copy_of(json_walk(page.json, "metadata", "continue", NULL));
	} while (from != NULL && from[0] != 0);
	return 0;
}

int
workloads_read(struct api *api, const char *namespace, bool all_kinds, struct workloads *ret,
	       struct error *err)
{
	CLEANUP(workloads_clear) struct workloads workloads = WORKLOADS_INIT;
	size_t count = all_kinds ? COUNT(kinds) : RESTARTABLE_KINDS;

	for (size_t i = 0; i < count; i++) {
		if (read_kind(api, namespace, &kinds[i], &workloads, err) < 0)
			return -1;
	}
	*ret = workloads;
	workloads = (struct workloads)WORKLOADS_INIT;
	return 0;
}

static bool
is_of(const struct reference *reference, enum object_kind kind, const char *name)
{
	return reference->kind == kind && strcmp(reference->name, name) == 0;
}

bool
workload_uses(const struct workload *workload, enum object_kind kind, const char *name)
{
	for (size_t i = 0; i < workload->reference_count; i++) {
		if (is_of(&workload->references[i], kind, name))
			return true;
	}
	return false;
}

const struct workload *
workloads_need_key(const struct workloads *workloads, enum object_kind kind, const char *name,
		   const char *key)
{
	for (size_t i = 0; i < workloads->count; i++) {
		const struct workload *workload = &workloads->items[i];

		for (size_t k = 0; k < workload->reference_count; k++) {
			const struct reference *reference = &workload->references[k];

			if (is_of(reference, kind, name) && !reference->optional &&
			    reference->key != NULL && strcmp(reference->key, key) == 0)
				return workload;
		}
	}
	return NULL;
}

const struct workload *
workloads_use(const struct workloads *workloads, enum object_kind kind, const char *name)
{
	for (size_t i = 0; i < workloads->count; i++) {
		if (workload_uses(&workloads->items[i], kind, name))
			return &workloads->items[i];
	}
	return NULL;
}
