/* SPDX-License-Identifier: Apache-2.0 */
/*
 * annotate: what makes a workload start anew when an object that it uses has changed, written into manifests: an
 * annotation on the pod template, which names the content of the objects that it uses. The manifests stay as they
 * are but for that: it is put in by byte range.
 */
#ifndef CLUSTER_ANNOTATE_H
#define CLUSTER_ANNOTATE_H

#include "injector/cluster/object.h"
#include "injector/cluster/workload.h"
#include "injector/cluster/consumer.h"

/* A place in a source where bytes go out and a text comes in. */
struct edit {
	size_t at, removed;
	char *text;
};

struct edits {
	struct edit *items;
	size_t count;
};

#define EDITS_INIT                                                                                 \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

/* Takes text over. */
void edits_add(struct edits *edits, size_t at, size_t removed, char *text);
/* By place, as they are to be carried out. */
void edits_sort(struct edits *edits);
void edits_clear(struct edits *edits);

/* The annotation's value for the objects that a workload uses: the SHA-256 of "KIND/NAME LF CONTENT LF" of each, sorted.
 * A heap text; NULL: it uses none of them. */
char *annotate_value(const struct consumer *workload, const struct kube_objects *objects);

/* The edits for a Deployment, StatefulSet or DaemonSet (anything else is left alone: a Job's template cannot change)
 * that uses one of the objects. ERROR_FAILED: an alias stands where the annotation would go. */
int annotate_workload(const struct consumer *workload, const struct kube_objects *objects,
		      struct bytes source, struct edits *edits, struct error *err)
	__attribute__((warn_unused_result));

#endif
