/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/conflict.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/repository/history.h"

enum { MARKER_LEN = 7, UNMERGED_MAX = 64 * 1024 };

/* The objects in stages 2 and 3; "" where a side has none. */
struct stages {
	char objects[SIDES][80];
	bool is_file[SIDES];
	bool any;
};

/* Records of `ls-files -u -z`: "MODE OBJECT STAGE\tPATH". */
static int
read_stages(const struct project *project, const char *path, struct stages *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf output = BUF_INIT(UNMERGED_MAX);
	const char *const arguments[] = { "ls-files", "-u", "-z", "--", path, NULL };
	int status;

	*ret = (struct stages){ .any = false };
	if (!project->has_git)
		return 0;
	if (git_run(project->root, arguments, &output, &status, err) < 0)
		return -1;
	if (status != 0)
		return error_set(err, ERROR_FAILED, "git could not tell what is not merged");
	for (size_t at = 0; at < output.len; at += strlen(buf_text(&output) + at) + 1) {
		char mode[8], object[80], stage[8];

		if (sscanf(buf_text(&output) + at, "%7s %79s %7s", mode, object, stage) != 3)
			continue;
		ret->any = true;
		if (stage[0] != '2' && stage[0] != '3')
			continue;
		memcpy(ret->objects[stage[0] - '2'], object, sizeof(object));
		ret->is_file[stage[0] - '2'] = strncmp(mode, "100", 3) == 0;
	}
	return 0;
}

bool
conflict_is_in_index(const struct project *project, const char *path)
{
	struct stages stages;
	struct error ignored;

	return read_stages(project, path, &stages, &ignored) == 0 && stages.any;
}

static int
read_objects(const struct project *project, const struct stages *stages, const char *path,
	     struct buf texts[static SIDES], struct error *err)
{
	struct git_batch batch = GIT_BATCH_INIT;
	int result;

	if (git_batch_start(project->root, &batch, err) < 0)
		return -1;
	result = 0;
	for (size_t i = 0; i < SIDES && result == 0; i++) {
		if (stages->objects[i][0] == 0)
			continue;
		if (!stages->is_file[i])
			result = error_set(err, ERROR_REFUSED, "'%s' is a link on one side", path);
		else if (git_batch_read(&batch, stages->objects[i], &texts[i], err) < 0)
			result = error_context(err, "'%s'", path);
	}
	git_batch_stop(&batch);
	return result;
}

static bool
is_marker(struct bytes line, char letter)
{
	if (line.len < MARKER_LEN || (line.len > MARKER_LEN && line.data[MARKER_LEN] != ' '))
		return false;
	for (size_t i = 0; i < MARKER_LEN; i++) {
		if (line.data[i] != (uint8_t)letter)
			return false;
	}
	return true;
}

/* Where a line stands; each marker leads from one place to the next. */
enum place { PLACE_BOTH, PLACE_OURS, PLACE_COMMON, PLACE_THEIRS };

static const struct {
	char letter;
	enum place from, to;
} markers[] = {
	{ '<', PLACE_BOTH, PLACE_OURS },   { '|', PLACE_OURS, PLACE_COMMON },
	{ '=', PLACE_OURS, PLACE_THEIRS }, { '=', PLACE_COMMON, PLACE_THEIRS },
	{ '>', PLACE_THEIRS, PLACE_BOTH },
};

/* The place behind this line. 1: it is no marker; -1: one that cannot stand here. */
static int
pass_marker(struct bytes line, enum place *place)
{
	int result = 1;

	for (size_t i = 0; i < COUNT(markers); i++) {
		if (!is_marker(line, markers[i].letter))
			continue;
		if (markers[i].from == *place) {
			*place = markers[i].to;
			return 0;
		}
		result = -1;
	}
	return result;
}

bool
conflict_split(struct bytes text, struct buf *ours, struct buf *theirs)
{
	enum place place = PLACE_BOTH;
	bool any = false;

	for (size_t start = 0; start < text.len;) {
		const uint8_t *end = memchr(text.data + start, '\n', text.len - start);
		size_t len = end != NULL ? (size_t)(end - text.data) - start : text.len - start;
		size_t whole = len + (end != NULL);
		struct bytes line = { text.data + start, whole };
		int passed = pass_marker((struct bytes){ text.data + start, len }, &place);

		if (passed < 0)
			return false;
		any = any || passed == 0;
		if (passed > 0 && (place == PLACE_BOTH || place == PLACE_OURS))
			buf_append(ours, line);
		if (passed > 0 && (place == PLACE_BOTH || place == PLACE_THEIRS))
			buf_append(theirs, line);
		start += whole;
	}
	return any && place == PLACE_BOTH;
}

/* Without git's word for it: markers that somebody has left in the file. */
static int
read_markers(struct change *change, const char *setting, struct sealed_file sides[static SIDES],
	     struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(2 * SEALED_FILE_MAX);
	struct error cause = ERROR_INIT;

	if (change->sealed.path != NULL &&
	    tree_read_in(&change->sealed, setting, text.max, &text, &cause) < 0 &&
	    cause.code != ERROR_MISSING) {
		*err = cause;
		return -1;
	}
	if (!conflict_split(buf_bytes(&text), &sides[SIDE_OURS].text, &sides[SIDE_THEIRS].text))
		return error_set(err, ERROR_MISSING, "'%s' has no merge conflict in '%s'", setting,
				 change->environment->name);
	return 0;
}

int
conflict_read(struct change *change, const char *setting, struct sealed_file sides[static SIDES],
	      struct error *err)
{
	CLEANUP(free_text) char *path =
		xasprintf("tfsecrets/%s/sealed/%s", change->environment->name, setting);
	struct buf texts[SIDES] = { BUF_INIT(SEALED_FILE_MAX), BUF_INIT(SEALED_FILE_MAX) };
	struct stages stages;
	int result;

	for (size_t i = 0; i < SIDES; i++)
		sides[i] = (struct sealed_file)SEALED_FILE_INIT;
	if (read_stages(change->project, path, &stages, err) < 0)
		return -1;
	result = stages.any ? read_objects(change->project, &stages, path, texts, err) :
			      read_markers(change, setting, sides, err);
	for (size_t i = 0; i < SIDES; i++) {
		if (stages.any)
			sides[i].text = texts[i];
		if (result == 0 && (!stages.any || stages.objects[i][0] != 0))
			value_verify(buf_bytes(&sides[i].text), path, setting,
				     chain_current(&change->project->chain), change->roster,
				     &sides[i].state);
	}
	return result;
}

static char *
name_commit(const struct project *project, const char *name)
{
	CLEANUP(free_text) char *commit = history_describe(project, name);

	return xasprintf("%s, %s", name, commit);
}

void
conflict_commits(const struct project *project, char *ret[static SIDES])
{
	static const char *const names[] = { "REBASE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD",
					     "MERGE_HEAD" };

	ret[SIDE_OURS] = NULL;
	for (size_t i = 0; i < COUNT(names) && ret[SIDE_OURS] == NULL && project->has_git; i++) {
		CLEANUP(free_text) char *path =
			xasprintf("%s/%s", project->git.directory, names[i]);

		if (!file_exists(AT_FDCWD, path))
			continue;
		ret[SIDE_OURS] = name_commit(project, "HEAD");
		ret[SIDE_THEIRS] = name_commit(project, names[i]);
	}
	if (ret[SIDE_OURS] == NULL) {
		ret[SIDE_OURS] = xstrdup("");
		ret[SIDE_THEIRS] = xstrdup("");
	}
}
