/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/consumer.h"

#include <stdarg.h>
#include <string.h>

#include "base/memory.h"

/* yaml_get for what may be no map, or not there. */
static const struct yaml_node *
get(const struct yaml_node *node, const char *key)
{
	return node != NULL && node->kind == YAML_MAP ? yaml_get(node, key) : NULL;
}

/* Several levels down; NULL ends the keys. */
static const struct yaml_node *
walk(const struct yaml_node *node, ...)
{
	va_list keys;
	const char *key;

	va_start(keys, node);
	while (node != NULL && (key = va_arg(keys, const char *)) != NULL)
		node = get(node, key);
	va_end(keys);
	return node;
}

static const struct yaml_node *
text_node(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = get(map, key);

	return node != NULL && node->kind == YAML_SCALAR && node->len > 0 ? node : NULL;
}

static const char *
text_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = text_node(map, key);

	return node != NULL ? node->text : NULL;
}

static bool
is_true(const struct yaml_node *map, const char *key)
{
	const char *text = text_of(map, key);

	return text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "True") == 0 ||
				strcmp(text, "TRUE") == 0);
}

/* The elements of a list; of anything else there are none. */
static size_t
count_of(const struct yaml_node *list)
{
	return list != NULL && list->kind == YAML_LIST ? list->count : 0;
}

static void
add_reference(struct consumer *workload, const struct consumer_reference *reference)
{
	size_t count = workload->reference_count;

	if ((count & (count - 1)) == 0)
		workload->references =
			xreallocarray(workload->references, count > 0 ? 2 * count : 1,
				      sizeof(*workload->references));
	workload->references[workload->reference_count++] = *reference;
}

/* from: the map that names the object, by name_field. */
static void
add_object(struct consumer *workload, enum object_kind kind, const struct yaml_node *from,
	   const char *name_field, bool is_outside)
{
	const struct yaml_node *name = text_node(from, name_field);

	if (name == NULL)
		return;
	add_reference(workload,
		      &(struct consumer_reference){ .use = REFERENCE_WHOLE,
						    .kind = kind,
						    .name = name->text,
						    .is_optional = is_true(from, "optional"),
						    .is_outside = is_outside,
						    .at = name });
}

/* from names the object, and `holder` a key of it. */
static void
add_key(struct consumer *workload, enum object_kind kind, const struct yaml_node *from,
	const char *name_field, const struct yaml_node *holder)
{
	const char *name = text_of(from, name_field);
	const struct yaml_node *key = text_node(holder, "key");

	if (name == NULL || key == NULL)
		return;
	add_reference(workload,
		      &(struct consumer_reference){ .use = REFERENCE_KEY,
						    .kind = kind,
						    .name = name,
						    .key = key->text,
						    .is_optional = is_true(from, "optional"),
						    .at = key });
}

/* source: an element of envFrom. */
static void
add_variables(struct consumer *workload, enum object_kind kind, const struct yaml_node *source,
	      const char *object_field)
{
	const struct yaml_node *from = get(source, object_field), *name = text_node(from, "name");

	if (name == NULL)
		return;
	add_reference(workload,
		      &(struct consumer_reference){ .use = REFERENCE_VARIABLES,
						    .kind = kind,
						    .name = name->text,
						    .prefix = text_of(source, "prefix"),
						    .is_optional = is_true(from, "optional"),
						    .at = name });
}

static void
read_container(struct consumer *workload, const struct yaml_node *container)
{
	const struct yaml_node *env = get(container, "env"), *all = get(container, "envFrom");

	for (size_t i = 0; i < count_of(env); i++) {
		const struct yaml_node *from = get(env->children[i], "valueFrom");
		const struct yaml_node *secret = get(from, "secretKeyRef");
		const struct yaml_node *config = get(from, "configMapKeyRef");

		add_key(workload, OBJECT_SECRET, secret, "name", secret);
		add_key(workload, OBJECT_CONFIGMAP, config, "name", config);
	}
	for (size_t i = 0; i < count_of(all); i++) {
		add_variables(workload, OBJECT_SECRET, all->children[i], "secretRef");
		add_variables(workload, OBJECT_CONFIGMAP, all->children[i], "configMapRef");
	}
}

/* A volume's source: with items some keys, without them all. */
static void
read_source(struct consumer *workload, enum object_kind kind, const struct yaml_node *source,
	    const char *name_field)
{
	const struct yaml_node *items = get(source, "items");

	if (count_of(items) == 0)
		add_object(workload, kind, source, name_field, false);
	for (size_t i = 0; i < count_of(items); i++)
		add_key(workload, kind, source, name_field, items->children[i]);
}

/* A list of maps that each name a Secret for whoever pulls, mounts or serves. */
static void
read_secrets(struct consumer *workload, const struct yaml_node *list, const char *name_field)
{
	for (size_t i = 0; i < count_of(list); i++)
		add_object(workload, OBJECT_SECRET, list->children[i], name_field, true);
}

const struct volume_secret consumer_volume_secrets[] = {
	{ "csi", "nodePublishSecretRef", "name" },
	{ "cephfs", "secretRef", "name" },
	{ "flexVolume", "secretRef", "name" },
	{ "iscsi", "secretRef", "name" },
	{ "rbd", "secretRef", "name" },
	{ "scaleIO", "secretRef", "name" },
	{ "storageos", "secretRef", "name" },
	{ "azureFile", NULL, "secretName" },
	{ NULL, NULL, NULL },
};

