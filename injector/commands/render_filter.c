/* SPDX-License-Identifier: Apache-2.0 */
/* Standard input to standard output: manifests with annotations and objects put in, all else as it came. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/commands/rendering.h"

#define INPUT "standard input"
#define OUTPUT "standard output"

/* What every version of the functions' contract has (kustomize, cmd/config/docs/api-conventions). */
static const char *const list_versions[] = { "config.kubernetes.io/v1",
					     "config.kubernetes.io/v1beta1",
					     "config.kubernetes.io/v1alpha1" };

static const char *
text_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_get(map, key);

	return node != NULL && node->kind == YAML_SCALAR ? node->text : NULL;
}

static bool
is_resource_list(const struct yaml_documents *documents)
{
	const struct yaml_node *root = documents->count == 1 ? documents->items[0]->root : NULL;
	const char *version = NULL, *kind = NULL;

	if (root != NULL && root->kind == YAML_MAP) {
		version = text_of(root, "apiVersion");
		kind = text_of(root, "kind");
	}
	for (size_t i = 0; version != NULL && kind != NULL && i < COUNT(list_versions); i++) {
		if (strcmp(version, list_versions[i]) == 0)
			return strcmp(kind, "ResourceList") == 0;
	}
	return false;
}

/* functionConfig: an object whose spec says which environment, and where the project is. */
static int
read_config(const struct yaml *yaml, struct render_input *input, struct error *err)
{
	static const char *const fields[] = { "environment", "directory", NULL };
	const struct yaml_node *config = yaml_get(yaml->root, "functionConfig"), *spec;

	if (config == NULL || config->kind != YAML_MAP)
		return 0;
	spec = yaml_get(config, "spec");
	if (spec == NULL)
		return 0;
	if (yaml_expect(yaml, spec, YAML_MAP, "spec", err) < 0 ||
	    yaml_check_fields(yaml, spec, fields, err) < 0)
		return -1;
	for (size_t i = 0; i < spec->count; i++) {
		if (yaml_expect(yaml, spec->children[i], YAML_SCALAR, spec->children[i]->key->text,
				err) < 0)
			return -1;
	}
	input->environment = text_of(spec, "environment");
	input->directory = text_of(spec, "directory");
	return 0;
}

int
render_input_read(enum render_form form, struct render_input *ret, struct error *err)
{
	ret->form = form;
	if (form == RENDER_OBJECTS)
		return 0;
	if (file_read_all(STDIN_FILENO, INPUT, YAML_LAX_SOURCE_MAX, &ret->source, err) < 0 ||
	    yaml_parse_lax(buf_bytes(&ret->source), INPUT, &ret->documents, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->documents.count; i++)
		consumers_add(&ret->workloads, ret->documents.items[i]);
	if (form == RENDER_POST_RENDERER)
		return 0;
	if (!is_resource_list(&ret->documents))
		return error_set(err, ERROR_FAILED,
				 INPUT " is no ResourceList of 'config.kubernetes.io/v1'");
	return read_config(ret->documents.items[0], ret, err);
}

void
render_input_clear(struct render_input *input)
{
	consumers_clear(&input->workloads);
	yaml_documents_clear(&input->documents);
	buf_clear(&input->source);
}

static int
annotate_all(const struct consumers *workloads, const struct kube_objects *objects,
	     struct bytes source, struct edits *edits, struct error *err)
{
	for (size_t i = 0; i < workloads->count; i++) {
		if (annotate_workload(&workloads->items[i], objects, source, edits, err) < 0)
			return -1;
	}
	edits_sort(edits);
	return 0;
}

static int
apply_edits(struct bytes source, const struct edits *edits, struct buf *out, struct error *err)
{
	size_t at = 0;

	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *edit = &edits->items[i];

		buf_append(out, (struct bytes){ source.data + at, edit->at - at });
		buf_append_text(out, edit->text);
		at = edit->at + edit->removed;
	}
	buf_append(out, (struct bytes){ source.data + at, source.len - at });
	return buf_check(out, "the manifests", err);
}

static bool
is_annotated(const struct consumer *workload, const char *value)
{
	const struct yaml_node *node = workload->template;
	static const char *const way[] = { "metadata", "annotations", ANNOTATION_RESTARTED_FOR };

	for (size_t i = 0; i < COUNT(way) && node != NULL; i++)
		node = node->kind == YAML_MAP ? yaml_get(node, way[i]) : NULL;
	return node != NULL && node->kind == YAML_SCALAR && strcmp(node->text, value) == 0;
}

/* Read again, the manifests have the same workloads, and each that an edit was for has its annotation: whatever
 * unusual YAML it was, nothing half done goes on. */
static int
check_edited(const struct render_input *input, const struct kube_objects *objects,
	     const struct buf *edited, struct error *err)
{
	CLEANUP(yaml_documents_clear) struct yaml_documents documents = YAML_DOCUMENTS_INIT;
	CLEANUP(consumers_clear) struct consumers again = CONSUMERS_INIT;
	bool is_right;

	if (yaml_parse_lax(buf_bytes(edited), INPUT, &documents, err) < 0)
		return error_context(err, "with its annotations");
	for (size_t i = 0; i < documents.count; i++)
		consumers_add(&again, documents.items[i]);
	is_right =
		again.count == input->workloads.count && documents.count == input->documents.count;
	for (size_t i = 0; is_right && i < again.count; i++) {
		CLEANUP(edits_clear) struct edits edits = EDITS_INIT;
		CLEANUP(free_text) char *value = annotate_value(&again.items[i], objects);

		if (annotate_workload(&again.items[i], objects, buf_bytes(edited), &edits, err) < 0)
			return -1;
		is_right = edits.count == 0 || is_annotated(&again.items[i], value);
	}
	if (!is_right)
		return error_set(err, ERROR_FAILED,
				 INPUT ": a pod template is written in a way that cannot be "
				       "annotated");
	return 0;
}

