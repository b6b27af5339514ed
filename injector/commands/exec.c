/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "crypto/variables.h"
#include "injector/commands/commands.h"
#include "injector/invocation.h"
#include "injector/repository/values.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT, OPTION_IDENTITY, OPTION_PIN, OPTION_REQUIRE_PIN, OPTION_END,
};

static int
set(struct variables *variables, struct values *values, size_t at, struct error *err)
{
	const struct setting *setting = &values->project->schema->settings[at];
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;

	variables_claim(variables, setting->name);
	if (values->items[at].source == SOURCE_NONE)
		return 0;
	if (values->items[at].source != SOURCE_SEALED)
		return variables_set(variables, setting->name, values->items[at].plain, err);
	if (values_open(values, at, &value, err) < 0)
		return -1;
	return variables_set(variables, setting->name, secret_bytes(&value), err);
}

static int
fill(struct variables *variables, struct values *values, struct error *err)
{
	for (size_t i = 0; i < values->project->schema->setting_count; i++) {
		if (set(variables, values, i, err) < 0)
			return -1;
	}
	return 0;
}

static int
load(const struct invocation *invocation, struct project *project, struct variables *variables,
     struct error *err)
{
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;
	const char *environment;

	if (invocation_environment(invocation, project, &environment, err) < 0 ||
	    values_load(project, environment, NULL, &values, err) < 0)
		return -1;
	if (values_sealed_count(&values) > 0 &&
	    (invocation_identities(invocation, &identities, err) < 0 ||
	     values_unlock(&values, &identities, err) < 0))
		return -1;
	return fill(variables, &values, err);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(variables_clear) struct variables variables = VARIABLES_INIT;

	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0 ||
	    load(invocation, &project, &variables, err) < 0)
		return -1;
	return variables_become(&variables, invocation->operands, err);
}

static const char *const details[] = {
	"Replaces itself with the command (execve): no shell, no parent that stays. Settings replace variables "
	"of the same name. The exit status is the command's; 126 and 127 as a shell has them.",
	NULL,
};

const struct command command_exec = {
	.name = "exec",
	.summary = "run a command with the settings in its environment",
	.operands = "-- COMMAND [ARGUMENT…]",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.details = details,
	.options = options,
	.rest_is_command = true,
	.run = run,
};
