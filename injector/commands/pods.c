/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/pods.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/cluster/api.h"
#include "injector/cluster/sink.h"
#include "injector/commands/drafting.h"
#include "injector/commands/place.h"
#include "injector/terminal.h"

enum { SECONDS_USUAL = 60, BODY_MAX = 8 * 1024 };

/* One run of the command. */
struct pods {
	struct drafting drafting;
	const struct environment *environment;
	struct place place;
	struct identity identity;
	char *secret_name;
};

static void
pods_clear(struct pods *pods)
{
	drafting_end(&pods->drafting);
	place_clear(&pods->place);
	identity_clear(&pods->identity);
	free(pods->secret_name);
}

/* A connection to one target. */
struct reach {
	struct kube_access access;
	struct api api;
	const char *namespace;
	bool is_open;
};

static int
reach_open(const struct pods *pods, const struct target *target, struct reach *ret,
	   struct error *err)
{
	const struct kube_choice choice = place_choose(&pods->place, target);

	*ret = (struct reach){ .access = KUBE_ACCESS_INIT };
	if (kube_access_find(&choice, &ret->access, err) < 0)
		return -1;
	if (api_open(&ret->access, pods->place.seconds, &ret->api, err) < 0)
		return -1;
	ret->is_open = true;
	ret->namespace = choice.namespace != NULL ? choice.namespace : ret->access.namespace;
	return 0;
}

static void
reach_close(struct reach *reach)
{
	if (reach->is_open)
		api_close(&reach->api);
	kube_access_clear(&reach->access);
}

static void
put_head(const struct pods *pods, struct buf *out)
{
	const struct roster *roster = chain_current(&pods->drafting.project.chain);
	const struct {
		const char *name, *value;
	} labels[] = { { LABEL_MANAGED_BY, MANAGED_BY },
		       { LABEL_ENVIRONMENT, pods->environment->name },
		       { LABEL_PROJECT, roster->project_id } };
	struct json json = JSON_INIT(out, JSON_COMPACT);

	json_open(&json, '{');
	json_name(&json, "apiVersion");
	json_text(&json, "v1");
	json_name(&json, "kind");
	json_text(&json, "Secret");
	json_name(&json, "metadata");
	json_open(&json, '{');
	json_name(&json, "name");
	json_text(&json, pods->secret_name);
	json_name(&json, "labels");
	json_open(&json, '{');
	for (size_t i = 0; i < COUNT(labels); i++) {
		json_name(&json, labels[i].name);
		json_text(&json, labels[i].value);
	}
	json_close(&json, '}');
	json_close(&json, '}');
}

static int
make_body(const struct pods *pods, struct sink *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf head = BUF_INIT(BODY_MAX);
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;

	put_head(pods, &head);
	if (buf_check(&head, "the Secret", err) < 0 ||
	    secret_new(IDENTITY_TEXT_MAX, &text, err) < 0 ||
	    identity_format(&pods->identity, &text, err) < 0 ||
	    sink_to_memory(BODY_MAX, ret, err) < 0 || sink_append(ret, buf_bytes(&head), err) < 0 ||
	    sink_append(ret, bytes_of(",\"type\":\"Opaque\",\"data\":{\"identity\":\""), err) < 0 ||
	    sink_base64(ret, secret_bytes(&text), err) < 0)
		return -1;
	return sink_append(ret, bytes_of("\"}}"), err);
}

static int
write_to(const struct pods *pods, const struct target *target, struct bytes body, struct error *err)
{
	struct reach reach;
	enum api_result result;
	int status = reach_open(pods, target, &reach, err);

	if (status == 0)
		status = api_create(&reach.api, "secrets", reach.namespace, body, &result, err);
	if (status == 0 && result == API_EXISTS)
		status = error_set(err, ERROR_REFUSED,
				   "Secret '%s' in namespace '%s' at %s is there already; pods "
				   "that use it would lose their identity, so delete it first",
				   pods->secret_name, reach.namespace, reach.access.server);
	if (status == 0)
		terminal_note("secret/%s created in namespace '%s' at %s", pods->secret_name,
			      reach.namespace, reach.access.server);
	reach_close(&reach);
	return status;
}

