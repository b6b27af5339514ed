/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/fate.h"

#include "base/memory.h"

void
fates_clear(struct fates *fates)
{
	for (size_t i = 0; i < fates->count; i++) {
		free(fates->items[i].name);
		free(fates->items[i].changes);
		list_clear(&fates->items[i].drift);
	}
	free(fates->items);
	*fates = (struct fates)FATES_INIT;
}

void
fates_start(struct fates *fates, const struct kube_objects *objects)
{
	if (fates->items != NULL)
		return;
	fates->items = xcalloc(objects->count, sizeof(*fates->items));
	fates->count = objects->count;
	for (size_t i = 0; i < objects->count; i++) {
		fates->items[i].kind = objects->items[i].kind;
		fates->items[i].name = xstrdup(objects->items[i].name);
	}
}

/* Where nothing is to be done any more and a write of ours had no answer, it was that one. */
void
fate_found(struct fate *fate, enum apply_deed deed, const struct object_meta *meta,
	   const struct kube_object *object, struct list *drift)
{
	bool is_done = deed == APPLY_UNCHANGED && fate->doubtful;

	fate->doubtful = false;
	if (is_done)
		return;
	fate->deed = deed;
	free(fate->changes);
	fate->changes = object_meta_changes(meta, object);
	list_clear(&fate->drift);
	fate->drift = *drift;
	*drift = (struct list)LIST_INIT;
}

bool
fate_has_values(const struct fate *fate)
{
	return fate->deed != APPLY_UNCHANGED && fate->deed != APPLY_ADOPTED;
}

static void
tell(struct fate *fate, enum apply_deed deed, const struct apply *apply, const char *namespace)
{
	const struct apply_report report = {
		.kind = kube_kind_name(fate->kind),
		.shown = kube_kind_shown(fate->kind),
		.name = fate->name,
		.namespace = namespace,
		.deed = deed,
		.changes = fate->changes != NULL ? fate->changes : "",
		.drift = &fate->drift,
	};

	if (fate->told)
		return;
	fate->told = true;
	apply->report(apply->report_context, &report);
}

void
fate_tell(struct fate *fate, const struct apply *apply, const char *namespace)
{
	tell(fate, fate->deed, apply, namespace);
}

void
fates_tell_rest(struct fates *fates, const struct apply *apply, const char *namespace)
{
	for (size_t i = 0; fates->begun && i < fates->count; i++) {
		struct fate *fate = &fates->items[i];

		tell(fate,
		     fate->doubtful		   ? APPLY_NOT_KNOWN :
		     fate->deed == APPLY_UNCHANGED ? APPLY_UNCHANGED :
						     APPLY_NOT_WRITTEN,
		     apply, namespace);
	}
}

int
fates_stopped(const struct fates *fates, struct error *err)
{
	const struct error cause = *err;

	return error_set(err, cause.code, "%s%s", cause.message,
			 fates->begun ? "; run this again to write the rest" :
					", and nothing was written");
}
