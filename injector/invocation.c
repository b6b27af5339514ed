/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/invocation.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "injector/entry.h"
#include "injector/terminal.h"

enum { PASSPHRASE_MAX = 1024 };

int
invocation_project(const struct invocation *invocation, enum project_lock lock, struct project *ret,
		   struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	struct project_trust trust = {
		.pin = option_value(&invocation->options, "pin"),
		.require_pin = option_is_set(&invocation->options, "require-pin"),
	};

	if (project_open(lock, &project, err) < 0 || project_load_schema(&project, err) < 0 ||
	    project_load_roster(&project, &trust, err) < 0)
		return -1;
	for (size_t i = 0; i < project.notes.count; i++)
		terminal_note("%s", project.notes.items[i]);
	*ret = project;
	project = (struct project)PROJECT_INIT;
	return 0;
}

int
invocation_environment(const struct invocation *invocation, const struct project *project,
		       const char **ret, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	*ret = option_value(&invocation->options, "env");
	if (*ret == NULL && project->schema->environment_count == 1)
		*ret = project->schema->environments[0].name;
	if (*ret != NULL)
		return 0;
	for (size_t i = 0; i < project->schema->environment_count; i++)
		list_add(&names, project->schema->environments[i].name);
	joined = list_join(&names, ", ", " or ");
	return error_set(err, ERROR_USAGE, "which environment? give --env %s",
			 joined[0] != 0 ? joined : "ENV");
}

static int
ask_passphrase(const char *prompt, struct secret *ret, struct error *err)
{
	return terminal_ask_secret(prompt, false, PASSPHRASE_MAX, ret, err);
}

int
invocation_identities(const struct invocation *invocation, struct identities *ret,
		      struct error *err)
{
	CLEANUP(list_clear) struct list files = LIST_INIT;

	option_values(&invocation->options, "identity", &files);
	return identities_load(&files, ask_passphrase, ret, err);
}

int
invocation_namespace(const struct invocation *invocation, const char **ret, struct error *err)
{
	const char *namespace = option_value(&invocation->options, "namespace");

	if (namespace != NULL && !text_is_label(bytes_of(namespace)))
		return error_set(err, ERROR_USAGE,
				 "'--namespace %s' is not a DNS label (a-z, 0-9, -)", namespace);
	*ret = namespace;
	return 0;
}

int
invocation_identities_if_any(const struct invocation *invocation, struct identities *ret,
			     struct error *err)
{
	CLEANUP(free_text) char *path = identity_default_path();

	*ret = (struct identities)IDENTITIES_INIT;
	if (!option_is_set(&invocation->options, "identity") &&
	    getenv("TFSECRETS_IDENTITY") == NULL && !identity_in_environment() &&
	    !file_exists(AT_FDCWD, path))
		return 0;
	return invocation_identities(invocation, ret, err);
}

int
invocation_value(const struct invocation *invocation, const char *setting, const char *environment,
		 const char *given, struct secret *ret, struct error *err)
{
	const char *file = option_value(&invocation->options, "file");

	if (file != NULL && given != NULL)
		return error_set(err, ERROR_USAGE, "give the value once: --file or NAME=VALUE");
	if (given != NULL)
		return secret_from(bytes_of(given), ret, err);
	if (file != NULL)
		return entry_from_file(file, SECRET_VALUE_MAX, ret, err);
	if (!terminal_can_ask())
		return entry_from_stdin(ret, err);
	return entry_ask(setting, environment, ret, err);
}
