/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/cluster/manifest.h"
#include "injector/commands/commands.h"
#include "injector/commands/source.h"
#include "injector/invocation.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	OPTION_OUTPUT("yaml", "json"),
	{ 0, "reveal", OPTION_NONE, NULL, NULL, "write secret values, in base64" },
	{ 'n', "namespace", OPTION_VALUE, "NAMESPACE", NULL,
	  "the namespace to write; default: the target's" },
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

/* The namespace, where there is one for all targets. */
static const char *
common_namespace(const struct invocation *invocation, const struct environment *environment)
{
	const char *given = option_value(&invocation->options, "namespace");

	if (given == NULL && environment->target_count == 1)
		return environment->targets[0].namespace;
	return given;
}

static int
write_objects(const struct invocation *invocation, struct values *values,
	      const struct kube_objects *objects, struct error *err)
{
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;
	const char *format = option_value(&invocation->options, "output");
	bool reveal = option_is_set(&invocation->options, "reveal");
	struct value_source source = source_of_values(values);

	if (reveal && values_sealed_count(values) > 0 &&
	    (invocation_identities(invocation, &identities, err) < 0 ||
	     values_unlock(values, &identities, err) < 0))
		return -1;
	for (size_t i = 0; reveal && i < objects->count; i++) {
		size_t total;

		if (kube_object_check(&objects->items[i], &source, &total, err) < 0)
			return -1;
	}
	return manifest_write(STDOUT_FILENO, "standard output", objects, &source,
			      format != NULL && format[0] == 'j' ? MANIFEST_JSON : MANIFEST_YAML,
			      reveal ? MANIFEST_REVEALED : MANIFEST_HIDDEN, err);
}

static int
render(const struct invocation *invocation, struct project *project, struct error *err)
{
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	const char *environment;

	if (invocation_environment(invocation, project, &environment, err) < 0 ||
	    values_load(project, environment, NULL, &values, err) < 0)
		return -1;
	const struct object_place place = {
		.environment = values.environment,
		.project_id = chain_current(&project->chain)->project_id,
		.namespace = common_namespace(invocation, values.environment),
	};
	const struct value_source source = source_of_values(&values);

	if (kube_objects_make(project->schema, &place, &source, &objects, err) < 0)
		return -1;
	return write_objects(invocation, &values, &objects, err);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	const char *namespace;
	CLEANUP(project_close) struct project project = PROJECT_INIT;

	if (invocation_namespace(invocation, &namespace, err) < 0 ||
	    invocation_project(invocation, PROJECT_READ, &project, err) < 0)
		return -1;
	return render(invocation, &project, err);
}

static const char *const details[] = {
	"Without --reveal no key is needed and each secret is written as a text that every API server "
	"refuses, so that the output cannot replace real values by mistake.",
	NULL,
};

const struct command command_render = {
	.name = "render",
	.summary = "print the ConfigMaps and Secrets",
	.details = details,
	.options = options,
	.run = run,
};
