/* SPDX-License-Identifier: Apache-2.0 */
/* What is written to a target: its inventory first, then the objects. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/cluster/apply_parts.h"
#include "injector/cluster/drift.h"
#include "injector/cluster/interrupt.h"
#include "injector/cluster/manifest.h"
#include "injector/cluster/target.h"

enum { OWNED_SHOWN = 8 };

bool
apply_writes_values(const struct round *round, size_t at)
{
	return round->states[at].deed != APPLY_UNCHANGED && round->states[at].deed != APPLY_ADOPTED;
}

int
apply_check_objects(const struct round *round, struct error *err)
{
	for (size_t i = 0; i < round->objects.count; i++) {
		if (apply_writes_values(round, i) &&
		    kube_object_check(&round->objects.items[i], &round->apply->values,
				      &round->states[i].total, err) < 0)
			return -1;
	}
	return 0;
}

static int
keep_objects(struct round *round, struct error *err)
{
	for (size_t i = 0; round->apply->atomic && i < round->objects.count; i++) {
		const struct kube_object *object = &round->objects.items[i];

		if (apply_writes_values(round, i) &&
		    kept_add(round->kept, round->api, round->namespace, object->kind, object->name,
			     err) < 0)
			return -1;
	}
	return 0;
}

/* Written before any object, even when its content stays: of two runs one notices the other. */
static int
write_inventory(struct round *round, enum api_result *ret_result, struct error *err)
{
	const struct apply *apply = round->apply;
	CLEANUP(free_text) char *name = inventory_name(apply->project_id, apply->environment->name);
	CLEANUP(buf_clear) struct buf body = BUF_INIT(4 * OBJECT_ANNOTATIONS_MAX);
	bool is_new = round->inventory_meta.json == NULL;

	if (inventory_body(&round->next, apply->project_id, apply->environment->name,
			   is_new ? NULL :
				    object_meta_text(&round->inventory_meta, "resourceVersion"),
			   &body, err) < 0)
		return -1;
	if (is_new)
		return api_create(round->api, "secrets", round->namespace, buf_bytes(&body),
				  ret_result, err);
	return api_merge(round->api, OBJECT_SECRET, round->namespace, name, buf_bytes(&body),
			 ret_result, err);
}

/* The fields first: what is written after that is then held against nobody's. */
static int
adopt_object(struct round *round, size_t at, enum api_result *ret_result, struct error *err)
{
	const struct kube_object *object = &round->objects.items[at];
	struct state *state = &round->states[at];
	const struct apply *apply = round->apply;

	for (size_t i = 0; i < state->adoption.taken.count; i++)
		apply->note("note: %s '%s': takes over the %s", kube_kind_name(object->kind),
			    object->name, state->adoption.taken.items[i]);
	for (size_t i = 0; i < state->adoption.left.count; i++)
		apply->note("note: %s '%s': the %s stays, since the project has none",
			    kube_kind_name(object->kind), object->name,
			    state->adoption.left.items[i]);
	if (api_rewrite(round->api, object->kind, round->namespace, object->name,
			buf_bytes(&state->adoption.patch), &state->meta, ret_result, err) < 0)
		return -1;
	/* Gone meanwhile: look again. */
	if (*ret_result != API_DONE)
		*ret_result = API_STALE;
	return 0;
}

