/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/refusal.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

const char *
refusal_reason(const struct json_node *status)
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

/* What cannot be changed, by the field that a 422 names. */
static const char *
advice_on_field(const char *field)
{
	static const struct {
		const char *field, *advice;
	} fixed[] = {
		{ "type", "; an object's type cannot be changed: delete it and run this again" },
		{ "data",
		  "; it is immutable: give it another name in tfsecrets.yaml, since pods may "
		  "see the old content of one that was deleted and made again" },
		{ "immutable",
		  "; it is immutable: give it another name in tfsecrets.yaml, since pods may see the "
		  "old content of one that was deleted and made again" },
	};

	for (size_t i = 0; i < COUNT(fixed); i++) {
		if (strcmp(field, fixed[i].field) == 0)
			return fixed[i].advice;
	}
	return NULL;
}

/* The fields that a 422 names. Their values stand in the server's message, which is left there. */
static void
invalid_fields(const struct json_node *status, struct buf *out)
{
	const struct json_node *cause = json_first(json_walk(status, "details", "causes", NULL));
	const char *advice = NULL;

	for (; cause != NULL; cause = json_next(cause)) {
		const char *field = json_string_of(json_get(cause, "field"));

		if (field == NULL)
			continue;
		buf_printf(out, "%s%s", out->len > 0 ? ", " : ": ", field);
		if (advice == NULL)
			advice = advice_on_field(field);
	}
	if (advice != NULL)
		buf_append_text(out, advice);
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

bool
refusal_is_quota(const struct json_node *status)
{
	const char *message = json_string_of(json_get(status, "message"));

	return message != NULL && strcmp(refusal_reason(status), "Forbidden") == 0 &&
	       strstr(message, " is forbidden: exceeded quota: ") != NULL;
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
refuse_forbidden(const struct kube_access *access, const struct subject *subject, const char *what,
		 const struct json_node *status, struct error *err)
{
	if (has_cause(status, "NamespaceTerminating"))
		return error_set(err, ERROR_CLUSTER,
				 "cannot %s %s (403): the namespace is being deleted",
				 subject->verb, what);
	if (refusal_is_quota(status))
		return error_set(err, ERROR_CLUSTER,
				 "cannot %s %s (403): a ResourceQuota of the namespace is used up",
				 subject->verb, what);
	return error_set(err, ERROR_CLUSTER,
			 "not allowed to %s %s (403): a role must grant it to the account (%s)",
			 subject->verb, what, access->shown);
}

int
refuse(const struct kube_access *access, const struct subject *subject,
       const struct http_answer *answer, const struct json_node *status, struct error *err)
{
	CLEANUP(buf_clear) struct buf fields = BUF_INIT(ERROR_MESSAGE_BYTES / 2);
	char what[512];
	const char *server = access->server, *reason = refusal_reason(status);
	const char *kind = json_string_of(json_walk(status, "details", "kind", NULL));
	/* Any other 404 is not the API's: of another server, or of a path in front of it. */
	bool lacks_namespace = answer->status == 404 && subject->namespace != NULL &&
			       kind != NULL && strcmp(kind, "namespaces") == 0;

	describe(subject, what);
	if (lacks_namespace)
		return error_set(err, ERROR_CLUSTER,
				 "cannot %s %s (404): there is no namespace '%s'; "
				 "--create-namespace makes it",
				 subject->verb, what, subject->namespace);
	switch (answer->status) {
	case 401:
		return error_set(err, ERROR_CLUSTER,
				 "'%s' does not know who we are (401): it does not take the "
				 "credentials of %s, or not any more; sign in anew",
				 server, access->shown);
	case 403:
		return refuse_forbidden(access, subject, what, status, err);
	case 413:
		return error_set(err, ERROR_CLUSTER,
				 "cannot %s %s (413): it is too large for the server; spread it "
				 "over several objects",
				 subject->verb, what);
	case 422:
		invalid_fields(status, &fields);
		return error_set(err, ERROR_CLUSTER, "cannot %s %s (422): the server refuses it%s",
				 subject->verb, what, buf_text(&fields));
	default:
		return error_set(err, ERROR_CLUSTER, "cannot %s %s: '%s' says %d%s%s%s",
				 subject->verb, what, server, answer->status,
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

/* Adds the field and its manager, where the cause is about that. */
static void
add_owned(const struct json_node *cause, struct list *owned)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(ERROR_MESSAGE_BYTES);
	const char *reason = json_string_of(json_get(cause, "reason"));
	const char *message = json_string_of(json_get(cause, "message"));
	const char *field = json_string_of(json_get(cause, "field"));

	if (reason == NULL || message == NULL || field == NULL ||
	    strcmp(reason, "FieldManagerConflict") != 0)
		return;
	buf_printf(&text, "%s of ", field);
	add_manager(message, &text);
	list_take(owned, buf_take_text(&text));
}

bool
refusal_is_owned(const struct json_node *status, struct list *owned)
{
	const struct json_node *cause = json_first(json_walk(status, "details", "causes", NULL));

	list_clear(owned);
	for (; cause != NULL; cause = json_next(cause))
		add_owned(cause, owned);
	return owned->count > 0;
}
