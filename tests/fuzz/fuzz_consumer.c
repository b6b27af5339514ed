/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests of any shape: what is read of them is in them, and each annotation is put at a place of its own, so
 * that all that stood there still does. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/annotate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_workload(const struct consumer *workload, struct bytes source)
{
	enum object_kind kind;

	require(workload->kind != NULL && workload->name != NULL && workload->at != NULL);
	require(workload->at->line > 0 && workload->at->line <= source.len + 1);
	require(workload->template == NULL || workload->template->kind == YAML_MAP);
	(void)consumer_is_object(workload, &kind);
	(void)consumer_label(workload, "a");
	for (size_t i = 0; i < workload->reference_count; i++) {
		const struct consumer_reference *reference = &workload->references[i];

		require(reference->name != NULL && reference->at != NULL);
		require((reference->key != NULL) == (reference->use == REFERENCE_KEY));
	}
}

/* Every byte that no edit takes out is there afterwards, in its order. */
static void
check_edits(const struct edits *edits, struct bytes source)
{
	size_t at = 0;

	for (size_t i = 0; i < edits->count; i++) {
		require(edits->items[i].at >= at);
		require(edits->items[i].removed <= source.len - edits->items[i].at);
		require(strstr(edits->items[i].text, ANNOTATION_RESTARTED_FOR) != NULL ||
			strlen(edits->items[i].text) == 66);
		at = edits->items[i].at + edits->items[i].removed;
	}
}

static void
check_all(const struct consumers *workloads, struct bytes source)
{
	struct kube_object items[] = {
		{ .kind = OBJECT_SECRET, .name = (char[]){ "s" } },
		{ .kind = OBJECT_CONFIGMAP, .name = (char[]){ "c" } },
	};
	const struct kube_objects objects = { .items = items, .count = COUNT(items) };
	CLEANUP(edits_clear) struct edits edits = EDITS_INIT;
	struct error err = ERROR_INIT;

	char content[] = "v1:00";

	for (size_t i = 0; i < COUNT(items); i++)
		items[i].annotations[0].value = content;
	for (size_t i = 0; i < workloads->count; i++) {
		check_workload(&workloads->items[i], source);
		if (annotate_workload(&workloads->items[i], &objects, source, &edits, &err) < 0) {
			require(err.code == ERROR_FAILED && strncmp(err.message, "fuzz:", 5) == 0);
			return;
		}
	}
	edits_sort(&edits);
	check_edits(&edits, source);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(yaml_documents_clear) struct yaml_documents documents = YAML_DOCUMENTS_INIT;
	CLEANUP(consumers_clear) struct consumers workloads = CONSUMERS_INIT;
	struct bytes source = { data, size };
	struct error err = ERROR_INIT;

	if (yaml_parse_lax(source, "fuzz", &documents, &err) < 0)
		return 0;
	for (size_t i = 0; i < documents.count; i++)
		consumers_add(&workloads, documents.items[i]);
	check_all(&workloads, source);
	return 0;
}
