/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/apply.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/cluster/adopt.h"
#include "injector/cluster/drift.h"
#include "injector/cluster/fate.h"
#include "injector/cluster/interrupt.h"
#include "injector/cluster/kept.h"
#include "injector/cluster/manifest.h"
#include "injector/cluster/mark.h"
#include "injector/cluster/owner.h"
#include "injector/cluster/rollout.h"
#include "injector/cluster/target.h"
#include "injector/cluster/write_only.h"

enum { ROUNDS = 20 /* that others may come in between */, OWNED_SHOWN = 8 };

/* What is known of one object. */
struct state {
	struct object_meta meta;
	enum apply_deed deed;
	size_t total; /* bytes of its values, once they were checked */
	struct adoption adoption;
	struct list drift;
};

/* One look at the target, and what came of it. */
struct round {
	const struct apply *apply;
	struct api *api;
	const char *namespace;
	bool is_first;
	struct kept *kept;   /* of the first look at each object that changes */
	struct fates *fates; /* of all looks */
	struct kube_objects objects;
	struct state *states; /* as objects */
	struct object_meta inventory_meta;
	struct inventory known, next;
};

static void
state_clear(struct state *state)
{
	object_meta_clear(&state->meta);
	adoption_clear(&state->adoption);
	list_clear(&state->drift);
}

static void
round_clear(struct round *round)
{
	for (size_t i = 0; i < round->objects.count; i++)
		state_clear(&round->states[i]);
	free(round->states);
	kube_objects_clear(&round->objects);
	object_meta_clear(&round->inventory_meta);
	inventory_clear(&round->known);
	inventory_clear(&round->next);
}

/* From what is known of the cluster in the first round; from the server where that says nothing, and when somebody
 * came in between. */
static int
read_meta(const struct round *round, enum object_kind kind, const char *name,
	  struct object_meta *ret, enum api_result *ret_result, struct error *err)
{
	const struct known *known = round->is_first ? round->apply->known : NULL;

	if (known == NULL || !known_find(known, kind, round->namespace, name, ret))
		return api_get(round->api, api_resource(kind), round->namespace, name, ret,
			       ret_result, err);
	*ret_result = API_DONE;
	return 0;
}

static int
read_inventory(struct round *round, struct object_meta *meta, struct inventory *inventory,
	       struct error *err)
{
	const struct apply *apply = round->apply;
	CLEANUP(free_text) char *name = inventory_name(apply->project_id, apply->environment->name);
	enum api_result result;

	if (read_meta(round, OBJECT_SECRET, name, meta, &result, err) < 0)
		return -1;
	inventory_clear(inventory);
	if (result == API_DONE && owner_check_stays(OBJECT_SECRET, name, meta, err) < 0)
		return -1;
	if (result == API_DONE && inventory_read(meta, inventory, err) < 0)
		return error_context(err, "the Secret '%s' in namespace '%s'", name,
				     round->namespace);
	return marks_check(apply, inventory, err);
}

/* What became of it since we wrote it, and what of it we take over. */
static int
look_closer(const struct round *round, const struct kube_object *object, struct state *state,
	    struct error *err)
{
	const char *content = object_meta_annotation(&state->meta, ANNOTATION_CONTENT);
	bool is_same = content != NULL && strcmp(content, object->annotations[0].value) == 0 &&
		       object_meta_owns_exactly(&state->meta, object);

	drift_find(&state->meta, object, &state->drift);
	state->adoption = (struct adoption)ADOPTION_INIT;
	if (adoption_make(&state->meta, object, round->apply->adopt, !is_same, &state->adoption,
			  err) < 0)
		return error_context(err, "%s '%s'", kube_kind_name(object->kind), object->name);
	state->deed = !is_same			? APPLY_CHANGED :
		      state->adoption.is_needed ? APPLY_ADOPTED :
						  APPLY_UNCHANGED;
	return 0;
}

static int
look_at(struct round *round, size_t at, struct error *err)
{
	const struct kube_object *object = &round->objects.items[at];
	struct state *state = &round->states[at];
	CLEANUP(free_text) char *shown =
		xasprintf("%s/%s", kube_kind_name(object->kind), object->name);
	const struct owner_terms terms = {
		.project_id = round->apply->project_id,
		.environment = round->apply->environment->name,
		.adopt = round->apply->adopt,
		.force = round->apply->force,
	};
	enum api_result result;

	if (read_meta(round, object->kind, object->name, &state->meta, &result, err) < 0)
		return -1;
	if (result == API_ABSENT) {
		state->deed = APPLY_CREATED;
		if (list_has(&round->known.objects, shown))
			list_add(&state->drift, "it was deleted");
		return 0;
	}
	if (owner_check_stays(object->kind, object->name, &state->meta, err) < 0 ||
	    owner_check(&terms, object, &state->meta, err) < 0)
		return -1;
	return look_closer(round, object, state, err);
}

