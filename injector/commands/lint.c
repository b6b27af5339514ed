/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "injector/cluster/lint.h"
#include "injector/commands/commands.h"
#include "injector/commands/manifest_files.h"
#include "injector/invocation.h"
#include "injector/repository/status.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENTS,
	{ 0, "external", OPTION_MANY, "NAME", NULL,
	  "an object that somebody else makes; may be repeated" },
	{ 0, "allow-variable", OPTION_MANY, "NAME", NULL,
	  "envFrom may make this variable, though no shell can read it; may be repeated" },
	OPTION_OUTPUT("text", "json"),
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

enum { EXIT_FOUND = 3, OUTPUT_MAX = 64 * 1024 * 1024 };

static void
put_finding(struct json *json, const struct lint_finding *finding)
{
	CLEANUP(free_text) char *text = xstrdup(finding->text);
	CLEANUP(free_text) char *file = xstrdup(finding->file);

	text_neutralise(text, false);
	text_neutralise(file, false);
	json_open(json, '{');
	json_name(json, "level");
	json_text(json, finding->is_note ? "note" : "finding");
	json_name(json, "file");
	json_text(json, file);
	json_name(json, "line");
	json_number(json, (int64_t)finding->line);
	json_name(json, "column");
	json_number(json, (int64_t)finding->column);
	json_name(json, "text");
	json_text(json, text);
	json_close(json, '}');
}

static void
write_json(const struct lint_findings *findings, struct buf *out)
{
	struct json json = JSON_INIT(out, JSON_PRETTY);

	json_open(&json, '{');
	json_name(&json, "findings");
	json_open(&json, '[');
	for (size_t i = 0; i < findings->count; i++)
		put_finding(&json, &findings->items[i]);
	json_close(&json, ']');
	json_name(&json, "count");
	json_number(&json, (int64_t)(findings->count - findings->notes));
	json_name(&json, "workloads");
	json_number(&json, (int64_t)findings->workloads);
	json_name(&json, "references");
	json_number(&json, (int64_t)findings->references);
	json_close(&json, '}');
	buf_append_byte(out, '\n');
}

static const char *
plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void
write_text(const struct lint_findings *findings, struct buf *out)
{
	size_t count = findings->count - findings->notes;

	for (size_t i = 0; i < findings->count; i++) {
		const struct lint_finding *finding = &findings->items[i];
		CLEANUP(free_text) char *line =
			xasprintf("%s:%zu:%zu: %s%s", finding->file, finding->line, finding->column,
				  finding->is_note ? "note: " : "", finding->text);

		text_neutralise(line, false);
		buf_printf(out, "%s\n", line);
	}
	if (count > 0)
		buf_printf(out, "%zu finding%s\n", count, plural(count));
	else
		buf_printf(out, "ok: %zu reference%s of %zu workload%s\n", findings->references,
			   plural(findings->references), findings->workloads,
			   plural(findings->workloads));
}

static int
print(const struct invocation *invocation, const struct lint_findings *findings, struct error *err)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	const char *format = option_value(&invocation->options, "output");

	if (format != NULL && format[0] == 'j')
		write_json(findings, &out);
	else
		write_text(findings, &out);
	if (buf_check(&out, "the report", err) < 0)
		return -1;
	return file_write_all(STDOUT_FILENO, buf_bytes(&out), "standard output", err);
}

/* A value that is not there counts as one where it must come; one that is wrong is `check`'s business. */
static void
fill_values(const struct status *status, size_t at, bool *out)
{
	for (size_t i = 0; i < status->project->schema->setting_count; i++) {
		enum cell_state state = status->environments[at].cells[i].state;

		out[i] = state != CELL_UNSET && state != CELL_NOT_REQUIRED;
	}
}

static int
lint(const struct invocation *invocation, const struct status *status,
     const struct consumers *workloads, struct error *err)
{
	CLEANUP(lint_findings_clear) struct lint_findings findings = LINT_FINDINGS_INIT;
	CLEANUP(list_clear) struct list external = LIST_INIT, variables = LIST_INIT;
	const struct schema *schema = status->project->schema;
	struct lint_environment *environments = xcalloc(status->count, sizeof(*environments));
	bool *values = xcalloc(status->count * schema->setting_count, sizeof(*values));
	const struct lint run = { .schema = schema,
				  .environments = environments,
				  .environment_count = status->count,
				  .external = &external,
				  .variables = &variables };
	int result;

	option_values(&invocation->options, "external", &external);
	option_values(&invocation->options, "allow-variable", &variables);
	for (size_t i = 0; i < status->count; i++) {
		environments[i].environment = status->environments[i].environment;
		environments[i].has_value = values + i * schema->setting_count;
		fill_values(status, i, values + i * schema->setting_count);
	}
	lint_run(&run, workloads, &findings);
	free(values);
	free(environments);
	result = print(invocation, &findings, err);
	return result < 0 ? -1 : findings.count > findings.notes ? EXIT_FOUND : 0;
}

static int
read_workloads(const struct invocation *invocation, struct manifest_files *files,
	       struct consumers *workloads, struct error *err)
{
	for (size_t i = 0; i < invocation->operand_count; i++) {
		if (manifest_files_read(files, invocation->operands[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < files->count; i++)
		consumers_add(workloads, files->documents[i]);
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(status_clear) struct status status = STATUS_INIT;
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(manifest_files_clear) struct manifest_files files = MANIFEST_FILES_INIT;
	CLEANUP(consumers_clear) struct consumers workloads = CONSUMERS_INIT;

	option_values(&invocation->options, "env", &names);
	if (read_workloads(invocation, &files, &workloads, err) < 0 ||
	    invocation_project(invocation, PROJECT_READ, &project, err) < 0 ||
	    status_read(&project, &names, time(NULL), terminal_progress_verified, &status, err) < 0)
		return -1;
	terminal_progress_end();
	return lint(invocation, &status, &workloads, err);
}

static const char *const details[] = {
	"Reads manifests, as `helm template` and `kustomize build` print them (- is standard input), and "
	"finds what would keep a pod from starting or from its settings: a key or an object of this project that "
	"will not be there in one of the environments, variables that no shell can read, and objects that the "
	"manifests bring themselves. What is optional, or belongs to nobody here, is a note, as is a setting "
	"that no workload uses. No key and no cluster is needed. Exit status 3: it found something.",
	NULL,
};

const struct command command_lint = {
	.name = "lint",
	.summary = "hold manifests against the keys that will exist",
	.operands = "FILE…",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.details = details,
	.options = options,
	.run = run,
};
