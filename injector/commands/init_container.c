/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/init_container.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/version.h"

enum { PATCH_MAX = 1024 * 1024, USER = 65532 };

#define ENV_FILE "tfsecrets.env"

/* What the patch is about. */
struct patch {
	const char *kind; /* "Deployment" */
	char *name, *container, *image;
	const char *project, *environment;
	char pin[PIN_TEXT_BYTES];
	bool has_variables;
};

static void
patch_clear(struct patch *patch)
{
	free(patch->name);
	free(patch->container);
	free(patch->image);
}

static int
read_workload(const char *given, const struct schema *schema, struct patch *patch,
	      struct error *err)
{
	static const char *const kinds[][2] = { { "deployment", "Deployment" },
						{ "statefulset", "StatefulSet" },
						{ "daemonset", "DaemonSet" } };
	const char *slash = given != NULL ? strchr(given, '/') : NULL;

	patch->kind = given == NULL ? kinds[0][1] : NULL;
	for (size_t i = 0; slash != NULL && i < COUNT(kinds); i++) {
		if (bytes_equal((struct bytes){ (const uint8_t *)given, (size_t)(slash - given) },
				bytes_of(kinds[i][0])))
			patch->kind = kinds[i][1];
	}
	patch->name = xstrdup(slash != NULL ? slash + 1 : schema->project);
	if (patch->kind != NULL && text_is_label(bytes_of(patch->name)))
		return 0;
	return error_set(err, ERROR_USAGE,
			 "'--workload %s' is not deployment/NAME, statefulset/NAME or "
			 "daemonset/NAME",
			 given);
}

/* An image's name goes between quotes as it is. */
static bool
is_image(const char *text)
{
	return text[0] != 0 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "./:@_-") == strlen(text);
}

static int
read_patch(const struct invocation *invocation, const struct project *project,
	   const struct environment *environment, struct patch *ret, struct error *err)
{
	const struct options *given = &invocation->options;
	const char *container = option_value(given, "container");
	const char *image = option_value(given, "image");
	struct pin pin;

	if (environment->deliver != DELIVER_SEALED)
		return error_set(err, ERROR_USAGE,
				 "'%s' is not delivered sealed: in tfsecrets.yaml it needs "
				 "'deliver: sealed'",
				 environment->name);
	if (read_workload(option_value(given, "workload"), project->schema, ret, err) < 0)
		return -1;
	ret->container = xstrdup(container != NULL ? container : ret->name);
	ret->image =
		image != NULL ? xstrdup(image) : xasprintf("tfsecrets-inject:%s", program_version);
	if (!text_is_label(bytes_of(ret->container)))
		return error_set(err, ERROR_USAGE, "'--container %s' is not a container's name",
				 ret->container);
	if (!is_image(ret->image))
		return error_set(err, ERROR_USAGE, "'--image %s' is not an image's name",
				 ret->image);
	ret->project = project->schema->project;
	ret->environment = environment->name;
	ret->has_variables = option_is_set(given, "variables");
	pin_of(chain_current(&project->chain), &pin);
	pin_format(&pin, ret->pin);
	return 0;
}

