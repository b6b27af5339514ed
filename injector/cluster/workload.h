/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workload: what runs in a namespace, and which keys of which Secrets and ConfigMaps its pods refer to: by env,
 * envFrom, volumes and projected volumes, of containers and init containers alike. What else names a Secret counts
 * for whether the Secret may go: pull secrets, those of volumes' drivers and of service accounts, an Ingress'
 * certificates.
 */
#ifndef CLUSTER_WORKLOAD_H
#define CLUSTER_WORKLOAD_H

#include "injector/cluster/api.h"

/* What a pod template says that it needs. */
struct reference {
	enum object_kind kind;
	char *name;
	char *key; /* NULL: the object as a whole */
	bool optional;
	bool outside; /* the containers do not get it: no reason to start them anew */
};

struct workload_kind {
	const char *resource; /* "deployments" */
	const char *kind;     /* "Deployment" */
	const char *shown;    /* "deployment.apps", in kubectl's words */
	bool restarts;	      /* by a change of its pod template */
};

struct workload {
	const struct workload_kind *kind;
	char *name;
	char *restarted_for; /* the annotation of its pod template, or NULL */
	char *created;	     /* RFC 3339 */
	const char *
		held; /* why a new pod template does not replace all of its pods, as text; NULL: it does */
	bool is_owned; /* by another workload, mostly: it goes, or comes anew, with that */
	struct reference *references;
	size_t reference_count;
};

struct workloads {
	struct workload *items;
	size_t count;
};

/* How much of a namespace is read: how many of the kinds. */
enum workloads_scope {
	WORKLOADS_RESTARTED =
		3, /* those that a new pod template restarts: Deployments, StatefulSets, DaemonSets */
	WORKLOADS_OF_PODS = 8, /* and ReplicaSets, Jobs and their like, Pods whoever made them */
	WORKLOADS_NAMING = 10, /* and what names a Secret as a whole: ServiceAccounts, Ingresses */
};

#define WORKLOADS_INIT                                                                             \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

#define ANNOTATION_RESTARTED_FOR "tfsecrets.dev/restarted-for"

/* Only those with a reference are kept; what has ended or is being deleted is not, since it starts no container any
 * more. With ret_unseen, what the cluster does not list is left out, and its resource is added there; without it that
 * is ERROR_CLUSTER. The caller clears *ret. */
int workloads_read(struct api *api, const char *namespace, enum workloads_scope scope,
		   struct list *ret_unseen, struct workloads *ret, struct error *err)
	__attribute__((warn_unused_result));
void workloads_clear(struct workloads *workloads);

/* Whether its containers get something of the object. */
bool workload_uses(const struct workload *workload, enum object_kind kind, const char *name);
/* The first that names this key of the object and cannot do without; NULL: none. */
const struct workload *workloads_need_key(const struct workloads *workloads, enum object_kind kind,
					  const char *name, const char *key);
/* The first that refers to the object in whatever way; NULL: none. */
const struct workload *workloads_name(const struct workloads *workloads, enum object_kind kind,
				      const char *name);

#endif
