/* SPDX-License-Identifier: Apache-2.0 */
/* entry: how a value comes in: from a file, from standard input, or by asking. Never on the command line. */
#ifndef INJECTOR_ENTRY_H
#define INJECTOR_ENTRY_H

#include "crypto/secret.h"

/* A whole file, byte for byte; a link or a pipe is fine, the user named it. At most max bytes. */
int entry_from_file(const char *path, size_t max, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Standard input, less one final line feed. */
int entry_from_stdin(struct secret *ret, struct error *err) __attribute__((warn_unused_result));
/* Asked on the terminal, without echo, twice. */
int entry_ask(const char *setting, const char *environment, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));

#endif
