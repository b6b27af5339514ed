/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/change.h"

#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "crypto/process.h"
#include "injector/repository/values.h"
#include "schemas/classify.h"

static mode_t
public_mode(void)
{
	return 0666 & ~(mode_t)process_umask();
}

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

/* The file that stands there now, verified; its text stays in *ret_text. */
static int
read_present(struct change *change, const char *setting, struct buf *ret_text,
	     struct value_state *ret, struct error *err)
{
	CLEANUP(free_text) char *path =
		xasprintf("tfsecrets/%s/sealed/%s", change->environment->name, setting);
	struct error cause;

	*ret = (struct value_state){ .status = STATUS_ABSENT };
	if (change->sealed.path == NULL)
		return 0;
	if (tree_read_in(&change->sealed, setting, SEALED_FILE_MAX, ret_text, &cause) < 0) {
		if (cause.code == ERROR_MISSING)
			return 0;
		*err = cause;
		return -1;
	}
	value_verify(buf_bytes(ret_text), path, setting, chain_current(&change->project->chain),
		     change->roster, ret);
	if (ret->status != STATUS_INVALID)
		return 0;
	(void)error_set(err, ERROR_REFUSED, "%s; put a valid file back first (git checkout)",
			ret->problem);
	value_clear(ret);
	return -1;
}

/* Opens what stands there; false: we cannot read it. A pending value is nobody's yet, so it is not read. */
static bool
open_present(const struct change *change, struct bytes text, const struct value_state *present,
	     struct secret *ret)
{
	const uint8_t *public;
	const struct secret *private;
	struct sealed_parts parts;
	struct sealed sealed;
	struct error ignored;

	if (!change->reads || present->sealed.unset ||
	    (present->status != STATUS_VALID && present->status != STATUS_STALE))
		return false;
	private = environment_key_of_epoch(&change->key, change->roster->epoch,
					   present->sealed.epoch, &public);
	return private != NULL && sealed_parse(text, "", &sealed, &parts, &ignored) == 0 &&
	       sealed_open(text, &parts, private, public, ret, &ignored) == 0;
}

static void
copy_text(char *out, const char *text, size_t size)
{
	memcpy(out, text, strnlen(text, size - 1) + 1);
	out[size - 1] = 0;
}

/* The header of the file that follows present; the value's own fields are carried along or made new. */
static int
next_header(const struct change *change, const char *setting, const struct value_state *present,
	    bool same_value, struct sealed *ret, struct error *err)
{
	const struct sealed *before = &present->sealed;
	int64_t now = time(NULL);

	*ret = (struct sealed){ .epoch = change->roster->epoch, .generation = 1, .sealed_at = now };
	copy_text(ret->project_id, chain_current(&change->project->chain)->project_id, ID_BYTES);
	copy_text(ret->environment, change->environment->name, sizeof(ret->environment));
	copy_text(ret->setting, setting, sizeof(ret->setting));
	ret->changed = ret->epoch;
	ret->changed_at = now;
	if (present->status != STATUS_ABSENT) {
		if (before->generation == UINT32_MAX)
			return error_set(err, ERROR_REFUSED, "'%s': its generations are used up",
					 setting);
		ret->generation = before->generation + 1;
		copy_text(ret->previous, present->hash, sizeof(ret->previous));
		if (ret->changed_at <= before->changed_at)
			ret->changed_at = before->changed_at + 1;
	}
	sealed_new_id(ret->value_id);
	if (same_value) {
		ret->changed = before->changed;
		ret->changed_at = before->changed_at;
		copy_text(ret->value_id, before->value_id, ID_BYTES);
	}
	return 0;
}

