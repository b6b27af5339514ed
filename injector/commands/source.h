/* SPDX-License-Identifier: Apache-2.0 */
/* source: hands the repository's values to what makes Kubernetes objects, which does not know it. */
#ifndef INJECTOR_SOURCE_H
#define INJECTOR_SOURCE_H

#include "injector/cluster/object.h"
#include "injector/repository/bundle.h"
#include "injector/repository/values.h"

/* values is borrowed and outlives the source. */
struct value_source source_of_values(struct values *values);

/* What an environment that is delivered sealed brings into its pods; of another one nothing. */
struct source_bundle {
	struct bundle bundle;
	struct object_file *files; /* its entries */
};

#define SOURCE_BUNDLE_INIT                                                                         \
	{                                                                                          \
		.bundle = BUNDLE_INIT, .files = NULL                                               \
	}

int source_bundle_make(struct values *values, struct source_bundle *ret, struct error *err)
	__attribute__((warn_unused_result));
void source_bundle_clear(struct source_bundle *bundle);

#endif
