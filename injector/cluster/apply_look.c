/* SPDX-License-Identifier: Apache-2.0 */
/* What a target has, and what is to be done about it. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/apply_parts.h"
#include "injector/cluster/drift.h"
#include "injector/cluster/mark.h"
#include "injector/cluster/owner.h"
#include "injector/cluster/workload.h"

static void
state_clear(struct state *state)
{
	object_meta_clear(&state->meta);
	adoption_clear(&state->adoption);
	list_clear(&state->drift);
}

void
apply_round_clear(struct round *round)
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

int
apply_read_inventory(struct round *round, struct object_meta *meta, struct inventory *inventory,
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

int
apply_look(struct round *round, struct error *err)
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
	if (apply_read_inventory(round, &round->inventory_meta, &round->known, err) < 0)
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

int
apply_check_lost_keys(const struct round *round, struct error *err)
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
