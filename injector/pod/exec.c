/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "crypto/variables.h"
#include "injector/pod/lookup.h"
#include "injector/pod/pod.h"
#include "injector/pod/report.h"

static const struct option_spec options[] = {
	{ 0, "from", OPTION_MANY, "DIR", NULL,
	  "where settings are files, or with --environment, the bundle" },
	OPTION_SETTINGS,
	OPTION_POD_ENVIRONMENT,
	OPTION_POD_IDENTITY,
	OPTION_PIN,
	OPTION_TERMINATION_LOG,
	OPTION_END,
};

static int
take_bundle(const struct options *given, struct variables *variables, struct error *err)
{
	CLEANUP(delivered_clear) struct delivered delivered = DELIVERED_INIT;
	CLEANUP(list_clear) struct list directories = LIST_INIT;
	struct delivery_order order;

	option_values(given, "from", &directories);
	if (pod_order(given, &order, err) < 0)
		return -1;
	if (directories.count > 1 || option_is_set(given, "settings"))
		return error_set(err, ERROR_USAGE,
				 "with '--environment', one '--from' names the bundle, which has "
				 "settings of its own");
	if (delivered_read(&order, &delivered, err) < 0)
		return -1;
	for (size_t i = 0; i < delivered.settings.count; i++) {
		CLEANUP(secret_clear) struct secret value = SECRET_INIT;
		const struct bundle_setting *setting = &delivered.settings.items[i];

		if (setting->is_secret)
			variables_claim(variables, setting->name);
		if (delivered_has(&delivered, i) &&
		    (delivered_open(&delivered, i, &value, err) < 0 ||
		     variables_set(variables, setting->name, secret_bytes(&value), err) < 0))
			return -1;
	}
	return 0;
}

static int
take_file(const struct lookup *lookup, const struct bundle_setting *setting,
	  struct variables *variables, struct error *err)
{
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	const char *expected;
	bool found;

	if (lookup_value(lookup, setting, &value, &found, err) < 0)
		return -1;
	if (found || setting->is_secret)
		variables_claim(variables, setting->name);
	if (!found && setting->is_secret && setting->is_required)
		return error_set(err, ERROR_REFUSED, "'%s' is required, but no directory has '%s'",
				 setting->name, setting->key);
	if (!found)
		return 0;
	expected = type_check(setting->type, secret_bytes(&value));
	if (expected != NULL)
		return error_set(err, ERROR_REFUSED, "'%s' %s", setting->name, expected);
	return variables_set(variables, setting->name, secret_bytes(&value), err);
}

static int
take_all(const struct lookup *lookup, struct variables *variables, struct error *err)
{
	for (size_t i = 0; i < lookup->settings.count; i++) {
		if (take_file(lookup, &lookup->settings.items[i], variables, err) < 0)
			return -1;
	}
	return 0;
}

/* All of one moment: begins anew when the files were exchanged under it. */
static int
take_files(const struct options *given, struct variables *variables, struct error *err)
{
	CLEANUP(list_clear) struct list directories = LIST_INIT;

	option_values(given, "from", &directories);
	if (directories.count == 0)
		return error_set(err, ERROR_USAGE, "'--from' must be given");
	for (int i = 0; i < MOUNT_TRIES; i++) {
		CLEANUP(lookup_clear) struct lookup lookup = LOOKUP_INIT;

		variables_clear(variables);
		if (lookup_open(&directories, option_value(given, "settings"), &lookup, err) < 0)
			return -1;
		if (take_all(&lookup, variables, err) == 0)
			return 0;
		if (!lookup_has_moved(&lookup))
			return -1;
	}
	return -1;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(variables_clear) struct variables variables = VARIABLES_INIT;
	const struct options *given = &invocation->options;
	bool from_bundle = option_is_set(given, "environment") ||
			   option_is_set(given, "identity") || option_is_set(given, "pin");

	report_to(option_value(given, "termination-log"));
	if ((from_bundle ? take_bundle(given, &variables, err) :
			   take_files(given, &variables, err)) < 0)
		return -1;
	return variables_become(&variables, invocation->operands, err);
}

static const char *const details[] = {
	"Replaces itself with the command (execve): no shell, no parent that stays. The secrets come from files, "
	"such as 'unseal' has written, or with --environment, --identity and --pin straight from the bundle. "
	"They replace variables of the same name. The exit status is the command's; 126 and 127 as a shell has "
	"them.",
	NULL,
};

const struct command pod_exec = {
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
