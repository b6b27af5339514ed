/* SPDX-License-Identifier: Apache-2.0 */
/* A request until there is an answer that stays: again, credentials, the deadline, what an answer means. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/memory.h"
#include "crypto/random.h"
#include "injector/cluster/access.h"
#include "injector/cluster/api_call.h"
#include "injector/cluster/interrupt.h"
#include "injector/cluster/refusal.h"

enum { PAUSE_FIRST_MS = 200, PAUSE_MAX_MS = 5000, WARNED_MAX = 100, EXPLAIN_SECONDS = 5 };

static int64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int
api_open(struct kube_access *access, long seconds, struct api *ret, struct error *err)
{
	*ret = (struct api){ .access = access, .deadline = now() + seconds * 1000 };
	return http_open(access, &ret->http, err);
}

void
api_extend(struct api *api, long seconds)
{
	api->deadline = now() + seconds * 1000;
}

int64_t
api_milliseconds_left(const struct api *api)
{
	return api->deadline - now();
}

void
api_close(struct api *api)
{
	http_cleanup(&api->http);
	list_clear(&api->warned);
	list_clear(&api->owned);
}

/* False: the time to try again would be past the deadline. */
static bool
pause_before(struct api *api, int attempt, long retry_after)
{
	int64_t milliseconds = PAUSE_FIRST_MS;
	uint32_t jitter;

	for (int i = 0; i < attempt && milliseconds < PAUSE_MAX_MS; i++)
		milliseconds *= 2;
	random_bytes(&jitter, sizeof(jitter));
	milliseconds += jitter % (uint32_t)milliseconds;
	if (retry_after * 1000 > milliseconds)
		milliseconds = retry_after * 1000;
	if (milliseconds >= api->deadline - now())
		return false;
	if (api->goes_on) {
		const struct timespec pause = { milliseconds / 1000,
						milliseconds % 1000 * 1000000 };

		(void)nanosleep(&pause, NULL);
	} else {
		(void)interrupt_pause(milliseconds);
	}
	return true;
}

static bool
is_passing(int status)
{
	return status == 429 || status == 500 || (status >= 502 && status <= 504);
}

static void
pass_warnings(struct api *api, const struct http_answer *answer)
{
	for (size_t i = 0; api->warn != NULL && i < answer->warnings.count; i++) {
		const char *warning = answer->warnings.items[i];

		if (list_has(&api->warned, warning) || api->warned.count >= WARNED_MAX)
			continue;
		list_add(&api->warned, warning);
		api->warn(warning);
	}
}

static long
request_seconds(const struct api *api)
{
	int64_t left = (api->deadline - now()) / 1000;

	if (api->request_seconds > 0 && api->request_seconds < left)
		left = api->request_seconds;
	return left > 1 ? (long)left : 1;
}

static bool
is_stopped(const struct api *api)
{
	return interrupt_caught() != 0 && !api->goes_on;
}

static int
stop(struct api *api, struct error *err)
{
	api->stopped = true;
	return interrupt_error(err);
}

/* What a plugin takes, somebody who signs in there, too, is no time of the server's. */
static int
prepare(struct api *api, struct error *err)
{
	int64_t began = now();
	bool other_key;

	if (kube_access_prepare(api->access, &other_key, err) < 0)
		return -1;
	api->deadline += now() - began;
	return other_key ? http_renew(api->http, err) : 0;
}

/* After a 401: whether to ask again. */
static int
renew(struct api *api, bool *ret_renewed, struct error *err)
{
	int64_t began = now();
	bool other_key;

	if (kube_access_renew(api->access, ret_renewed, &other_key, err) < 0)
		return -1;
	api->deadline += now() - began;
	return other_key ? http_renew(api->http, err) : 0;
}

/* Until there is an answer that will stay. The last problem is the one that is told. */
static int
request(struct api *api, const struct call *call, struct http_answer *answer, struct error *err)
{
	struct http_request asked = call->request;
	bool renewed = false;

	asked.goes_on = api->goes_on;
	api->stopped = api->doubtful = false;
	for (int attempt = 0;; attempt++) {
		bool again = false;
		int result;

		if (is_stopped(api))
			return stop(api, err);
		if (prepare(api, err) < 0)
			return -1;
		result = http_do(api->http, &asked, request_seconds(api), answer, err);
		api->doubtful |= result < 0 ? answer->was_sent : answer->status >= 500;
		if (result < 0 && is_stopped(api))
			return stop(api, err);
		if (result == 0 && answer->status == 401 && !renewed) {
			renewed = true;
			if (renew(api, &again, err) < 0)
				return -1;
		}
		if (again)
			continue;
		if (result == 0 && !is_passing(answer->status))
			break;
		if (answer->lasts ||
		    !pause_before(api, attempt, result == 0 ? answer->retry_after : 0))
			return result;
	}
	pass_warnings(api, answer);
	return 0;
}

