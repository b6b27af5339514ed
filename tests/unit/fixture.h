/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: a project in the scratch directory: people with keys, an environment `prod` (and others where a
 * test wants them), rosters, key files and sealed files, each valid unless the test makes it otherwise.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "crypto/bech32.h"
#include "injector/repository/environment_key.h"
#include "injector/repository/project.h"
#include "injector/repository/state.h"
#include "tests/unit/scratch.h"

enum { PEOPLE = 4, EPOCHS = 4 };

#define FIXTURE_PROJECT "7c2a90e17c2a90e17c2a90e17c2a90e1"
#define FIXTURE_TIME 1795278002

static const char *const fixture_names[PEOPLE] = { "alice", "bob", "carol", "dave" };
static struct identity people[PEOPLE];
/* keys[epoch]; [0] is of nobody. */
static struct environment_key keys[EPOCHS];
/* Of the roster that was written last. */
static char fixture_hash[SHA256_HEX_BYTES];

static inline int
fixture_start(const char *name)
{
	struct error err;

	if (scratch_make(name) < 0 || secret_start(&err) < 0)
		return -1;
	for (size_t i = 0; i < PEOPLE; i++) {
		if (identity_generate(&people[i], &err) < 0)
			return -1;
	}
	for (size_t i = 0; i < EPOCHS; i++) {
		if (environment_key_generate(&keys[i], &err) < 0)
			return -1;
	}
	for (size_t i = 2; i < EPOCHS; i++) {
		if (secret_from(secret_bytes(&keys[i - 1].private), &keys[i].previous, &err) < 0)
			return -1;
	}
	return 0;
}

static inline int
fixture_end(void)
{
	for (size_t i = 0; i < PEOPLE; i++)
		identity_clear(&people[i]);
	for (size_t i = 0; i < EPOCHS; i++)
		environment_key_clear(&keys[i]);
	secret_stop();
	return scratch_end();
}

/* key.age of an epoch for readers, digits of people; its hash is in *ret_hash. */
static inline void
fixture_key(const struct environment_key *key, const char *environment, uint32_t epoch,
	    const char *readers, const char *path, char ret_hash[SHA256_HEX_BYTES])
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(KEY_FILE_MAX);
	struct age_recipient recipients[PEOPLE];
	size_t count = strlen(readers);
	struct error err;

	for (size_t i = 0; i < count; i++)
		recipients[i] = people[readers[i] - '0'].age.recipient;
	if (environment_key_write(key, FIXTURE_PROJECT, environment, epoch, recipients, count,
				  &text, &err) < 0)
		fail_msg("%s", err.message);
	sha256_hex(buf_bytes(&text), ret_hash);
	scratch_put(path, buf_text(&text));
}

/* How a roster is to be. */
struct fixture_roster {
	uint32_t serial, threshold, epoch, removed;
	const char *admins, *readers, *sealers, *signed_by; /* digits of people, in order */
	const char *wrapped; /* instead of the hash of a key.age that is made for this */
	const char *more;    /* lines before `end` */
};

static inline void
fixture_lines(struct buf *body, const char *name, const char *digits)
{
	for (; *digits != 0; digits++)
		buf_printf(body, "%s %s\n", name, fixture_names[*digits - '0']);
}

/* Writes a roster of prod on top of the last one (serial 1: a new chain), and key.age unless one is given. */
static inline void
fixture_roster(const struct fixture_roster *how)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT(ROSTER_FILE_MAX);
	CLEANUP(free_text) char *path = xasprintf("tfsecrets/roster/%04u", how->serial);
	char wrapped[SHA256_HEX_BYTES], key[BECH32_TEXT_MAX];
	size_t len;

	if (how->wrapped == NULL)
		fixture_key(&keys[how->epoch], "prod", how->epoch, how->readers,
			    "tfsecrets/prod/key.age", wrapped);
	buf_printf(&body,
		   "tfsecrets roster v1\nproject-id " FIXTURE_PROJECT "\nserial %u\nprevious %s\n"
		   "threshold %u\n",
		   how->serial, how->serial > 1 ? fixture_hash : "-",
		   how->threshold > 0 ? how->threshold : 1);
	for (size_t i = 0; i < PEOPLE; i++) {
		char recipient[AGE_RECIPIENT_TEXT_BYTES], signing[SSH_PUBLIC_TEXT_BYTES];

		age_recipient_format(&people[i].age.recipient, recipient);
		ssh_public_format(people[i].signing, signing);
		buf_printf(&body, "member %s %s %s\n", fixture_names[i], recipient, signing);
	}
	fixture_lines(&body, "admin", how->admins != NULL ? how->admins : "0");
	bech32_encode_public("tfsecrets", keys[how->epoch].public, key);
	buf_printf(&body, "environment prod\nepoch %u\nkey %s\nwrapped %s\n", how->epoch, key,
		   how->wrapped != NULL ? how->wrapped : wrapped);
	fixture_lines(&body, "reader", how->readers);
	fixture_lines(&body, "sealer", how->sealers);
	buf_printf(&body, "removed %u\n%send\n", how->removed, how->more != NULL ? how->more : "");
	sha256_hex(buf_bytes(&body), fixture_hash);
	len = body.len;
	for (const char *at = how->signed_by != NULL ? how->signed_by : "0"; *at != 0; at++)
		sshsig_sign(&people[*at - '0'].seed, ROSTER_NAMESPACE,
			    (struct bytes){ body.data, len }, &body);
	scratch_put(path, buf_text(&body));
}