static int
put_sealed(struct change *change, struct sealed *sealed, struct bytes value, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(free_text) char *path =
		xasprintf("tfsecrets/%s/sealed/%s", sealed->environment, sealed->setting);
	struct signer signer;

	if (change->signer == NULL)
		return error_set(
			err, ERROR_REFUSED,
			"sealing '%s' needs an identity to sign with; 'tfsecrets keygen' makes one",
			sealed->setting);
	signer = identity_signer(change->signer);
	if (sealed_write(sealed, value, change->roster->key, &signer, &text, err) < 0)
		return error_context(err, "sealing '%s'", sealed->setting);
	change->sealed_count++;
	return journal_put(&change->journal, path, buf_bytes(&text), public_mode(), err);
}

static int
set_sealed(struct change *change, const struct setting *setting, struct bytes value,
	   enum outcome *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(value_clear) struct value_state present = { .status = STATUS_ABSENT };
	CLEANUP(secret_clear) struct secret old = SECRET_INIT;
	struct sealed sealed;
	bool same;

	if (read_present(change, setting->name, &text, &present, err) < 0)
		return -1;
	same = open_present(change, buf_bytes(&text), &present, &old) &&
	       bytes_equal(secret_bytes(&old), value);
	*ret = same && present.status == STATUS_VALID ? OUTCOME_UNCHANGED :
	       same				      ? OUTCOME_RESEALED :
	       present.status == STATUS_ABSENT	      ? OUTCOME_NEW :
							OUTCOME_CHANGED;
	if (*ret == OUTCOME_UNCHANGED)
		return 0;
	if (next_header(change, setting->name, &present, same, &sealed, err) < 0)
		return -1;
	return put_sealed(change, &sealed, value, err);
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
change_set(struct change *change, const struct setting *setting, struct bytes value,
	   enum outcome *ret, struct error *err)
{
	char rule[RULE_TEXT_BYTES];
	const char *broken = setting_check(setting, value, rule);

	if (value.len > SECRET_VALUE_MAX)
		return error_set(err, ERROR_REFUSED, "'%s' is larger than 1048576 bytes",
				 setting->name);
	if (broken != NULL)
		return error_set(err, ERROR_REFUSED, "the value of '%s' %s (" SCHEMA_FILE ":%zu)",
				 setting->name, broken, setting->line);
	if (setting->kind == KIND_SECRET)
		return set_sealed(change, setting, value, ret, err);
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

static int
unset_sealed(struct change *change, const char *setting, enum outcome *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(value_clear) struct value_state present = { .status = STATUS_ABSENT };
	struct sealed sealed;

	if (read_present(change, setting, &text, &present, err) < 0)
		return -1;
	if (present.status == STATUS_ABSENT || present.status == STATUS_UNSET)
		return 0;
	if (next_header(change, setting, &present, false, &sealed, err) < 0)
		return -1;
	sealed.unset = true;
	*ret = OUTCOME_UNSET;
	return put_sealed(change, &sealed, (struct bytes){ NULL, 0 }, err);
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
	return setting->kind == KIND_CONFIG ? 0 : unset_sealed(change, setting->name, ret, err);
}

int
change_reseal(struct change *change, const char *setting, enum outcome *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(value_clear) struct value_state present = { .status = STATUS_ABSENT };
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	struct sealed sealed;

	*ret = OUTCOME_UNCHANGED;
	if (read_present(change, setting, &text, &present, err) < 0)
		return -1;
	if (present.status != STATUS_STALE)
		return 0;
	if (!present.sealed.unset && !open_present(change, buf_bytes(&text), &present, &value))
		return error_set(
			err, ERROR_REFUSED,
			"resealing '%s' needs an identity that reads '%s'; or set it anew with "
			"'tfsecrets set'",
			setting, change->environment->name);
	if (next_header(change, setting, &present, true, &sealed, err) < 0)
		return -1;
	sealed.unset = present.sealed.unset;
	*ret = OUTCOME_RESEALED;
	return put_sealed(change, &sealed, secret_bytes(&value), err);
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
				public_mode(), err) < 0)
			return -1;
	}
	return journal_commit(&change->journal, err);
}
