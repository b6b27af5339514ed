/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "injector/repository/due.h"
#include "injector/repository/bundle.h"
#include "injector/repository/environment_key.h"
#include "injector/repository/journal.h"
#include "injector/repository/limits.h"
#include "injector/repository/plain.h"
#include "injector/repository/values.h"
#include "schemas/classify.h"

void
findings_add(struct findings *findings, enum finding_level level, const char *format, ...)
{
	char text[ERROR_MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (findings->count == findings->cap) {
		findings->cap = findings->cap > 0 ? 2 * findings->cap : 16;
		findings->items =
			xreallocarray(findings->items, findings->cap, sizeof(*findings->items));
	}
	findings->items[findings->count++] =
		(struct finding){ .level = level, .text = xstrdup(text) };
}

int
findings_take(struct findings *findings, struct error *err)
{
	if (err->code != ERROR_REFUSED)
		return -1;
	findings_add(findings, LEVEL_FINDING, "%s", err->message);
	*err = (struct error)ERROR_INIT;
	return 0;
}

void
findings_clear(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->items[i].text);
	free(findings->items);
	*findings = (struct findings)FINDINGS_INIT;
}

size_t
findings_count(const struct findings *findings, bool strict)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].level == LEVEL_FINDING ||
			 (strict && findings->items[i].level == LEVEL_DUE);
	return count;
}

/* One environment, as far as it has been looked at. */
struct view {
	struct project *project;
	const char *name;
	const struct environment *environment; /* of the schema, or NULL */
	const struct roster_environment *roster;
	struct plain plain;
	struct environment_state state;
	struct findings *findings;
};

static void
check_one_key_file(struct view *view, const char *name, const struct roster *roster,
		   const struct roster_environment *environment)
{
	CLEANUP(free_text) char *path = project_path(view->name, name);
	CLEANUP(buf_clear) struct buf file = BUF_INIT(KEY_FILE_MAX);
	struct error err;

	if (tree_read(&view->project->files, path, KEY_FILE_MAX, &file, &err) < 0 ||
	    environment_key_check(buf_bytes(&file), path, roster, environment, &err) < 0)
		findings_add(view->findings, LEVEL_FINDING, "%s", err.message);
}

/* The key file, and the one that a proposed roster brings where it changes it. */
static void
check_key_file(struct view *view)
{
	const struct chain *chain = &view->project->chain;
	const struct roster_environment *next =
		chain->proposed != NULL ? roster_environment(chain->proposed, view->name) : NULL;

	check_one_key_file(view, "key.age", chain_current(chain), view->roster);
	if (next != NULL && chain->proposed_problem == NULL &&
	    strcmp(next->wrapped, view->roster->wrapped) != 0)
		check_one_key_file(view, "key.age.proposed", chain->proposed, next);
}

/* A file of a name that is never read and that git ignores is somebody's own business. */
static bool
is_ignored(const struct project *project, const char *path)
{
	const char *const arguments[] = { "check-ignore", "-q", "--", path, NULL };
	struct error ignored;
	int status;

	return project->has_git && tree_is_parallel(&project->files) &&
	       git_run(project->root, arguments, NULL, &status, &ignored) == 0 && status == 0;
}

static void
check_stray(const struct project *project, const char *path, struct findings *findings)
{
	if (!is_ignored(project, path))
		findings_add(findings, LEVEL_FINDING, "%s: does not belong there", path);
}

