/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/rollout.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "crypto/hash.h"

enum { ROUNDS = 20 }; /* that others may come in between */

static bool
uses_any(const struct rollout *rollout, const struct workload *workload)
{
	for (size_t i = 0; i < rollout->count; i++) {
		if (workload_uses(workload, rollout->objects[i].kind, rollout->objects[i].name))
			return true;
	}
	return false;
}

/* What the workload is to be restarted for. */
static void
content_of(const struct rollout *rollout, const struct workload *workload,
	   char out[static SHA256_HEX_BYTES])
{
	CLEANUP(list_clear) struct list lines = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;

	for (size_t i = 0; i < rollout->count; i++) {
		const struct rollout_object *object = &rollout->objects[i];

		if (workload_uses(workload, object->kind, object->name))
			list_take(&lines, xasprintf("%s/%s\n%s\n", kube_kind_name(object->kind),
						    object->name, object->content));
	}
	list_sort(&lines);
	joined = list_join(&lines, "", "");
	sha256_hex(bytes_of(joined), out);
}

/* Without our annotation, only what changed in this run or after the workload was made is a reason: its pods have
 * started with the rest. Times of the API server compare as text. */
static bool
is_outdated(const struct rollout *rollout, const struct workload *workload, const char *content)
{
	if (workload->restarted_for != NULL)
		return strcmp(workload->restarted_for, content) != 0;
	for (size_t i = 0; i < rollout->count; i++) {
		const struct rollout_object *object = &rollout->objects[i];

		if (workload_uses(workload, object->kind, object->name) &&
		    (object->changed || object->written == NULL || workload->created == NULL ||
		     strcmp(object->written, workload->created) >= 0))
			return true;
	}
	return false;
}

static void
report(const struct rollout *rollout, const char *kind, const char *shown, const char *name,
       enum apply_deed deed)
{
	const struct apply_report report = { .kind = kind,
					     .shown = shown,
					     .name = name,
					     .namespace = rollout->namespace,
					     .deed = deed,
					     .changes = "" };

	rollout->apply->report(rollout->apply->report_context, &report);
}

static int
restart(const struct rollout *rollout, const struct workload *workload, const char *content,
	struct error *err)
{
	static const char *const path[] = { "spec", "template", "metadata", "annotations" };
	CLEANUP(buf_clear) struct buf body = BUF_INIT(1024);
	struct json json = JSON_INIT(&body, JSON_COMPACT);
	enum api_result result;

	json_open(&json, '{');
	for (size_t i = 0; i < COUNT(path); i++) {
		json_name(&json, path[i]);
		json_open(&json, '{');
	}
	json_name(&json, ANNOTATION_RESTARTED_FOR);
	json_text(&json, content);
	for (size_t i = 0; i <= COUNT(path); i++)
		json_close(&json, '}');
	for (int i = 0; i < ROUNDS; i++) {
		if (api_annotate(rollout->api, workload->kind->resource, rollout->namespace,
				 workload->name, buf_bytes(&body), &result, err) < 0)
			return -1;
		if (result == API_DONE)
			return 0;
		if (result == API_ABSENT)
			return error_set(err, ERROR_CLUSTER, "%s/%s was deleted meanwhile",
					 workload->kind->shown, workload->name);
	}
	return error_set(err, ERROR_CLUSTER, "others write %s/%s all the time; run it again",
			 workload->kind->shown, workload->name);
}

int
rollout_restart(const struct rollout *rollout, const struct workloads *workloads, struct error *err)
{
	for (size_t i = 0; i < workloads->count; i++) {
		const struct workload *workload = &workloads->items[i];
		char content[SHA256_HEX_BYTES];

		if (!workload->kind->restarts || !uses_any(rollout, workload))
			continue;
		content_of(rollout, workload, content);
		if (!is_outdated(rollout, workload, content))
			continue;
		if (rollout->apply->dry_run != DRY_RUN_CLIENT &&
		    restart(rollout, workload, content, err) < 0)
			return -1;
		report(rollout, workload->kind->kind, workload->kind->shown, workload->name,
		       APPLY_RESTARTED);
		if (workload->held != NULL)
			rollout->apply->note("note: %s/%s: %s", workload->kind->shown,
					     workload->name, workload->held);
	}
	return 0;
}

/* An object of the inventory, "KIND/NAME", that the schema has no more. */
struct leftover {
	enum object_kind kind;
	const char *name;
};

static bool
is_leftover(const struct rollout *rollout, const char *entry, struct leftover *ret)
{
	const char *slash = strchr(entry, '/');

	*ret = (struct leftover){ .kind = entry[0] == 'S' ? OBJECT_SECRET : OBJECT_CONFIGMAP,
				  .name = slash + 1 };
	for (size_t i = 0; i < rollout->count; i++) {
		if (rollout->objects[i].kind == ret->kind &&
		    strcmp(rollout->objects[i].name, ret->name) == 0)
			return false;
	}
	return true;
}

