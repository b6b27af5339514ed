/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "injector/repository/bundle.h"
#include "injector/repository/check_parts.h"
#include "injector/repository/due.h"
#include "injector/repository/environment_key.h"
#include "injector/repository/limits.h"
#include "injector/repository/plain.h"
#include "injector/repository/values.h"
#include "schemas/classify.h"

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

	if (text_is_setting_name(bytes_of(state->name)) || !check_is_ignored(view->project, path))
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

int
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
