/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed half of a change: what stands there, and the file that follows it. */
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "crypto/process.h"
#include "injector/repository/change_parts.h"
#include "injector/repository/lines.h"

void
sealed_file_clear(struct sealed_file *file)
{
	buf_clear(&file->text);
	value_clear(&file->state);
}

int
change_check_time(const struct sealed *sealed, struct error *err)
{
	enum { AHEAD_MAX = 24 * 60 * 60 };
	char text[TIME_TEXT_BYTES];

	if (sealed->changed_at <= time(NULL) + AHEAD_MAX)
		return 0;
	text_from_time(sealed->changed_at, text);
	return error_set(err, ERROR_REFUSED,
			 "'%s' says that it was changed at %s, which is yet to come; put the file "
			 "before it back (git checkout)",
			 sealed->setting, text);
}

int
change_read(struct change *change, const char *setting, struct sealed_file *ret, struct error *err)
{
	CLEANUP(free_text) char *path =
		xasprintf("tfsecrets/%s/sealed/%s", change->environment->name, setting);
	CLEANUP(sealed_file_clear) struct sealed_file file = SEALED_FILE_INIT;
	struct error cause;

	if (change->sealed.path != NULL &&
	    tree_read_in(&change->sealed, setting, SEALED_FILE_MAX, &file.text, &cause) == 0) {
		value_verify(buf_bytes(&file.text), path, setting,
			     chain_current(&change->project->chain), change->roster, &file.state);
		if (file.state.status == STATUS_INVALID)
			return error_set(err, ERROR_REFUSED, "%s%s", file.state.problem,
					 lines_have_conflict(buf_bytes(&file.text)) ?
						 "" :
						 "; put a valid file back first (git checkout)");
		if (file.state.status == STATUS_PENDING &&
		    change_check_time(&file.state.sealed, err) < 0)
			return -1;
	} else if (change->sealed.path != NULL && cause.code != ERROR_MISSING) {
		*err = cause;
		return -1;
	}
	*ret = file;
	file = (struct sealed_file)SEALED_FILE_INIT;
	return 0;
}

static int
open_file(const struct change *change, const struct sealed_file *file, struct secret *ret,
	  struct error *err)
{
	const struct sealed *header = &file->state.sealed;
	struct bytes text = buf_bytes(&file->text);
	const struct secret *private;
	const uint8_t *public;
	struct sealed_parts parts;
	struct sealed ignored;

	private = environment_key_of_epoch(&change->key, change->roster->epoch, header->epoch,
					   &public);
	if (private == NULL)
		return error_set(err, ERROR_REFUSED,
				 "'%s' was sealed there in epoch %u, whose key '%s' does not keep: "
				 "it is at %u",
				 header->setting, header->epoch, change->environment->name,
				 change->roster->epoch);
	if (sealed_parse(text, header->setting, &ignored, &parts, err) < 0)
		return -1;
	if (sealed_open(text, &parts, private, public, ret, err) < 0)
		return error_context(err, "opening '%s'", header->setting);
	return 0;
}

int
change_open(const struct change *change, const struct sealed_file *file, struct secret *ret,
	    struct error *err)
{
	CLEANUP(free_text) char *who = NULL;

	if (change->reads)
		return open_file(change, file, ret, err);
	who = change_sealers(change, true);
	return error_set(err, ERROR_REFUSED,
			 "the value of '%s' must be opened first, which needs an identity that "
			 "reads '%s'; who reads and seals it: %s",
			 file->state.sealed.setting, change->environment->name, who);
}

char *
change_sealers(const struct change *change, bool who_read)
{
	const struct roster *roster = chain_current(&change->project->chain);
	CLEANUP(list_clear) struct list names = LIST_INIT;

	for (size_t i = 0; i < change->roster->sealers.count; i++) {
		const struct member *member = &roster->members[change->roster->sealers.members[i]];

		if (!who_read || roster_has(roster, &change->roster->readers, member))
			list_add(&names, member->name);
	}
	return names.count > 0 ? list_join(&names, ", ", ", ") : xstrdup("nobody");
}

bool
change_holds(const struct change *change, const struct sealed_file *file, struct bytes value)
{
	CLEANUP(secret_clear) struct secret old = SECRET_INIT;
	struct error ignored;

	return change->reads && !file->state.sealed.unset &&
	       (file->state.status == STATUS_VALID || file->state.status == STATUS_STALE) &&
	       open_file(change, file, &old, &ignored) == 0 &&
	       bytes_equal(secret_bytes(&old), value);
}

int64_t
change_time_after(int64_t before)
{
	int64_t now = time(NULL);

	return now > before ? now : before + 1;
}

