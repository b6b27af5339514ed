/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/apply.h"

#include "base/memory.h"
#include "injector/cluster/apply_parts.h"
#include "injector/cluster/rollout.h"
#include "injector/cluster/target.h"
#include "injector/cluster/write_only.h"

enum { ROUNDS = 20 /* that others may come in between */ };

static size_t
to_write(const struct round *round)
{
	size_t count = 0;

	for (size_t i = 0; i < round->objects.count; i++)
		count += round->states[i].deed != APPLY_UNCHANGED;
	return count;
}

/* What a dry run on our side, or a run without changes, ends with. */
static void
report_all(const struct round *round)
{
	for (size_t i = 0; i < round->objects.count; i++)
		fate_tell(&round->fates->items[i], round->apply, round->namespace);
}

/* *ret_result: API_DONE, or API_STALE and API_EXISTS: somebody came in between, look again. */
static int
run_once(struct round *round, enum api_result *ret_result, struct error *err)
{
	const struct apply *apply = round->apply;

	*ret_result = API_DONE;
	if (apply_look(round, err) < 0)
		return -1;
	if (apply_check_lost_keys(round, err) < 0) {
		/* Who only looks is told, and sees the rest. */
		if (apply->dry_run != DRY_RUN_CLIENT || err->code != ERROR_REFUSED)
			return -1;
		apply->note("%s", err->message);
	}
	if (apply->dry_run == DRY_RUN_CLIENT ||
	    (to_write(round) == 0 && inventory_equal(&round->known, &round->next))) {
		report_all(round);
		return 0;
	}
	if (apply_check_objects(round, err) < 0 || apply_prepare(round, ret_result, err) < 0)
		return -1;
	return *ret_result == API_DONE ? apply_write_objects(round, ret_result, err) : 0;
}

static struct rollout_object *
rollout_objects(const struct round *round)
{
	struct rollout_object *objects = xcalloc(round->objects.count, sizeof(*objects));

	for (size_t i = 0; i < round->objects.count; i++) {
		const struct kube_object *object = &round->objects.items[i];

		objects[i] = (struct rollout_object){
			.kind = object->kind,
			.name = object->name,
			.content = object->annotations[0].value,
			.written = object_meta_written(&round->states[i].meta),
			.changed = fate_has_values(&round->fates->items[i]),
		};
	}
	return objects;
}

static int
follow(const struct round *round, struct error *err)
{
	struct rollout_object *objects = rollout_objects(round);
	const struct rollout rollout = { .apply = round->apply,
					 .api = round->api,
					 .namespace = round->namespace,
					 .objects = objects,
					 .count = round->objects.count,
					 .kept = round->kept };
	int result = rollout_run(&rollout, err);

	free(objects);
	return result;
}

/* Until nobody comes in between. */
static int
run_rounds(const struct apply *apply, struct api *api, const char *namespace, struct fates *fates,
	   struct error *err)
{
	CLEANUP(kept_clear) struct kept kept = KEPT_INIT;

	for (int i = 0; i < ROUNDS; i++) {
		CLEANUP(apply_round_clear) struct round round = {
			.apply = apply,
			.api = api,
			.namespace = namespace,
			.is_first = i == 0,
			.kept = &kept,
			.fates = fates,
			.objects = KUBE_OBJECTS_INIT,
			.known = INVENTORY_INIT,
			.next = INVENTORY_INIT,
		};
		enum api_result result;

		if (run_once(&round, &result, err) < 0)
			return api->stopped ? fates_stopped(fates, err) : -1;
		if (result == API_DONE)
			return follow(&round, err);
	}
	return error_set(err, ERROR_CLUSTER,
			 "others write the same objects all the time; run it again");
}

int
apply_to(const struct apply *apply, struct api *api, const char *namespace, struct error *err)
{
	CLEANUP(fates_clear) struct fates fates = FATES_INIT;
	int result;

	api->dry_run = apply->dry_run == DRY_RUN_SERVER;
	api->goes_on = false;
	if (target_check(apply, api, namespace, err) < 0)
		return -1;
	result = apply->write_only ? write_only_to(apply, api, namespace, &fates, err) :
				     run_rounds(apply, api, namespace, &fates, err);
	if (result < 0)
		fates_tell_rest(&fates, apply, namespace);
	return result;
}
