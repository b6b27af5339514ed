/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fate: what has become of each object of a target, over all the looks that one run takes. Each is reported once, and
 * what a write without an answer has done is not taken for somebody else's deed. A run that ends early says of every
 * object whether it is written.
 */
#ifndef CLUSTER_FATE_H
#define CLUSTER_FATE_H

#include "injector/cluster/apply.h"

struct fate {
	enum object_kind kind;
	char *name, *changes; /* changes: as in struct apply_report */
	struct list drift;    /* as drift_find has it */
	enum apply_deed deed; /* what was or is to be done */
	bool doubtful; /* a write was sent, and had no answer, or that of one that arrives twice */
	bool told;     /* reported */
};

struct fates {
	struct fate *items; /* as the target's objects, from the first look on */
	size_t count;
	bool begun; /* something was written, if not yet an object */
};

#define FATES_INIT                                                                                 \
	{                                                                                          \
		.items = NULL, .count = 0, .begun = false                                          \
	}

void fates_clear(struct fates *fates);
/* Makes room at the first look. */
void fates_start(struct fates *fates, const struct kube_objects *objects);
/* What a look has found that is to be done. Takes what is in drift. */
void fate_found(struct fate *fate, enum apply_deed deed, const struct object_meta *meta,
		const struct kube_object *object, struct list *drift);
/* Whether its values are or were to be written, not only who owns the fields. */
bool fate_has_values(const struct fate *fate);
/* Reports it as done. */
void fate_tell(struct fate *fate, const struct apply *apply, const char *namespace);
/* Reports all the others, when the run ends early: not written, or not known to be. Nothing before something was
 * written, and nothing of a dry run. */
void fates_tell_rest(struct fates *fates, const struct apply *apply, const char *namespace);
/* Of a run that a signal has ended: adds to *err what that means. Returns -1. */
int fates_stopped(const struct fates *fates, struct error *err);

#endif