static int
look(struct round *round, struct error *err)
{
	const struct apply *apply = round->apply;
	const struct object_place place = {
		.environment = apply->environment,
		.project_id = apply->project_id,
		.namespace = round->namespace,
		.bundle = apply->bundle,
		.bundle_count = apply->bundle_count,
	};

	if (kube_objects_make(apply->schema, &place, &apply->values, &round->objects, err) < 0)
		return -1;
	round->states = xcalloc(round->objects.count, sizeof(*round->states));
	fates_start(round->fates, &round->objects);
	if (read_inventory(round, &round->inventory_meta, &round->known, err) < 0)
		return -1;
	for (size_t i = 0; i < round->objects.count; i++) {
		if (look_at(round, i, err) < 0)
			return -1;
		fate_found(&round->fates->items[i], round->states[i].deed, &round->states[i].meta,
			   &round->objects.items[i], &round->states[i].drift);
	}
	if (round->inventory_meta.json != NULL &&
	    inventory_read(&round->inventory_meta, &round->next, err) < 0)
		return -1;
	return marks_merge(apply, &round->objects, &round->next, err);
}

/* Whether its values are written, and not only who owns them. */
static bool
writes_values(const struct round *round, size_t at)
{
	return round->states[at].deed != APPLY_UNCHANGED && round->states[at].deed != APPLY_ADOPTED;
}

static size_t
to_write(const struct round *round)
{
	size_t count = 0;

	for (size_t i = 0; i < round->objects.count; i++)
		count += round->states[i].deed != APPLY_UNCHANGED;
	return count;
}

/* What does not open or does not fit is found before the first byte is written. */
static int
check_objects(const struct round *round, struct error *err)
{
	for (size_t i = 0; i < round->objects.count; i++) {
		if (writes_values(round, i) &&
		    kube_object_check(&round->objects.items[i], &round->apply->values,
				      &round->states[i].total, err) < 0)
			return -1;
	}
	return 0;
}

/* What uses the objects, read when a key is about to go. */
struct users {
	struct workloads workloads;
	struct list unseen; /* resources that the account may not list */
	bool has_read;
};

static void
users_clear(struct users *users)
{
	workloads_clear(&users->workloads);
	list_clear(&users->unseen);
}

static int
refuse_lost(const struct kube_object *object, const char *key, const struct workload *user,
	    struct error *err)
{
	return error_set(err, ERROR_REFUSED,
			 "%s '%s' would lose the key '%s', which %s/%s refers to; %s",
			 kube_kind_name(object->kind), object->name, key, user->kind->shown,
			 user->name,
			 user->is_owned ? "run this again when that has ended" :
					  "change that first");
}

/* Server-side apply drops a key at once, and containers that name it would not start again. Who may not list all
 * that could does without that part of the look, and is told. */
static int
check_lost_keys(const struct round *round, size_t at, struct users *users, struct error *err)
{
	const struct kube_object *object = &round->objects.items[at];
	CLEANUP(list_clear) struct list lost = LIST_INIT;
	CLEANUP(free_text) char *keys = NULL, *unseen = NULL;

	object_meta_lost_keys(&round->states[at].meta, object, &lost);
	if (lost.count == 0)
		return 0;
	if (!users->has_read && workloads_read(round->api, round->namespace, WORKLOADS_OF_PODS,
					       &users->unseen, &users->workloads, err) < 0)
		return -1;
	users->has_read = true;
	for (size_t i = 0; i < lost.count; i++) {
		const struct workload *user = workloads_need_key(&users->workloads, object->kind,
								 object->name, lost.items[i]);

		if (user != NULL)
			return refuse_lost(object, lost.items[i], user, err);
	}
	if (users->unseen.count == 0)
		return 0;
	keys = list_join(&lost, ", ", ", ");
	unseen = list_join(&users->unseen, ", ", ", ");
	round->apply->note("note: %s '%s' loses %s; whether one of these refers to it was not "
			   "seen, since the account may not list them: %s",
			   kube_kind_name(object->kind), object->name, keys, unseen);
	return 0;
}

static int
check_all_lost_keys(const struct round *round, struct error *err)
{
	CLEANUP(users_clear)
	struct users users = { .workloads = WORKLOADS_INIT, .unseen = LIST_INIT };

	for (size_t i = 0; i < round->objects.count; i++) {
		if (round->states[i].deed == APPLY_CHANGED &&
		    check_lost_keys(round, i, &users, err) < 0)
			return -1;
	}
	return 0;
}

static int
keep_objects(struct round *round, struct error *err)
{
	for (size_t i = 0; round->apply->atomic && i < round->objects.count; i++) {
		const struct kube_object *object = &round->objects.items[i];

		if (writes_values(round, i) && kept_add(round->kept, round->api, round->namespace,
							object->kind, object->name, err) < 0)
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

static int
write_objects(struct round *round, enum api_result *ret_result, struct error *err)
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
	return read_inventory(round, &round->inventory_meta, &round->known, err);
}

/* What a dry run on our side, or a run without changes, ends with. */
static void
report_all(const struct round *round)
{
	for (size_t i = 0; i < round->objects.count; i++)
		fate_tell(&round->fates->items[i], round->apply, round->namespace);
}

/* What has to be there before the objects. Once it may be, a run that ends tells what every object is. */
static int
prepare(struct round *round, enum api_result *ret_result, struct error *err)
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

/* *ret_result: API_DONE, or API_STALE and API_EXISTS: somebody came in between, look again. */
static int
run_once(struct round *round, enum api_result *ret_result, struct error *err)
{
	const struct apply *apply = round->apply;

	*ret_result = API_DONE;
	if (look(round, err) < 0)
		return -1;
	if (check_all_lost_keys(round, err) < 0) {
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
	if (check_objects(round, err) < 0 || prepare(round, ret_result, err) < 0)
		return -1;
	return *ret_result == API_DONE ? write_objects(round, ret_result, err) : 0;
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
		CLEANUP(round_clear) struct round round = {
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
