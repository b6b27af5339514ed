/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pods: the identity of an environment's pods, which no person ever holds. It is made in memory, written to every
 * target as the Secret PROJECT-ENVIRONMENT-identity, key `identity`, and its recipient becomes a reader. crypto/
 * FORMAT.md section 7.
 */
#ifndef COMMANDS_PODS_H
#define COMMANDS_PODS_H

#include "injector/command.h"

/* `member add NAME --to-cluster`. A Secret that is there already is refused; what was written is taken away again
 * when not every target takes it, or the roster is not written. */
int pods_add(const struct invocation *invocation, struct error *err)
	__attribute__((warn_unused_result));

#endif