static int
check_folder(struct view *view, struct error *err)
{
	static const char *const known[] = { "config.yaml", "key.age", "sealed" };
	CLEANUP(free_text) char *folder = xasprintf("tfsecrets/%s", view->name);
	CLEANUP(list_clear) struct list names = LIST_INIT;

	if (tree_list(&view->project->files, folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(free_text) char *path = project_path(view->name, names.items[i]);
		bool is_known = false;

		for (size_t k = 0; k < COUNT(known); k++)
			is_known = is_known || strcmp(known[k], names.items[i]) == 0;
		if (strcmp(names.items[i], "key.age.proposed") == 0) {
			if (view->project->chain.proposed == NULL)
				findings_add(view->findings, LEVEL_FINDING,
					     "%s: there is no proposed roster that brings it",
					     path);
		} else if (!is_known) {
			check_stray(view->project, path, view->findings);
		}
	}
	return 0;
}

static void
check_due(const struct view *view, const struct setting *setting, const struct sealed *sealed)
{
	struct value_due due = value_due(setting, view->roster, sealed, time(NULL));

	if (due.at_source)
		findings_add(
			view->findings, LEVEL_DUE,
			"'%s' of '%s': change it at the source, a reader who has left could read it",
			setting->name, view->name);
	if (due.overdue > 0) {
		char over[TIME_TEXT_BYTES];

		text_from_duration(due.overdue, over);
		findings_add(view->findings, LEVEL_DUE,
			     "'%s' of '%s': due to be changed since %s (rotate-after)",
			     setting->name, view->name, over);
	}
}

static void
check_problem(const struct view *view, const struct value_state *state)
{
	CLEANUP(free_text) char *path =
		xasprintf("tfsecrets/%s/sealed/%s", view->name, state->name);

	if (text_is_setting_name(bytes_of(state->name)) || !is_ignored(view->project, path))
		findings_add(view->findings, LEVEL_FINDING, "%s", state->problem);
}

static void
check_value(const struct view *view, const struct value_state *state)
{
	const struct setting *setting = schema_setting(view->project->schema, state->name);

	if (state->problem != NULL) {
		check_problem(view, state);
		return;
	}
	if (setting == NULL && state->status == STATUS_VALID)
		findings_add(view->findings, LEVEL_FINDING,
			     "tfsecrets/%s/sealed/%s: " SCHEMA_FILE " has no such setting",
			     view->name, state->name);
	else if (setting != NULL && setting->kind == KIND_CONFIG)
		findings_add(
			view->findings, LEVEL_FINDING,
			"tfsecrets/%s/sealed/%s: was sealed, so it is a secret, but " SCHEMA_FILE
			":%zu says config",
			view->name, state->name, setting->line);
	else if (setting != NULL && state->status == STATUS_VALID)
		check_due(view, setting, &state->sealed);
}

static int
compare_no_case(const void *a, const void *b)
{
	const struct value_state *const *one = a, *const *other = b;

	return strcasecmp((*one)->name, (*other)->name);
}

/* On a file system that is blind to case, one of the two would be the other. */
static void
check_case(const struct view *view)
{
	size_t count = view->state.count;
	const struct value_state **sorted = xcalloc(count, sizeof(*sorted));

	for (size_t i = 0; i < count; i++)
		sorted[i] = &view->state.values[i];
	if (count > 1)
		qsort(sorted, count, sizeof(*sorted), compare_no_case);
	for (size_t i = 1; i < count; i++) {
		if (strcasecmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			findings_add(
				view->findings, LEVEL_FINDING,
				"tfsecrets/%s/sealed: '%s' and '%s' differ only in letter case",
				view->name, sorted[i - 1]->name, sorted[i]->name);
	}
	free(sorted);
}

static void
check_plain_value(const struct view *view, size_t at)
{
	const struct schema *schema = view->project->schema;
	const char *name = plain_name(&view->plain, at), *near, *broken;
	const struct setting *setting = schema_setting(schema, name);
	struct bytes value = plain_value(&view->plain, at);
	char where[LABEL_MAX + 64], rule[RULE_TEXT_BYTES], reason[REASON_BYTES];

	(void)snprintf(where, sizeof(where), "tfsecrets/%s/config.yaml:%zu", view->name,
		       plain_line(&view->plain, at));
	if (setting == NULL) {
		near = schema_suggest_setting(schema, name);
		findings_add(view->findings, LEVEL_FINDING,
			     "%s: " SCHEMA_FILE " has no setting '%s'%s%s%s", where, name,
			     near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
			     near != NULL ? "'?" : "");
		return;
	}
	if (setting->kind == KIND_SECRET) {
		findings_add(
			view->findings, LEVEL_FINDING,
			"%s: the secret '%s' stands there in the clear; 'tfsecrets seal --env %s' seals it",
			where, name, view->name);
		return;
	}
	broken = setting_check(setting, value, rule);
	if (broken != NULL)
		findings_add(view->findings, LEVEL_FINDING, "%s: '%s' %s", where, name, broken);
	if (setting->not_secret == NULL && classify_guard(name, value, reason))
		findings_add(view->findings, LEVEL_FINDING,
			     "%s: '%s' looks like a secret: %s; make it 'kind: secret', or say "
			     "'not-secret: REASON'",
			     where, name, reason);
}

static void
check_required(const struct view *view)
{
	const struct schema *schema = view->project->schema;

	if (plain_count(&view->plain) == 0 && view->state.count == 0) {
		findings_add(view->findings, LEVEL_NOTE, "'%s' has no values yet", view->name);
		return;
	}
	for (size_t i = 0; i < schema->setting_count; i++) {
		const struct setting *setting = &schema->settings[i];
		const struct value_state *state =
			environment_state_find(&view->state, setting->name);
		size_t at;

		if (!setting_is_required(setting, view->name) || setting->default_value != NULL ||
		    plain_find(&view->plain, setting->name, &at) ||
		    (state != NULL && state->status != STATUS_UNSET))
			continue;
		findings_add(view->findings, LEVEL_FINDING, "'%s' has no value in '%s'",
			     setting->name, view->name);
	}
}

static int
check_values(struct view *view, state_progress progress, struct error *err)
{
	const struct roster *roster = chain_current(&view->project->chain);
	struct error cause;

	if (plain_read(&view->project->files, view->name, &view->plain, &cause) < 0)
		findings_add(view->findings, LEVEL_FINDING, "%s", cause.message);
	if (environment_state_read(&view->project->files, roster, view->roster, progress,
				   &view->state, err) < 0)
		return -1;
	for (size_t i = 0; i < view->state.count; i++)
		check_value(view, &view->state.values[i]);
	check_case(view);
	for (size_t i = 0; i < plain_count(&view->plain); i++)
		check_plain_value(view, i);
	if (view->environment != NULL) {
		check_required(view);
		limits_check(view->project->schema, view->name, &view->plain, &view->state,
			     view->findings);
	}
	view->findings->environments++;
	view->findings->sealed += view->state.count;
	view->findings->plain += plain_count(&view->plain);
	return 0;
}

/* What does not fit into a ConfigMap is found before somebody wants to apply it. Values that do not load have been
 * found already. */
static void
check_bundle(const struct view *view)
{
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(bundle_clear) struct bundle bundle = BUNDLE_INIT;
	struct error err;

	if (view->environment != NULL && view->environment->deliver == DELIVER_SEALED &&
	    values_load(view->project, view->name, NULL, &values, &err) == 0 &&
	    bundle_make(&values, &bundle, &err) < 0)
		findings_add(view->findings, LEVEL_FINDING, "%s", err.message);
}

static int
check_environment(struct project *project, const struct roster_environment *roster,
		  state_progress progress, struct findings *findings, struct error *err)
{
	struct view view = { .project = project,
			     .name = roster->name,
			     .roster = roster,
			     .environment = schema_environment(project->schema, roster->name),
			     .plain = PLAIN_INIT,
			     .findings = findings };
	int result;

	if (view.environment == NULL)
		findings_add(findings, LEVEL_NOTE,
			     "the roster has the environment '%s', " SCHEMA_FILE " has not",
			     roster->name);
	check_key_file(&view);
	result = (check_folder(&view, err) < 0 && findings_take(findings, err) < 0) ||
				 (check_values(&view, progress, err) < 0 &&
				  findings_take(findings, err) < 0) ?
			 -1 :
			 0;
	if (result == 0)
		check_bundle(&view);
	plain_clear(&view.plain);
	environment_state_clear(&view.state);
	return result;
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