/* What this run has written to the first targets. That something stays is told; why this run failed is told
 * anyway. */
static void
take_away(const struct pods *pods, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
		struct reach reach;
		enum api_result result = API_ABSENT;
		struct error err;
		int status = reach_open(pods, &pods->environment->targets[i], &reach, &err);

		if (status == 0)
			status = api_get(&reach.api, "secrets", reach.namespace, pods->secret_name,
					 &meta, &result, &err);
		if (status == 0 && result == API_DONE)
			status = api_delete(&reach.api, OBJECT_SECRET, reach.namespace,
					    pods->secret_name, object_meta_text(&meta, "uid"),
					    &result, &err);
		if (status < 0)
			terminal_warn("an identity that nobody needs stays in the cluster: %s",
				      err.message);
		reach_close(&reach);
	}
}

static int
write_everywhere(const struct pods *pods, struct error *err)
{
	CLEANUP(sink_clear) struct sink body = SINK_INIT;

	if (make_body(pods, &body, err) < 0)
		return -1;
	for (size_t i = 0; i < pods->environment->target_count; i++) {
		if (write_to(pods, &pods->environment->targets[i], secret_bytes(&body.block), err) <
		    0) {
			take_away(pods, i);
			return -1;
		}
	}
	return 0;
}

static int
check_options(const struct invocation *invocation, struct error *err)
{
	static const char *const others[] = { "keys",  "ssh-key", "recipient", "signing-key",
					      "admin", "seal",	  "replace" };
	const char *name = invocation->operands[0];

	for (size_t i = 0; i < COUNT(others); i++) {
		if (option_is_set(&invocation->options, others[i]))
			return error_set(err, ERROR_USAGE,
					 "'--to-cluster' and '--%s' exclude each other", others[i]);
	}
	return text_is_member_name(bytes_of(name)) ?
		       0 :
		       error_set(err, ERROR_USAGE, "'%s' is not a member's name (a-z, 0-9, . _ -)",
				 name);
}

static int
choose_environment(struct pods *pods, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	const struct schema *schema = pods->drafting.project.schema;

	if (drafting_environments(&pods->drafting, &names, err) < 0)
		return -1;
	if (names.count > 1)
		return error_set(err, ERROR_USAGE,
				 "an identity of pods is for one environment, not for %zu",
				 names.count);
	pods->environment = schema_environment(schema, names.items[0]);
	if (pods->environment->target_count == 0)
		return error_set(err, ERROR_USAGE, "'%s' has no targets in tfsecrets.yaml",
				 pods->environment->name);
	pods->secret_name = xasprintf("%s-%s-identity", schema->project, pods->environment->name);
	return 0;
}

static int
add_member(struct pods *pods, const char *name, struct error *err)
{
	struct roster *next = pods->drafting.draft.next;
	struct member member = { .reads = true };

	if (roster_member(next, name) != NULL)
		return error_set(err, ERROR_USAGE, "'%s' is a member already", name);
	if (identity_generate(&pods->identity, err) < 0)
		return -1;
	member.recipient = pods->identity.age.recipient;
	memcpy(member.name, name, strlen(name));
	roster_add_member(next, &member);
	roster_grant(next, &roster_edit_environment(next, pods->environment->name)->readers, name);
	return 0;
}

int
pods_add(const struct invocation *invocation, struct error *err)
{
	CLEANUP(pods_clear) struct pods pods = { .drafting = DRAFTING_INIT };
	struct draft_result result;

	if (check_options(invocation, err) < 0 ||
	    place_read(&invocation->options, SECONDS_USUAL, &pods.place, err) < 0 ||
	    drafting_begin(invocation, &pods.drafting, err) < 0 ||
	    choose_environment(&pods, err) < 0 ||
	    add_member(&pods, invocation->operands[0], err) < 0 ||
	    drafting_confirm(&pods.drafting, err) < 0 || write_everywhere(&pods, err) < 0)
		return -1;
	if (drafting_write(&pods.drafting, &result, err) < 0) {
		take_away(&pods, pods.environment->target_count);
		return -1;
	}
	terminal_note("give the pods this pin, and the key 'identity' of Secret '%s'",
		      pods.secret_name);
	return 0;
}
