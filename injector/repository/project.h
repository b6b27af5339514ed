/* SPDX-License-Identifier: Apache-2.0 */
/*
 * project: the user's repository, found, locked and read: root, schema, roster chain and pins.
 */
#ifndef REPOSITORY_PROJECT_H
#define REPOSITORY_PROJECT_H

#include "injector/repository/chain.h"
#include "injector/repository/git.h"
#include "injector/repository/pin.h"
#include "injector/repository/tree.h"
#include "schemas/schema.h"

enum { SCHEMA_FILE_MAX = 4 * 1024 * 1024 };

enum project_lock { PROJECT_READ, PROJECT_WRITE };

struct project {
	char *root;  /* absolute path */
	int root_fd; /* holds the lock */
	bool has_git;
	struct git git;
	struct tree files; /* the root's files */
	struct schema *schema;
	struct chain chain;
	bool is_older; /* the chain ends before the clone's last pin: readable, never sealed to */
	struct list
		notes; /* what the first use trusts, that a roster is older: for the command to print */
};

#define PROJECT_INIT                                                                               \
	{                                                                                          \
		.root = NULL, .root_fd = -1, .files = TREE_INIT, .schema = NULL,                   \
		.chain = CHAIN_INIT                                                                \
	}

/* What the caller wants of the roster. */
struct project_trust {
	const char *pin;  /* --pin, or NULL: $TFSECRETS_PIN, if it is set */
	bool require_pin; /* --require-pin, or $TFSECRETS_REQUIRE_PIN is set */
	bool replaces; /* pin takes the place of what the clone keeps, once the chain has been held to it */
};

/* Finds the root from the working directory upwards, locks it (waiting half a minute for others), finishes
 * or undoes an interrupted change. ERROR_FAILED; ERROR_MISSING: no tfsecrets.yaml. */
int project_open(enum project_lock lock, struct project *ret, struct error *err)
	__attribute__((warn_unused_result));
/* The same at exactly this directory, with or without a tfsecrets.yaml: for `init`. */
int project_open_new(const char *directory, struct project *ret, struct error *err)
	__attribute__((warn_unused_result));
/* From here on everything is read from what git has staged. ERROR_FAILED: not in git. */
int project_use_index(struct project *project, struct error *err)
	__attribute__((warn_unused_result));
/* Reads tfsecrets.yaml. ERROR_FAILED. */
int project_load_schema(struct project *project, struct error *err)
	__attribute__((warn_unused_result));
void project_close(struct project *project);

/* Reads and verifies the roster chain and holds it against every pin there is; moves the clone's pins
 * forward. ERROR_REFUSED; ERROR_USAGE: a malformed --pin. */
int project_load_roster(struct project *project, const struct project_trust *trust,
			struct error *err) __attribute__((warn_unused_result));
/* For commands that write: no older roster, no proposed one. */
int project_check_writable(const struct project *project, struct error *err)
	__attribute__((warn_unused_result));
/* For what is sent to a cluster: the same, but an older roster may be allowed. */
int project_check_deliverable(const struct project *project, bool allow_older, struct error *err)
	__attribute__((warn_unused_result));

/* The environment in schema and roster. ERROR_USAGE with a suggestion: the schema has none of that name;
 * ERROR_REFUSED: the roster has none. */
int project_environment(const struct project *project, const char *name,
			const struct environment **ret,
			const struct roster_environment **ret_roster, struct error *err)
	__attribute__((warn_unused_result));
/* The same for a setting; ERROR_USAGE with a suggestion. */
int project_setting(const struct project *project, const char *name, const struct setting **ret,
		    struct error *err) __attribute__((warn_unused_result));

/* "tfsecrets/ENV/NAME" on the heap. */
char *project_path(const char *environment, const char *name);

#endif
