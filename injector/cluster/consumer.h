/* SPDX-License-Identifier: Apache-2.0 */
/*
 * consumer: what a manifest's objects take from ConfigMaps and Secrets: variables (env, envFrom) and volumes of
 * every object with a pod template, pull secrets, an Ingress' certificates. Lists (kind List) are looked into.
 */
#ifndef CLUSTER_CONSUMER_H
#define CLUSTER_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/yaml.h"
#include "schemas/schema.h"

enum reference_use {
	REFERENCE_KEY,	     /* one key */
	REFERENCE_VARIABLES, /* envFrom: all keys, as names of variables */
	REFERENCE_WHOLE,     /* all keys, as files or however */
};

/* Texts are borrowed from the YAML. */
struct consumer_reference {
	enum reference_use use;
	enum object_kind kind;
	const char *name;
	const char *key;    /* REFERENCE_KEY */
	const char *prefix; /* REFERENCE_VARIABLES: of each name; NULL: none */
	bool is_optional;
	bool is_outside; /* containers do not get it: pull secrets, an Ingress' certificates */
	const struct yaml_node *at; /* the name's node, or the key's */
};

/* An object that has references, or is a ConfigMap or Secret itself. */
struct consumer {
	const struct yaml *yaml;
	const struct yaml_node *object, *at; /* `at`: its name's node */
	const char *kind, *name, *namespace; /* namespace: NULL where it says none */
	const struct yaml_node *template;    /* the pod template, a map; NULL: there is none */
	struct consumer_reference *references;
	size_t reference_count;
};

struct consumers {
	struct consumer *items;
	size_t count;
};

#define CONSUMERS_INIT                                                                             \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

/* The drivers of volumes that take a Secret of the pod's namespace (core/v1: VolumeSource): volume.DRIVER.HOLDER.FIELD
 * names it, or volume.DRIVER.FIELD. The last has no driver. */
struct volume_secret {
	const char *driver, *holder, *field;
};

extern const struct volume_secret consumer_volume_secrets[];

/* Adds what a document holds. What has not the shape that Kubernetes wants is passed over: the server says so. The
 * caller clears; yaml outlives *workloads. */
void consumers_add(struct consumers *workloads, const struct yaml *yaml);
void consumers_clear(struct consumers *workloads);

/* Whether it is a ConfigMap or a Secret, and which. */
bool consumer_is_object(const struct consumer *workload, enum object_kind *ret_kind);
/* A label's text, or NULL. */
const char *consumer_label(const struct consumer *workload, const char *name);

#endif