static bool
is_ours(const struct rollout *rollout, const struct object_meta *meta)
{
	const char *manager = object_meta_label(meta, LABEL_MANAGED_BY);
	const char *project = object_meta_label(meta, LABEL_PROJECT);
	const char *environment = object_meta_label(meta, LABEL_ENVIRONMENT);

	return manager != NULL && project != NULL && environment != NULL &&
	       strcmp(manager, MANAGED_BY) == 0 &&
	       strcmp(project, rollout->apply->project_id) == 0 &&
	       strcmp(environment, rollout->apply->environment->name) == 0;
}

/* *ret_gone: whether it stands there no more as ours. */
static int
prune_one(const struct rollout *rollout, const struct workloads *workloads,
	  const struct leftover *leftover, bool *ret_gone, struct error *err)
{
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	const char *shown = kube_kind_shown(leftover->kind);
	const struct workload *user = workloads_name(workloads, leftover->kind, leftover->name);
	enum api_result result;

	*ret_gone = false;
	if (user != NULL) {
		rollout->apply->note("%s/%s stays: %s/%s refers to it", shown, leftover->name,
				     user->kind->shown, user->name);
		return 0;
	}
	if (api_get(rollout->api, api_resource(leftover->kind), rollout->namespace, leftover->name,
		    &meta, &result, err) < 0)
		return -1;
	*ret_gone = true;
	if (result == API_ABSENT)
		return 0;
	if (!is_ours(rollout, &meta)) {
		rollout->apply->note("%s/%s stays: it has not our labels any more", shown,
				     leftover->name);
		return 0;
	}
	if (rollout->apply->dry_run != DRY_RUN_CLIENT &&
	    api_delete(rollout->api, leftover->kind, rollout->namespace, leftover->name,
		       object_meta_text(&meta, "uid"), &result, err) < 0)
		return -1;
	if (result == API_STALE)
		rollout->apply->note("%s/%s stays: it is another one now", shown, leftover->name);
	else
		report(rollout, kube_kind_name(leftover->kind), shown, leftover->name,
		       APPLY_PRUNED);
	return 0;
}

static int
prune_all(const struct rollout *rollout, const struct inventory *inventory, struct list *ret_gone,
	  struct error *err)
{
	CLEANUP(workloads_clear) struct workloads workloads = WORKLOADS_INIT;
	bool has_read = false;

	for (size_t i = 0; i < inventory->objects.count; i++) {
		const char *entry = inventory->objects.items[i];
		struct leftover leftover;
		bool gone;

		if (!is_leftover(rollout, entry, &leftover))
			continue;
		if (!has_read && workloads_read(rollout->api, rollout->namespace, WORKLOADS_NAMING,
						NULL, &workloads, err) < 0)
			return error_context(
				err, "cannot tell whether '%s' is used, so nothing is pruned",
				entry);
		has_read = true;
		if (prune_one(rollout, &workloads, &leftover, &gone, err) < 0)
			return -1;
		if (gone)
			list_add(ret_gone, entry);
	}
	return 0;
}

/* The inventory as it is now, without what is gone. *ret_result as api_merge has it. */
static int
narrow(const struct rollout *rollout, const char *name, const struct list *gone,
       enum api_result *ret_result, struct error *err)
{
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
	CLEANUP(buf_clear) struct buf body = BUF_INIT(4 * OBJECT_ANNOTATIONS_MAX);
	const struct apply *apply = rollout->apply;

	if (api_get(rollout->api, "secrets", rollout->namespace, name, &meta, ret_result, err) < 0)
		return -1;
	if (*ret_result == API_ABSENT)
		return 0;
	if (inventory_read(&meta, &inventory, err) < 0)
		return -1;
	for (size_t i = 0; i < gone->count; i++)
		inventory_drop_object(&inventory, gone->items[i]);
	if (inventory_body(&inventory, apply->project_id, apply->environment->name,
			   object_meta_text(&meta, "resourceVersion"), &body, err) < 0)
		return -1;
	return api_merge(rollout->api, OBJECT_SECRET, rollout->namespace, name, buf_bytes(&body),
			 ret_result, err);
}

int
rollout_prune(const struct rollout *rollout, struct error *err)
{
	const struct apply *apply = rollout->apply;
	CLEANUP(free_text) char *name = inventory_name(apply->project_id, apply->environment->name);
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	CLEANUP(inventory_clear) struct inventory inventory = INVENTORY_INIT;
	CLEANUP(list_clear) struct list gone = LIST_INIT;
	enum api_result result;

	if (api_get(rollout->api, "secrets", rollout->namespace, name, &meta, &result, err) < 0)
		return -1;
	if (result == API_ABSENT)
		return 0;
	if (inventory_read(&meta, &inventory, err) < 0 ||
	    prune_all(rollout, &inventory, &gone, err) < 0)
		return -1;
	if (gone.count == 0 || apply->dry_run != DRY_RUN_NONE)
		return 0;
	for (int i = 0; i < ROUNDS; i++) {
		if (narrow(rollout, name, &gone, &result, err) < 0)
			return -1;
		if (result != API_STALE)
			return 0;
	}
	return error_set(err, ERROR_CLUSTER,
			 "others write the inventory all the time; run it again");
}
