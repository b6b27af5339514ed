/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_only: brings the objects to a target for an account that may write there and not read: who may `patch` or
 * `get` a Secret may read it, who may only `create` and `update` may not. Each object is made by POST and, where it is
 * there, replaced by an unconditional PUT; the answer to both has nothing but what was sent.
 *
 * What takes a look is given up: what others have put into an object goes, whose it is is not seen, nothing is
 * unchanged, and the inventory is neither read nor written (it could only be replaced, and its marks with it): a value
 * that is older than the target's is not noticed there.
 */
#ifndef CLUSTER_WRITE_ONLY_H
#define CLUSTER_WRITE_ONLY_H

#include "injector/cluster/fate.h"

/* As apply_to, whose check of the place has been made, and who tells the rest of the fates when this fails. Restarts and
 * waits as it does. */
int write_only_to(const struct apply *apply, struct api *api, const char *namespace,
		  struct fates *fates, struct error *err) __attribute__((warn_unused_result));

#endif
