/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/revert.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/repository/history.h"
#include "injector/repository/values.h"

/* One file of history that parses: what its header says, before anybody has judged it. */
struct past {
	size_t at; /* in the history's commits */
	struct sealed header;
	char hash[SHA256_HEX_BYTES];
};

struct search {
	struct change *change;
	const struct setting *setting;
	struct history history;
	struct past *pasts; /* highest generation first */
	size_t count;
	struct sealed_file present;
	struct newest newest;
};

static void
search_end(struct search *search)
{
	history_close(&search->history);
	free(search->pasts);
	sealed_file_clear(&search->present);
	sealed_file_clear(&search->newest.file);
}

static int
compare_pasts(const void *a, const void *b)
{
	const struct past *one = a, *other = b;

	if (one->header.generation != other->header.generation)
		return one->header.generation < other->header.generation ? 1 : -1;
	return one->at < other->at ? -1 : 1;
}

static int
read_pasts(struct search *search, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	struct sealed_parts parts;
	struct error ignored;

	search->pasts = xcalloc(search->history.commits.count, sizeof(*search->pasts));
	for (size_t i = 0; i < search->history.commits.count; i++) {
		struct past *past = &search->pasts[search->count];

		if (history_read(&search->history, i, &text, err) < 0)
			return -1;
		if (sealed_parse(buf_bytes(&text), "", &past->header, &parts, &ignored) < 0)
			continue;
		past->at = i;
		sha256_hex(buf_bytes(&text), past->hash);
		search->count++;
	}
	if (search->count > 1)
		qsort(search->pasts, search->count, sizeof(*search->pasts), compare_pasts);
	return 0;
}

/* Verifies file's text as the roster of revision would have. Who was a sealer then may be none today. */
static int
judge(const struct search *search, const char *revision, struct sealed_file *file,
      struct error *err)
{
	const char *environment = search->change->environment->name;
	CLEANUP(free_text) char *shown = xasprintf("tfsecrets/%s/sealed/%s in %s", environment,
						   search->setting->name, revision);
	const struct roster_environment *then;
	const struct roster *roster;

	if (history_roster(search->change->project, revision, &roster, err) < 0)
		return -1;
	then = roster_environment(roster, environment);
	if (then == NULL)
		return error_set(err, ERROR_REFUSED, "roster %u of %s has no environment '%s'",
				 roster->serial, revision, environment);
	value_verify(buf_bytes(&file->text), shown, search->setting->name, roster, then,
		     &file->state);
	if (file->state.status == STATUS_INVALID || file->state.status == STATUS_PENDING)
		return error_set(err, ERROR_REFUSED, "%s", file->state.problem);
	return 0;
}

/* The file of a past; STATUS_ABSENT where it does not hold. */
static int
load_past(struct search *search, const struct past *past, struct sealed_file *ret,
	  struct error *err)
{
	CLEANUP(sealed_file_clear) struct sealed_file file = SEALED_FILE_INIT;
	struct error cause;

	*ret = (struct sealed_file)SEALED_FILE_INIT;
	if (history_read(&search->history, past->at, &file.text, err) < 0)
		return -1;
	if (judge(search, search->history.commits.items[past->at], &file, &cause) < 0) {
		if (cause.code == ERROR_REFUSED)
			return 0;
		*err = cause;
		return -1;
	}
	*ret = file;
	file = (struct sealed_file)SEALED_FILE_INIT;
	return 0;
}

static void
copy_present(struct search *search)
{
	struct sealed_file *newest = &search->newest.file;

	*newest = search->present;
	newest->text = (struct buf)BUF_INIT(SEALED_FILE_MAX);
	buf_append(&newest->text, buf_bytes(&search->present.text));
	newest->state.name = NULL;
	newest->state.problem = NULL;
	search->newest.stands_there = true;
	search->newest.changed_at = search->present.state.sealed.changed_at;
}

/* The newest file is the one that stands there, unless history has a later one: then somebody has put an older
 * one back. Two of the same generation are a merge that took one side's file as it was. */
