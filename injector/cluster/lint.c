/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/cluster/object.h"

struct run {
	const struct lint *lint;
	const struct consumers *workloads;
	struct lint_findings *findings;
	bool *is_used;		   /* as schema.settings */
	const char **object_names; /* NULL-terminated, for suggestions */
};

static void add(struct run *run, bool is_note, const char *file, size_t line, size_t column,
		const char *format, ...) __attribute__((format(printf, 6, 7)));

static void
add(struct run *run, bool is_note, const char *file, size_t line, size_t column, const char *format,
    ...)
{
	struct lint_findings *findings = run->findings;
	size_t count = findings->count;
	char text[ERROR_MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if ((count & (count - 1)) == 0)
		findings->items = xreallocarray(findings->items, count > 0 ? 2 * count : 1,
						sizeof(*findings->items));
	findings->items[findings->count++] = (struct lint_finding){
		.is_note = is_note,
		.file = file,
		.line = line,
		.column = column,
		.text = xstrdup(text),
	};
	findings->notes += is_note;
}

/* "Deployment 'web': …"; with an optional reference it is a note. */
#define ADD(run, workload, reference, format, ...)                                                 \
	add(run, (reference)->is_optional, (workload)->yaml->file, (reference)->at->line,          \
	    (reference)->at->column, "%s '%s': " format, (workload)->kind, (workload)->name,       \
	    __VA_ARGS__)

/* Whether an environment's objects stand where a manifest's go; what names no namespace goes anywhere. */
static bool
is_in_place(const struct environment *environment, const char *namespace)
{
	if (namespace == NULL || environment->target_count == 0)
		return true;
	for (size_t i = 0; i < environment->target_count; i++) {
		const char *target = environment->targets[i].namespace;

		if (target == NULL || strcmp(target, namespace) == 0)
			return true;
	}
	return false;
}

static bool
is_in_any_place(const struct lint *lint, const char *namespace)
{
	for (size_t i = 0; i < lint->environment_count; i++) {
		if (is_in_place(lint->environments[i].environment, namespace))
			return true;
	}
	return false;
}

/* " in 'dev' and 'prod'"; "" where only one environment is looked at. */
static char *
where_text(const struct run *run, const struct list *names)
{
	CLEANUP(free_text) char *joined = list_join(names, "', '", "' and '");

	return run->lint->environment_count == 1 ? xstrdup("") : xasprintf(" in '%s'", joined);
}

static const struct object *
find_object(const struct schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->object_count; i++) {
		if (strcmp(schema->objects[i].name, name) == 0)
			return &schema->objects[i];
	}
	return NULL;
}

/* Whether the manifests bring this object themselves. */
static bool
is_in_manifests(const struct run *run, const struct consumer_reference *reference)
{
	for (size_t i = 0; i < run->workloads->count; i++) {
		const struct consumer *workload = &run->workloads->items[i];
		enum object_kind kind;

		if (consumer_is_object(workload, &kind) && kind == reference->kind &&
		    strcmp(workload->name, reference->name) == 0)
			return true;
	}
	return false;
}

/* Whether it is what an environment that is delivered sealed is opened from: the bundle, which has every secret in it, or
 * the pods' identity. */
static bool
is_of_delivery(struct run *run, const struct consumer *workload,
	       const struct consumer_reference *reference)
{
	const struct schema *schema = run->lint->schema;
	bool is_bundle = reference->kind == OBJECT_CONFIGMAP, found = false;

	for (size_t i = 0; i < run->lint->environment_count && !found; i++) {
		const struct environment *environment = run->lint->environments[i].environment;
		CLEANUP(free_text) char *name =
			xasprintf("%s-%s-%s", schema->project, environment->name,
				  is_bundle ? "sealed" : "identity");

		found = environment->deliver == DELIVER_SEALED &&
			is_in_place(environment, workload->namespace) &&
			strcmp(reference->name, name) == 0;
	}
	for (size_t i = 0; found && is_bundle && i < schema->setting_count; i++)
		run->is_used[i] |= schema->settings[i].kind == KIND_SECRET;
	return found;
}

static void
check_unknown(struct run *run, const struct consumer *workload,
	      const struct consumer_reference *reference)
{
	const char *kind = kube_kind_name(reference->kind), *near;

	if (is_in_manifests(run, reference) || list_has(run->lint->external, reference->name) ||
	    is_of_delivery(run, workload, reference))
		return;
	near = text_suggest(reference->name, run->object_names);
	if (near != NULL)
		ADD(run, workload, reference, "there is no %s '%s', did you mean '%s'?", kind,
		    reference->name, near);
	else
		add(run, true, workload->yaml->file, reference->at->line, reference->at->column,
		    "%s '%s': %s '%s' is not this project's", workload->kind, workload->name, kind,
		    reference->name);
}

