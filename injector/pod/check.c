/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "injector/pod/lookup.h"
#include "injector/pod/pod.h"
#include "injector/pod/report.h"

enum { FINDINGS_SHOWN = 8 };

static const struct option_spec options[] = {
	{ 0, "from", OPTION_MANY, "DIR", NULL,
	  "where settings are files, named by their keys; may be repeated" },
	OPTION_SETTINGS,
	OPTION_TERMINATION_LOG,
	OPTION_END,
};

/* *ret_problem: what is wrong with the setting, a constant; NULL: nothing. */
static int
examine(const struct lookup *lookup, const struct bundle_setting *setting, const char **ret_problem,
	struct error *err)
{
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	const char *variable = getenv(setting->name);
	bool found;

	if (lookup_value(lookup, setting, &value, &found, err) < 0)
		return -1;
	if (found)
		*ret_problem = type_check(setting->type, secret_bytes(&value));
	else if (variable != NULL)
		*ret_problem = type_check(setting->type, bytes_of(variable));
	else
		*ret_problem = setting->is_required ? "is missing" : NULL;
	return 0;
}

static int
examine_all(const struct lookup *lookup, struct list *findings, struct error *err)
{
	for (size_t i = 0; i < lookup->settings.count; i++) {
		const struct bundle_setting *setting = &lookup->settings.items[i];
		const char *problem;

		if (examine(lookup, setting, &problem, err) < 0)
			return -1;
		if (problem != NULL)
			list_take(findings, xasprintf("'%s' %s", setting->name, problem));
	}
	return 0;
}

/* Looks again as long as the files are exchanged under it. */
static int
look(const struct list *directories, const char *settings, struct list *findings, size_t *ret_count,
     struct error *err)
{
	for (int i = 0; i < MOUNT_TRIES; i++) {
		CLEANUP(lookup_clear) struct lookup lookup = LOOKUP_INIT;
		int result;

		list_clear(findings);
		if (lookup_open(directories, settings, &lookup, err) < 0)
			return -1;
		result = examine_all(&lookup, findings, err);
		*ret_count = lookup.settings.count;
		if ((result == 0 && findings->count == 0) || !lookup_has_moved(&lookup))
			return result;
	}
	return error_set(err, ERROR_FAILED, "the files were exchanged again and again");
}

/* What the termination log has room for. */
static void
shorten(struct list *findings)
{
	size_t more = 0;

	for (; findings->count > FINDINGS_SHOWN; more++)
		free(findings->items[--findings->count]);
	if (more > 0)
		list_take(findings, xasprintf("%zu more", more));
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(list_clear) struct list directories = LIST_INIT;
	CLEANUP(list_clear) struct list findings = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;
	size_t count, found;

	report_to(option_value(&invocation->options, "termination-log"));
	option_values(&invocation->options, "from", &directories);
	if (look(&directories, option_value(&invocation->options, "settings"), &findings, &count,
		 err) < 0)
		return -1;
	found = findings.count;
	if (found > 0) {
		shorten(&findings);
		joined = list_join(&findings, ", ", " and ");
		return error_set(err, ERROR_FOUND, "%zu of %zu settings: %s", found, count, joined);
	}
	report_done("%zu settings: all that are required are there, each of its type", count);
	return 0;
}

static const char *const details[] = {
	"Looks for each setting in the directories, in this order, by its key, then in the environment by its "
	"name. Every required one must be there, and each that is there of its type. Exits with 3 when one is "
	"not.",
	NULL,
};

const struct command pod_check = {
	.name = "check",
	.summary = "see that the settings are there before the application starts",
	.details = details,
	.options = options,
	.run = run,
};