static bool
is_expected(const struct call *call, const struct http_answer *answer,
	    const struct json_node *status, struct list *owned, enum api_result *ret_result)
{
	const char *kind = json_string_of(json_walk(status, "details", "kind", NULL));

	if (answer->status == 200 || answer->status == 201)
		*ret_result = API_DONE;
	else if (answer->status == 404 && call->subject.name != NULL && kind != NULL &&
		 strcmp(kind, call->subject.resource) == 0)
		*ret_result = API_ABSENT;
	else if (answer->status == 409 && strcmp(refusal_reason(status), "AlreadyExists") == 0)
		*ret_result = API_EXISTS;
	else if (answer->status == 409 && refusal_is_owned(status, owned))
		*ret_result = API_OWNED;
	else if (answer->status == 409)
		*ret_result = API_STALE;
	else
		return false;
	return true;
}

/* A resource's group, with which its path begins; those of the core group are not listed. */
static const char *
group_of(const char *resource)
{
	static const struct {
		const char *resource, *group;
	} groups[] = {
		{ "deployments", "apps" },
		{ "statefulsets", "apps" },
		{ "daemonsets", "apps" },
		{ "replicasets", "apps" },
		{ "jobs", "batch" },
		{ "cronjobs", "batch" },
		{ "ingresses", "networking.k8s.io" },
	};

	for (size_t i = 0; i < COUNT(groups); i++) {
		if (strcmp(groups[i].resource, resource) == 0)
			return groups[i].group;
	}
	return "";
}

/* Of a 403: which right is missing. A list of all namespaces is tried, and may be refused; a namespace that is being
 * deleted, or has its quota used up, takes nothing from anybody. */
static void
explain(const struct api *api, const struct call *call, const struct http_answer *answer,
	const struct json_node *status, struct error *err)
{
	const struct access_request request = { .verb = call->subject.verb,
						.group = group_of(call->subject.resource),
						.resource = call->subject.resource,
						.namespace = call->subject.namespace,
						.name = call->subject.name };
	const char *cause = json_string_of(
		json_get(json_first(json_walk(status, "details", "causes", NULL)), "reason"));

	bool is_try = strcmp(call->subject.verb, "list") == 0 && call->subject.namespace == NULL;

	if (answer->status == 403 && !is_try &&
	    (cause == NULL || strcmp(cause, "NamespaceTerminating") != 0) &&
	    !refusal_is_quota(status))
		access_explain(api->http, &request, EXPLAIN_SECONDS, err);
}

int
api_do(struct api *api, const struct call *call, struct object_meta *ret,
       enum api_result *ret_result, struct error *err)
{
	CLEANUP(http_answer_clear) struct http_answer answer = HTTP_ANSWER_INIT;
	CLEANUP(json_cleanup) struct json_node *json = NULL;
	struct error ignored;

	answer.secret = call->secret;
	if (request(api, call, &answer, err) < 0)
		return -1;
	/* What is no JSON is nothing that we need: a proxy's page, a text. */
	if (answer.is_json &&
	    json_parse(buf_bytes(&answer.body), "the answer", &json, &ignored) < 0)
		json = NULL;
	if (!is_expected(call, &answer, json, &api->owned, ret_result)) {
		(void)refuse(api->access, &call->subject, &answer, json, err);
		explain(api, call, &answer, json, err);
		return -1;
	}
	if (*ret_result == API_DONE && call->secret == NULL &&
	    json_walk(json, "metadata", NULL) == NULL)
		return error_set(err, ERROR_FAILED,
				 "'%s' is no API server, since its answer is no object: is that "
				 "its address?",
				 api->access->server);
	if (*ret_result == API_DONE && ret != NULL) {
		object_meta_clear(ret);
		ret->json = TAKE(json);
	}
	return 0;
}

char *
api_path(const char *resource, const char *namespace, const char *name, const char *query)
{
	const char *group = group_of(resource);
	CLEANUP(free_text) char *place =
		namespace != NULL ? xasprintf("namespaces/%s/", namespace) : xstrdup("");

	return xasprintf("/api%s%s/v1/%s%s%s%s%s", group[0] != 0 ? "s/" : "", group, place,
			 resource, name != NULL ? "/" : "", name != NULL ? name : "", query);
}