static int
refuse_owned(const struct round *round, size_t at, struct error *err)
{
	const struct kube_object *object = &round->objects.items[at];
	struct list *owned = &round->api->owned;
	CLEANUP(buf_clear) struct buf shown = BUF_INIT(ERROR_MESSAGE_BYTES / 2);

	drift_add_times(&round->states[at].meta, owned);
	for (size_t i = 0; i < owned->count && i < OWNED_SHOWN; i++)
		buf_printf(&shown, "%s%s", i > 0 ? ", " : "", owned->items[i]);
	if (owned->count > OWNED_SHOWN)
		buf_printf(&shown, " and %zu more", owned->count - OWNED_SHOWN);
	/* All of them, where the message has no room. */
	for (size_t i = 0; (owned->count > OWNED_SHOWN || shown.full) && i < owned->count; i++)
		round->apply->note("note: %s '%s': %s", kube_kind_name(object->kind), object->name,
				   owned->items[i]);
	return error_set(err, ERROR_CLUSTER, "%s '%s' has fields of other managers: %s; %s",
			 kube_kind_name(object->kind), object->name, buf_text(&shown),
			 round->apply->adopt ?
				 "these are of programs that would write them again, so that "
				 "--adopt leaves them alone; --force-conflicts takes them" :
				 "--adopt takes over what kubectl and its like wrote, and "
				 "--force-conflicts takes them whoever they are of");
}

static int
apply_object(struct round *round, size_t at, enum api_result *ret_result, struct error *err)
{
	CLEANUP(sink_clear) struct sink body = SINK_INIT;
	CLEANUP(object_meta_clear) struct object_meta written = OBJECT_META_INIT;
	struct kube_object *object = &round->objects.items[at];
	struct state *state = &round->states[at];
	/* In a dry run nothing was taken over, and would be a conflict. */
	bool as_if = state->adoption.is_needed && round->apply->dry_run == DRY_RUN_SERVER;
	int result;

	if (state->meta.json != NULL && !as_if)
		object->resource_version = object_meta_text(&state->meta, "resourceVersion");
	if (manifest_request(object, &round->apply->values, state->total, &body, err) < 0)
		return -1;
	result = api_apply(round->api, object->kind, round->namespace, object->name,
			   secret_bytes(&body.block), round->apply->force || as_if, &written,
			   ret_result, err);
	object->resource_version = NULL;
	if (result < 0 || *ret_result != API_OWNED)
		return result;
	return refuse_owned(round, at, err);
}

static int
write_object(struct round *round, size_t at, enum api_result *ret_result, struct error *err)
{
	const struct state *state = &round->states[at];

	if (state->adoption.is_needed && adopt_object(round, at, ret_result, err) < 0)
		return -1;
	if (*ret_result == API_STALE)
		return 0;
	return state->deed == APPLY_ADOPTED ? 0 : apply_object(round, at, ret_result, err);
}

int
apply_write_objects(struct round *round, enum api_result *ret_result, struct error *err)
{
	bool created = false;

	for (size_t i = 0; i < round->objects.count; i++) {
		if (round->states[i].deed != APPLY_UNCHANGED &&
		    (write_object(round, i, ret_result, err) < 0 || *ret_result != API_DONE)) {
			round->fates->items[i].doubtful =
				round->api->doubtful || *ret_result == API_STALE;
			return *ret_result != API_DONE && *ret_result != API_OWNED ? 0 : -1;
		}
		created |= round->states[i].deed == APPLY_CREATED;
		fate_tell(&round->fates->items[i], round->apply, round->namespace);
	}
	if (!created || round->apply->dry_run != DRY_RUN_NONE)
		return 0;
	/* An object that was not there has no resourceVersion to hold it against: had another run come in
	 * between, the inventory says so. */
	round->is_first = false;
	return apply_read_inventory(round, &round->inventory_meta, &round->known, err);
}

/* What has to be there before the objects. Once it may be, a run that ends tells what every object is. */
int
apply_prepare(struct round *round, enum api_result *ret_result, struct error *err)
{
	const struct apply *apply = round->apply;
	int result = 0;

	if (apply->dry_run == DRY_RUN_NONE)
		interrupt_begin();
	if (apply->create_namespace)
		result = target_make_namespace(round->api, round->namespace, err);
	if (result == 0)
		result = keep_objects(round, err);
	if (result == 0)
		result = write_inventory(round, ret_result, err);
	if (apply->dry_run == DRY_RUN_NONE)
		round->fates->begun |= result == 0 || round->api->doubtful;
	return result;
}
