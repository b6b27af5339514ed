/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init_container: the patch that puts tfsecrets-inject before a workload's containers: a strategic merge patch, or
 * the same as a component of kustomize. Everything in it is public: names, and the roster's pin.
 */
#ifndef COMMANDS_INIT_CONTAINER_H
#define COMMANDS_INIT_CONTAINER_H

#include "injector/invocation.h"

/* Prints it. ERROR_USAGE: a name that Kubernetes does not take, or an environment that is not delivered sealed. */
int init_container_print(const struct invocation *invocation, const struct project *project,
			 const struct environment *environment, struct error *err)
	__attribute__((warn_unused_result));

#endif
