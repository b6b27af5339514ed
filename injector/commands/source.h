/* SPDX-License-Identifier: Apache-2.0 */
/* source: hands the repository's values to what makes Kubernetes objects, which does not know it. */
#ifndef INJECTOR_SOURCE_H
#define INJECTOR_SOURCE_H

#include "injector/cluster/object.h"
#include "injector/repository/values.h"

/* values is borrowed and outlives the source. */
struct value_source source_of_values(struct values *values);

#endif
