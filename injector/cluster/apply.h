/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply: brings the objects of one environment to one target: looks at metadata, decides, writes the inventory
 * and then what differs. It knows the repository only by what is passed in. A run that ends anywhere, or meets
 * another, is finished by running again.
 */
#ifndef CLUSTER_APPLY_H
#define CLUSTER_APPLY_H

#include "injector/cluster/api.h"
#include "injector/cluster/inventory.h"
#include "injector/cluster/known.h"

enum apply_deed {
	APPLY_UNCHANGED,
	APPLY_CREATED,
	APPLY_CHANGED,
	APPLY_REPLACED,	 /* without a look at what was there */
	APPLY_ADOPTED,	 /* only fields have changed their owner */
	APPLY_RESTARTED, /* a workload */
	APPLY_PRUNED,
	APPLY_PUT_BACK, /* as it was before, since the rollout failed */
	/* Where the run ends early. */
	APPLY_NOT_WRITTEN,
	APPLY_NOT_KNOWN, /* whether it is written: there was no answer */
	APPLY_NOT_PUT_BACK,
	APPLY_NOT_KNOWN_BACK, /* whether it is put back */
};

/* What was, or with a dry run would be, done. changes: the keys whose values differ, as object_meta_changes has
 * them; "" also where only the fields' owners do, and for the deeds that are not about values. */
struct apply_report {
	const char *kind;  /* "Secret", "Deployment" */
	const char *shown; /* "secret", "deployment.apps": in kubectl's words */
	const char *name, *namespace;
	enum apply_deed deed;
	const char *changes;
	const struct list *drift; /* what others have done to it, as drift_find has it; or NULL */
};

enum apply_dry_run { DRY_RUN_NONE, DRY_RUN_CLIENT, DRY_RUN_SERVER };

struct apply {
	const struct schema *schema;
	const struct environment *environment;
	const char *project_id;
	uint32_t serial;			  /* of the roster in force */
	const char *roster_hash;		  /* of its body */
	const struct list *clusters, *namespaces; /* that the roster allows; empty: any */
	struct value_source values;
	const struct object_file *bundle; /* of an environment that is delivered sealed */
	size_t bundle_count;
	/* Whether our chain has a roster of that serial with that hash. */
	bool (*has_roster)(void *context, uint32_t serial, const char *hash);
	void *roster_context;
	const struct known *known; /* of this cluster, read a moment ago; or NULL */
	enum apply_dry_run dry_run;
	bool force, allow_rollback, create_namespace;
	bool adopt;	 /* take over for good what others wrote by hand */
	bool write_only; /* no look at the objects, nor at the inventory: write_only.h */
	bool restart;	 /* workloads that use what changed */
	bool wait;	 /* for them */
	bool prune;	 /* what the schema has no more */
	bool atomic;	 /* with wait: put everything back when they do not roll out */
	void (*report)(void *context, const struct apply_report *report);
	void (*note)(const char *format, ...) __attribute__((format(printf, 1, 2)));
	void *report_context;
};

/* One target: a namespace of the API server. ERROR_REFUSED: a value or roster is older than what the target has had, or the roster does not
 * allow the place; ERROR_CLUSTER: the server says no; ERROR_FAILED: no answer, or a signal.
 * Once something was written, what every object is is reported, whatever it ends with. */
int apply_to(const struct apply *apply, struct api *api, const char *namespace, struct error *err)
	__attribute__((warn_unused_result));

#endif