static const struct object_entry *
find_entry(const struct object *object, const char *key)
{
	for (size_t i = 0; i < object->entry_count; i++) {
		if (strcmp(object->entries[i].key, key) == 0)
			return &object->entries[i];
	}
	return NULL;
}

/* What was probably meant by a key that the object has not; a heap text, "" for no idea. */
static char *
suggest_key(const struct schema *schema, const struct object *object, const char *key)
{
	const char **keys = xcalloc(object->entry_count + 1, sizeof(*keys)), *near;
	char *text = NULL;

	for (size_t i = 0; i < object->entry_count; i++) {
		const struct setting *setting = &schema->settings[object->entries[i].setting];

		keys[i] = object->entries[i].key;
		if (text == NULL && strcmp(setting->name, key) == 0)
			text = xasprintf("; the key of setting '%s' is '%s'", key, keys[i]);
	}
	for (size_t i = 0; i < schema->object_count && text == NULL; i++) {
		if (find_entry(&schema->objects[i], key) != NULL)
			text = xasprintf("; it is in %s '%s'",
					 kube_kind_name(schema->objects[i].kind),
					 schema->objects[i].name);
	}
	near = text_suggest(key, keys);
	if (text == NULL)
		text = near != NULL ? xasprintf(", did you mean '%s'?", near) : xstrdup("");
	free(keys);
	return text;
}

/* Nothing says which of the keys are read. */
static void
use_all(struct run *run, const struct object *object)
{
	for (size_t i = 0; i < object->entry_count; i++)
		run->is_used[object->entries[i].setting] = true;
}

/* Delivered sealed, it is no Secret. */
static void
check_delivery(struct run *run, const struct consumer *workload,
	       const struct consumer_reference *reference)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;

	if (reference->kind != OBJECT_SECRET)
		return;
	for (size_t i = 0; i < run->lint->environment_count; i++) {
		const struct environment *environment = run->lint->environments[i].environment;

		if (is_in_place(environment, workload->namespace) &&
		    environment->deliver == DELIVER_SEALED)
			list_add(&names, environment->name);
	}
	if (names.count > 0) {
		CLEANUP(free_text) char *joined = list_join(&names, "', '", "' and '");

		ADD(run, workload, reference,
		    "Secret '%s' will not be there: '%s' is delivered sealed", reference->name,
		    joined);
	}
}

/* The value of a key that the schema has. */
static void
check_value(struct run *run, const struct consumer *workload,
	    const struct consumer_reference *reference, size_t at)
{
	const struct setting *setting = &run->lint->schema->settings[at];
	CLEANUP(list_clear) struct list names = LIST_INIT;

	for (size_t i = 0; i < run->lint->environment_count; i++) {
		const struct lint_environment *environment = &run->lint->environments[i];
		const char *name = environment->environment->name;

		if (is_in_place(environment->environment, workload->namespace) &&
		    !environment->has_value[at] && !setting_is_required(setting, name))
			list_add(&names, name);
	}
	if (names.count > 0) {
		CLEANUP(free_text) char *where = where_text(run, &names);

		ADD(run, workload, reference,
		    "key '%s' of %s '%s' will not be there: '%s' has no value%s", reference->key,
		    kube_kind_name(reference->kind), reference->name, setting->name, where);
	}
}

static void
check_key(struct run *run, const struct consumer *workload,
	  const struct consumer_reference *reference, const struct object *object)
{
	const struct schema *schema = run->lint->schema;
	const struct object_entry *entry = find_entry(object, reference->key);

	if (entry == NULL) {
		CLEANUP(free_text) char *hint = suggest_key(schema, object, reference->key);

		ADD(run, workload, reference, "%s '%s' has no key '%s'%s",
		    kube_kind_name(object->kind), object->name, reference->key, hint);
		return;
	}
	run->is_used[entry->setting] = true;
	check_value(run, workload, reference, entry->setting);
}

/* What every shell and language can read (POSIX.1-2017, XBD 3.235). */
static bool
is_variable_name(const char *text)
{
	static const char characters[] = "0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz";

	return text[0] != '\0' && (text[0] < '0' || text[0] > '9') &&
	       text[strspn(text, characters)] == '\0';
}

/* envFrom makes variables of all keys: a kubelet before 1.34 leaves out what it takes for no name, and a shell cannot
 * read it. */
