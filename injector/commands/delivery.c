/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/delivery.h"

#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "injector/commands/delivery_targets.h"
#include "injector/commands/source.h"
#include "injector/terminal.h"

/* Values that are unlocked when the first one has to be opened: an apply that changes nothing needs no key. */
struct lazy {
	const struct invocation *invocation;
	struct values *values;
	struct identities identities;
	pthread_mutex_t lock; /* targets are written side by side, values are opened one by one */
};

static int
give_value(void *context, size_t setting, struct object_value *ret, struct error *err)
{
	const struct lazy *lazy = context;
	const struct value_source source = source_of_values(lazy->values);

	return source.value(source.context, setting, ret, err);
}

static int
unlock_and_open(struct lazy *lazy, size_t setting, struct secret *ret, struct error *err)
{
	if (!lazy->values->unlocked &&
	    (invocation_identities(lazy->invocation, &lazy->identities, err) < 0 ||
	     values_unlock(lazy->values, &lazy->identities, err) < 0))
		return -1;
	return values_open(lazy->values, setting, ret, err);
}

static int
open_value(void *context, size_t setting, struct secret *ret, struct error *err)
{
	struct lazy *lazy = context;
	int result;

	(void)pthread_mutex_lock(&lazy->lock);
	result = unlock_and_open(lazy, setting, ret, err);
	(void)pthread_mutex_unlock(&lazy->lock);
	return result;
}

static bool
has_roster(void *context, uint32_t serial, const char *hash)
{
	const struct chain *chain = context;

	return serial >= 1 && serial <= chain->count &&
	       strcmp(chain->rosters[serial - 1]->hash, hash) == 0;
}

/* What is the same for all targets; it borrows from all of these. */
static struct apply
make_apply(const struct delivery_terms *terms, struct project *project, struct lazy *lazy,
	   const struct source_bundle *bundle)
{
	const struct values *values = lazy->values;
	const struct roster *roster = chain_current(&project->chain);

	return (struct apply){
		.bundle = bundle->files,
		.bundle_count = bundle->bundle.count,
		.schema = project->schema,
		.environment = values->environment,
		.project_id = roster->project_id,
		.serial = roster->serial,
		.roster_hash = roster->hash,
		.clusters = &values->roster->clusters,
		.namespaces = &values->roster->namespaces,
		.values = { .context = lazy,
			    .value = give_value,
			    .open = open_value,
			    .note = terminal_note },
		.has_roster = has_roster,
		.roster_context = &project->chain,
		.dry_run = terms->dry_run,
		.write_only = terms->write_only,
		.adopt = terms->adopt,
		.force = terms->force,
		.allow_rollback = terms->allow_rollback,
		.create_namespace = terms->create_namespace,
		.restart = terms->restart,
		.wait = terms->wait,
		.prune = terms->prune,
		.atomic = terms->atomic,
		.note = terminal_note,
	};
}

int
delivery_run(const struct invocation *invocation, const struct delivery_terms *terms,
	     size_t *ret_differing, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(source_bundle_clear) struct source_bundle bundle = SOURCE_BUNDLE_INIT;
	struct lazy lazy = { invocation, &values, IDENTITIES_INIT, PTHREAD_MUTEX_INITIALIZER };
	const char *environment;
	struct apply apply;
	int result;

	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0 ||
	    invocation_environment(invocation, &project, &environment, err) < 0 ||
	    values_load(&project, environment, NULL, &values, err) < 0 ||
	    place_check(invocation, values.environment, err) < 0)
		return -1;
	if (terms->dry_run == DRY_RUN_NONE &&
	    project_check_deliverable(&project, terms->allow_rollback, err) < 0)
		return -1;
	if (source_bundle_make(&values, &bundle, err) < 0)
		return -1;
	apply = make_apply(terms, &project, &lazy, &bundle);
	result = delivery_to_targets(invocation, terms, &apply, ret_differing, err);
	identities_clear(&lazy.identities);
	return result;
}
