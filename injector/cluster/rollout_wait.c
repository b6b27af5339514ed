/* SPDX-License-Identifier: Apache-2.0 */
/* Whether new pods have taken the old ones' place, by the numbers that the workload itself has. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/cluster/interrupt.h"
#include "injector/cluster/rollout.h"

enum { PAUSE_MS = 500, POLLS_FOR_REASONS = 10, REASONS_SHOWN = 5, REASON_MAX = 200 };

enum stage { STAGE_WAITING, STAGE_DONE, STAGE_FAILED };

static int64_t
number(const struct json_node *object, const char *part, const char *name)
{
	return json_number_of(json_walk(object, part, name, NULL));
}

static enum stage
wait_for(struct buf *text, const char *what, int64_t have, int64_t want)
{
	buf_printf(text, "%lld of %lld pods are %s", (long long)have, (long long)want, what);
	return STAGE_WAITING;
}

static bool
exceeded_deadline(const struct json_node *object)
{
	const struct json_node *condition =
		json_first(json_walk(object, "status", "conditions", NULL));

	for (; condition != NULL; condition = json_next(condition)) {
		const char *reason = json_string_of(json_get(condition, "reason"));

		if (reason != NULL && strcmp(reason, "ProgressDeadlineExceeded") == 0)
			return true;
	}
	return false;
}

static enum stage
deployment_stage(const struct json_node *object, struct buf *text)
{
	/* The server fills in spec.replicas. */
	int64_t wanted = number(object, "spec", "replicas");
	int64_t all = number(object, "status", "replicas");
	int64_t updated = number(object, "status", "updatedReplicas");
	int64_t available = number(object, "status", "availableReplicas");

	if (exceeded_deadline(object)) {
		buf_append_text(text, "its progress deadline is exceeded");
		return STAGE_FAILED;
	}
	if (updated < wanted && json_is_true(json_walk(object, "spec", "paused", NULL))) {
		buf_append_text(text, "it is paused, so that its pods are not replaced "
				      "(kubectl rollout resume)");
		return STAGE_FAILED;
	}
	if (updated < wanted)
		return wait_for(text, "new", updated, wanted);
	if (all > updated) {
		buf_printf(text, "%lld old pods are to end", (long long)(all - updated));
		return STAGE_WAITING;
	}
	return available < updated ? wait_for(text, "available", available, updated) : STAGE_DONE;
}

static enum stage
daemonset_stage(const struct json_node *object, struct buf *text)
{
	int64_t wanted = number(object, "status", "desiredNumberScheduled");
	int64_t updated = number(object, "status", "updatedNumberScheduled");
	int64_t available = number(object, "status", "numberAvailable");

	if (updated < wanted)
		return wait_for(text, "new", updated, wanted);
	return available < wanted ? wait_for(text, "available", available, wanted) : STAGE_DONE;
}

static enum stage
statefulset_stage(const struct json_node *object, struct buf *text)
{
	int64_t wanted = number(object, "spec", "replicas");
	int64_t ready = number(object, "status", "readyReplicas");
	int64_t updated = number(object, "status", "updatedReplicas");
	int64_t partition = json_number_of(
		json_walk(object, "spec", "updateStrategy", "rollingUpdate", "partition", NULL));
	const char *current = json_string_of(json_walk(object, "status", "currentRevision", NULL));
	const char *update = json_string_of(json_walk(object, "status", "updateRevision", NULL));

	if (ready < wanted)
		return wait_for(text, "ready", ready, wanted);
	if (partition > 0)
		return updated < wanted - partition ?
			       wait_for(text, "new", updated, wanted - partition) :
			       STAGE_DONE;
	if (current == NULL || update == NULL || strcmp(current, update) != 0)
		return wait_for(text, "new", updated, wanted);
	return STAGE_DONE;
}

static enum stage
stage_of(const struct workload *workload, const struct json_node *object, struct buf *text)
{
	const char *strategy =
		json_string_of(json_walk(object, "spec", "updateStrategy", "type", NULL));

	if (strategy != NULL && strcmp(strategy, "OnDelete") == 0) {
		buf_append_text(text, "its pods are replaced by hand (updateStrategy OnDelete)");
		return STAGE_FAILED;
	}
	if (number(object, "metadata", "generation") >
	    number(object, "status", "observedGeneration")) {
		buf_append_text(text, "its change is not seen yet");
		return STAGE_WAITING;
	}
	switch (workload->kind->resource[0]) {
	case 'd':
		return workload->kind->resource[1] == 'e' ? deployment_stage(object, text) :
							    daemonset_stage(object, text);
	default:
		return statefulset_stage(object, text);
	}
}

/* spec.selector.matchLabels as a percent-encoded selector: "app%3Dweb%2Ctier%3Dx". */
static char *
selector_of(const struct json_node *object)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(16 * 1024);
	const struct json_node *label =
		json_first(json_walk(object, "spec", "selector", "matchLabels", NULL));

	for (; label != NULL; label = json_next(label)) {
		const char *value = json_string_of(label);

		/* Names and values of labels need no other encoding but for the slash. */
		buf_printf(&text, "%s", text.len > 0 ? "%2C" : "");
		for (const char *c = json_name_of(label); *c != 0; c++)
			buf_printf(&text, *c == '/' ? "%%2F" : "%c", *c);
		buf_printf(&text, "%%3D%s", value != NULL ? value : "");
	}
	return buf_take_text(&text);
}

