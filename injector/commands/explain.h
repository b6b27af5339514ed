/* SPDX-License-Identifier: Apache-2.0 */
/* explain: why each setting is config or secret, for `check --explain`. */
#ifndef INJECTOR_EXPLAIN_H
#define INJECTOR_EXPLAIN_H

#include "injector/repository/project.h"

/* A line for each setting on standard output. Plain values of environment (NULL: the first) take part. */
int explain_settings(struct project *project, const char *environment, struct error *err)
	__attribute__((warn_unused_result));

#endif