/* Each line behind `indent` blanks. */
static void
add(struct buf *out, int indent, const char *text)
{
	for (const char *line = text; *line != 0;) {
		size_t len = strcspn(line, "\n");

		buf_printf(out, "%*s%.*s\n", indent, "", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static void
add_init_container(struct buf *out, int indent, const struct patch *patch)
{
	CLEANUP(free_text) char *head =
		xasprintf("- name: tfsecrets-inject\n"
			  "  image: \"%s\"\n"
			  "  args:\n"
			  "    - unseal\n"
			  "    - --environment=%s\n"
			  "    - --from=/tfsecrets/bundle\n"
			  "    - --identity=/tfsecrets/identity/identity\n"
			  "    - --pin=%s\n"
			  "    - --to=/tfsecrets/values\n"
			  "%s",
			  patch->image, patch->environment, patch->pin,
			  patch->has_variables ? "    - --env-file=" ENV_FILE "\n" : "");

	add(out, indent, head);
	add(out, indent,
	    "  securityContext:\n"
	    "    runAsNonRoot: true\n"
	    "    runAsUser: 65532\n"
	    "    readOnlyRootFilesystem: true\n"
	    "    allowPrivilegeEscalation: false\n"
	    "    capabilities: {drop: [ALL]}\n"
	    "    seccompProfile: {type: RuntimeDefault}\n"
	    "  resources:\n"
	    "    requests: {cpu: 10m, memory: 8Mi}\n"
	    "    limits: {memory: 16Mi}\n"
	    "  volumeMounts:\n"
	    "    - {name: tfsecrets-bundle, mountPath: /tfsecrets/bundle, readOnly: true}\n"
	    "    - {name: tfsecrets-identity, mountPath: /tfsecrets/identity, readOnly: true}\n"
	    "    - {name: tfsecrets-values, mountPath: /tfsecrets/values}\n");
}

/* The variables that the kubelet takes from the env file: one for each secret that the environment needs. */
static void
add_variables(struct buf *out, int indent, const struct schema *schema, const char *environment)
{
	add(out, indent, "env:\n");
	for (size_t i = 0; i < schema->setting_count; i++) {
		const struct setting *setting = &schema->settings[i];
		CLEANUP(free_text) char *entry = NULL;

		if (setting->kind != KIND_SECRET)
			continue;
		entry = xasprintf("  - name: %s\n"
				  "    valueFrom: {fileKeyRef: {volumeName: tfsecrets-values, "
				  "path: " ENV_FILE ", key: %s, optional: %s}}\n",
				  setting->name, setting->name,
				  setting_is_required(setting, environment) ? "false" : "true");
		add(out, indent, entry);
	}
}

static void
add_volumes(struct buf *out, int indent, const struct patch *patch)
{
	CLEANUP(free_text) char *volumes =
		xasprintf("volumes:\n"
			  "  - name: tfsecrets-bundle\n"
			  "    configMap: {name: %s-%s-sealed}\n"
			  "  - name: tfsecrets-identity\n"
			  "    secret: {secretName: %s-%s-identity, defaultMode: 0440}\n"
			  "  - name: tfsecrets-values\n"
			  "    emptyDir: {medium: Memory, sizeLimit: 16Mi}\n",
			  patch->project, patch->environment, patch->project, patch->environment);

	add(out, indent, volumes);
}

static void
add_patch(struct buf *out, int indent, const struct patch *patch, const struct schema *schema)
{
	CLEANUP(free_text) char *head =
		xasprintf("apiVersion: apps/v1\nkind: %s\nmetadata: {name: %s}\n"
			  "spec:\n  template:\n    spec:\n"
			  "      securityContext: {fsGroup: %d}\n      initContainers:\n",
			  patch->kind, patch->name, USER);
	CLEANUP(free_text) char *container =
		xasprintf("containers:\n  - name: %s\n", patch->container);

	add(out, indent, head);
	add_init_container(out, indent + 8, patch);
	add(out, indent + 6, container);
	if (patch->has_variables)
		add_variables(out, indent + 10, schema, patch->environment);
	add(out, indent + 10,
	    "volumeMounts:\n"
	    "  - {name: tfsecrets-values, mountPath: /tfsecrets/values, readOnly: true}\n");
	add_volumes(out, indent + 6, patch);
}

int
init_container_print(const struct invocation *invocation, const struct project *project,
		     const struct environment *environment, struct error *err)
{
	CLEANUP(patch_clear) struct patch patch = { .kind = NULL };
	CLEANUP(buf_clear) struct buf out = BUF_INIT(PATCH_MAX);
	const char *form = option_value(&invocation->options, "init-container");

	if (read_patch(invocation, project, environment, &patch, err) < 0)
		return -1;
	if (strcmp(form, "component") == 0) {
		buf_printf(
			&out,
			"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n"
			"  - target: {kind: %s, name: %s}\n    patch: |-\n",
			patch.kind, patch.name);
		add_patch(&out, 6, &patch, project->schema);
	} else {
		add_patch(&out, 0, &patch, project->schema);
	}
	if (buf_check(&out, "the patch", err) < 0)
		return -1;
	fputs(buf_text(&out), stdout);
	return 0;
}
