/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint: manifests against the objects and keys that will exist. It knows of an environment only which settings have
 * a value, and asks no server.
 */
#ifndef CLUSTER_LINT_H
#define CLUSTER_LINT_H

#include "injector/cluster/consumer.h"

struct lint_environment {
	const struct environment *environment;
	const bool *has_value; /* as schema.settings; what is required will have one */
};

struct lint {
	const struct schema *schema;
	const struct lint_environment *environments;
	size_t environment_count;
	const struct list *external;  /* names of objects that somebody else makes */
	const struct list *variables; /* names of variables that need no shell to read them */
};

struct lint_finding {
	bool is_note;	  /* worth knowing; what is none would fail in the cluster */
	const char *file; /* borrowed: of the YAML, or SCHEMA_FILE */
	size_t line, column;
	char *text;
};

struct lint_findings {
	struct lint_finding
		*items; /* by workload, as they stand; what no workload uses comes last */
	size_t count;
	size_t notes;		      /* how many of them */
	size_t workloads, references; /* how many were looked at */
};

#define LINT_FINDINGS_INIT                                                                         \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

/* The caller clears *ret, an empty one. */
void lint_run(const struct lint *lint, const struct consumers *workloads,
	      struct lint_findings *ret);
void lint_findings_clear(struct lint_findings *findings);

#endif
