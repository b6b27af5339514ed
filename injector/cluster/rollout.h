/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout: what follows when a target's objects have changed. Workloads that use them are restarted, each once
 * for each content; new pods are waited for; objects that the schema has no more are pruned.
 */
#ifndef CLUSTER_ROLLOUT_H
#define CLUSTER_ROLLOUT_H

#include "base/list.h"
#include "injector/cluster/apply.h"
#include "injector/cluster/kept.h"
#include "injector/cluster/workload.h"

/* One of the objects that were just brought there. */
struct rollout_object {
	enum object_kind kind;
	const char *name, *content; /* the value of ANNOTATION_CONTENT */
	const char *written;	    /* when we last wrote it, RFC 3339; NULL: not known */
	bool changed;		    /* in this run */
};

struct rollout {
	const struct apply *apply;
	struct api *api;
	const char *namespace;
	const struct rollout_object *objects;
	size_t count;
	const struct kept *kept; /* what to put back, with apply->atomic */
};

/* All that apply's options ask for: restarts, waiting, pruning. A rollout that fails is put back, with apply->atomic,
 * and fails all the same: everything of this run as it was, and the pods restarted for it; the marks stay, since what
 * the target has had it has had. */
int rollout_run(const struct rollout *rollout, struct error *err)
	__attribute__((warn_unused_result));

/* Restarts those workloads that use an object that changed, by the annotation of their pod template
 * (ANNOTATION_RESTARTED_FOR): the SHA-256 of "KIND/NAME LF CONTENT LF" of the objects that they use, sorted. One that
 * has it already is left alone, so that a second run restarts nothing and one that was cut off is finished. */
int rollout_restart(const struct rollout *rollout, const struct workloads *workloads,
		    struct error *err) __attribute__((warn_unused_result));

/* Waits for every workload that uses one of the objects, until the API's time is over. ERROR_CLUSTER names the
 * workload and what its pods say. The rules are those of `kubectl rollout status`
 * (kubectl, pkg/polymorphichelpers/rollout_status.go). */
int rollout_wait(const struct rollout *rollout, const struct workloads *workloads,
		 struct error *err) __attribute__((warn_unused_result));

/* Deletes what the inventory lists, our labels mark, and the objects here do not have; never while a workload refers
 * to it, which is a note. Then the inventory is narrowed. */
int rollout_prune(const struct rollout *rollout, struct error *err)
	__attribute__((warn_unused_result));

#endif
