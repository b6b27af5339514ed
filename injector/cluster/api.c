/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/api.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "crypto/random.h"

#define METADATA_ONLY "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

#define METADATA_OF_MANY "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

enum { PAUSE_FIRST_MS = 200, PAUSE_MAX_MS = 5000, OWNED_SHOWN = 10, WARNED_MAX = 100 };

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

void
api_close(struct api *api)
{
	http_cleanup(&api->http);
	list_clear(&api->warned);
}

const char *
api_resource(enum object_kind kind)
{
	return kind == OBJECT_SECRET ? "secrets" : "configmaps";
}

/* What a request is about, for messages: "secret 'x' in namespace 'y'". */
struct subject {
	const char *verb; /* in RBAC's words */
	const char *resource, *namespace, *name;
};

/* One request. All may be made again: a second POST finds the object there, a second PATCH finds what it was to
 * be, or another resourceVersion, and then the caller looks. */
struct call {
	struct subject subject;
	struct http_request request;
};

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
	const struct timespec pause = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	(void)nanosleep(&pause, NULL);
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

/* Until there is an answer that will stay. The last problem is the one that is told. */
static int
request(struct api *api, const struct call *call, struct http_answer *answer, struct error *err)
{
	bool renewed = false;

	for (int attempt = 0;; attempt++) {
		int result = http_do(api->http, &call->request, request_seconds(api), answer, err);

		if (result == 0 && answer->status == 401 && !renewed &&
		    kube_access_renew(api->access)) {
			renewed = true;
			continue;
		}
		if (result == 0 && !is_passing(answer->status))
			break;
		if (answer->lasts ||
		    !pause_before(api, attempt, result == 0 ? answer->retry_after : 0))
			return result;
	}
	pass_warnings(api, answer);
	return 0;
}

/* A Status object's reason; "" where the answer is none (a proxy's page, a text). */
static const char *
reason_of(const struct json_node *status)
{
	const char *reason = json_string_of(json_get(status, "reason"));

	return reason != NULL ? reason : "";
}

/* "in namespace 'x'", "in the cluster" */
static void
describe(const struct subject *subject, char out[static 512])
{
	int len = snprintf(out, 512, "%s", subject->resource);

	if (subject->name != NULL && len < 512)
		len += snprintf(out + len, 512 - (size_t)len, " '%s'", subject->name);
	if (subject->namespace != NULL && len < 512)
		(void)snprintf(out + len, 512 - (size_t)len, " in namespace '%s'",
			       subject->namespace);
}

/* The fields that a 422 names. Their values stand in the server's message, which is left there. */
static void
invalid_fields(const struct json_node *status, struct buf *out)
{
	const struct json_node *cause = json_first(json_walk(status, "details", "causes", NULL));
	bool is_fixed = false;

	for (; cause != NULL; cause = json_next(cause)) {
		const char *field = json_string_of(json_get(cause, "field"));

		if (field == NULL)
			continue;
		buf_printf(out, "%s%s", out->len > 0 ? ", " : ": ", field);
		is_fixed |= strcmp(field, "type") == 0 || strcmp(field, "data") == 0 ||
			    strcmp(field, "immutable") == 0;
	}
	if (is_fixed)
		buf_append_text(out,
				"; an object's type, and one that is immutable, cannot be changed: "
				"delete it and run this again");
}

/* Whether the Status names this cause (of a 403: "NamespaceTerminating"). */
static bool
has_cause(const struct json_node *status, const char *reason)
{
	const struct json_node *cause = json_first(json_walk(status, "details", "causes", NULL));

	for (; cause != NULL; cause = json_next(cause)) {
		const char *found = json_string_of(json_get(cause, "reason"));

		if (found != NULL && strcmp(found, reason) == 0)
			return true;
	}
	return false;
}

/* What to do about a status that says nothing else to us. */
static const char *
advice_on(int status)
{
	static const struct {
		int from, to;
		const char *advice;
	} advices[] = {
		{ 300, 399, "; redirects are not followed: is that the API server's own address?" },
		{ 400, 400, "; over http, it may want https" },
		{ 404, 404, "; is that the address of an API server?" },
		{ 429, 429, "; it has too much to do: run this again later" },
		{ 500, 599,
		  "; it, or what stands in front of it, is not well: run this again later" },
	};

	for (size_t i = 0; i < COUNT(advices); i++) {
		if (status >= advices[i].from && status <= advices[i].to)
			return advices[i].advice;
	}
	return "";
}

