/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/founding.h"

#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/process.h"

enum { LINES_FILE_MAX = 1024 * 1024 };

/* A new key, wrapped to the one member; its public half and its file's hash go into the roster. */
static int
stage_key(struct journal *journal, struct roster *roster, struct roster_environment *environment,
	  struct error *err)
{
	CLEANUP(environment_key_clear) struct environment_key key = { .private = SECRET_INIT };
	CLEANUP(buf_clear) struct buf file = BUF_INIT(KEY_FILE_MAX);
	CLEANUP(free_text) char *path = project_path(environment->name, "key.age");

	if (environment_key_generate(&key, err) < 0 ||
	    environment_key_write(&key, roster->project_id, environment->name, environment->epoch,
				  &roster->members[0].recipient, 1, &file, err) < 0)
		return -1;
	memcpy(environment->key, key.public, sizeof(environment->key));
	sha256_hex(buf_bytes(&file), environment->wrapped);
	return journal_put(journal, path, buf_bytes(&file), process_file_mode(), err);
}

static struct member_set
only_member(void)
{
	return (struct member_set){ .members = xcalloc(1, sizeof(size_t)), .count = 1 };
}

static int
compare_environments(const void *a, const void *b)
{
	return strcmp(((const struct roster_environment *)a)->name,
		      ((const struct roster_environment *)b)->name);
}

/* Names come from a schema and options that were checked: they fit. */
static void
fill_roster(struct roster *roster, const struct schema *schema, const char *name,
	    const struct identity *identity)
{
	sealed_new_id(roster->project_id);
	roster->serial = 1;
	roster->threshold = 1;
	roster->members = xcalloc(1, sizeof(*roster->members));
	roster->member_count = 1;
	roster->members[0] = (struct member){ .reads = true,
					      .signs = true,
					      .recipient = identity->age.recipient };
	memcpy(roster->members[0].name, name, strlen(name));
	memcpy(roster->members[0].signing, identity->signing, ED25519_PUBLIC_BYTES);
	roster->admins = only_member();
	roster->environments = xcalloc(schema->environment_count, sizeof(*roster->environments));
	for (size_t i = 0; i < schema->environment_count; i++) {
		struct roster_environment *environment = &roster->environments[i];
		const char *label = schema->environments[i].name;

		*environment = (struct roster_environment){ .epoch = 1,
							    .readers = only_member(),
							    .sealers = only_member() };
		memcpy(environment->name, label, strlen(label));
	}
	roster->environment_count = schema->environment_count;
	if (roster->environment_count > 1)
		qsort(roster->environments, roster->environment_count,
		      sizeof(*roster->environments), compare_environments);
}

/* The hash of the body is what the pin of the new roster has. */
static int
stage_roster(struct journal *journal, struct roster *roster, const struct identity *identity,
	     struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(ROSTER_FILE_MAX);
	CLEANUP(buf_clear) struct buf armor = BUF_INIT(SSHSIG_ARMOR_MAX);
	const struct signer signer = identity_signer(identity);

	roster_write_body(roster, &text);
	sha256_hex(buf_bytes(&text), roster->hash);
	if (signer_sign(&signer, ROSTER_NAMESPACE, buf_bytes(&text), &armor, err) < 0)
		return -1;
	buf_append(&text, buf_bytes(&armor));
	if (buf_check(&text, "the roster", err) < 0)
		return -1;
	return journal_put(journal, ROSTER_DIRECTORY "/0001", buf_bytes(&text), process_file_mode(),
			   err);
}

int
founding_stage(struct journal *journal, const struct schema *schema, const char *name,
	       const struct identity *identity, struct pin *ret_pin, struct error *err)
{
	CLEANUP(roster_cleanup) struct roster *roster = xcalloc(1, sizeof(*roster));

	fill_roster(roster, schema, name, identity);
	for (size_t i = 0; i < roster->environment_count; i++) {
		if (stage_key(journal, roster, &roster->environments[i], err) < 0)
			return -1;
	}
	if (roster_check(roster, ROSTER_DIRECTORY "/0001", err) < 0)
		return -1;
	if (stage_roster(journal, roster, identity, err) < 0)
		return -1;
	pin_of(roster, ret_pin);
	return 0;
}

static bool
has_line(struct bytes text, const char *line)
{
	size_t len = strlen(line);

	for (size_t at = 0; at < text.len;) {
		const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
		size_t this = end != NULL ? (size_t)(end - text.data) - at : text.len - at;

		if (this == len && memcmp(text.data + at, line, len) == 0)
			return true;
		at += this + 1;
	}
	return false;
}

int
founding_stage_lines(struct journal *journal, const struct project *project, const char *file,
		     const struct list *lines, struct error *err)
{
	CLEANUP(buf_clear) struct buf old = BUF_INIT(LINES_FILE_MAX);
	CLEANUP(buf_clear) struct buf new = BUF_INIT(LINES_FILE_MAX);
	struct error cause;
	size_t added = 0;

	if (file_read(project->root_fd, file, file, LINES_FILE_MAX, &old, &cause) < 0) {
		if (cause.code != ERROR_MISSING) {
			*err = cause;
			return -1;
		}
		journal_expect_missing(journal, file);
	} else {
		journal_expect(journal, file, buf_bytes(&old));
	}
	buf_append(&new, buf_bytes(&old));
	if (old.len > 0 && old.data[old.len - 1] != '\n')
		buf_append_byte(&new, '\n');
	for (size_t i = 0; i < lines->count; i++) {
		if (has_line(buf_bytes(&old), lines->items[i]))
			continue;
		buf_printf(&new, "%s\n", lines->items[i]);
		added++;
	}
	if (added == 0)
		return 0;
	if (buf_check(&new, file, err) < 0)
		return -1;
	return journal_put(journal, file, buf_bytes(&new), process_file_mode(), err);
}
