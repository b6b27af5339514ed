/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/access.h"

#include <string.h>

#include "base/json.h"
#include "base/json_read.h"
#include "base/memory.h"

#define REVIEWS "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

enum { REVIEW_MAX = 4096, VERBS = 2 };

enum review { REVIEW_ALLOWED, REVIEW_DENIED, REVIEW_UNKNOWN };

static void
put(struct json *json, const char *name, const char *value)
{
	if (value == NULL || value[0] == 0)
		return;
	json_name(json, name);
	json_text(json, value);
}

/* Which object is created cannot be known to a role. */
static const char *
named(const struct access_request *request, const char *verb)
{
	return strcmp(verb, "create") == 0 ? NULL : request->name;
}

static void
write_review(const struct access_request *request, const char *verb, struct buf *out)
{
	struct json json = JSON_INIT(out, JSON_COMPACT);

	json_open(&json, '{');
	put(&json, "apiVersion", "authorization.k8s.io/v1");
	put(&json, "kind", "SelfSubjectAccessReview");
	json_name(&json, "spec");
	json_open(&json, '{');
	json_name(&json, "resourceAttributes");
	json_open(&json, '{');
	put(&json, "verb", verb);
	put(&json, "group", request->group);
	put(&json, "resource", request->resource);
	put(&json, "namespace", request->namespace);
	put(&json, "name", named(request, verb));
	json_close(&json, '}');
	json_close(&json, '}');
	json_close(&json, '}');
}

static enum review
review(struct http *http, const struct access_request *request, const char *verb, long seconds)
{
	CLEANUP(buf_clear) struct buf body = BUF_INIT(REVIEW_MAX);
	CLEANUP(http_answer_clear) struct http_answer answer = HTTP_ANSWER_INIT;
	CLEANUP(json_cleanup) struct json_node *json = NULL;
	CLEANUP(free_text) char *allowed = NULL;
	const struct json_node *found;
	struct error ignored;

	write_review(request, verb, &body);
	const struct http_request question = { .method = "POST",
					       .path = REVIEWS,
					       .accept = "application/json",
					       .content_type = "application/json",
					       .body = buf_bytes(&body) };

	if (buf_check(&body, "a review", &ignored) < 0 ||
	    http_do(http, &question, seconds, &answer, &ignored) < 0 ||
	    (answer.status != 200 && answer.status != 201) || !answer.is_json ||
	    json_parse(buf_bytes(&answer.body), "the answer", &json, &ignored) < 0)
		return REVIEW_UNKNOWN;
	found = json_walk(json, "status", "allowed", NULL);
	if (found == NULL)
		return REVIEW_UNKNOWN;
	allowed = json_print(found);
	return strcmp(allowed, "true") == 0 ? REVIEW_ALLOWED : REVIEW_DENIED;
}

static void
add(struct error *err, const char *text)
{
	struct error before = *err;

	(void)error_set(err, before.code, "%s; %s", before.message, text);
}

static void
add_lack(struct error *err, const struct access_request *request, const char *verb)
{
	const char *name = named(request, verb);
	CLEANUP(free_text) char *object = name != NULL ? xasprintf(" '%s'", name) : xstrdup("");
	CLEANUP(free_text) char *place =
		request->namespace != NULL ? xasprintf(" in namespace '%s'", request->namespace) :
					     xstrdup("");
	CLEANUP(free_text) char *text =
		xasprintf("it needs '%s' on %s%s%s", verb, request->resource, object, place);

	add(err, text);
}

void
access_explain(struct http *http, const struct access_request *request, long seconds,
	       struct error *err)
{
	/* A server-side apply of what is not there creates it. */
	const char *verbs[VERBS] = { request->verb,
				     strcmp(request->verb, "patch") == 0 ? "create" : NULL };

	for (size_t i = 0; i < COUNT(verbs) && verbs[i] != NULL; i++) {
		switch (review(http, request, verbs[i], seconds)) {
		case REVIEW_DENIED:
			add_lack(err, request, verbs[i]);
			return;
		case REVIEW_UNKNOWN:
			return;
		case REVIEW_ALLOWED:
			break;
		}
	}
	add(err, "a role does grant it: what refuses is an admission rule, or the cluster's state");
}