/* A container's waiting reason. Its message is the kubelet's, which knows names of keys and images, but no value; a
 * terminated container's message is the program's own, and is not shown. */
static void
container_reasons(const char *pod, const struct json_node *statuses, struct list *ret)
{
	for (const struct json_node *status = json_first(statuses); status != NULL;
	     status = json_next(status)) {
		const struct json_node *waiting = json_walk(status, "state", "waiting", NULL);
		const char *name = json_string_of(json_get(status, "name"));
		const char *reason = json_string_of(json_get(waiting, "reason"));
		const char *message = json_string_of(json_get(waiting, "message"));
		bool tells = reason != NULL && message != NULL &&
			     (strcmp(reason, "CreateContainerConfigError") == 0 ||
			      strcmp(reason, "ErrImagePull") == 0 ||
			      strcmp(reason, "ImagePullBackOff") == 0);

		if (reason == NULL || strcmp(reason, "ContainerCreating") == 0 ||
		    strcmp(reason, "PodInitializing") == 0 || ret->count >= REASONS_SHOWN)
			continue;
		list_take(ret, xasprintf("pod '%s', container '%s': %s%s%.*s", pod,
					 name != NULL ? name : "?", reason, tells ? ": " : "",
					 REASON_MAX, tells ? message : ""));
	}
}

/* What keeps the pods from running; "" when they do not say. Who may not list pods does without. */
static char *
reasons_of(const struct rollout *rollout, const struct json_node *object)
{
	CLEANUP(object_meta_clear) struct object_meta page = OBJECT_META_INIT;
	CLEANUP(free_text) char *selector = selector_of(object);
	CLEANUP(list_clear) struct list reasons = LIST_INIT;
	struct error ignored;
	const struct json_node *pod;

	if (selector[0] == 0 ||
	    api_page(rollout->api, "pods", rollout->namespace, selector, NULL, &page, &ignored) < 0)
		return xstrdup("");
	for (pod = json_first(json_get(page.json, "items")); pod != NULL; pod = json_next(pod)) {
		const char *name = json_string_of(json_walk(pod, "metadata", "name", NULL));

		container_reasons(name != NULL ? name : "?",
				  json_walk(pod, "status", "initContainerStatuses", NULL),
				  &reasons);
		container_reasons(name != NULL ? name : "?",
				  json_walk(pod, "status", "containerStatuses", NULL), &reasons);
	}
	return list_join(&reasons, "; ", "; ");
}

static int
fail(const struct rollout *rollout, const struct workload *workload, const struct json_node *object,
     const char *text, struct error *err)
{
	CLEANUP(free_text) char *reasons = reasons_of(rollout, object);

	return error_set(err, ERROR_CLUSTER, "%s/%s is not rolled out: %s%s%s",
			 workload->kind->shown, workload->name, text, reasons[0] != 0 ? "; " : "",
			 reasons);
}

/* Said when it is another text than before. */
static void
say(const struct rollout *rollout, const struct workload *workload, const char *text, char **said)
{
	if (*said != NULL && strcmp(*said, text) == 0)
		return;
	free(*said);
	*said = xstrdup(text);
	rollout->apply->note("%s/%s: %s", workload->kind->shown, workload->name, text);
}

static void
add_reasons(const struct rollout *rollout, const struct json_node *object, struct buf *text)
{
	CLEANUP(free_text) char *reasons = reasons_of(rollout, object);

	if (reasons[0] != 0)
		buf_printf(text, "; %s", reasons);
}

static int
wait_for_one(const struct rollout *rollout, const struct workload *workload, struct error *err)
{
	CLEANUP(free_text) char *said = NULL;

	for (int poll = 1;; poll++) {
		CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
		CLEANUP(buf_clear) struct buf text = BUF_INIT(ERROR_MESSAGE_BYTES);
		enum api_result result;
		enum stage stage;

		if (api_read(rollout->api, workload->kind->resource, rollout->namespace,
			     workload->name, &meta, &result, err) < 0)
			return -1;
		if (result == API_ABSENT)
			return error_set(err, ERROR_CLUSTER, "%s/%s was deleted meanwhile",
					 workload->kind->shown, workload->name);
		stage = stage_of(workload, meta.json, &text);
		if (stage == STAGE_DONE) {
			rollout->apply->note("%s/%s: rolled out", workload->kind->shown,
					     workload->name);
			return 0;
		}
		if (stage == STAGE_FAILED || api_milliseconds_left(rollout->api) <= PAUSE_MS)
			return fail(rollout, workload, meta.json, buf_text(&text), err);
		if (poll % POLLS_FOR_REASONS == 0)
			add_reasons(rollout, meta.json, &text);
		if (poll % POLLS_FOR_REASONS == 0 || said == NULL)
			say(rollout, workload, buf_text(&text), &said);
		(void)interrupt_pause(PAUSE_MS);
	}
}

static bool
is_concerned(const struct rollout *rollout, const struct workload *workload)
{
	bool uses = false;

	for (size_t i = 0; i < rollout->count && !uses; i++)
		uses = workload_uses(workload, rollout->objects[i].kind, rollout->objects[i].name);
	return uses && workload->kind->restarts;
}

int
rollout_wait(const struct rollout *rollout, const struct workloads *workloads, struct error *err)
{
	for (size_t i = 0; i < workloads->count; i++) {
		if (is_concerned(rollout, &workloads->items[i]) &&
		    wait_for_one(rollout, &workloads->items[i], err) < 0)
			return -1;
	}
	return 0;
}
