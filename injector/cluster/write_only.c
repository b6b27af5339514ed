/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/write_only.h"

#include "base/memory.h"
#include "injector/cluster/interrupt.h"
#include "injector/cluster/manifest.h"
#include "injector/cluster/rollout.h"
#include "injector/cluster/target.h"

enum { ROUNDS = 20 }; /* that others may make and delete the same object */

/* One object, POST and PUT in turn until one of both goes. */
static int
write_object(const struct apply *apply, struct api *api, const struct kube_object *object,
	     size_t total, enum apply_deed *ret_deed, struct error *err)
{
	CLEANUP(sink_clear) struct sink body = SINK_INIT;
	CLEANUP(object_meta_clear) struct object_meta written = OBJECT_META_INIT;
	enum api_result result;

	if (manifest_request(object, &apply->values, total, &body, err) < 0)
		return -1;
	for (int i = 0; i < ROUNDS; i++) {
		*ret_deed = APPLY_CREATED;
		if (api_create(api, api_resource(object->kind), object->namespace,
			       secret_bytes(&body.block), &result, err) < 0)
			return -1;
		if (result == API_DONE)
			return 0;
		*ret_deed = APPLY_REPLACED;
		if (api_replace(api, object->kind, object->namespace, object->name,
				secret_bytes(&body.block), &written, &result, err) < 0)
			return -1;
		/* One that was being deleted has lost its finalizers with this, and is gone: anew. */
		if (result == API_DONE && (apply->dry_run != DRY_RUN_NONE ||
					   object_meta_text(&written, "deletionTimestamp") == NULL))
			return 0;
	}
	return error_set(err, ERROR_CLUSTER,
			 "others make and delete %s '%s' all the time; run it again",
			 kube_kind_name(object->kind), object->name);
}

/* What is to be told: what was there before is not known, so that of what is replaced no key is named. */
static void
expect_objects(struct fates *fates, const struct kube_objects *objects)
{
	const struct object_meta nothing = OBJECT_META_INIT;
	struct list no_drift = LIST_INIT;

	fates_start(fates, objects);
	for (size_t i = 0; i < objects->count; i++)
		fate_found(&fates->items[i], APPLY_CREATED, &nothing, &objects->items[i],
			   &no_drift);
}

static int
write_objects(const struct apply *apply, struct api *api, const struct kube_objects *objects,
	      const size_t *totals, struct fates *fates, struct error *err)
{
	for (size_t i = 0; i < objects->count; i++) {
		struct fate *fate = &fates->items[i];
		enum apply_deed deed;

		if (write_object(apply, api, &objects->items[i], totals[i], &deed, err) < 0) {
			fate->doubtful = api->doubtful;
			fates->begun |= api->doubtful && apply->dry_run == DRY_RUN_NONE;
			return api->stopped ? fates_stopped(fates, err) : -1;
		}
		fates->begun |= apply->dry_run == DRY_RUN_NONE;
		fate->deed = deed;
		if (deed == APPLY_REPLACED)
			free_text(&fate->changes);
		fate_tell(fate, apply, objects->items[i].namespace);
	}
	return 0;
}

static int
check_and_write(const struct apply *apply, struct api *api, const struct kube_objects *objects,
		struct fates *fates, struct error *err)
{
	size_t *totals = xcalloc(objects->count + 1, sizeof(*totals));
	int result = 0;

	for (size_t i = 0; result == 0 && i < objects->count; i++)
		result = kube_object_check(&objects->items[i], &apply->values, &totals[i], err);
	expect_objects(fates, objects);
	if (result == 0 && apply->dry_run == DRY_RUN_NONE)
		interrupt_begin();
	if (result == 0 && apply->create_namespace && objects->count > 0)
		result = target_make_namespace(api, objects->items[0].namespace, err);
	if (result == 0)
		result = write_objects(apply, api, objects, totals, fates, err);
	free(totals);
	return result;
}

static int
follow(const struct apply *apply, struct api *api, const struct kube_objects *objects,
       const char *namespace, struct error *err)
{
	struct rollout_object *written = xcalloc(objects->count + 1, sizeof(*written));
	const struct kept kept = KEPT_INIT;
	const struct rollout rollout = { .apply = apply,
					 .api = api,
					 .namespace = namespace,
					 .objects = written,
					 .count = objects->count,
					 .kept = &kept };
	int result;

	for (size_t i = 0; i < objects->count; i++)
		written[i] = (struct rollout_object){
			.kind = objects->items[i].kind,
			.name = objects->items[i].name,
			.content = objects->items[i].annotations[0].value,
			.changed = true,
		};
	result = rollout_run(&rollout, err);
	free(written);
	return result;
}

int
write_only_to(const struct apply *apply, struct api *api, const char *namespace,
	      struct fates *fates, struct error *err)
{
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	const struct object_place place = {
		.environment = apply->environment,
		.project_id = apply->project_id,
		.namespace = namespace,
		.bundle = apply->bundle,
		.bundle_count = apply->bundle_count,
	};

	if (kube_objects_make(apply->schema, &place, &apply->values, &objects, err) < 0 ||
	    check_and_write(apply, api, &objects, fates, err) < 0)
		return -1;
	return follow(apply, api, &objects, namespace, err);
}
