/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/repository/project.h"

static const struct option_spec options[] = { OPTION_END };

/* The scripts ask for the names in the project around the working directory. */
static int
print_names(const char *what, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;

	if (project_open(PROJECT_READ, &project, err) < 0 || project_load_schema(&project, err) < 0)
		return -1;
	if (strcmp(what, "environments") == 0) {
		for (size_t i = 0; i < project.schema->environment_count; i++)
			printf("%s\n", project.schema->environments[i].name);
	} else {
		for (size_t i = 0; i < project.schema->setting_count; i++)
			printf("%s\n", project.schema->settings[i].name);
	}
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	const char *what = invocation->operands[0];

	if (strcmp(what, "environments") == 0 || strcmp(what, "settings") == 0)
		return print_names(what, err);
	return completion_write(stdout, what, err);
}

static const char *const details[] = {
	"Prints a completion script for a shell. In bash, for this session: source <(tfsecrets completion bash). "
	"For every session, write it to where the shell looks: "
	"~/.local/share/bash-completion/completions/tfsecrets, a file _tfsecrets in zsh's fpath, or "
	"~/.config/fish/completions/tfsecrets.fish.",
	NULL,
};

const struct command command_completion = {
	.name = "completion",
	.summary = "print a completion script",
	.operands = "bash|zsh|fish",
	.operands_min = 1,
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
