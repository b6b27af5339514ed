/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/check.h"

#include <string.h>

#include "base/memory.h"
#include "injector/repository/check_parts.h"
#include "injector/repository/due.h"
#include "injector/repository/journal.h"

bool
check_is_ignored(const struct project *project, const char *path)
{
	const char *const arguments[] = { "check-ignore", "-q", "--", path, NULL };
	struct error ignored;
	int status;

	return project->has_git && tree_is_parallel(&project->files) &&
	       git_run(project->root, arguments, NULL, &status, &ignored) == 0 && status == 0;
}

void
check_stray(const struct project *project, const char *path, struct findings *findings)
{
	if (!check_is_ignored(project, path))
		findings_add(findings, LEVEL_FINDING, "%s: does not belong there", path);
}

static void
check_roster(const struct project *project, struct findings *findings)
{
	const struct chain *chain = &project->chain;
	const struct roster *roster = chain_current(chain);

	if (chain->proposed != NULL)
		findings_add(
			findings, LEVEL_FINDING,
			"roster %u is proposed: %zu of %u signatures; nothing is sealed or applied until "
			"it is complete",
			chain->proposed->serial, chain->proposed->signature_count,
			roster->threshold);
	if (chain->proposed_problem != NULL)
		findings_add(findings, LEVEL_FINDING, "%s", chain->proposed_problem);
	for (size_t i = 0; i < project->schema->environment_count; i++) {
		const struct environment *environment = &project->schema->environments[i];

		if (roster_environment(roster, environment->name) == NULL)
			findings_add(findings, LEVEL_FINDING,
				     SCHEMA_FILE ":%zu: the roster has no environment '%s'",
				     environment->line, environment->name);
	}
}

/* One line for all of them: a small project has no other kind of environment. */
static void
check_readers(const struct roster *roster, const char *environment, struct findings *findings)
{
	CLEANUP(list_clear) struct list alone = LIST_INIT;
	CLEANUP(free_text) char *names = NULL;

	for (size_t i = 0; i < roster->environment_count; i++) {
		const struct roster_environment *one = &roster->environments[i];

		if ((environment == NULL || strcmp(environment, one->name) == 0) &&
		    environment_has_one_reader(one))
			list_add(&alone, one->name);
	}
	if (alone.count == 0)
		return;
	names = list_join(&alone, ", ", " and ");
	findings_add(findings, LEVEL_NOTE,
		     "only one identity reads %s: lost, it takes the values along; add a recovery "
		     "reader (LOST KEYS in the manual)",
		     names);
}

/* Files in the top folder: the roster's, the journal, one folder for each environment. */
static int
check_top(struct project *project, struct findings *findings, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	const struct roster *roster = chain_current(&project->chain);

	if (tree_list(&project->files, "tfsecrets", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(free_text) char *path = xasprintf("tfsecrets/%s", names.items[i]);

		if (strcmp(names.items[i], "roster") != 0 && strcmp(path, JOURNAL_DIRECTORY) != 0 &&
		    roster_environment(roster, names.items[i]) == NULL)
			check_stray(project, path, findings);
	}
	return 0;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
share_target(const struct environment *a, const struct environment *b)
{
	for (size_t i = 0; i < a->target_count; i++) {
		for (size_t k = 0; k < b->target_count; k++) {
			const struct target *one = &a->targets[i], *other = &b->targets[k];

			if (one->in_cluster == other->in_cluster &&
			    same_text(one->context, other->context) &&
			    same_text(one->namespace, other->namespace))
				return true;
		}
	}
	return false;
}

/* All environments write the same object names, so two in one place would overwrite each other. */
static void
check_targets(const struct schema *schema, struct findings *findings)
{
	for (size_t i = 0; i < schema->environment_count; i++) {
		for (size_t k = i + 1; k < schema->environment_count; k++) {
			const struct environment *a = &schema->environments[i];
			const struct environment *b = &schema->environments[k];

			if (share_target(a, b))
				findings_add(
					findings, LEVEL_FINDING,
					SCHEMA_FILE
					":%zu: '%s' and '%s' have a target in common and would "
					"overwrite each other's objects",
					b->line, a->name, b->name);
		}
	}
}

int
check_project(struct project *project, const char *environment, state_progress progress,
	      struct findings *findings, struct error *err)
{
	const struct roster *roster = chain_current(&project->chain);

	check_roster(project, findings);
	check_targets(project->schema, findings);
	check_readers(roster, environment, findings);
	if (check_top(project, findings, err) < 0 && findings_take(findings, err) < 0)
		return -1;
	for (size_t i = 0; i < roster->environment_count; i++) {
		const struct roster_environment *one = &roster->environments[i];

		if ((environment == NULL || strcmp(environment, one->name) == 0) &&
		    check_environment(project, one, progress, findings, err) < 0)
			return -1;
	}
	return 0;
}