static int
find_newest(struct search *search, struct error *err)
{
	bool is_there = search->present.state.status != STATUS_ABSENT;

	if (is_there)
		copy_present(search);
	for (size_t i = 0; i < search->count; i++) {
		const struct past *past = &search->pasts[i];
		CLEANUP(sealed_file_clear) struct sealed_file file = SEALED_FILE_INIT;
		const struct value_state *newest = &search->newest.file.state;
		bool is_first = newest->status == STATUS_ABSENT;

		if (!is_first && past->header.generation < newest->sealed.generation)
			break;
		if (!is_first && strcmp(past->hash, newest->hash) == 0)
			continue;
		if (load_past(search, past, &file, err) < 0)
			return -1;
		if (file.state.status == STATUS_ABSENT)
			continue;
		if (past->header.changed_at > search->newest.changed_at)
			search->newest.changed_at = past->header.changed_at;
		if (!is_first && past->header.generation == newest->sealed.generation) {
			search->newest.is_forked = true;
			continue;
		}
		sealed_file_clear(&search->newest.file);
		search->newest.file = file;
		file = (struct sealed_file)SEALED_FILE_INIT;
		search->newest.stands_there = false;
		search->newest.is_forked = false;
	}
	return 0;
}

static int
search_begin(struct search *search, struct error *err)
{
	CLEANUP(free_text) char *path =
		xasprintf("tfsecrets/%s/sealed/%s", search->change->environment->name,
			  search->setting->name);

	if (change_read(search->change, search->setting->name, &search->present, err) < 0 ||
	    history_open(search->change->project, path, &search->history, err) < 0)
		return -1;
	return read_pasts(search, err) < 0 ? -1 : find_newest(search, err);
}

static int
nothing_earlier(const struct search *search, struct error *err)
{
	const struct git *git = &search->change->project->git;
	CLEANUP(free_text) char *shallow = xasprintf("%s/shallow", git->common);

	return error_set(err, ERROR_REFUSED, "git's history has no earlier value of '%s' in '%s'%s",
			 search->setting->name, search->change->environment->name,
			 file_exists(AT_FDCWD, shallow) ? "; this clone is shallow" : "");
}

/* Whether two files hold the same value, as far as we can tell. */
static bool
same_value(const struct search *search, const struct sealed_file *a, const struct sealed_file *b)
{
	CLEANUP(secret_clear) struct secret one = SECRET_INIT;
	CLEANUP(secret_clear) struct secret other = SECRET_INIT;
	struct error ignored;

	return strcmp(a->state.sealed.value_id, b->state.sealed.value_id) == 0 ||
	       (!a->state.sealed.unset && !b->state.sealed.unset &&
		change_open(search->change, a, &one, &ignored) == 0 &&
		change_open(search->change, b, &other, &ignored) == 0 &&
		secret_equal(&one, &other));
}

/* The last value that is another one than the present; what was pending never was one. */
static int
find_before(struct search *search, struct sealed_file *ret, char **ret_from, struct error *err)
{
	bool is_there = search->present.state.status != STATUS_ABSENT &&
			search->present.state.status != STATUS_PENDING;

	for (size_t i = 0; i < search->count; i++) {
		const struct past *past = &search->pasts[i];
		CLEANUP(sealed_file_clear) struct sealed_file file = SEALED_FILE_INIT;

		if (past->header.unset ||
		    (is_there && past->header.generation > search->present.state.sealed.generation))
			continue;
		if (load_past(search, past, &file, err) < 0)
			return -1;
		if (file.state.status == STATUS_ABSENT ||
		    (is_there && same_value(search, &file, &search->present)))
			continue;
		*ret = file;
		file = (struct sealed_file)SEALED_FILE_INIT;
		*ret_from = xstrdup(search->history.commits.items[past->at]);
		return 0;
	}
	return nothing_earlier(search, err);
}

static int
no_value_there(const struct search *search, const char *revision, struct error *err)
{
	return error_set(err, ERROR_REFUSED,
			 "'%s' has no value in %s; 'tfsecrets unset' takes the present one away",
			 search->setting->name, revision);
}

static int
find_in_revision(struct search *search, const char *revision, struct sealed_file *ret,
		 char **ret_from, struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = TREE_INIT;
	CLEANUP(sealed_file_clear) struct sealed_file file = SEALED_FILE_INIT;

	if (tree_of_revision(search->change->project->root, revision, &tree, err) < 0)
		return -1;
	if (tree_read(&tree, search->history.path, SEALED_FILE_MAX, &file.text, err) < 0)
		return err->code == ERROR_MISSING ? no_value_there(search, revision, err) : -1;
	if (judge(search, revision, &file, err) < 0)
		return -1;
	if (file.state.sealed.unset)
		return no_value_there(search, revision, err);
	*ret = file;
	file = (struct sealed_file)SEALED_FILE_INIT;
	*ret_from = xstrdup(revision);
	return 0;
}

static int
find_sealed(struct search *search, const char *revision, struct sealed_file *ret, char **ret_from,
	    struct error *err)
{
	const struct sealed_file *present = &search->present;

