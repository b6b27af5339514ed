/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/change.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/process.h"
#include "injector/repository/change_parts.h"
#include "injector/repository/values.h"
#include "schemas/classify.h"

/* The first identity that is a sealer here; else the first one, whose values stay pending. */
static void
choose_signer(struct change *change, const struct identities *identities)
{
	const struct roster *roster = chain_current(&change->project->chain);

	for (size_t i = 0; i < identities->count && !change->is_sealer; i++) {
		const struct member *member = roster_signer(roster, identities->items[i].signing);

		if (member != NULL && roster_has(roster, &change->roster->sealers, member)) {
			change->signer = &identities->items[i];
			change->is_sealer = true;
		}
	}
	if (change->signer == NULL && identities->count > 0)
		change->signer = &identities->items[0];
}

static bool
is_reader(const struct change *change, const struct identities *identities)
{
	const struct roster *roster = chain_current(&change->project->chain);

	for (size_t i = 0; i < identities->count; i++) {
		const struct member *member =
			roster_recipient(roster, &identities->items[i].age.recipient);

		if (identity_reads(&identities->items[i]) && member != NULL &&
		    roster_has(roster, &change->roster->readers, member))
			return true;
	}
	return false;
}

static int
open_key(struct change *change, const struct identities *identities, struct error *err)
{
	CLEANUP(free_text) char *path = project_path(change->environment->name, "key.age");
	CLEANUP(buf_clear) struct buf file = BUF_INIT(KEY_FILE_MAX);

	change->reads = is_reader(change, identities);
	if (!change->reads)
		return 0;
	if (tree_read(&change->project->files, path, KEY_FILE_MAX, &file, err) < 0) {
		err->code = ERROR_REFUSED;
		return -1;
	}
	return environment_key_open(buf_bytes(&file), path, &change->project->chain, change->roster,
				    identities, &change->key, err);
}

static int
open_sealed_directory(struct change *change, struct error *err)
{
	CLEANUP(free_text) char *path = sealed_directory(change->environment->name);
	struct tree *files = &change->project->files;

	return tree_has(files, path) ? tree_open_directory(files, path, &change->sealed, err) : 0;
}

static int
begin(struct change *change, const char *environment, const struct identities *identities,
      struct error *err)
{
	struct project *project = change->project;

	if (project_check_writable(project, err) < 0 ||
	    project_environment(project, environment, &change->environment, &change->roster, err) <
		    0 ||
	    open_sealed_directory(change, err) < 0 ||
	    plain_read(&project->files, environment, &change->plain, err) < 0 ||
	    secret_from(secret_bytes(&change->plain.source), &change->plain_before, err) < 0)
		return -1;
	change->plain_existed = change->plain.exists;
	choose_signer(change, identities);
	if (open_key(change, identities, err) < 0)
		return -1;
	return journal_begin(project->root_fd, &change->journal, err);
}

int
change_begin(struct project *project, const char *environment, const struct identities *identities,
	     struct change *ret, struct error *err)
{
	struct change change = CHANGE_INIT;

	change.project = project;
	if (begin(&change, environment, identities, err) < 0) {
		change_end(&change);
		return -1;
	}
	*ret = change;
	return 0;
}

void
change_end(struct change *change)
{
	journal_end(&change->journal);
	tree_close_directory(&change->sealed);
	plain_clear(&change->plain);
	secret_clear(&change->plain_before);
	environment_key_clear(&change->key);
}

/* config.yaml as it will be: the source is parsed again, so that what is written is what is read. */
static int
replace_plain(struct change *change, struct secret *source, struct error *err)
{
	CLEANUP(free_text) char *path = project_path(change->environment->name, "config.yaml");
	struct plain plain = PLAIN_INIT;

	if (plain_parse(source, path, &plain, err) < 0)
		return -1;
	plain_clear(&change->plain);
	change->plain = plain;
	change->plain_changed = true;
	return 0;
}

