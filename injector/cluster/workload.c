/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/workload.h"

#include <string.h>

#include "base/memory.h"
#include "injector/cluster/consumer.h"

static const struct workload_kind kinds[] = {
	{ "deployments", "Deployment", "deployment.apps", true },
	{ "statefulsets", "StatefulSet", "statefulset.apps", true },
	{ "daemonsets", "DaemonSet", "daemonset.apps", true },
	{ "replicasets", "ReplicaSet", "replicaset.apps", false },
	{ "replicationcontrollers", "ReplicationController", "replicationcontroller", false },
	{ "cronjobs", "CronJob", "cronjob.batch", false },
	{ "jobs", "Job", "job.batch", false },
	{ "pods", "Pod", "pod", false },
	{ "serviceaccounts", "ServiceAccount", "serviceaccount", false },
	{ "ingresses", "Ingress", "ingress.networking.k8s.io", false },
};

_Static_assert(COUNT(kinds) == WORKLOADS_NAMING, "the scopes are fronts of the table");

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
refer_as(struct workload *workload, enum object_kind kind, const char *name, const char *key,
	 bool optional, bool outside)
{
	if (name == NULL)
		return;
	workload->references = xreallocarray(workload->references, workload->reference_count + 1,
					     sizeof(*workload->references));
	workload->references[workload->reference_count++] =
		(struct reference){ .kind = kind,
				    .name = xstrdup(name),
				    .key = key != NULL ? xstrdup(key) : NULL,
				    .optional = optional,
				    .outside = outside };
}

static void
refer(struct workload *workload, enum object_kind kind, const char *name, const char *key,
      bool optional)
{
	refer_as(workload, kind, name, key, optional, false);
}

/* What the pod's containers do not get: a Secret for whoever pulls, mounts or serves. */
static void
refer_outside(struct workload *workload, const struct json_node *holder, const char *field)
{
	refer_as(workload, OBJECT_SECRET, json_string_of(json_get(holder, field)), NULL, true,
		 true);
}

static void
refer_outside_each(struct workload *workload, const struct json_node *list, const char *field)
{
	for (const struct json_node *entry = json_first(list); entry != NULL;
	     entry = json_next(entry))
		refer_outside(workload, entry, field);
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
driver(struct workload *workload, const struct json_node *volume)
{
	for (const struct volume_secret *secret = consumer_volume_secrets; secret->driver != NULL;
	     secret++)
		refer_outside(workload, json_walk(volume, secret->driver, secret->holder, NULL),
			      secret->field);
}

static void
volumes(struct workload *workload, const struct json_node *list)
{
	for (const struct json_node *volume = json_first(list); volume != NULL;
	     volume = json_next(volume)) {
		const struct json_node *part =
			json_first(json_walk(volume, "projected", "sources", NULL));

		driver(workload, volume);
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
	containers(workload, json_get(spec, "initContainers"));
	containers(workload, json_get(spec, "containers"));
	volumes(workload, json_get(spec, "volumes"));
	refer_outside_each(workload, json_get(spec, "imagePullSecrets"), "name");
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

static bool
is_finished_job(const struct json_node *object)
{
	const struct json_node *condition =
		json_first(json_walk(object, "status", "conditions", NULL));

	for (; condition != NULL; condition = json_next(condition)) {
		const char *type = json_string_of(json_get(condition, "type"));
		const char *status = json_string_of(json_get(condition, "status"));

		if (type != NULL && status != NULL && strcmp(status, "True") == 0 &&
		    (strcmp(type, "Complete") == 0 || strcmp(type, "Failed") == 0))
			return true;
	}
	return false;
}

/* What is being deleted starts no container any more, nor does a finished pod or job, nor a ReplicaSet that a
 * Deployment keeps for its history. */
static bool
is_past(const struct workload_kind *kind, const struct json_node *object, bool is_owned)
{
	const char *phase = json_string_of(json_walk(object, "status", "phase", NULL));

	if (json_walk(object, "metadata", "deletionTimestamp", NULL) != NULL)
		return true;
	if (strcmp(kind->resource, "pods") == 0)
		return phase != NULL &&
		       (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0);
	if (strcmp(kind->resource, "replicasets") == 0)
		return is_owned && json_number_of(json_walk(object, "spec", "replicas", NULL)) == 0;
	return strcmp(kind->resource, "jobs") == 0 && is_finished_job(object);
}

/* What keeps the pods of before, whatever the template says. */
static const char *
held_by(const struct workload_kind *kind, const struct json_node *object)
{
	const struct json_node *strategy = json_walk(object, "spec", "updateStrategy", NULL);
	const char *type = json_string_of(json_get(strategy, "type"));

	if (!kind->restarts)
		return NULL;
	if (json_is_true(json_walk(object, "spec", "paused", NULL)))
		return "it is paused, so its pods keep the old values until it is resumed";
	if (type != NULL && strcmp(type, "OnDelete") == 0)
		return "its pods are replaced by hand (updateStrategy OnDelete), and keep the old "
		       "values until then";
	if (json_number_of(json_walk(strategy, "rollingUpdate", "partition", NULL)) > 0)
		return "its pods below the partition keep the old values";
	return NULL;
}

static void
read_references(struct workload *workload, const struct json_node *object,
		const struct json_node *template)
{
	const char *resource = workload->kind->resource;

	if (strcmp(resource, "serviceaccounts") == 0) {
		refer_outside_each(workload, json_get(object, "secrets"), "name");
		refer_outside_each(workload, json_get(object, "imagePullSecrets"), "name");
	} else if (strcmp(resource, "ingresses") == 0) {
		refer_outside_each(workload, json_walk(object, "spec", "tls", NULL), "secretName");
	} else {
		pod_spec(workload, json_get(template, "spec"));
	}
}

static void
add(struct workloads *workloads, const struct workload_kind *kind, const struct json_node *object)
{
	const struct json_node *template = template_of(kind, object);
	bool is_owned = json_first(json_walk(object, "metadata", "ownerReferences", NULL)) != NULL;
	struct workload workload = {
		.kind = kind,
		.is_owned = is_owned,
		.held = held_by(kind, object),
		.name = copy_of(json_walk(object, "metadata", "name", NULL)),
		.created = copy_of(json_walk(object, "metadata", "creationTimestamp", NULL)),
		.restarted_for = copy_of(json_walk(template, "metadata", "annotations",
						   ANNOTATION_RESTARTED_FOR, NULL)),
	};

	if (is_past(kind, object, is_owned)) {
		workload_clear(&workload);
		return;
	}
	read_references(&workload, object, template);
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
workloads_read(struct api *api, const char *namespace, enum workloads_scope scope,
	       struct list *ret_unseen, struct workloads *ret, struct error *err)
{
	CLEANUP(workloads_clear) struct workloads workloads = WORKLOADS_INIT;

	for (size_t i = 0; i < (size_t)scope; i++) {
		if (read_kind(api, namespace, &kinds[i], &workloads, err) == 0)
			continue;
		if (ret_unseen == NULL || err->code != ERROR_CLUSTER)
			return -1;
		list_add(ret_unseen, kinds[i].resource);
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
		if (is_of(&workload->references[i], kind, name) && !workload->references[i].outside)
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
workloads_name(const struct workloads *workloads, enum object_kind kind, const char *name)
{
	for (size_t i = 0; i < workloads->count; i++) {
		const struct workload *workload = &workloads->items[i];

		for (size_t k = 0; k < workload->reference_count; k++) {
			if (is_of(&workload->references[k], kind, name))
				return workload;
		}
	}
	return NULL;
}
