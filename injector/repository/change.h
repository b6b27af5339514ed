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
		.project = NULL, .sealed = { .fd = -1 }, .plain = PLAIN_INIT, .journal = {         \
			.fd = -1                                                                   \
		}                                                                                  \
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

/* One file of a setting, verified but not opened: what stands there now, one of history, or a side of a
 * merge. STATUS_ABSENT: there is none. */
struct sealed_file {
	struct buf text;
	struct value_state state;
};

#define SEALED_FILE_INIT                                                                           \
	{                                                                                          \
		.text = BUF_INIT(SEALED_FILE_MAX), .state = {.status = STATUS_ABSENT }             \
	}

void sealed_file_clear(struct sealed_file *file);

/* The file that stands there now. ERROR_REFUSED: it is not valid. The caller clears *ret. */
int change_read(struct change *change, const char *setting, struct sealed_file *ret,
		struct error *err) __attribute__((warn_unused_result));
/* Opens the value of a file that is no tombstone, a pending one as well, as far as the keys reach: this epoch
 * and the one before. ERROR_REFUSED names who could, or the epoch. The caller clears *ret. */
int change_open(const struct change *change, const struct sealed_file *file, struct secret *ret,
		struct error *err) __attribute__((warn_unused_result));

/* The names of those who seal this environment, or both seal and read it; "nobody". The caller frees. */
char *change_sealers(const struct change *change, bool who_read);

/* Against the schema, and the largest size. ERROR_REFUSED names the rule. */
int change_check_value(const struct setting *setting, struct bytes value, struct error *err)
	__attribute__((warn_unused_result));
/* Whether the signer is a sealer, so that he may accept. ERROR_REFUSED names those who are. */
int change_check_sealer(const struct change *change, const char *setting, struct error *err)
	__attribute__((warn_unused_result));

/* Seals a pending file of setting (change_read) anew as the signer's own. value is what change_open has given,
 * and is checked against the schema; NULL for a tombstone. Nothing of its header is believed but for what the
 * files in git are compared by: it is the next generation behind it, under a new value-id; `changed` is the
 * pending file's, since whoever could read that knows the value; `changed-at` is a second after it.
 * ERROR_REFUSED: the signer is no sealer. */
int change_accept(struct change *change, const struct setting *setting,
		  const struct sealed_file *pending, const struct secret *value, struct error *err)
	__attribute__((warn_unused_result));

/* The newest file of a setting, which a value of an earlier one is to follow. */
struct newest {
	struct sealed_file file;
	bool stands_there; /* it is the file in the tree, not one that is known from history alone */
	bool is_forked;	   /* another valid file has its generation; */
	int64_t changed_at; /* the latest of all of them */
};

/* Seals the value of an earlier file behind the newest one. What is the newest already: OUTCOME_UNCHANGED.
 * *ret_is_known: somebody who has left since knows the value, and `changed` could not say so. */
int change_restore(struct change *change, const struct setting *setting, struct newest *newest,
		   const struct sealed_file *earlier, enum outcome *ret, bool *ret_is_known,
		   struct error *err) __attribute__((warn_unused_result));

enum side { SIDE_OURS, SIDE_THEIRS, SIDES };

/* Ends a conflict between two files of a setting: takes a side, a tombstone where that side has no file.
 * ERROR_REFUSED: it is pending, unless may_accept. */
int change_resolve(struct change *change, const struct setting *setting,
		   const struct sealed_file sides[static SIDES], enum side taken, bool may_accept,
		   struct error *err) __attribute__((warn_unused_result));
/* The same by another value than either. */
int change_resolve_with(struct change *change, const struct setting *setting,
			const struct sealed_file sides[static SIDES], struct bytes value,
			struct error *err) __attribute__((warn_unused_result));

int change_commit(struct change *change, struct error *err) __attribute__((warn_unused_result));

#endif