static int
put_text(struct sink *sink, const char *text, struct error *err)
{
	return sink_append(sink, bytes_of(text), err);
}

/* The objects as JSON, which is YAML as well, with a text before, between and behind them. */
static int
put_objects(const struct rendering *rendering, struct sink *sink, const char *before,
	    const char *between, const char *behind, struct error *err)
{
	for (size_t i = 0; i < rendering->written->count; i++) {
		if (put_text(sink, i == 0 ? before : between, err) < 0 ||
		    manifest_body(&rendering->written->items[i], rendering->source, sink, err) < 0)
			return -1;
	}
	return put_text(sink, behind, err);
}

static bool
is_nothing(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->style == YAML_PLAIN &&
	       (node->len == 0 || strcmp(node->text, "null") == 0);
}

/* Where in a source objects come in, and what stands around them there. */
struct gap {
	size_t at, behind; /* between the two it goes out */
	const char *before;
	char *between, *after;
};

static void
gap_clear(struct gap *gap)
{
	free(gap->between);
	free(gap->after);
}

static struct gap
make_gap(size_t at, size_t behind, const char *before, const char *between, const char *after)
{
	return (struct gap){ at, behind, before, xstrdup(between), xstrdup(after) };
}

/* In a ResourceList: at the front of its items, whatever style they have. */
static int
find_gap(const struct yaml *yaml, struct bytes source, struct gap *ret, struct error *err)
{
	const struct yaml_node *items = yaml_get(yaml->root, "items");
	const struct yaml_node *first = items != NULL ? items : yaml->root->children[0]->key;
	size_t at = first->start;

	if (items == NULL) {
		*ret = yaml->root->style == YAML_FLOW ?
			       make_gap(at, at, "\"items\": [", ", ", "], ") :
			       make_gap(at, at, "items: [", ", ", "]\n");
	} else if (is_nothing(items)) {
		*ret = make_gap(at, items->end, " [", ", ", "]");
	} else if (items->kind != YAML_LIST || items->is_copy) {
		return yaml_error(yaml, items, err, "'items' must be a list");
	} else if (items->style == YAML_FLOW) {
		/* Its anchor or tag, in which no bracket can stand, comes first. */
		while (at < items->end && source.data[at] != '[')
			at++;
		*ret = make_gap(at + 1, at + 1, "", ", ", items->count > 0 ? ", " : "");
	} else {
		int indent = (int)(items->column - 1);

		*ret = (struct gap){ at, at, "- ", xasprintf("\n%*s- ", indent, ""),
				     xasprintf("\n%*s", indent, "") };
	}
	return 0;
}

static int
put_items(const struct rendering *rendering, const struct yaml *yaml, struct bytes source,
	  struct sink *sink, struct error *err)
{
	CLEANUP(gap_clear) struct gap gap = { .between = NULL, .after = NULL };

	if (find_gap(yaml, source, &gap, err) < 0 ||
	    sink_append(sink, (struct bytes){ source.data, gap.at }, err) < 0 ||
	    put_objects(rendering, sink, gap.before, gap.between, gap.after, err) < 0)
		return -1;
	return sink_append(sink,
			   (struct bytes){ source.data + gap.behind, source.len - gap.behind },
			   err);
}

static int
put_documents(const struct rendering *rendering, struct bytes source, struct sink *sink,
	      struct error *err)
{
	if (sink_append(sink, source, err) < 0)
		return -1;
	if (source.len > 0 && source.data[source.len - 1] != '\n' && put_text(sink, "\n", err) < 0)
		return -1;
	for (size_t i = 0; i < rendering->written->count; i++) {
		if (put_text(sink, "---\n", err) < 0 ||
		    manifest_document(&rendering->written->items[i], rendering->source,
				      MANIFEST_YAML, MANIFEST_REVEALED, sink, err) < 0)
			return -1;
	}
	return 0;
}

/* Of the edited source, whose places are others than those of the input. */
static int
put_list(const struct rendering *rendering, struct bytes source, struct sink *sink,
	 struct error *err)
{
	CLEANUP(yaml_documents_clear) struct yaml_documents documents = YAML_DOCUMENTS_INIT;

	if (rendering->written->count == 0)
		return sink_append(sink, source, err);
	if (yaml_parse_lax(source, INPUT, &documents, err) < 0)
		return -1;
	return put_items(rendering, documents.items[0], source, sink, err);
}

int
render_filtered(const struct rendering *rendering, const struct render_input *input,
		struct error *err)
{
	CLEANUP(edits_clear) struct edits edits = EDITS_INIT;
	CLEANUP(buf_clear) struct buf edited = BUF_INIT(2 * YAML_LAX_SOURCE_MAX);
	CLEANUP(sink_clear) struct sink sink = SINK_INIT;
	struct bytes source = buf_bytes(&input->source);
	int result;

	if (annotate_all(&input->workloads, rendering->all, source, &edits, err) < 0 ||
	    apply_edits(source, &edits, &edited, err) < 0 ||
	    check_edited(input, rendering->all, &edited, err) < 0 ||
	    sink_to_fd(STDOUT_FILENO, OUTPUT, &sink, err) < 0)
		return -1;
	result = input->form == RENDER_POST_RENDERER ?
			 put_documents(rendering, buf_bytes(&edited), &sink, err) :
			 put_list(rendering, buf_bytes(&edited), &sink, err);
	return result < 0 ? -1 : sink_flush(&sink, err);
}