static void
read_driver(struct consumer *workload, const struct yaml_node *volume)
{
	for (const struct volume_secret *secret = consumer_volume_secrets; secret->driver != NULL;
	     secret++)
		add_object(workload, OBJECT_SECRET,
			   walk(volume, secret->driver, secret->holder, NULL), secret->field, true);
}

static void
read_volume(struct consumer *workload, const struct yaml_node *volume)
{
	const struct yaml_node *projected = walk(volume, "projected", "sources", NULL);

	read_driver(workload, volume);
	read_source(workload, OBJECT_SECRET, get(volume, "secret"), "secretName");
	read_source(workload, OBJECT_CONFIGMAP, get(volume, "configMap"), "name");
	for (size_t i = 0; i < count_of(projected); i++) {
		read_source(workload, OBJECT_SECRET, get(projected->children[i], "secret"), "name");
		read_source(workload, OBJECT_CONFIGMAP, get(projected->children[i], "configMap"),
			    "name");
	}
}

static void
read_pod(struct consumer *workload, const struct yaml_node *spec)
{
	static const char *const groups[] = { "initContainers", "containers",
					      "ephemeralContainers" };
	const struct yaml_node *volumes = get(spec, "volumes");

	for (size_t group = 0; group < COUNT(groups); group++) {
		const struct yaml_node *containers = get(spec, groups[group]);

		for (size_t i = 0; i < count_of(containers); i++)
			read_container(workload, containers->children[i]);
	}
	for (size_t i = 0; i < count_of(volumes); i++)
		read_volume(workload, volumes->children[i]);
	read_secrets(workload, get(spec, "imagePullSecrets"), "name");
}

/* A map with a pod's spec, which is known by its containers; NULL: none. */
static const struct yaml_node *
template_at(const struct yaml_node *node)
{
	return count_of(walk(node, "spec", "containers", NULL)) > 0 ? node : NULL;
}

/* Where the kinds that make pods have their template: Deployments and their like, also those of other API groups;
 * CronJobs; PodTemplates. */
static const struct yaml_node *
find_template(const struct yaml_node *object)
{
	const struct yaml_node *found = template_at(walk(object, "spec", "template", NULL));

	if (found == NULL)
		found = template_at(walk(object, "spec", "jobTemplate", "spec", "template", NULL));
	return found != NULL ? found : template_at(get(object, "template"));
}

static bool
is_kind(const struct consumer *workload, const char *kind)
{
	return strcmp(workload->kind, kind) == 0;
}

static void
read_object(struct consumer *workload)
{
	const struct yaml_node *object = workload->object;

	if (is_kind(workload, "Pod")) {
		read_pod(workload, get(object, "spec"));
	} else if (is_kind(workload, "ServiceAccount")) {
		read_secrets(workload, get(object, "secrets"), "name");
		read_secrets(workload, get(object, "imagePullSecrets"), "name");
	} else if (is_kind(workload, "Ingress")) {
		read_secrets(workload, walk(object, "spec", "tls", NULL), "secretName");
	} else {
		workload->template = find_template(object);
		read_pod(workload, get(workload->template, "spec"));
	}
}

bool
consumer_is_object(const struct consumer *workload, enum object_kind *ret_kind)
{
	const char *version = text_of(workload->object, "apiVersion");

	if (version == NULL || strcmp(version, "v1") != 0)
		return false;
	*ret_kind = is_kind(workload, "Secret") ? OBJECT_SECRET : OBJECT_CONFIGMAP;
	return is_kind(workload, "Secret") || is_kind(workload, "ConfigMap");
}

const char *
consumer_label(const struct consumer *workload, const char *name)
{
	return text_of(walk(workload->object, "metadata", "labels", NULL), name);
}

static void
add_consumer(struct consumers *workloads, const struct yaml *yaml, const struct yaml_node *object)
{
	const struct yaml_node *metadata = get(object, "metadata");
	struct consumer workload = {
		.yaml = yaml,
		.object = object,
		.kind = text_of(object, "kind"),
		.at = text_node(metadata, "name"),
		.namespace = text_of(metadata, "namespace"),
	};
	enum object_kind ignored;
	size_t count = workloads->count;

	if (workload.kind == NULL || get(object, "apiVersion") == NULL)
		return;
	if (workload.at == NULL)
		workload.at = text_node(metadata, "generateName");
	if (workload.at == NULL)
		workload.at = get(object, "kind");
	workload.name = workload.at->text;
	read_object(&workload);
	if (workload.reference_count == 0 && workload.template == NULL &&
	    !is_kind(&workload, "Pod") && !consumer_is_object(&workload, &ignored))
		return;
	if ((count & (count - 1)) == 0)
		workloads->items = xreallocarray(workloads->items, count > 0 ? 2 * count : 1,
						 sizeof(*workloads->items));
	workloads->items[workloads->count++] = workload;
}

void
consumers_add(struct consumers *workloads, const struct yaml *yaml)
{
	const struct yaml_node *root = yaml->root, *items = get(root, "items");
	const char *kind = text_of(root, "kind");

	add_consumer(workloads, yaml, root);
	/* v1 List, and lists of one kind; a List in a List is none of Kubernetes' own. */
	if (kind == NULL || strlen(kind) < 4 || strcmp(kind + strlen(kind) - 4, "List") != 0)
		return;
	for (size_t i = 0; i < count_of(items); i++)
		add_consumer(workloads, yaml, items->children[i]);
}

void
consumers_clear(struct consumers *workloads)
{
	for (size_t i = 0; i < workloads->count; i++)
		free(workloads->items[i].references);
	free(workloads->items);
	*workloads = (struct consumers)CONSUMERS_INIT;
}
