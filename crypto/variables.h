/* SPDX-License-Identifier: Apache-2.0 */
/*
 * variables: the environment that a command is to run with: values in secret memory, the rest as inherited. A
 * variable that is ours is never inherited, so that none without a value lets a stray one through.
 */
#ifndef CRYPTO_VARIABLES_H
#define CRYPTO_VARIABLES_H

#include <stddef.h>

#include "base/list.h"
#include "crypto/secret.h"

enum {
	VARIABLE_MAX = 131072,	/* NAME=value and NUL: MAX_ARG_STRLEN of the kernel, 32 pages */
	STATUS_NOT_RUN = 126,	/* as a shell: it is there but does not start */
	STATUS_NOT_FOUND = 127, /* as a shell */
};

struct variables {
	struct secret text; /* "NAME=value" NUL, one behind the other */
	size_t *offsets;
	size_t count;
	struct list ours; /* every name of ours, with or without a value */
};

#define VARIABLES_INIT                                                                             \
	{                                                                                          \
		.text = SECRET_INIT, .offsets = NULL, .count = 0, .ours = LIST_INIT                \
	}

void variables_clear(struct variables *variables);

/* Makes the name ours. */
void variables_claim(struct variables *variables, const char *name);
/* Gives a variable its value. ERROR_REFUSED, by name: a NUL in it, or longer than VARIABLE_MAX. */
int variables_set(struct variables *variables, const char *name, struct bytes value,
		  struct error *err) __attribute__((warn_unused_result));

/* Replaces this process by the command, found as execvp finds it, with umask, limits and signals as they were
 * when process_harden ran. Returns only when that failed: STATUS_NOT_RUN or STATUS_NOT_FOUND. */
int variables_become(struct variables *variables, char **command, struct error *err);

#endif