static void
check_variables(struct run *run, const struct consumer *workload,
		const struct consumer_reference *reference, const struct object *object)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	for (size_t i = 0; i < object->entry_count; i++) {
		const char *prefix = reference->prefix != NULL ? reference->prefix : "";
		CLEANUP(free_text) char *name = xasprintf("%s%s", prefix, object->entries[i].key);

		if (!is_variable_name(name) && !list_has(run->lint->variables, name))
			list_add(&names, name);
	}
	if (names.count == 0)
		return;
	joined = list_join(&names, "', '", "' and '");
	add(run, false, workload->yaml->file, reference->at->line, reference->at->column,
	    "%s '%s': envFrom of %s '%s' makes '%s', which no shell can read as a variable; take the key by its "
	    "name, or say --allow-variable",
	    workload->kind, workload->name, kube_kind_name(object->kind), object->name, joined);
}

static void
check_reference(struct run *run, const struct consumer *workload,
		const struct consumer_reference *reference)
{
	const struct object *object = find_object(run->lint->schema, reference->name);

	run->findings->references++;
	if (object == NULL) {
		check_unknown(run, workload, reference);
		return;
	}
	if (object->kind != reference->kind) {
		ADD(run, workload, reference, "'%s' is a %s, not a %s", object->name,
		    kube_kind_name(object->kind), kube_kind_name(reference->kind));
		return;
	}
	check_delivery(run, workload, reference);
	if (reference->use == REFERENCE_KEY) {
		check_key(run, workload, reference, object);
		return;
	}
	use_all(run, object);
	if (reference->use == REFERENCE_VARIABLES)
		check_variables(run, workload, reference, object);
}

/* An object that comes out of the manifests and out of tfsecrets: each would take it from the other. */
static void
check_twice(struct run *run, const struct consumer *workload)
{
	const char *manager = consumer_label(workload, LABEL_MANAGED_BY);
	const struct object *object = find_object(run->lint->schema, workload->name);
	enum object_kind kind;

	if (object == NULL || !consumer_is_object(workload, &kind) || object->kind != kind ||
	    (manager != NULL && strcmp(manager, MANAGED_BY) == 0))
		return;
	add(run, false, workload->yaml->file, workload->at->line, workload->at->column,
	    "%s '%s' is in the manifests, and tfsecrets writes it as well", workload->kind,
	    workload->name);
}

static void
check_workload(struct run *run, const struct consumer *workload)
{
	run->findings->workloads += workload->reference_count > 0 || workload->template != NULL;
	if (!is_in_any_place(run->lint, workload->namespace)) {
		if (workload->reference_count > 0)
			add(run, true, workload->yaml->file, workload->at->line,
			    workload->at->column,
			    "%s '%s' is in namespace '%s', where no target is: not looked at",
			    workload->kind, workload->name, workload->namespace);
		return;
	}
	check_twice(run, workload);
	for (size_t i = 0; i < workload->reference_count; i++)
		check_reference(run, workload, &workload->references[i]);
}

/* Settings that are in an object, and no workload takes. */
static void
check_unused(struct run *run)
{
	const struct schema *schema = run->lint->schema;
	bool *is_told = xcalloc(schema->setting_count, sizeof(*is_told));

	for (size_t i = 0; i < schema->object_count; i++) {
		const struct object *object = &schema->objects[i];

		for (size_t k = 0; k < object->entry_count; k++) {
			const struct object_entry *entry = &object->entries[k];
			const struct setting *setting = &schema->settings[entry->setting];

			if (run->is_used[entry->setting] || is_told[entry->setting])
				continue;
			is_told[entry->setting] = true;
			add(run, true, SCHEMA_FILE, setting->line, 3,
			    "no workload uses setting '%s' (key '%s' of %s '%s')", setting->name,
			    entry->key, kube_kind_name(object->kind), object->name);
		}
	}
	free(is_told);
}

void
lint_run(const struct lint *lint, const struct consumers *workloads, struct lint_findings *ret)
{
	const struct schema *schema = lint->schema;
	struct run run = { .lint = lint, .workloads = workloads, .findings = ret };

	run.is_used = xcalloc(schema->setting_count, sizeof(*run.is_used));
	run.object_names = xcalloc(schema->object_count + 1, sizeof(*run.object_names));
	for (size_t i = 0; i < schema->object_count; i++)
		run.object_names[i] = schema->objects[i].name;
	for (size_t i = 0; i < workloads->count; i++)
		check_workload(&run, &workloads->items[i]);
	if (ret->references > 0)
		check_unused(&run);
	free(run.is_used);
	free(run.object_names);
}

void
lint_findings_clear(struct lint_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->items[i].text);
	free(findings->items);
	*findings = (struct lint_findings)LINT_FINDINGS_INIT;
}