int
change_count_on(uint32_t generation, uint32_t steps, const char *setting, uint32_t *ret,
		struct error *err)
{
	if (generation > UINT32_MAX - steps)
		return error_set(err, ERROR_REFUSED, "'%s': its generations are used up", setting);
	*ret = generation + steps;
	return 0;
}

/* The file that follows `before`; the value's own fields are carried along or made new. */
static int
follow(const struct change *change, const char *setting, const struct value_state *before,
       bool same_value, struct succession *ret, struct error *err)
{
	*ret = (struct succession){ .generation = 1,
				    .previous = "",
				    .changed = change->roster->epoch,
				    .changed_at = time(NULL) };
	if (before->status == STATUS_ABSENT)
		return 0;
	if (change_count_on(before->sealed.generation, 1, setting, &ret->generation, err) < 0)
		return -1;
	ret->previous = before->hash;
	ret->changed_at = change_time_after(before->sealed.changed_at);
	if (same_value) {
		ret->changed = before->sealed.changed;
		ret->changed_at = before->sealed.changed_at;
		ret->value_id = before->sealed.value_id;
	}
	return 0;
}

static void
copy_text(char *out, const char *text, size_t size)
{
	memcpy(out, text, strnlen(text, size - 1) + 1);
	out[size - 1] = 0;
}

static void
fill_header(const struct change *change, const char *setting, const struct succession *succession,
	    struct sealed *ret)
{
	*ret = (struct sealed){ .epoch = change->roster->epoch,
				.generation = succession->generation,
				.changed = succession->changed,
				.changed_at = succession->changed_at,
				.sealed_at = time(NULL) };
	copy_text(ret->project_id, chain_current(&change->project->chain)->project_id, ID_BYTES);
	copy_text(ret->environment, change->environment->name, sizeof(ret->environment));
	copy_text(ret->setting, setting, sizeof(ret->setting));
	copy_text(ret->previous, succession->previous, sizeof(ret->previous));
	if (succession->value_id != NULL)
		copy_text(ret->value_id, succession->value_id, ID_BYTES);
	else
		sealed_new_id(ret->value_id);
}

int
change_seal(struct change *change, const char *setting, const struct succession *succession,
	    const struct bytes *value, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(free_text) char *path =
		xasprintf("tfsecrets/%s/sealed/%s", change->environment->name, setting);
	const struct bytes none = { NULL, 0 };
	struct sealed sealed;
	struct signer signer;

	if (change->signer == NULL)
		return error_set(
			err, ERROR_REFUSED,
			"sealing '%s' needs an identity to sign with; 'tfsecrets keygen' makes one",
			setting);
	signer = identity_signer(change->signer);
	fill_header(change, setting, succession, &sealed);
	sealed.unset = value == NULL;
	if (sealed_write(&sealed, value != NULL ? *value : none, change->roster->key, &signer,
			 &text, err) < 0)
		return error_context(err, "sealing '%s'", setting);
	change->sealed_count++;
	return journal_put(&change->journal, path, buf_bytes(&text), process_file_mode(), err);
}

int
change_set_sealed(struct change *change, const struct setting *setting, struct bytes value,
		  enum outcome *ret, struct error *err)
{
	CLEANUP(sealed_file_clear) struct sealed_file present = SEALED_FILE_INIT;
	struct succession succession;
	bool same;

	if (change_read(change, setting->name, &present, err) < 0)
		return -1;
	same = change_holds(change, &present, value);
	*ret = same && present.state.status == STATUS_VALID ? OUTCOME_UNCHANGED :
	       same					    ? OUTCOME_RESEALED :
	       present.state.status == STATUS_ABSENT	    ? OUTCOME_NEW :
							      OUTCOME_CHANGED;
	if (*ret == OUTCOME_UNCHANGED)
		return 0;
	if (follow(change, setting->name, &present.state, same, &succession, err) < 0)
		return -1;
	return change_seal(change, setting->name, &succession, &value, err);
}

int
change_unset_sealed(struct change *change, const char *setting, enum outcome *ret,
		    struct error *err)
{
	CLEANUP(sealed_file_clear) struct sealed_file present = SEALED_FILE_INIT;
	struct succession succession;

	if (change_read(change, setting, &present, err) < 0)
		return -1;
	if (present.state.status == STATUS_ABSENT || present.state.status == STATUS_UNSET)
		return 0;
	if (follow(change, setting, &present.state, false, &succession, err) < 0)
		return -1;
	*ret = OUTCOME_UNSET;
	return change_seal(change, setting, &succession, NULL, err);
}