static int
refuse_forbidden(const struct api *api, const struct subject *subject, const char *what,
		 const struct json_node *status, struct error *err)
{
	if (has_cause(status, "NamespaceTerminating"))
		return error_set(err, ERROR_CLUSTER,
				 "cannot %s %s (403): the namespace is being deleted",
				 subject->verb, what);
	return error_set(err, ERROR_CLUSTER,
			 "not allowed to %s %s (403): a role must grant it to the account (%s)",
			 subject->verb, what, api->access->shown);
}

static int
refuse(const struct api *api, const struct call *call, const struct http_answer *answer,
       const struct json_node *status, struct error *err)
{
	CLEANUP(buf_clear) struct buf fields = BUF_INIT(ERROR_MESSAGE_BYTES / 2);
	char what[512];
	const char *server = api->access->server, *reason = reason_of(status);
	const char *kind = json_string_of(json_walk(status, "details", "kind", NULL));
	/* Any other 404 is not the API's: of another server, or of a path in front of it. */
	bool lacks_namespace = answer->status == 404 && call->subject.namespace != NULL &&
			       kind != NULL && strcmp(kind, "namespaces") == 0;

	describe(&call->subject, what);
	if (lacks_namespace)
		return error_set(err, ERROR_CLUSTER,
				 "cannot %s %s (404): there is no namespace '%s'; "
				 "--create-namespace makes it",
				 call->subject.verb, what, call->subject.namespace);
	switch (answer->status) {
	case 401:
		return error_set(err, ERROR_CLUSTER,
				 "'%s' does not know who we are (401): it does not take the "
				 "credentials of %s, or not any more; sign in anew",
				 server, api->access->shown);
	case 403:
		return refuse_forbidden(api, &call->subject, what, status, err);
	case 413:
		return error_set(err, ERROR_CLUSTER,
				 "cannot %s %s (413): it is too large for the server; spread it "
				 "over several objects",
				 call->subject.verb, what);
	case 422:
		invalid_fields(status, &fields);
		return error_set(err, ERROR_CLUSTER, "cannot %s %s (422): the server refuses it%s",
				 call->subject.verb, what, buf_text(&fields));
	default:
		return error_set(err, ERROR_CLUSTER, "cannot %s %s: '%s' says %d%s%s%s",
				 call->subject.verb, what, server, answer->status,
				 reason[0] != 0 ? " " : "", reason, advice_on(answer->status));
	}
}

/* Manager and time out of: conflict with "kubectl-create" using v1 at 2026-11-25T15:00:00Z
 * (apimachinery, managedfields/internal/structuredmerge.go: printManager). */
static void
add_manager(const char *message, struct buf *out)
{
	const char *start = strchr(message, '"');
	const char *end = start != NULL ? strchr(start + 1, '"') : NULL;
	const char *time = end != NULL ? strstr(end, " at ") : NULL;

	if (end == NULL)
		buf_append_text(out, "another");
	else
		buf_printf(out, "'%.*s'", (int)(end - start - 1), start + 1);
	if (time != NULL && strspn(time + 4, "0123456789-:TZ") == strlen(time + 4))
		buf_printf(out, " (%s)", time + 4);
}

/* API_OWNED with its fields, or false: this conflict is another one. */
static bool
is_owned(const struct json_node *status, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(ERROR_MESSAGE_BYTES);
	const struct json_node *cause = json_first(json_walk(status, "details", "causes", NULL));
	size_t count = 0;

	for (; cause != NULL; cause = json_next(cause)) {
		const char *reason = json_string_of(json_get(cause, "reason"));
		const char *message = json_string_of(json_get(cause, "message"));
		const char *field = json_string_of(json_get(cause, "field"));

		if (reason == NULL || message == NULL || field == NULL ||
		    strcmp(reason, "FieldManagerConflict") != 0)
			continue;
		if (count++ < OWNED_SHOWN) {
			buf_printf(&text, "%s%s of ", text.len > 0 ? ", " : "", field);
			add_manager(message, &text);
		}
	}
	if (count > OWNED_SHOWN)
		buf_printf(&text, " and %zu more", count - OWNED_SHOWN);
	if (count > 0)
		(void)error_set(err, ERROR_CLUSTER, "%s", buf_text(&text));
	return count > 0;
}

static bool
is_expected(const struct call *call, const struct http_answer *answer,
	    const struct json_node *status, enum api_result *ret_result, struct error *err)
{
	const char *kind = json_string_of(json_walk(status, "details", "kind", NULL));

	if (answer->status == 200 || answer->status == 201)
		*ret_result = API_DONE;
	else if (answer->status == 404 && call->subject.name != NULL && kind != NULL &&
		 strcmp(kind, call->subject.resource) == 0)
		*ret_result = API_ABSENT;
	else if (answer->status == 409 && strcmp(reason_of(status), "AlreadyExists") == 0)
		*ret_result = API_EXISTS;
	else if (answer->status == 409 && is_owned(status, err))
		*ret_result = API_OWNED;
	else if (answer->status == 409)
		*ret_result = API_STALE;
	else
		return false;
	return true;
}

