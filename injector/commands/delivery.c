/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/delivery.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/commands/source.h"
#include "injector/terminal.h"

enum { SECONDS_USUAL = 60, SECONDS_MAX = 24 * 3600 };

/* Values that are unlocked when the first one has to be opened: an apply that changes nothing needs no key. */
struct lazy {
	const struct invocation *invocation;
	struct values *values;
	struct identities identities;
};

static int
give_value(void *context, size_t setting, struct object_value *ret, struct error *err)
{
	const struct lazy *lazy = context;
	const struct value_source source = source_of_values(lazy->values);

	return source.value(source.context, setting, ret, err);
}

static int
open_value(void *context, size_t setting, struct secret *ret, struct error *err)
{
	struct lazy *lazy = context;

	if (!lazy->values->unlocked &&
	    (invocation_identities(lazy->invocation, &lazy->identities, err) < 0 ||
	     values_unlock(lazy->values, &lazy->identities, err) < 0))
		return -1;
	return values_open(lazy->values, setting, ret, err);
}

static bool
has_roster(void *context, uint32_t serial, const char *hash)
{
	const struct chain *chain = context;

	return serial >= 1 && serial <= chain->count &&
	       strcmp(chain->rosters[serial - 1]->hash, hash) == 0;
}

static void
warn(const char *warning)
{
	terminal_warn("the server: %s", warning);
}

static int
timeout(const struct invocation *invocation, long *ret_seconds, struct error *err)
{
	const char *given = option_value(&invocation->options, "timeout");
	uint64_t seconds = SECONDS_USUAL;

	if (given != NULL &&
	    (!text_to_duration(bytes_of(given), &seconds) || seconds < 1 || seconds > SECONDS_MAX))
		return error_set(err, ERROR_USAGE,
				 "'--timeout %s' is not a duration from 1s to 24h", given);
	*ret_seconds = (long)seconds;
	return 0;
}

/* What the command line says comes before what the target says. */
static struct kube_choice
choose(const struct invocation *invocation, const struct target *target)
{
	const char *context = option_value(&invocation->options, "context");
	const char *namespace = option_value(&invocation->options, "namespace");

	return (struct kube_choice){
		.file = option_value(&invocation->options, "kubeconfig"),
		.context = context != NULL || target == NULL ? context : target->context,
		.namespace = namespace != NULL || target == NULL ? namespace : target->namespace,
		.in_cluster = context == NULL && target != NULL && target->in_cluster,
		.insecure = option_is_set(&invocation->options, "insecure-skip-tls-verify"),
	};
}

static int
deliver_to(const struct apply *apply, const struct kube_choice *choice, bool announce, long seconds,
	   struct error *err)
{
	CLEANUP(kube_access_clear) struct kube_access access = KUBE_ACCESS_INIT;
	struct api api;
	int result;

	if (kube_access_find(choice, &access, err) < 0)
		return -1;
	if (announce)
		terminal_note("%s: to namespace '%s' at %s, %s", apply->environment->name,
			      access.namespace, access.server, access.shown);
	if (api_open(&access, seconds, &api, err) < 0)
		return -1;
	api.warn = warn;
	result = apply_to(apply, &api, err);
	api_close(&api);
	return result;
}

static int
deliver(const struct invocation *invocation, const struct apply *apply, bool announce,
	struct error *err)
{
	const struct environment *environment = apply->environment;
	bool alone =
		environment->target_count == 0 || option_is_set(&invocation->options, "context");
	size_t count = alone ? 1 : environment->target_count;
	struct error first = ERROR_INIT;
	long seconds;

	if (timeout(invocation, &seconds, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct target *target =
			environment->target_count > i ? &environment->targets[i] : NULL;
		const struct kube_choice choice = choose(invocation, target);
		struct error problem = ERROR_INIT;

		if (deliver_to(apply, &choice, announce, seconds, &problem) == 0)
			continue;
		if (first.code != ERROR_NONE)
			terminal_error(first.message);
		first = problem;
	}
	if (first.code == ERROR_NONE)
		return 0;
	*err = first;
	return -1;
}

static int
check_place(const struct invocation *invocation, const struct environment *environment,
	    struct error *err)
{
	const char *namespace = option_value(&invocation->options, "namespace");

	if (namespace != NULL && !text_is_label(bytes_of(namespace)))
		return error_set(err, ERROR_USAGE,
				 "'--namespace %s' is not a DNS label (a-z, 0-9, -)", namespace);
	if (environment->target_count == 0 && namespace == NULL &&
	    !option_is_set(&invocation->options, "context"))
		return error_set(err, ERROR_USAGE,
				 "'%s' has no targets in tfsecrets.yaml; --context or --namespace "
				 "says where to",
				 environment->name);
	return 0;
}

int
delivery_run(const struct invocation *invocation, const struct delivery_terms *delivery,
	     struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	struct lazy lazy = { invocation, &values, IDENTITIES_INIT };
	const char *environment;
	const struct roster *roster;
	int result;

	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0 ||
	    invocation_environment(invocation, &project, &environment, err) < 0 ||
	    values_load(&project, environment, NULL, &values, err) < 0 ||
	    check_place(invocation, values.environment, err) < 0)
		return -1;
	roster = chain_current(&project.chain);
	const struct apply apply = {
		.schema = project.schema,
		.environment = values.environment,
		.project_id = roster->project_id,
		.serial = roster->serial,
		.roster_hash = roster->hash,
		.clusters = &values.roster->clusters,
		.namespaces = &values.roster->namespaces,
		.values = { .context = &lazy, .value = give_value, .open = open_value },
		.has_roster = has_roster,
		.roster_context = &project.chain,
		.dry_run = delivery->dry_run,
		.force = delivery->force,
		.allow_rollback = delivery->allow_rollback,
		.create_namespace = delivery->create_namespace,
		.report = delivery->report,
		.note = terminal_note,
		.report_context = delivery->context,
	};
	result = deliver(invocation, &apply, delivery->announce, err);
	identities_clear(&lazy.identities);
	return result;
}