/* The first roster: alice is admin, reader and sealer, bob reads, carol seals without reading. */
static inline void
fixture_first(void)
{
	fixture_roster(&(struct fixture_roster){
		.serial = 1, .epoch = 1, .readers = "01", .sealers = "02" });
}

/* Bob has left. */
static inline void
fixture_second(void)
{
	fixture_roster(&(struct fixture_roster){
		.serial = 2, .epoch = 2, .removed = 2, .readers = "0", .sealers = "02" });
}

/* The header of a first file of epoch 1. */
static inline struct sealed
fixture_header(const char *setting)
{
	struct sealed sealed = { .project_id = FIXTURE_PROJECT,
				 .environment = "prod",
				 .epoch = 1,
				 .generation = 1,
				 .changed = 1,
				 .changed_at = FIXTURE_TIME,
				 .sealed_at = FIXTURE_TIME };

	(void)snprintf(sealed.setting, sizeof(sealed.setting), "%s", setting);
	sealed_new_id(sealed.value_id);
	return sealed;
}

/* Writes a sealed file of what header says, signed by one of people, at path; its hash is in *ret_hash,
 * which may be NULL. */
static inline void
fixture_seal_at(const char *path, struct sealed *header, const char *value, size_t person,
		char *ret_hash)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	struct signer signer = identity_signer(&people[person]);
	struct error err;

	if (sealed_write(header, bytes_of(value), keys[header->epoch % EPOCHS].public, &signer,
			 &text, &err) < 0)
		fail_msg("%s", err.message);
	scratch_put(path, buf_text(&text));
	if (ret_hash != NULL)
		sha256_hex(buf_bytes(&text), ret_hash);
}

/* The same where it belongs. */
static inline void
fixture_seal(struct sealed *header, const char *value, size_t person)
{
	CLEANUP(free_text) char *path =
		xasprintf("tfsecrets/%s/sealed/%s", header->environment, header->setting);

	fixture_seal_at(path, header, value, person, NULL);
}

/* Reads the chain in the scratch directory; it must be valid. */
static inline void
fixture_chain(struct chain *ret)
{
	CLEANUP(tree_clear) struct tree tree = TREE_INIT;
	struct error err;

	tree_of_files(scratch_fd, &tree);
	if (chain_read(&tree, ret, &err) < 0)
		fail_msg("%s", err.message);
}

/* Opens the project in the scratch directory as a command does; pins are kept below it. */
static inline int
fixture_open(enum project_lock lock, struct project *ret, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	const struct project_trust trust = { .pin = NULL, .require_pin = false };
	CLEANUP(free_text) char *pins = xasprintf("%s/state", scratch);

	if (setenv("XDG_STATE_HOME", pins, 1) < 0 || chdir(scratch) < 0 ||
	    project_open(lock, &project, err) < 0 || project_load_schema(&project, err) < 0 ||
	    project_load_roster(&project, &trust, err) < 0)
		return -1;
	*ret = project;
	project = (struct project)PROJECT_INIT;
	return 0;
}

/* Forgets the project and its pins. */
static inline void
fixture_clean(void)
{
	scratch_remove("tfsecrets");
	scratch_remove("tfsecrets.yaml");
	scratch_remove("state");
	scratch_remove(".git");
	scratch_remove(".gitignore");
}

#endif