	if (revision != NULL)
		return find_in_revision(search, revision, ret, ret_from, err);
	if (!search->newest.stands_there && search->newest.file.state.status != STATUS_ABSENT &&
	    present->state.status != STATUS_ABSENT && !present->state.sealed.unset &&
	    present->state.status != STATUS_PENDING) {
		*ret = *present;
		search->present = (struct sealed_file)SEALED_FILE_INIT;
		return 0;
	}
	return find_before(search, ret, ret_from, err);
}

static int
revert_sealed(struct change *change, const struct setting *setting, const char *revision,
	      struct reverted *ret, struct error *err)
{
	CLEANUP(search_end) struct search search = { .change = change,
						     .setting = setting,
						     .history = HISTORY_INIT,
						     .present = SEALED_FILE_INIT,
						     .newest = { .file = SEALED_FILE_INIT } };
	CLEANUP(sealed_file_clear) struct sealed_file earlier = SEALED_FILE_INIT;
	CLEANUP(free_text) char *from = NULL;

	if (search_begin(&search, err) < 0 ||
	    find_sealed(&search, revision, &earlier, &from, err) < 0 ||
	    change_restore(change, setting, &search.newest, &earlier, &ret->outcome, &ret->is_known,
			   err) < 0)
		return -1;
	ret->revision = TAKE(from);
	return 0;
}

/* The value of a setting in the text of a config.yaml of then; false: it has none, or cannot be read. */
static bool
plain_of(struct bytes text, const char *setting, struct secret *ret)
{
	CLEANUP(plain_clear) struct plain plain = PLAIN_INIT;
	struct secret source = SECRET_INIT;
	struct error ignored;
	size_t at;

	return secret_from(text, &source, &ignored) == 0 &&
	       plain_parse(&source, "config.yaml", &plain, &ignored) == 0 &&
	       plain_find(&plain, setting, &at) &&
	       secret_from(plain_value(&plain, at), ret, &ignored) == 0;
}

static int
find_plain(struct search *search, const char *revision, struct secret *ret, char **ret_from,
	   struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(YAML_SOURCE_MAX);
	const struct plain *present = &search->change->plain;
	const char *name = search->setting->name;
	size_t at;
	bool is_there = plain_find(present, name, &at);

	if (revision != NULL) {
		CLEANUP(tree_clear) struct tree tree = TREE_INIT;
		CLEANUP(plain_clear) struct plain then = PLAIN_INIT;

		if (tree_of_revision(search->change->project->root, revision, &tree, err) < 0 ||
		    plain_read(&tree, search->change->environment->name, &then, err) < 0)
			return -1;
		if (!plain_find(&then, name, &at))
			return no_value_there(search, revision, err);
		*ret_from = xstrdup(revision);
		return secret_from(plain_value(&then, at), ret, err);
	}
	for (size_t i = 0; i < search->history.commits.count; i++) {
		if (history_read(&search->history, i, &text, err) < 0)
			return -1;
		if (!plain_of(buf_bytes(&text), name, ret))
			continue;
		if (!is_there || !bytes_equal(secret_bytes(ret), plain_value(present, at))) {
			*ret_from = xstrdup(search->history.commits.items[i]);
			return 0;
		}
		secret_clear(ret);
	}
	return nothing_earlier(search, err);
}

static int
revert_plain(struct change *change, const struct setting *setting, const char *revision,
	     struct reverted *ret, struct error *err)
{
	CLEANUP(search_end) struct search search = { .change = change,
						     .setting = setting,
						     .history = HISTORY_INIT,
						     .present = SEALED_FILE_INIT,
						     .newest = { .file = SEALED_FILE_INIT } };
	CLEANUP(free_text) char *path = project_path(change->environment->name, "config.yaml");
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	CLEANUP(free_text) char *from = NULL;

	if (history_open(change->project, path, &search.history, err) < 0 ||
	    find_plain(&search, revision, &value, &from, err) < 0 ||
	    change_set(change, setting, secret_bytes(&value), &ret->outcome, err) < 0)
		return -1;
	ret->revision = TAKE(from);
	return 0;
}

int
revert_setting(struct change *change, const struct setting *setting, const char *revision,
	       struct reverted *ret, struct error *err)
{
	struct reverted reverted = { .revision = NULL };
	int result = setting->kind == KIND_CONFIG ?
			     revert_plain(change, setting, revision, &reverted, err) :
			     revert_sealed(change, setting, revision, &reverted, err);

	if (result == 0)
		*ret = reverted;
	return result;
}
