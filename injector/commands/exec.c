/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/process.h"
#include "injector/commands/commands.h"
#include "injector/invocation.h"
#include "injector/repository/values.h"

extern char **environ;

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT, OPTION_IDENTITY, OPTION_PIN, OPTION_REQUIRE_PIN, OPTION_END,
};

enum {
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
	STRING_MAX = 131072, /* MAX_ARG_STRLEN of the kernel: 32 pages, NUL included */
};

/* The environment to be: "NAME=value" texts, one behind the other in one secret, each ended by NUL. */
struct block {
	struct secret text;
	size_t *offsets;
	size_t count;
};

static void
block_clear(struct block *block)
{
	secret_clear(&block->text);
	free(block->offsets);
}

static int
check_fits(const struct setting *setting, struct bytes value, struct error *err)
{
	if (memchr(value.data != NULL ? (const void *)value.data : "", 0, value.len) != NULL)
		return error_set(err, ERROR_REFUSED,
				 "'%s' has a NUL in its value, which no environment can hold",
				 setting->name);
	if (strlen(setting->name) + 1 + value.len + 1 > STRING_MAX)
		return error_set(
			err, ERROR_REFUSED,
			"'%s' is longer than the %d bytes that the kernel takes for one variable",
			setting->name, STRING_MAX);
	return 0;
}

static int
append(struct block *block, const struct setting *setting, struct bytes value, struct error *err)
{
	size_t needed = strlen(setting->name) + 1 + value.len + 1;

	if (check_fits(setting, value, err) < 0)
		return -1;
	if (block->text.cap - block->text.len < needed) {
		CLEANUP(secret_clear) struct secret old = block->text;

		block->text = (struct secret)SECRET_INIT;
		if (secret_new(2 * old.cap + needed, &block->text, err) < 0 ||
		    secret_append(&block->text, secret_bytes(&old), err) < 0)
			return -1;
	}
	block->offsets[block->count++] = block->text.len;
	if (secret_append(&block->text, bytes_of(setting->name), err) < 0 ||
	    secret_append(&block->text, bytes_of("="), err) < 0 ||
	    secret_append(&block->text, value, err) < 0)
		return -1;
	return secret_append(&block->text, (struct bytes){ (const uint8_t *)"", 1 }, err);
}

static int
append_setting(struct block *block, struct values *values, size_t at, struct error *err)
{
	const struct setting *setting = &values->project->schema->settings[at];
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;

	if (values->items[at].source == SOURCE_NONE)
		return 0;
	if (values->items[at].source != SOURCE_SEALED)
		return append(block, setting, values->items[at].plain, err);
	if (values_open(values, at, &value, err) < 0)
		return -1;
	return append(block, setting, secret_bytes(&value), err);
}

static int
fill(struct block *block, struct values *values, struct error *err)
{
	size_t count = values->project->schema->setting_count;

	block->offsets = xcalloc(count, sizeof(*block->offsets));
	if (secret_new(4096, &block->text, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (append_setting(block, values, i, err) < 0)
			return -1;
	}
	return 0;
}

/* Whether the schema has a setting of this variable's name: ours replaces it, and one without a value must
 * not let a stray one through. */
static bool
is_ours(const struct schema *schema, const char *variable)
{
	CLEANUP(free_text) char *name = xstrndup(variable, strcspn(variable, "="));

	return schema_setting(schema, name) != NULL;
}

static char **
merge(const struct schema *schema, const struct block *block)
{
	size_t inherited = 0, count = 0;
	char **merged;

	while (environ[inherited] != NULL)
		inherited++;
	merged = xcalloc(inherited + block->count + 1, sizeof(*merged));
	for (size_t i = 0; i < inherited; i++) {
		if (!is_ours(schema, environ[i]))
			merged[count++] = environ[i];
	}
	for (size_t i = 0; i < block->count; i++)
		merged[count++] = (char *)block->text.data + block->offsets[i];
	return merged;
}

/* Returns only when the command could not be started. */
static int
become(char **command, char **variables, struct error *err)
{
	int saved;

	process_restore();
	(void)execvpe(command[0], command, variables);
	saved = errno;
	(void)error_errno(err, "cannot run '%s'", command[0]);
	return saved == ENOENT || saved == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static int
load(const struct invocation *invocation, struct project *project, struct block *block,
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
	return fill(block, &values, err);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(block_clear) struct block block = { .text = SECRET_INIT };
	char **variables;
	int status;

	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0 ||
	    load(invocation, &project, &block, err) < 0)
		return -1;
	variables = merge(project.schema, &block);
	status = become(invocation->operands, variables, err);
	free(variables);
	return status;
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
