/* SPDX-License-Identifier: Apache-2.0 */
/* accept: `seal --accept`: what somebody who is no sealer has sealed is shown and taken over. */
#ifndef INJECTOR_ACCEPT_H
#define INJECTOR_ACCEPT_H

#include "base/error.h"
#include "injector/command.h"

/* The whole run of the command. */
int accept_pending(const struct invocation *invocation, struct error *err)
	__attribute__((warn_unused_result));

#endif
