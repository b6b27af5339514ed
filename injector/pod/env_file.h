/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env_file: the file that `env[].valueFrom.fileKeyRef` takes variables from, in the kubelet's grammar (KEP 3721):
 * NAME='value', the value literal, over several lines if it has some. There are no escapes, so some values cannot be
 * written; they are refused by name.
 */
#ifndef POD_ENV_FILE_H
#define POD_ENV_FILE_H

#include "crypto/secret.h"

enum { ENV_FILE_LINE_MAX = 60 * 1024 }; /* the kubelet's scanner ends at 64 KiB */

/* ERROR_REFUSED: empty (which the kubelet takes for missing), a single quote, a NUL, a carriage return (which it
 * drops before a line feed), no UTF-8 (which its runtime refuses), a line or a value that is too long. */
int env_file_check(const char *name, const struct secret *value, struct error *err)
	__attribute__((warn_unused_result));
/* Writes one variable that was checked. */
int env_file_write(int fd, const char *name, const struct secret *value, const char *shown,
		   struct error *err) __attribute__((warn_unused_result));

#endif
