/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/invocation.h"
#include "injector/repository/values.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	{ 0, "reveal", OPTION_NONE, NULL, NULL,
	  "print a secret even when standard output is a terminal" },
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

static int
print(struct bytes value, struct error *err)
{
	if (file_write_all(STDOUT_FILENO, value, "standard output", err) < 0)
		return -1;
	return isatty(STDOUT_FILENO) ?
		       file_write_all(STDOUT_FILENO, bytes_of("\n"), "standard output", err) :
		       0;
}

static int
print_sealed(const struct invocation *invocation, struct values *values, size_t at,
	     struct error *err)
{
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;

	if (isatty(STDOUT_FILENO) && !option_is_set(&invocation->options, "reveal"))
		return error_set(
			err, ERROR_USAGE,
			"'%s' is a secret and would stay on the screen; say --reveal, or pipe it on",
			values->project->schema->settings[at].name);
	if (invocation_identities(invocation, &identities, err) < 0 ||
	    values_unlock(values, &identities, err) < 0 || values_open(values, at, &value, err) < 0)
		return -1;
	return print(secret_bytes(&value), err);
}

static int
get(const struct invocation *invocation, struct project *project, struct error *err)
{
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(list_clear) struct list wanted = LIST_INIT;
	const struct setting *setting;
	const char *environment;
	size_t at;

	if (invocation_environment(invocation, project, &environment, err) < 0 ||
	    project_setting(project, invocation->operands[0], &setting, err) < 0)
		return -1;
	list_add(&wanted, setting->name);
	if (values_load(project, environment, &wanted, &values, err) < 0)
		return -1;
	at = (size_t)(setting - project->schema->settings);
	if (values.items[at].source == SOURCE_NONE)
		return error_set(err, ERROR_REFUSED, "'%s' has no value in '%s'", setting->name,
				 environment);
	if (values.items[at].source == SOURCE_SEALED)
		return print_sealed(invocation, &values, at, err);
	return print(values.items[at].plain, err);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;

	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0)
		return -1;
	return get(invocation, &project, err);
}

static const char *const details[] = {
	"Prints exactly the value's bytes; on a terminal a line feed follows.",
	NULL,
};

const struct command command_get = {
	.name = "get",
	.summary = "print one value",
	.operands = "SETTING",
	.operands_min = 1,
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
