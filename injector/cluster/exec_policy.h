/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_policy: which plugins this machine's user lets run at all: kubectl's own preferences say so, in $KUBERC or
 * ~/.kube/kuberc (kubectl.config.k8s.io: Preference, credentialPluginPolicy and credentialPluginAllowlist).
 */
#ifndef CLUSTER_EXEC_POLICY_H
#define CLUSTER_EXEC_POLICY_H

#include "base/error.h"

enum { KUBERC_MAX = 1024 * 1024 };

/* file: the program that would be started. Without preferences, all may; with KUBERC=off or KUBECTL_KUBERC=false, too.
 * ERROR_FAILED: it may not ("is not allowed by 'PATH'"), or the preferences cannot be understood: where kubectl then
 * goes on without them, nothing is started here. */
int exec_policy_check(const char *file, struct error *err) __attribute__((warn_unused_result));

#endif
