/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roster: one file tfsecrets/roster/NNNN: who may read, who may seal, which keys the environments have,
 * signed by the admins. Here: its text and the rules within one and between two. crypto/FORMAT.md has
 * every byte; the chain of them is injector/repository/chain.h.
 */
#ifndef REPOSITORY_ROSTER_H
#define REPOSITORY_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/text.h"
#include "crypto/age.h"
#include "crypto/sshsig.h"
#include "injector/repository/sealed.h"

#define ROSTER_NAMESPACE "tfsecrets-roster"
#define ENVIRONMENT_KEY_HRP "tfsecrets"

enum { ROSTER_FILE_MAX = 1024 * 1024 };

struct member {
	char name[MEMBER_NAME_MAX + 1];
	bool reads, signs; /* has a recipient, has a signing key: at least one */
	struct age_recipient recipient;
	uint8_t signing[ED25519_PUBLIC_BYTES];
};

/* A set of members, as indices into roster.members, in its order (by name). */
struct member_set {
	size_t *members;
	size_t count;
};

struct roster_environment {
	char name[LABEL_MAX + 1];
	uint32_t epoch;
	uint8_t key[X25519_BYTES];	/* the environment's public key */
	char wrapped[SHA256_HEX_BYTES]; /* SHA-256 of key.age */
	struct member_set readers, sealers;
	uint32_t removed; /* the epoch that began when a reader last left; 0: never */
	struct list clusters, namespaces;
};

struct roster {
	char project_id[ID_BYTES];
	uint32_t serial;
	char previous[SHA256_HEX_BYTES]; /* "" at serial 1 */
	uint32_t threshold;
	struct member *members;
	size_t member_count;
	struct member_set admins;
	struct roster_environment *environments;
	size_t environment_count;
	char hash[SHA256_HEX_BYTES]; /* of the body: first byte through "end" LF */
	size_t body_len;
	struct sshsig *signatures; /* in file order */
	size_t signature_count;
};

/* Parses a whole roster file, body and signatures, and checks the rules within one roster. Signatures
 * are parsed, not verified. ERROR_REFUSED "FILE:LINE: rule". The caller frees *ret. */
/* roster_read leaves the rules to roster_check: a proposed roster may break them. */
int roster_read(struct bytes text, const char *file, struct roster **ret, struct error *err)
	__attribute__((warn_unused_result));
int roster_parse(struct bytes text, const char *file, struct roster **ret, struct error *err)
	__attribute__((warn_unused_result));
void roster_free(struct roster *roster);
void roster_cleanup(struct roster **roster);
void roster_environment_clear(struct roster_environment *environment);

/* Appends the body of a roster: from its fields, hash and signatures aside. */
void roster_write_body(const struct roster *roster, struct buf *out);

/* The rules within one roster that its grammar does not say already; `file` is for messages. */
int roster_check(const struct roster *roster, const char *file, struct error *err)
	__attribute__((warn_unused_result));

/* Whether next may follow previous directly: everything but signatures and keys that were used before
 * `previous` (chain.c knows those). ERROR_REFUSED "FILE: rule". */
int roster_check_step(const struct roster *previous, const struct roster *next, const char *file,
		      struct error *err) __attribute__((warn_unused_result));

/* Whether somebody who could read `before` cannot read `after` any more. Compared by key, not by name: a member
 * who gets another key has left and come. */
bool roster_reader_left(const struct roster *previous, const struct roster_environment *before,
			const struct roster *next, const struct roster_environment *after);

/* [0-9a-f-]{1,63} */
bool roster_is_cluster_id(struct bytes text);

/* NULL: no such one. */
const struct roster_environment *roster_environment(const struct roster *roster, const char *name);
const struct member *roster_member(const struct roster *roster, const char *name);
/* The member with this signing key, or with this recipient; NULL: none. */
const struct member *roster_signer(const struct roster *roster,
				   const uint8_t key[static ED25519_PUBLIC_BYTES]);
const struct member *roster_recipient(const struct roster *roster,
				      const struct age_recipient *recipient);
bool roster_has(const struct roster *roster, const struct member_set *set,
		const struct member *member);
/* The readers' recipients in the roster's order, a heap array of readers.count that the caller frees. */
struct age_recipient *roster_recipients(const struct roster *roster,
					const struct roster_environment *environment);

#endif