static int
do_call(struct api *api, const struct call *call, struct object_meta *ret,
	enum api_result *ret_result, struct error *err)
{
	CLEANUP(http_answer_clear) struct http_answer answer = HTTP_ANSWER_INIT;
	CLEANUP(json_cleanup) struct json_node *json = NULL;
	struct error ignored;

	if (request(api, call, &answer, err) < 0)
		return -1;
	/* What is no JSON is nothing that we need: a proxy's page, a text. */
	if (answer.is_json &&
	    json_parse(buf_bytes(&answer.body), "the answer", &json, &ignored) < 0)
		json = NULL;
	if (!is_expected(call, &answer, json, ret_result, err))
		return refuse(api, call, &answer, json, err);
	if (*ret_result == API_DONE && json_walk(json, "metadata", NULL) == NULL)
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

static char *
path_of(const char *resource, const char *namespace, const char *name, const char *query)
{
	CLEANUP(free_text) char *place =
		namespace != NULL ? xasprintf("namespaces/%s/", namespace) : xstrdup("");

	return xasprintf("/api/v1/%s%s%s%s%s", place, resource, name != NULL ? "/" : "",
			 name != NULL ? name : "", query);
}

int
api_get(struct api *api, const char *resource, const char *namespace, const char *name,
	struct object_meta *ret, enum api_result *ret_result, struct error *err)
{
	CLEANUP(free_text) char *path = path_of(resource, namespace, name, "");
	const struct call call = {
		.subject = { "get", resource, namespace, name },
		.request = { .method = "GET", .path = path, .accept = METADATA_ONLY },
	};

	return do_call(api, &call, ret, ret_result, err);
}

int
api_list(struct api *api, enum object_kind kind, const char *selector, const char *from,
	 struct json_node **ret, enum api_result *ret_result, struct error *err)
{
	CLEANUP(free_text) char *query =
		xasprintf("?limit=200&labelSelector=%s%s%s", selector,
			  from != NULL ? "&continue=" : "", from != NULL ? from : "");
	CLEANUP(free_text) char *path = path_of(api_resource(kind), NULL, NULL, query);
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	struct error cause;
	const struct call call = {
		.subject = { "list", api_resource(kind), NULL, NULL },
		.request = { .method = "GET", .path = path, .accept = METADATA_OF_MANY },
	};

	if (do_call(api, &call, &meta, ret_result, &cause) == 0) {
		*ret = TAKE(meta.json);
		return 0;
	}
	*ret_result = API_ABSENT;
	if (cause.code == ERROR_CLUSTER)
		return 0;
	*err = cause;
	return -1;
}

/* A request with a body. */
static int
write_to(struct api *api, const struct subject *subject, const char *method, const char *query,
	 const char *type, struct bytes body, struct object_meta *ret, enum api_result *ret_result,
	 struct error *err)
{
	CLEANUP(free_text) char *whole = xasprintf("?fieldManager=" FIELD_MANAGER "%s%s", query,
						   api->dry_run ? "&dryRun=All" : "");
	CLEANUP(free_text) char *path =
		path_of(subject->resource, subject->namespace, subject->name, whole);
	const struct call call = {
		.subject = *subject,
		.request = { .method = method,
			     .path = path,
			     .accept = METADATA_ONLY,
			     .content_type = type,
			     .body = body },
	};

	return do_call(api, &call, ret, ret_result, err);
}

int
api_apply(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	  struct bytes body, bool force, struct object_meta *ret, enum api_result *ret_result,
	  struct error *err)
{
	const struct subject subject = { "patch", api_resource(kind), namespace, name };

	return write_to(api, &subject, "PATCH",
			force ? "&force=true&fieldValidation=Strict" :
				"&force=false&fieldValidation=Strict",
			"application/apply-patch+yaml", body, ret, ret_result, err);
}

int
api_create(struct api *api, const char *resource, const char *namespace, struct bytes body,
	   enum api_result *ret_result, struct error *err)
{
	const struct subject subject = { "create", resource, namespace, NULL };

	return write_to(api, &subject, "POST", "", "application/json", body, NULL, ret_result, err);
}

int
api_merge(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	  struct bytes body, enum api_result *ret_result, struct error *err)
{
	const struct subject subject = { "patch", api_resource(kind), namespace, name };

	return write_to(api, &subject, "PATCH", "", "application/merge-patch+json", body, NULL,
			ret_result, err);
}
