/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workload: what runs in a namespace, and which keys of which Secrets and ConfigMaps its pods refer to: by env,
 * envFrom, volumes, projected volumes and imagePullSecrets, of containers and init containers alike.
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
	struct reference *references;
	size_t reference_count;
};

struct workloads {
	struct workload *items;
	size_t count;
};

#define WORKLOADS_INIT                                                                             \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

#define ANNOTATION_RESTARTED_FOR "tfsecrets.dev/restarted-for"

/* Those that a new pod template restarts (Deployments, StatefulSets, DaemonSets), and with all_kinds also those that
 * use what they refer to once (Jobs, CronJobs, bare Pods; what another workload owns is left out). Only those with a
 * reference are kept. ERROR_CLUSTER: the account may not list them. The caller clears *ret. */
int workloads_read(struct api *api, const char *namespace, bool all_kinds, struct workloads *ret,
		   struct error *err) __attribute__((warn_unused_result));
void workloads_clear(struct workloads *workloads);

/* Whether it refers to the object at all. */
bool workload_uses(const struct workload *workload, enum object_kind kind, const char *name);
/* The first that names this key of the object and cannot do without; NULL: none. */
const struct workload *workloads_need_key(const struct workloads *workloads, enum object_kind kind,
					  const char *name, const char *key);
/* The first that refers to the object; NULL: none. */
const struct workload *workloads_use(const struct workloads *workloads, enum object_kind kind,
				     const char *name);

#endif
