/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/explain.h"
#include "injector/invocation.h"
#include "injector/repository/check.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	{ 0, "against", OPTION_VALUE, "REV", NULL,
	  "compare with a git revision: did anything go back?" },
	{ 0, "staged", OPTION_NONE, NULL, NULL, "check what git has staged, not the files" },
	{ 0, "strict", OPTION_NONE, NULL, NULL, "what is due counts as a finding" },
	{ 0, "explain", OPTION_NONE, NULL, NULL, "say of each setting why it is config or secret" },
	OPTION_OUTPUT("text", "json"),
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

enum { EXIT_FOUND = 3, OUTPUT_MAX = 64 * 1024 * 1024 };

static const char *const level_names[] = {
	[LEVEL_NOTE] = "note",
	[LEVEL_DUE] = "due",
	[LEVEL_FINDING] = "finding",
};

static void
print_summary(const struct findings *findings, const struct project *project, size_t count)
{
	if (count > 0)
		printf("%zu finding%s\n", count, count == 1 ? "" : "s");
	else if (project->chain.count > 0)
		printf("ok: roster %u, %zu environment%s, %zu plain and %zu sealed values\n",
		       chain_current(&project->chain)->serial, findings->environments,
		       findings->environments == 1 ? "" : "s", findings->plain, findings->sealed);
}

static void
print_text(const struct findings *findings, const struct project *project, size_t count)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		CLEANUP(free_text) char *text = xstrdup(finding->text);

		text_neutralise(text, false);
		printf("%s%s%s\n",
		       finding->level == LEVEL_FINDING ? "" : level_names[finding->level],
		       finding->level == LEVEL_FINDING ? "" : ": ", text);
	}
	print_summary(findings, project, count);
}

static int
print_json(const struct findings *findings, size_t count, struct error *err)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	struct json json = JSON_INIT(&out, JSON_PRETTY);

	json_open(&json, '{');
	json_name(&json, "findings");
	json_open(&json, '[');
	for (size_t i = 0; i < findings->count; i++) {
		CLEANUP(free_text) char *text = xstrdup(findings->items[i].text);

		text_neutralise(text, false);
		json_open(&json, '{');
		json_name(&json, "level");
		json_text(&json, level_names[findings->items[i].level]);
		json_name(&json, "text");
		json_text(&json, text);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_name(&json, "count");
	json_number(&json, (int64_t)count);
	json_close(&json, '}');
	if (buf_check(&out, "the report", err) < 0)
		return -1;
	printf("%s\n", buf_text(&out));
	return 0;
}

/* What the roster and its pins say; tampering there is a finding like any other. False: stop here. */
static int
load_roster(const struct invocation *invocation, struct project *project, struct findings *findings,
	    struct error *err)
{
	struct project_trust trust = {
		.pin = option_value(&invocation->options, "pin"),
		.require_pin = option_is_set(&invocation->options, "require-pin"),
	};

	if (project_load_roster(project, &trust, err) < 0)
		return findings_take(findings, err);
	for (size_t i = 0; i < project->notes.count; i++)
		findings_add(findings, LEVEL_NOTE, "%s", project->notes.items[i]);
	return 0;
}

static int
check(const struct invocation *invocation, struct project *project, struct findings *findings,
      struct error *err)
{
	const char *environment = option_value(&invocation->options, "env");
	const char *revision = option_value(&invocation->options, "against");
	const struct environment *ignored;
	const struct roster_environment *roster;

	if (option_is_set(&invocation->options, "staged") && project_use_index(project, err) < 0)
		return -1;
	if (project_load_schema(project, err) < 0 ||
	    load_roster(invocation, project, findings, err) < 0)
		return -1;
	if (project->chain.count == 0)
		return 0;
	if (environment != NULL &&
	    project_environment(project, environment, &ignored, &roster, err) < 0)
		return findings_take(findings, err);
	if (check_project(project, environment, terminal_progress_verified, findings, err) < 0)
		return -1;
	terminal_progress_end();
	return revision != NULL ? check_against(project, revision, findings, err) : 0;
}

static int
report(const struct invocation *invocation, struct project *project,
       const struct findings *findings, struct error *err)
{
	const char *format = option_value(&invocation->options, "output");
	size_t count = findings_count(findings, option_is_set(&invocation->options, "strict"));

	if (format != NULL && format[0] == 'j') {
		if (print_json(findings, count, err) < 0)
			return -1;
	} else {
		if (option_is_set(&invocation->options, "explain") &&
		    explain_settings(project, option_value(&invocation->options, "env"), err) < 0)
			return -1;
		print_text(findings, project, count);
	}
	return count > 0 ? EXIT_FOUND : 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(findings_clear) struct findings findings = FINDINGS_INIT;

	if (project_open(PROJECT_READ, &project, err) < 0 ||
	    check(invocation, &project, &findings, err) < 0) {
		/* A journal that is not ours, say: it keeps us from looking, and is found all the same. */
		if (err->code == ERROR_REFUSED)
			err->code = ERROR_FOUND;
		return -1;
	}
	return report(invocation, &project, &findings, err);
}

static const char *const details[] = {
	"Verifies everything that can be verified without any private key: the chain of rosters and its pins, "
	"every signature, every name, the plain values' types, what is missing. For pre-commit hooks "
	"(--staged) and CI (--against the branch that a change goes to). Exit status 3: it found something.",
	NULL,
};

const struct command command_check = {
	.name = "check",
	.summary = "verify all that can be verified without a key",
	.details = details,
	.options = options,
	.run = run,
};
