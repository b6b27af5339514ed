/* SPDX-License-Identifier: Apache-2.0 */
/* limits: what an API server would refuse of an environment's objects, as far as it can be told without a key. */
#ifndef REPOSITORY_LIMITS_H
#define REPOSITORY_LIMITS_H

#include "injector/repository/findings.h"
#include "injector/repository/state.h"
#include "schemas/schema.h"
#include "injector/repository/plain.h"

/* Adds a finding for each object of the schema that is too large, or of a type that needs a key without a value. */
void limits_check(const struct schema *schema, const char *environment, const struct plain *plain,
		  const struct environment_state *state, struct findings *findings);

#endif
