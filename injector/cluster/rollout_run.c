/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a rollout, and what becomes of the objects when it fails. */
#include "base/memory.h"
#include "injector/cluster/rollout.h"

enum { PUT_BACK_SECONDS = 60 };

/* The pods of what was put back: what they are restarted for is the content of before. */
static int
restart_again(const struct rollout *rollout, struct error *err)
{
	CLEANUP(workloads_clear) struct workloads workloads = WORKLOADS_INIT;
	struct rollout_object *objects = xcalloc(rollout->count, sizeof(*objects));
	struct rollout before = *rollout;
	int result;

	before.objects = objects;
	before.count = 0;
	for (size_t i = 0; i < rollout->count; i++) {
		struct rollout_object *object = &objects[before.count];
		const struct kept_object *kept = kept_find(rollout->kept, rollout->objects[i].kind,
							   rollout->objects[i].name);

		*object = rollout->objects[i];
		if (kept != NULL)
			object->content = object_meta_annotation(&kept->object, ANNOTATION_CONTENT);
		before.count += object->content != NULL;
	}
	result = workloads_read(rollout->api, rollout->namespace, false, &workloads, err);
	if (result == 0)
		result = rollout_restart(&before, &workloads, err);
	free(objects);
	return result;
}

/* Everything of this run back as it was, and the pods restarted for it. The marks stay: what the target has had it
 * has had. */
static int
put_back(const struct rollout *rollout, struct error *err)
{
	const struct error cause = *err;

	api_extend(rollout->api, PUT_BACK_SECONDS);
	for (size_t i = 0; i < rollout->kept->count; i++) {
		const struct kept_object *object = &rollout->kept->items[i];
		const struct apply_report report = {
			.kind = kube_kind_name(object->kind),
			.shown = object->kind == OBJECT_SECRET ? "secret" : "configmap",
			.name = object->name,
			.namespace = rollout->namespace,
			.deed = APPLY_PUT_BACK,
			.changes = "",
		};

		if (kept_put_back(rollout->kept, i, rollout->api, rollout->namespace, err) < 0) {
			*err = cause;
			return error_context(err, "not everything could be put back, %s '%s' first",
					     report.shown, object->name);
		}
		rollout->apply->report(rollout->apply->report_context, &report);
	}
	if (restart_again(rollout, err) < 0) {
		*err = cause;
		return error_context(err, "put back as it was, but not restarted");
	}
	*err = cause;
	return error_context(err, "put back as it was, and restarted");
}

int
rollout_run(const struct rollout *rollout, struct error *err)
{
	const struct apply *apply = rollout->apply;
	CLEANUP(workloads_clear) struct workloads workloads = WORKLOADS_INIT;

	if ((apply->restart || apply->wait) &&
	    workloads_read(rollout->api, rollout->namespace, false, &workloads, err) < 0)
		return -1;
	if (apply->restart && rollout_restart(rollout, &workloads, err) < 0)
		return -1;
	if (apply->wait && apply->dry_run == DRY_RUN_NONE &&
	    rollout_wait(rollout, &workloads, err) < 0)
		return apply->atomic ? put_back(rollout, err) : -1;
	return apply->prune ? rollout_prune(rollout, err) : 0;
}
