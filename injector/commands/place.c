/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/place.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { SECONDS_MAX = 24 * 3600 };

/* A number alone is seconds, as with kubectl. */
static bool
to_seconds(const char *given, uint64_t *ret)
{
	return text_to_duration(bytes_of(given), ret) ||
	       text_to_number(bytes_of(given), SECONDS_MAX, ret);
}

static int
read_limits(const struct options *options, long usual, struct place *ret, struct error *err)
{
	const char *given = option_value(options, "timeout");
	const char *request = option_value(options, "request-timeout");
	uint64_t seconds = (uint64_t)usual, request_seconds = 0;

	if (given != NULL && (!to_seconds(given, &seconds) || seconds < 1 || seconds > SECONDS_MAX))
		return error_set(err, ERROR_USAGE,
				 "'--timeout %s' is not a duration from 1s to 24h", given);
	if (request != NULL &&
	    (!to_seconds(request, &request_seconds) || request_seconds > SECONDS_MAX))
		return error_set(err, ERROR_USAGE,
				 "'--request-timeout %s' is not a duration from 0s to 24h",
				 request);
	ret->seconds = (long)seconds;
	ret->request_seconds = (long)request_seconds;
	return 0;
}

int
place_read(const struct options *options, long usual, struct place *ret, struct error *err)
{
	struct place place = { .groups = LIST_INIT, .extra = LIST_INIT };

	if (read_limits(options, usual, &place, err) < 0)
		return -1;
	option_values(options, "as-group", &place.groups);
	option_values(options, "as-user-extra", &place.extra);
	place.choice = (struct kube_choice){
		.file = option_value(options, "kubeconfig"),
		.context = option_value(options, "context"),
		.namespace = option_value(options, "namespace"),
		.cluster = option_value(options, "cluster"),
		.user = option_value(options, "user"),
		.server = option_value(options, "server"),
		.server_name = option_value(options, "tls-server-name"),
		.authority = option_value(options, "certificate-authority"),
		.insecure = option_is_set(options, "insecure-skip-tls-verify"),
		.certificate = option_value(options, "client-certificate"),
		.key = option_value(options, "client-key"),
		.as = option_value(options, "as"),
		.as_uid = option_value(options, "as-uid"),
	};
	*ret = place;
	return 0;
}

void
place_clear(struct place *place)
{
	list_clear(&place->groups);
	list_clear(&place->extra);
}

struct kube_choice
place_choose(const struct place *place, const struct target *target)
{
	struct kube_choice choice = place->choice;

	choice.as_groups = &place->groups;
	choice.as_extra = &place->extra;
	if (target == NULL)
		return choice;
	if (choice.namespace == NULL)
		choice.namespace = target->namespace;
	choice.in_cluster = choice.context == NULL && target->in_cluster;
	if (choice.context == NULL)
		choice.context = target->context;
	return choice;
}

bool
place_is_same(const struct kube_choice *a, const struct kube_choice *b)
{
	return a->in_cluster == b->in_cluster &&
	       (a->context == b->context ||
		(a->context != NULL && b->context != NULL && strcmp(a->context, b->context) == 0));
}

int
place_check(const struct invocation *invocation, const struct environment *environment,
	    struct error *err)
{
	static const char *const places[] = { "context", "cluster", "server" };
	const char *namespace;
	bool is_said;

	if (invocation_namespace(invocation, &namespace, err) < 0)
		return -1;
	is_said = environment->target_count > 0 || namespace != NULL;
	for (size_t i = 0; i < COUNT(places); i++)
		is_said |= option_is_set(&invocation->options, places[i]);
	if (!is_said)
		return error_set(err, ERROR_USAGE,
				 "'%s' has no targets in tfsecrets.yaml; --context or --namespace "
				 "says where to",
				 environment->name);
	return 0;
}
