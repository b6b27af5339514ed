/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig: where the clusters are, as kubectl reads it. */
#ifndef CLUSTER_KUBECONFIG_H
#define CLUSTER_KUBECONFIG_H

/* The current context: the first file of $KUBECONFIG (else ~/.kube/config) that sets one. A heap text; NULL:
 * there is none, or nothing can be read. */
char *kubeconfig_current_context(void);

#endif
