/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a rollout, and what becomes of the objects when it fails. */
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/interrupt.h"
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
	result = workloads_read(rollout->api, rollout->namespace, WORKLOADS_RESTARTED, NULL,
				&workloads, err);
	if (result == 0)
		result = rollout_restart(&before, &workloads, err);
	free(objects);
	return result;
}

static void
tell(const struct rollout *rollout, const struct kept_object *object, enum apply_deed deed)
{
	const struct apply_report report = {
		.kind = kube_kind_name(object->kind),
		.shown = kube_kind_shown(object->kind),
		.name = object->name,
		.namespace = rollout->namespace,
		.deed = deed,
		.changes = "",
	};

	rollout->apply->report(rollout->apply->report_context, &report);
}

static int
put_objects_back(const struct rollout *rollout, struct error *err)
{
	const struct kept *kept = rollout->kept;
	size_t done = 0;

	while (done < kept->count &&
	       kept_put_back(kept, done, rollout->api, rollout->namespace, err) == 0)
		tell(rollout, &kept->items[done++], APPLY_PUT_BACK);
	for (size_t i = done; i < kept->count; i++)
		tell(rollout, &kept->items[i],
		     i == done && rollout->api->doubtful ? APPLY_NOT_KNOWN_BACK :
							   APPLY_NOT_PUT_BACK);
	return done < kept->count ? -1 : 0;
}

/* In front of why anything is put back, where it is not the same once more. */
static int
add_failure(struct error *err, const struct error *failure, const char *text, const char *advice)
{
	if (strcmp(err->message, failure->message) == 0)
		return error_context(err, "%s%s", text, advice);
	return error_context(err, "%s (%s)%s", text, failure->message, advice);
}

/* Everything of this run back as it was, and the pods restarted for it. The marks stay: what the target has had it
 * has had. A signal that has come already is what it is put back for. */
static int
put_back(const struct rollout *rollout, struct error *err)
{
	const struct error cause = *err;
	struct error failure;

	if (rollout->kept->count == 0)
		return -1; /* this run has changed nothing */
	rollout->api->goes_on = interrupt_caught() != 0;
	if (rollout->api->goes_on)
		rollout->apply->note("%s: all is put back; a second signal ends this at once",
				     cause.message);
	api_extend(rollout->api, PUT_BACK_SECONDS);
	*err = cause;
	if (put_objects_back(rollout, &failure) < 0)
		return add_failure(err, &failure, "not everything could be put back",
				   ", run this again to write the new values");
	if (restart_again(rollout, &failure) < 0)
		return add_failure(err, &failure, "put back as it was, but not restarted", "");
	return error_context(err, "put back as it was, and restarted");
}

/* Which of the steps a signal has stopped. */
static int
fail(const struct rollout *rollout, const char *step, struct error *err)
{
	const struct error cause = *err;

	if (!rollout->api->stopped)
		return -1;
	return error_set(err, cause.code, "%s while %s; the objects are written%s", cause.message,
			 step, rollout->apply->atomic ? "" : ", run this again to go on from here");
}

/* The new pods have taken over, or *err says why not. */
static int
roll_out(const struct rollout *rollout, struct error *err)
{
	const struct apply *apply = rollout->apply;
	CLEANUP(workloads_clear) struct workloads workloads = WORKLOADS_INIT;

	if (!apply->restart && !apply->wait)
		return 0;
	if (workloads_read(rollout->api, rollout->namespace, WORKLOADS_RESTARTED, NULL, &workloads,
			   err) < 0 ||
	    (apply->restart && rollout_restart(rollout, &workloads, err) < 0))
		return fail(rollout, "workloads are restarted", err);
	if (apply->wait && apply->dry_run == DRY_RUN_NONE &&
	    rollout_wait(rollout, &workloads, err) < 0)
		return fail(rollout, "it waits for workloads", err);
	return 0;
}

int
rollout_run(const struct rollout *rollout, struct error *err)
{
	const struct apply *apply = rollout->apply;

	if (roll_out(rollout, err) < 0)
		return apply->atomic && apply->dry_run == DRY_RUN_NONE ? put_back(rollout, err) :
									 -1;
	if (apply->prune && rollout_prune(rollout, err) < 0)
		return fail(rollout, "objects are pruned", err);
	return 0;
}
