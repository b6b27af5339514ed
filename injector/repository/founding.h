/* SPDX-License-Identifier: Apache-2.0 */
/*
 * founding: a new project: its first roster with one admin, the environments' keys, the files beside them.
 */
#ifndef REPOSITORY_FOUNDING_H
#define REPOSITORY_FOUNDING_H

#include "injector/repository/environment_key.h"
#include "injector/repository/identity.h"
#include "injector/repository/journal.h"
#include "injector/repository/project.h"

/* Stages tfsecrets/roster/0001 and each environment's key.age: name is the one member, who administers,
 * reads and seals everything. The environments are schema's. *ret_pin holds that roster. */
int founding_stage(struct journal *journal, const struct schema *schema, const char *name,
		   const struct identity *identity, struct pin *ret_pin, struct error *err)
	__attribute__((warn_unused_result));

/* Stages lines for a file such as .gitignore: those that it lacks are added at its end. */
int founding_stage_lines(struct journal *journal, const struct project *project, const char *file,
			 const struct list *lines, struct error *err)
	__attribute__((warn_unused_result));

#endif
