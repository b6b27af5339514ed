/* SPDX-License-Identifier: Apache-2.0 */
/* pod: the commands of tfsecrets-inject, and what several of them share. */
#ifndef POD_POD_H
#define POD_POD_H

#include "injector/command.h"
#include "injector/pod/delivered.h"

extern const struct command pod_check;
extern const struct command pod_exec;
extern const struct command pod_install;
extern const struct command pod_unseal;

/* Rows of the option tables. */
#define OPTION_POD_ENVIRONMENT                                                                     \
	{                                                                                          \
		'e', "environment", OPTION_VALUE, "ENV", NULL,                                     \
			"the environment that the pod is of"                                       \
	}
#define OPTION_POD_IDENTITY                                                                        \
	{                                                                                          \
		0, "identity", OPTION_VALUE, "FILE", NULL,                                         \
			"the pods' identity, of a mounted Secret"                                  \
	}
#define OPTION_SETTINGS                                                                            \
	{                                                                                          \
		0, "settings", OPTION_VALUE, "FILE", NULL,                                         \
			"the bundle's 'settings', or a file like it; default: what 'unseal' left"  \
	}
#define OPTION_TERMINATION_LOG                                                                     \
	{                                                                                          \
		0, "termination-log", OPTION_VALUE, "FILE", NULL,                                  \
			"where the last message goes; default: /dev/termination-log"               \
	}

/* --environment, --from (one), --identity and --pin, all of which must be there. ERROR_USAGE. */
int pod_order(const struct options *options, struct delivery_order *ret, struct error *err)
	__attribute__((warn_unused_result));
/* The value of an option that must be there. ERROR_USAGE. */
int pod_require(const struct options *options, const char *name, const char **ret,
		struct error *err) __attribute__((warn_unused_result));
/* "; memory could not be locked here (RLIMIT_MEMLOCK)", or "". */
const char *pod_lock_note(void);

#endif
