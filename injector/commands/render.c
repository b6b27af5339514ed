/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/cluster/manifest.h"
#include "injector/commands/commands.h"
#include "injector/commands/init_container.h"
#include "injector/commands/rendering.h"
#include "injector/commands/source.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	OPTION_OUTPUT("yaml", "json"),
	{ 0, "output-dir", OPTION_VALUE, "DIR", NULL,
	  "write a file for each object, and remove ours that are not among them" },
	{ 0, "as", OPTION_ONE_OF, "FORM", OPTION_CHOICES("post-renderer", "krm-function"),
	  "add to the manifests on standard input, for Helm or kustomize" },
	{ 0, "annotate-only", OPTION_NONE, NULL, NULL,
	  "with --as: annotate the pod templates, add no object" },
	{ 0, "init-container", OPTION_ONE_OF, "FORM", OPTION_CHOICES("patch", "component"),
	  "print the patch that opens sealed delivery in a workload's pods, for kubectl or kustomize" },
	{ 0, "workload", OPTION_VALUE, "KIND/NAME", NULL,
	  "with --init-container: which one; default: deployment/PROJECT" },
	{ 0, "container", OPTION_VALUE, "NAME", NULL,
	  "with --init-container: which takes the values; default: as the workload" },
	{ 0, "image", OPTION_VALUE, "IMAGE", NULL,
	  "with --init-container: the image of tfsecrets-inject" },
	{ 0, "variables", OPTION_NONE, NULL, NULL,
	  "with --init-container: the secrets also as variables, by fileKeyRef" },
	{ 0, "reveal", OPTION_NONE, NULL, NULL, "write secret values, in base64" },
	{ 'n', "namespace", OPTION_VALUE, "NAMESPACE", NULL,
	  "the namespace to write; default: the target's" },
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

/* A release's namespace is Helm's to say, where nobody says it here; else the one that all targets have. */
static const char *
common_namespace(const struct invocation *invocation, const struct environment *environment,
		 enum render_form form)
{
	const char *given = option_value(&invocation->options, "namespace");

	if (given == NULL && form != RENDER_POST_RENDERER && environment->target_count == 1)
		return environment->targets[0].namespace;
	return given;
}

/* What does not open or does not fit is found before the first byte is written. */
static int
check_objects(const struct invocation *invocation, struct values *values,
	      const struct kube_objects *objects, const struct value_source *source,
	      struct error *err)
{
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;

	if (values_sealed_count(values) > 0 &&
	    (invocation_identities(invocation, &identities, err) < 0 ||
	     values_unlock(values, &identities, err) < 0))
		return -1;
	for (size_t i = 0; i < objects->count; i++) {
		size_t total;

		if (kube_object_check(&objects->items[i], source, &total, err) < 0)
			return -1;
	}
	return 0;
}

/* Moves to the front what is written into files and pipes, and counts it: a Secret only when it is to be revealed,
 * since what takes it keeps a copy. */
static size_t
move_written(const struct invocation *invocation, struct kube_objects *objects)
{
	bool reveal = option_is_set(&invocation->options, "reveal");
	size_t count = 0;

	if (option_is_set(&invocation->options, "annotate-only"))
		return 0;
	for (size_t i = 0; i < objects->count; i++) {
		struct kube_object object = objects->items[i];

		if (object.kind == OBJECT_SECRET && !reveal) {
			terminal_verbose("left out Secret '%s': --reveal writes it", object.name);
			continue;
		}
		objects->items[i] = objects->items[count];
		objects->items[count++] = object;
	}
	return count;
}

static int
write_objects(const struct invocation *invocation, struct kube_objects *objects,
	      const struct value_source *source, const struct render_input *input,
	      struct error *err)
{
	const char *format = option_value(&invocation->options, "output");
	const char *directory = option_value(&invocation->options, "output-dir");
	struct kube_objects written = *objects;
	struct rendering rendering = {
		.source = source,
		.all = objects,
		.written = &written,
		.format = format != NULL && format[0] == 'j' ? MANIFEST_JSON : MANIFEST_YAML,
	};

