/* SPDX-License-Identifier: Apache-2.0 */
/*
 * invocation: what several commands take from their command line: the project with its notes printed, the
 * environment, identities.
 */
#ifndef INJECTOR_INVOCATION_H
#define INJECTOR_INVOCATION_H

#include "injector/command.h"
#include "injector/repository/identity.h"
#include "injector/repository/project.h"

/* The project around the working directory with schema and verified roster; --pin and --require-pin count
 * where the command has them. What is worth knowing about the roster is printed. The caller closes it. */
int invocation_project(const struct invocation *invocation, enum project_lock lock,
		       struct project *ret, struct error *err) __attribute__((warn_unused_result));
/* --env, or the only environment there is; ERROR_USAGE: several and none was named. Borrowed. */
int invocation_environment(const struct invocation *invocation, const struct project *project,
			   const char **ret, struct error *err) __attribute__((warn_unused_result));
/* --namespace; NULL: not given. ERROR_USAGE: not a DNS label. Borrowed. */
int invocation_namespace(const struct invocation *invocation, const char **ret, struct error *err)
	__attribute__((warn_unused_result));
/* --identity and its successors; passphrases are asked on the terminal. */
int invocation_identities(const struct invocation *invocation, struct identities *ret,
			  struct error *err) __attribute__((warn_unused_result));
/* The same where none may be needed: none at all gives an empty set when no way of naming one was used. */
int invocation_identities_if_any(const struct invocation *invocation, struct identities *ret,
				 struct error *err) __attribute__((warn_unused_result));

/* A value from --file, else given (NAME=VALUE, or NULL), else from standard input less one final line feed, or
 * asked for on a terminal. The caller clears it. */
int invocation_value(const struct invocation *invocation, const char *setting,
		     const char *environment, const char *given, struct secret *ret,
		     struct error *err) __attribute__((warn_unused_result));

#endif
