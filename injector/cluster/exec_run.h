/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_run: runs one program that gives out a credential, by fork and execve, never by a shell, and reads what it
 * writes into secret memory. It gets what we were started with (umask, limits, signals), /dev/null or our own standard
 * input, our standard error and no other descriptor. It ends with us. Fine in several threads.
 */
#ifndef CLUSTER_EXEC_RUN_H
#define CLUSTER_EXEC_RUN_H

#include <stdbool.h>

#include "base/error.h"
#include "crypto/secret.h"

enum { EXEC_OUTPUT_MAX = 1024 * 1024 };

struct exec_command {
	const char *file;			     /* a path */
	char *const *arguments, *const *environment; /* with NULL at the end */
	bool is_interactive;			     /* it gets our standard input */
	long seconds;				     /* then it is ended */
};

/* What the program wrote, once it has ended with status 0; a child that it leaves behind with its standard output is
 * not waited for. ERROR_FAILED says how it failed ("ended with status 3", "was killed by signal 9"), or why it did
 * not start; never what it wrote. The caller clears *ret. */
int exec_run(const struct exec_command *command, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));

/* Where a program is: name itself if it has a '/', else the first of $PATH's absolute folders that has it. NULL, and
 * *ret_problem says why ("is not in $PATH"). A heap text. */
char *exec_find(const char *name, const char **ret_problem);

#endif