	if (directory == NULL && input->form == RENDER_OBJECTS)
		return manifest_write(STDOUT_FILENO, "standard output", objects, source,
				      rendering.format,
				      option_is_set(&invocation->options, "reveal") ?
					      MANIFEST_REVEALED :
					      MANIFEST_HIDDEN,
				      err);
	written.count = move_written(invocation, objects);
	return directory != NULL ? render_files(&rendering, directory, err) :
				   render_filtered(&rendering, input, err);
}

static int
render(const struct invocation *invocation, struct project *project,
       const struct render_input *input, struct error *err)
{
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(source_bundle_clear) struct source_bundle bundle = SOURCE_BUNDLE_INIT;
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	const char *environment = option_value(&invocation->options, "env");

	if (environment == NULL)
		environment = input->environment;
	if ((environment == NULL &&
	     invocation_environment(invocation, project, &environment, err) < 0) ||
	    values_load(project, environment, NULL, &values, err) < 0 ||
	    source_bundle_make(&values, &bundle, err) < 0)
		return -1;
	const struct object_place place = {
		.environment = values.environment,
		.project_id = chain_current(&project->chain)->project_id,
		.namespace = common_namespace(invocation, values.environment, input->form),
		.bundle = bundle.files,
		.bundle_count = bundle.bundle.count,
	};
	const struct value_source source = source_of_values(&values);

	if (kube_objects_make(project->schema, &place, &source, &objects, err) < 0 ||
	    (option_is_set(&invocation->options, "reveal") &&
	     check_objects(invocation, &values, &objects, &source, err) < 0))
		return -1;
	return write_objects(invocation, &objects, &source, input, err);
}

static int
print_init_container(const struct invocation *invocation, const struct project *project,
		     struct error *err)
{
	const struct environment *environment;
	const struct roster_environment *roster;
	const char *name;

	if (invocation_environment(invocation, project, &name, err) < 0 ||
	    project_environment(project, name, &environment, &roster, err) < 0)
		return -1;
	return init_container_print(invocation, project, environment, err);
}

static enum render_form
form_of(const struct invocation *invocation)
{
	const char *form = option_value(&invocation->options, "as");

	return form == NULL   ? RENDER_OBJECTS :
	       form[0] == 'p' ? RENDER_POST_RENDERER :
				RENDER_KRM_FUNCTION;
}

static int
check_options(const struct invocation *invocation, struct error *err)
{
	static const char *const of_init_container[] = { "workload", "container", "image",
							 "variables" };
	const struct options *given = &invocation->options;
	const char *other = option_is_set(given, "output-dir") ? "output-dir" :
			    option_is_set(given, "output")     ? "output" :
								 NULL;

	if (option_is_set(given, "as") && other != NULL)
		return error_set(err, ERROR_USAGE, "'--as' and '--%s' exclude each other", other);
	for (size_t i = 0; i < COUNT(of_init_container); i++) {
		if (option_is_set(given, of_init_container[i]) &&
		    !option_is_set(given, "init-container"))
			return error_set(err, ERROR_USAGE, "'--%s' goes with '--init-container'",
					 of_init_container[i]);
	}
	if (option_is_set(given, "annotate-only") && !option_is_set(given, "as"))
		return error_set(err, ERROR_USAGE, "'--annotate-only' goes with '--as'");
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	const char *namespace;
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(render_input_clear) struct render_input input = RENDER_INPUT_INIT;

	if (check_options(invocation, err) < 0 ||
	    invocation_namespace(invocation, &namespace, err) < 0 ||
	    render_input_read(form_of(invocation), &input, err) < 0)
		return -1;
	if (input.directory != NULL && chdir(input.directory) < 0)
		return error_errno(err, "cannot enter '%s'", input.directory);
	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0)
		return -1;
	if (option_is_set(&invocation->options, "init-container"))
		return print_init_container(invocation, &project, err);
	return render(invocation, &project, &input, err);
}

static const char *const details[] = {
	"Without --reveal no key is needed and each secret is written as a text that every API server "
	"refuses, so that the output cannot replace real values by mistake.",
	"Into a folder (--output-dir), a release of Helm (--as post-renderer) or kustomize's output (--as "
	"krm-function) go ConfigMaps, and annotations that restart the workloads whose objects have changed; "
	"Secrets only with --reveal, since all of these keep what they are given.",
	NULL,
};

const struct command command_render = {
	.name = "render",
	.summary = "print the ConfigMaps and Secrets",
	.details = details,
	.options = options,
	.run = run,
};
