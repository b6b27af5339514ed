/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/history.h"

#include <string.h>

#include "base/memory.h"

enum { SUBJECT_MAX = 64 * 1024 };

void
history_close(struct history *history)
{
	git_batch_stop(&history->batch);
	list_clear(&history->commits);
	free(history->path);
	*history = (struct history)HISTORY_INIT;
}

/* rev-list and not log, which the user's configuration changes. --full-history: a branch whose value a merge
 * did not take has had its generations too. */
static int
list_commits(struct history *history, struct error *err)
{
	CLEANUP(buf_clear) struct buf output = BUF_INIT(GIT_OUTPUT_MAX);
	const char *const arguments[] = { "rev-list", "--full-history", "HEAD",
					  "--",	      history->path,	NULL };
	const char *line;
	int status;

	if (git_run(history->project->root, arguments, &output, &status, err) < 0)
		return -1;
	if (status != 0)
		return error_set(err, ERROR_FAILED, "git has no commit here yet");
	line = buf_text(&output);
	for (size_t len; *line != 0; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		list_take(&history->commits, xstrndup(line, len));
	}
	return 0;
}

int
history_open(struct project *project, const char *path, struct history *ret, struct error *err)
{
	CLEANUP(history_close) struct history history = HISTORY_INIT;

	if (!project->has_git)
		return error_set(err, ERROR_FAILED, "'%s' is not in a git work tree",
				 project->root);
	history.project = project;
	history.path = xstrdup(path);
	if (list_commits(&history, err) < 0 ||
	    git_batch_start(project->root, &history.batch, err) < 0)
		return -1;
	*ret = history;
	history = (struct history)HISTORY_INIT;
	return 0;
}

int
history_read(struct history *history, size_t at, struct buf *ret, struct error *err)
{
	CLEANUP(free_text) char *object =
		xasprintf("%s:./%s", history->commits.items[at], history->path);
	struct error cause;

	if (git_batch_read(&history->batch, object, ret, &cause) == 0)
		return 0;
	buf_reset(ret);
	if (cause.code == ERROR_MISSING || cause.code == ERROR_REFUSED)
		return 0;
	*err = cause;
	return error_context(err, "'%s' in %s", history->path, history->commits.items[at]);
}

int
history_roster(const struct project *project, const char *revision, const struct roster **ret,
	       struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = TREE_INIT;
	CLEANUP(chain_clear) struct chain chain = CHAIN_INIT;
	const struct roster *then;

	if (tree_of_revision(project->root, revision, &tree, err) < 0)
		return -1;
	if (chain_read(&tree, &chain, err) < 0) {
		if (err->code == ERROR_MISSING)
			err->code = ERROR_REFUSED;
		return -1;
	}
	then = chain_current(&chain);
	if (then->serial > project->chain.count ||
	    strcmp(then->hash, project->chain.rosters[then->serial - 1]->hash) != 0)
		return error_set(err, ERROR_REFUSED,
				 "roster %u of %s is not of the chain that is in force here",
				 then->serial, revision);
	*ret = project->chain.rosters[then->serial - 1];
	return 0;
}

char *
history_describe(const struct project *project, const char *revision)
{
	CLEANUP(buf_clear) struct buf output = BUF_INIT(SUBJECT_MAX);
	const char *const arguments[] = { "show",
					  "-s",
					  "--no-show-signature",
					  "--no-color",
					  "--format=%h of %cs, %s",
					  "--end-of-options",
					  revision,
					  "--",
					  NULL };
	struct error ignored;
	int status;

	if (git_run(project->root, arguments, &output, &status, &ignored) < 0 || status != 0 ||
	    output.len == 0)
		return xstrdup(revision);
	return xstrndup(buf_text(&output), strcspn(buf_text(&output), "\n"));
}
