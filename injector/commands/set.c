/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/report.h"
#include "injector/invocation.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT, OPTION_VALUE_FILE,	OPTION_IDENTITY,
	OPTION_PIN,	    OPTION_REQUIRE_PIN, OPTION_END,
};

/* NAME or NAME=VALUE; the value of a secret has no business on a command line. */
static int
read_operand(const struct project *project, const char *environment, const char *operand,
	     const struct setting **ret, const char **ret_value, struct error *err)
{
	const char *equals = strchr(operand, '=');
	CLEANUP(free_text) char *name =
		xstrndup(operand, equals != NULL ? (size_t)(equals - operand) : strlen(operand));

	*ret_value = equals != NULL ? equals + 1 : NULL;
	if (project_setting(project, name, ret, err) < 0)
		return -1;
	if (equals == NULL || (*ret)->kind == KIND_CONFIG)
		return 0;
	return error_set(
		err, ERROR_USAGE,
		"'%s' is a secret, and other users of this machine see the command line; give its "
		"value on standard input, with --file, or when asked: tfsecrets set --env %s %s",
		name, environment, name);
}

static int
set(struct project *project, const char *environment, const struct setting *setting,
    const struct identities *identities, const struct secret *value, struct error *err)
{
	CLEANUP(change_end) struct change change = CHANGE_INIT;
	CLEANUP(report_clear) struct report report = { .names = { { LIST_INIT } } };
	enum outcome outcome;

	if (change_begin(project, environment, identities, &change, err) < 0 ||
	    change_set(&change, setting, secret_bytes(value), &outcome, err) < 0 ||
	    change_commit(&change, err) < 0)
		return -1;
	report_add(&report, setting, outcome);
	report_print(&report, &change);
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	const struct setting *setting;
	const char *environment, *given;

	if (invocation_project(invocation, PROJECT_WRITE, &project, err) < 0 ||
	    invocation_environment(invocation, &project, &environment, err) < 0 ||
	    read_operand(&project, environment, invocation->operands[0], &setting, &given, err) <
		    0 ||
	    invocation_identities_if_any(invocation, &identities, err) < 0 ||
	    invocation_value(invocation, setting->name, environment, given, &value, err) < 0)
		return -1;
	return set(&project, environment, setting, &identities, &value, err);
}

static const char *const details[] = {
	"The value comes from --file, else from standard input (less one final line feed) when that is no "
	"terminal, else it is asked for without echo, twice. NAME=VALUE is accepted for config settings.",
	NULL,
};

const struct command command_set = {
	.name = "set",
	.summary = "set one value",
	.operands = "SETTING[=VALUE]",
	.operands_min = 1,
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
