/* SPDX-License-Identifier: Apache-2.0 */
/* proposal: the tfsecrets.yaml that `init` proposes. */
#ifndef INJECTOR_PROPOSAL_H
#define INJECTOR_PROPOSAL_H

#include "base/list.h"
#include "injector/repository/dotenv.h"

struct proposal {
	const char *project;
	const char *context; /* or NULL: no targets */
	const struct list *environments;
	const struct dotenv *dotenv;
};

/* Appends the file's text. Each setting has its kind with the reason behind it. */
void proposal_write(const struct proposal *proposal, struct buf *out);
/* The same as a table for people on stderr: name, kind, type, reason. */
void proposal_print(const struct dotenv *dotenv);

#endif
