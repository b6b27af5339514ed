/* SPDX-License-Identifier: Apache-2.0 */
/* pod_identity: the key of the pods, a file of a mounted Secret: a link, which may be readable by a group. */
#ifndef POD_POD_IDENTITY_H
#define POD_POD_IDENTITY_H

#include "injector/repository/identity.h"

/* A file that others may read is a warning; one that needs a passphrase is refused, nobody is there to ask. The
 * caller clears. ERROR_REFUSED. */
int pod_identity_load(const char *path, struct identity *ret, struct error *err)
	__attribute__((warn_unused_result));

#endif