static int
set_plain(struct change *change, const struct setting *setting, struct bytes value,
	  enum outcome *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret source = SECRET_INIT;
	char reason[REASON_BYTES];
	bool there;
	size_t at;

	if (setting->not_secret == NULL && classify_guard(setting->name, value, reason))
		return error_set(err, ERROR_REFUSED,
				 "'%s' looks like a secret: %s; in " SCHEMA_FILE
				 ", make it 'kind: secret' or "
				 "say 'not-secret: REASON'",
				 setting->name, reason);
	there = plain_find(&change->plain, setting->name, &at);
	*ret = !there						   ? OUTCOME_NEW :
	       bytes_equal(plain_value(&change->plain, at), value) ? OUTCOME_UNCHANGED :
								     OUTCOME_CHANGED;
	if (*ret == OUTCOME_UNCHANGED)
		return 0;
	if (plain_with(&change->plain, setting->name, value, &source, err) < 0)
		return -1;
	return replace_plain(change, &source, err);
}

int
change_check_value(const struct setting *setting, struct bytes value, struct error *err)
{
	char rule[RULE_TEXT_BYTES];
	const char *broken = setting_check(setting, value, rule);

	if (value.len > SECRET_VALUE_MAX)
		return error_set(err, ERROR_REFUSED, "'%s' is larger than 1048576 bytes",
				 setting->name);
	if (broken != NULL)
		return error_set(err, ERROR_REFUSED, "the value of '%s' %s (" SCHEMA_FILE ":%zu)",
				 setting->name, broken, setting->line);
	return 0;
}

int
change_set(struct change *change, const struct setting *setting, struct bytes value,
	   enum outcome *ret, struct error *err)
{
	if (change_check_value(setting, value, err) < 0)
		return -1;
	if (setting->kind == KIND_SECRET)
		return change_set_sealed(change, setting, value, ret, err);
	return set_plain(change, setting, value, ret, err);
}

static int
remove_plain(struct change *change, const struct list *names, struct error *err)
{
	CLEANUP(secret_clear) struct secret source = SECRET_INIT;

	if (plain_without(&change->plain, names, &source, err) < 0)
		return -1;
	return replace_plain(change, &source, err);
}

int
change_unset(struct change *change, const struct setting *setting, enum outcome *ret,
	     struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	size_t at;

	*ret = OUTCOME_UNCHANGED;
	if (plain_find(&change->plain, setting->name, &at)) {
		list_add(&names, setting->name);
		if (remove_plain(change, &names, err) < 0)
			return -1;
		*ret = OUTCOME_UNSET;
	}
	return setting->kind == KIND_CONFIG ? 0 :
					      change_unset_sealed(change, setting->name, ret, err);
}

int
change_seal_plain(struct change *change, struct list *ret, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;

	for (size_t i = 0; i < plain_count(&change->plain); i++) {
		const char *name = plain_name(&change->plain, i);
		const struct setting *setting = schema_setting(change->project->schema, name);
		enum outcome ignored;

		if (setting == NULL || setting->kind != KIND_SECRET)
			continue;
		if (change_set(change, setting, plain_value(&change->plain, i), &ignored, err) < 0)
			return -1;
		list_add(&names, name);
		list_add(ret, name);
	}
	return names.count > 0 ? remove_plain(change, &names, err) : 0;
}

int
change_commit(struct change *change, struct error *err)
{
	CLEANUP(free_text) char *path = project_path(change->environment->name, "config.yaml");

	if (change->plain_changed) {
		if (change->plain_existed)
			journal_expect(&change->journal, path, secret_bytes(&change->plain_before));
		else
			journal_expect_missing(&change->journal, path);
		if (journal_put(&change->journal, path, secret_bytes(&change->plain.source),
				process_file_mode(), err) < 0)
			return -1;
	}
	return journal_commit(&change->journal, err);
}
