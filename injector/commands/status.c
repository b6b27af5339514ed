/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/matrix.h"
#include "injector/invocation.h"
#include "injector/repository/status.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENTS, OPTION_OUTPUT("text", "json"), OPTION_PIN, OPTION_REQUIRE_PIN,
	OPTION_END,
};

enum { OUTPUT_MAX = 256 * 1024 * 1024 };

static void
put_text(struct json *json, const char *name, const char *text)
{
	json_name(json, name);
	json_text(json, text);
}

static void
put_number(struct json *json, const char *name, uint32_t number)
{
	json_name(json, name);
	json_number(json, number);
}

static void
put_time(struct json *json, const char *name, int64_t time)
{
	char text[TIME_TEXT_BYTES];

	text_from_time(time, text);
	put_text(json, name, text);
}

static void
put_due(struct json *json, unsigned int due)
{
	json_name(json, "due");
	json_open(json, '[');
	for (size_t i = 0; i < DUE_COUNT; i++) {
		if ((due & 1U << i) != 0)
			json_text(json, due_name((enum due)i));
	}
	json_close(json, ']');
}

static void
put_members(struct json *json, const char *name, const struct roster *roster,
	    const struct member_set *members)
{
	json_name(json, name);
	json_open(json, '[');
	for (size_t i = 0; i < members->count; i++)
		json_text(json, roster->members[members->members[i]].name);
	json_close(json, ']');
}

static void
put_environment(struct json *json, const struct roster *roster,
		const struct status_environment *environment)
{
	json_open(json, '{');
	put_text(json, "environment", environment->environment->name);
	if (environment->roster != NULL) {
		put_number(json, "epoch", environment->roster->epoch);
		put_members(json, "readers", roster, &environment->roster->readers);
		put_members(json, "sealers", roster, &environment->roster->sealers);
	}
	put_due(json, environment->due);
	json_close(json, '}');
}

static void
put_sealed(struct json *json, const struct status_cell *cell)
{
	put_text(json, "value-id", cell->sealed->value_id);
	put_number(json, "generation", cell->sealed->generation);
	put_time(json, "changed-at", cell->sealed->changed_at);
	put_time(json, "sealed-at", cell->sealed->sealed_at);
	put_text(json, "sealed-by",
		 cell->signer != NULL ? cell->signer->name : cell->sealed->sealed_by);
}

static void
put_cell(struct json *json, const char *environment, const struct setting *setting,
	 const struct status_cell *cell)
{
	json_open(json, '{');
	put_text(json, "setting", setting->name);
	put_text(json, "environment", environment);
	put_text(json, "kind", setting->kind == KIND_SECRET ? "secret" : "config");
	json_name(json, "required");
	json_boolean(json, cell->is_required);
	put_text(json, "state", cell_state_name(cell->state));
	if (cell->sealed != NULL)
		put_sealed(json, cell);
	if (cell->rotate_at != 0)
		put_time(json, "rotate-at", cell->rotate_at);
	put_due(json, cell->due);
	json_close(json, '}');
}

static void
write_json(const struct status *status, struct buf *out)
{
	const struct schema *schema = status->project->schema;
	const struct roster *roster = chain_current(&status->project->chain);
	struct json json = JSON_INIT(out, JSON_PRETTY);

	json_open(&json, '{');
	put_text(&json, "project", schema->project);
	put_text(&json, "project-id", roster->project_id);
	put_number(&json, "roster", roster->serial);
	if (status->project->chain.proposed != NULL)
		put_number(&json, "proposed-roster", status->project->chain.proposed->serial);
	json_name(&json, "environments");
	json_open(&json, '[');
	for (size_t i = 0; i < status->count; i++)
		put_environment(&json, roster, &status->environments[i]);
	json_close(&json, ']');
	json_name(&json, "values");
	json_open(&json, '[');
	for (size_t i = 0; i < schema->setting_count; i++) {
		for (size_t k = 0; k < status->count; k++)
			put_cell(&json, status->environments[k].environment->name,
				 &schema->settings[i], &status->environments[k].cells[i]);
	}
	json_close(&json, ']');
	json_close(&json, '}');
	buf_append_byte(out, '\n');
}

static int
print(const struct invocation *invocation, const struct status *status, struct error *err)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	const char *format = option_value(&invocation->options, "output");
	const struct matrix_style style = { .columns = terminal_columns(STDOUT_FILENO),
					    .has_colour = terminal_has_colour(STDOUT_FILENO) };

	if (format != NULL && format[0] == 'j') {
		write_json(status, &out);
	} else {
		matrix_write(status, &style, &out);
		matrix_write_due(status, &style, &out);
	}
	if (buf_check(&out, "the report", err) < 0)
		return -1;
	return file_write_all(STDOUT_FILENO, buf_bytes(&out), "standard output", err);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(status_clear) struct status status = STATUS_INIT;
	CLEANUP(list_clear) struct list names = LIST_INIT;

	option_values(&invocation->options, "env", &names);
	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0 ||
	    status_read(&project, &names, time(NULL), terminal_progress_verified, &status, err) < 0)
		return -1;
	terminal_progress_end();
	return print(invocation, &status, err);
}

static const char *const details[] = {
	"Shows, for each setting and environment, how its value stands, how old it is and who sealed it, and "
	"below that what is due, with the command that does it. Needs no private key. What is wrong does not "
	"change the exit status; `check` is for that.",
	NULL,
};

const struct command command_status = {
	.name = "status",
	.summary = "show how every value stands, and what is due",
	.details = details,
	.options = options,
	.run = run,
};