int
change_reseal(struct change *change, const char *setting, enum outcome *ret, struct error *err)
{
	CLEANUP(sealed_file_clear) struct sealed_file present = SEALED_FILE_INIT;
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	struct succession succession;
	struct error ignored;
	struct bytes bytes;
	bool unset;

	*ret = OUTCOME_UNCHANGED;
	if (change_read(change, setting, &present, err) < 0)
		return -1;
	if (present.state.status != STATUS_STALE)
		return 0;
	unset = present.state.sealed.unset;
	if (!unset && (!change->reads || open_file(change, &present, &value, &ignored) < 0))
		return error_set(
			err, ERROR_REFUSED,
			"resealing '%s' needs an identity that reads '%s'; or set it anew with "
			"'tfsecrets set'",
			setting, change->environment->name);
	if (follow(change, setting, &present.state, true, &succession, err) < 0)
		return -1;
	*ret = OUTCOME_RESEALED;
	bytes = secret_bytes(&value);
	return change_seal(change, setting, &succession, unset ? NULL : &bytes, err);
}

/* What stood there when it was looked at must stand there still when the change takes effect: git may have
 * put another file in its place while somebody was asked. */
static void
expect_file(struct change *change, const char *setting, const struct sealed_file *file)
{
	CLEANUP(free_text) char *path =
		xasprintf("tfsecrets/%s/sealed/%s", change->environment->name, setting);

	if (file->state.status == STATUS_ABSENT)
		journal_expect_missing(&change->journal, path);
	else
		journal_expect(&change->journal, path, buf_bytes(&file->text));
}

int
change_check_sealer(const struct change *change, const char *setting, struct error *err)
{
	CLEANUP(free_text) char *who = NULL;

	if (change->is_sealer)
		return 0;
	who = change_sealers(change, false);
	return error_set(err, ERROR_REFUSED,
			 "accepting '%s' needs the identity of a sealer of '%s': %s", setting,
			 change->environment->name, who);
}

int
change_accept(struct change *change, const struct setting *setting,
	      const struct sealed_file *pending, const struct secret *value, struct error *err)
{
	const struct sealed *header = &pending->state.sealed;
	struct succession succession = { .previous = pending->state.hash,
					 .changed = header->changed,
					 .changed_at = header->changed_at + 1 };
	struct bytes bytes = { NULL, 0 };

	if (value != NULL)
		bytes = secret_bytes(value);
	if (change_check_sealer(change, setting->name, err) < 0 ||
	    (value != NULL && change_check_value(setting, bytes, err) < 0) ||
	    change_count_on(header->generation, 1, setting->name, &succession.generation, err) < 0)
		return -1;
	expect_file(change, setting->name, pending);
	return change_seal(change, setting->name, &succession, value != NULL ? &bytes : NULL, err);
}

/* `changed` can be the newest file's or this epoch. An earlier value that somebody who has left could read is
 * still to be changed at the source, which only an epoch before his leaving says. */
static uint32_t
changed_of_restored(const struct change *change, const struct sealed *newest,
		    const struct sealed *earlier, bool *ret_is_known)
{
	bool was_known = earlier->changed < change->roster->removed;

	*ret_is_known = false;
	if (was_known && newest->changed < change->roster->removed)
		return newest->changed;
	*ret_is_known = was_known;
	return change->roster->epoch;
}

int
change_restore(struct change *change, const struct setting *setting, struct newest *newest,
	       const struct sealed_file *earlier, enum outcome *ret, bool *ret_is_known,
	       struct error *err)
{
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	const struct value_state *last = &newest->file.state;
	struct succession succession;
	struct bytes bytes;
	bool same;

	*ret_is_known = false;
	if (change_open(change, earlier, &value, err) < 0)
		return -1;
	bytes = secret_bytes(&value);
	same = !newest->is_forked && change_holds(change, &newest->file, bytes);
	*ret = same && newest->stands_there && last->status == STATUS_VALID ? OUTCOME_UNCHANGED :
	       same							    ? OUTCOME_RESEALED :
									      OUTCOME_CHANGED;
	if (*ret == OUTCOME_UNCHANGED)
		return 0;
	if (change_check_value(setting, bytes, err) < 0 ||
	    follow(change, setting->name, last, same, &succession, err) < 0)
		return -1;
	if (!same) {
		succession.changed = changed_of_restored(change, &last->sealed,
							 &earlier->state.sealed, ret_is_known);
		succession.changed_at = change_time_after(newest->changed_at);
	}
	if (newest->is_forked && change_count_on(succession.generation, 1, setting->name,
						 &succession.generation, err) < 0)
		return -1;
	return change_seal(change, setting->name, &succession, &bytes, err);
}
