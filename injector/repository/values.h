/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values: the values of one environment's settings, verified, still sealed. Refuses the whole environment
 * when one value that is needed is pending, stale, missing or invalid; never gives a part.
 */
#ifndef REPOSITORY_VALUES_H
#define REPOSITORY_VALUES_H

#include "injector/repository/environment_key.h"
#include "injector/repository/plain.h"
#include "injector/repository/project.h"
#include "injector/repository/state.h"

enum value_origin { SOURCE_NONE, SOURCE_PLAIN, SOURCE_DEFAULT, SOURCE_SEALED };

struct setting_value {
	enum value_origin source;
	struct bytes plain; /* of config.yaml or the default; borrowed from struct values */
	const struct value_state
		*sealed; /* SOURCE_SEALED; with another source: its tombstone, or NULL */
};

struct values {
	struct project *project;
	const struct environment *environment;
	const struct roster_environment *roster;
	struct plain plain;
	struct environment_state state;
	struct setting_value *items;  /* as schema.settings; those not wanted are SOURCE_NONE */
	struct tree_directory sealed; /* opened for the first one that is read */
	struct environment_key key;   /* by values_unlock */
	bool unlocked;
};

#define VALUES_INIT                                                                                \
	{                                                                                          \
		.project = NULL, .plain = PLAIN_INIT, .state = ENVIRONMENT_STATE_INIT,             \
		.items = NULL, .sealed = {                                                         \
			.fd = -1                                                                   \
		}                                                                                  \
	}

/* Reads config.yaml and the sealed files of the wanted settings (names; NULL: all) and checks them: grammar,
 * place, signatures, types and constraints of plain values, that what is required is there, that no secret
 * stands in config.yaml in the clear. ERROR_REFUSED names the settings. The caller clears. */
int values_load(struct project *project, const char *environment, const struct list *wanted,
		struct values *ret, struct error *err) __attribute__((warn_unused_result));
void values_clear(struct values *values);

/* How many values are sealed: none means that no key is needed. */
size_t values_sealed_count(const struct values *values);

/* Opens the environment's key, once. */
int values_unlock(struct values *values, const struct identities *identities, struct error *err)
	__attribute__((warn_unused_result));
/* Opens a sealed value, of exactly the file that was verified, and checks it against the schema's type and
 * constraints. values_unlock comes first. The caller clears *ret. ERROR_REFUSED "opening 'NAME': …". */
int values_open(struct values *values, size_t setting, struct secret *ret, struct error *err)
	__attribute__((warn_unused_result));

/* The file of a sealed value, exactly the one that was verified; needs no key. ERROR_REFUSED: it has changed. */
int values_read_sealed(struct values *values, size_t setting, struct buf *ret, struct error *err)
	__attribute__((warn_unused_result));

/* Reads an environment's config.yaml; no file is an empty one. */
int plain_read(struct tree *tree, const char *environment, struct plain *ret, struct error *err)
	__attribute__((warn_unused_result));

#endif
