/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change: new values for the settings of one environment: secrets become sealed files, plain values go to
 * config.yaml, and all of it takes effect at once or not at all.
 *
 *	change_begin(&project, "prod", &identities, &change, err);
 *	change_set(&change, setting, value, &outcome, err);  … any number …
 *	change_commit(&change, err);
 *	change_end(&change);		on every path
 *
 * Needs no private key of the environment. A signer who can read compares in memory, so that sealing the
 * same value again changes nothing.
 */
#ifndef REPOSITORY_CHANGE_H
#define REPOSITORY_CHANGE_H

#include "injector/repository/environment_key.h"
#include "injector/repository/journal.h"
#include "injector/repository/plain.h"
#include "injector/repository/project.h"
#include "injector/repository/state.h"

enum outcome { OUTCOME_NEW, OUTCOME_CHANGED, OUTCOME_UNCHANGED, OUTCOME_RESEALED, OUTCOME_UNSET };

struct change {
	struct project *project;
	const struct environment *environment;
	const struct roster_environment *roster;
	const struct identity *signer; /* NULL: no identity, only plain values can be set */
	bool is_sealer;		       /* else what is sealed stays pending */
	bool reads;
	struct environment_key key;   /* when it reads */
	struct tree_directory sealed; /* path NULL: there is none yet */
	struct plain plain;
	bool plain_changed;
	struct secret plain_before; /* config.yaml as it was read */
	bool plain_existed;
	struct journal journal;
	size_t sealed_count; /* of files that were sealed */
};

#define CHANGE_INIT                                                                                \
	{                                                                                          \
		.project = NULL, .plain = PLAIN_INIT, .journal = {.fd = -1 }                       \
	}

/* Starts. identities may have none: then setting a secret fails with how to get one. ERROR_REFUSED. The
 * roster must be in force and current (project_check_writable). */
int change_begin(struct project *project, const char *environment,
		 const struct identities *identities, struct change *ret, struct error *err)
	__attribute__((warn_unused_result));
void change_end(struct change *change);

/* Gives setting this value, after checking it against the schema and, for config, the guard. ERROR_REFUSED
 * names the setting and the rule. */
int change_set(struct change *change, const struct setting *setting, struct bytes value,
	       enum outcome *ret, struct error *err) __attribute__((warn_unused_result));
/* Takes a plain value out of config.yaml, or seals a tombstone. Nothing there: OUTCOME_UNCHANGED. */
int change_unset(struct change *change, const struct setting *setting, enum outcome *ret,
		 struct error *err) __attribute__((warn_unused_result));
/* Seals a value of the epoch before anew, with everything it carries along; one that needs it not:
 * OUTCOME_UNCHANGED. */
int change_reseal(struct change *change, const char *setting, enum outcome *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Takes every secret that stands in config.yaml in the clear and seals it; their names are added to *ret. */
int change_seal_plain(struct change *change, struct list *ret, struct error *err)
	__attribute__((warn_unused_result));

int change_commit(struct change *change, struct error *err) __attribute__((warn_unused_result));

#endif
