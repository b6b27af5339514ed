/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/kept.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/cluster/sink.h"

void
kept_clear(struct kept *kept)
{
	for (size_t i = 0; i < kept->count; i++) {
		free(kept->items[i].name);
		object_meta_clear(&kept->items[i].object);
		secret_clear(&kept->items[i].answer);
	}
	free(kept->items);
	*kept = (struct kept)KEPT_INIT;
}

/* A reader of JSON that stays where it is: cJSON would copy the values. The API server's own output is well formed;
 * whatever is not ends the reading. */
struct scan {
	const uint8_t *at, *end;
};

static void
skip_blanks(struct scan *scan)
{
	while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4) != NULL)
		scan->at++;
}

static bool
skip_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\')
			scan->at++;
		else if (*scan->at == '"')
			return ++scan->at <= scan->end;
	}
	return false;
}

/* A value of any kind, with what is nested in it. */
static bool
skip_value(struct scan *scan)
{
	size_t depth = 0;

	do {
		skip_blanks(scan);
		if (scan->at >= scan->end)
			return false;
		if (*scan->at == '"') {
			if (!skip_string(scan))
				return false;
			continue;
		}
		depth += *scan->at == '{' || *scan->at == '[';
		depth -= *scan->at == '}' || *scan->at == ']';
		scan->at++;
	} while (depth > 0 || (scan->at < scan->end && memchr(",}] \n", *scan->at, 5) == NULL));
	return true;
}

/* What is put back is all that there was: not the beginning of it, nor something else. */
static bool
is_whole(struct bytes object)
{
	struct scan scan = { object.data, object.data + object.len };

	skip_blanks(&scan);
	if (scan.at >= scan.end || *scan.at != '{' || !skip_value(&scan))
		return false;
	skip_blanks(&scan);
	return scan.at == scan.end;
}

static int
read_object(struct kept_object *object, struct api *api, const char *namespace, struct error *err)
{
	enum api_result result;

	if (object->kind == OBJECT_CONFIGMAP)
		return api_read(api, "configmaps", namespace, object->name, &object->object,
				&result, err);
	if (api_get(api, "secrets", namespace, object->name, &object->object, &result, err) < 0)
		return -1;
	if (result == API_ABSENT)
		return 0;
	if (secret_new(KEPT_ANSWER_MAX, &object->answer, err) < 0)
		return -1;
	if (api_read_secret(api, namespace, object->name, &object->answer, err) < 0)
		return -1;
	return is_whole(secret_bytes(&object->answer)) ?
		       0 :
		       error_set(err, ERROR_FAILED, "the Secret '%s' was not read whole",
				 object->name);
}

const struct kept_object *
kept_find(const struct kept *kept, enum object_kind kind, const char *name)
{
	for (size_t i = 0; i < kept->count; i++) {
		if (kept->items[i].kind == kind && strcmp(kept->items[i].name, name) == 0)
			return &kept->items[i];
	}
	return NULL;
}

int
kept_add(struct kept *kept, struct api *api, const char *namespace, enum object_kind kind,
	 const char *name, struct error *err)
{
	struct kept_object object = { .kind = kind };

	if (kept_find(kept, kind, name) != NULL)
		return 0;
	object.name = xstrdup(name);
	kept->items = xreallocarray(kept->items, kept->count + 1, sizeof(*kept->items));
	kept->items[kept->count] = object;
	return read_object(&kept->items[kept->count++], api, namespace, err);
}

/* The next member of an object that scan stands in: behind its '{' or a value. */
static bool
next_member(struct scan *scan, struct bytes *ret_name, struct bytes *ret_value)
{
	const uint8_t *start;

	skip_blanks(scan);
	if (scan->at < scan->end && *scan->at == ',')
		scan->at++;
	skip_blanks(scan);
	start = scan->at + 1;
	if (scan->at >= scan->end || *scan->at != '"' || !skip_string(scan))
		return false;
	*ret_name = (struct bytes){ start, (size_t)(scan->at - start) - 1 };
	skip_blanks(scan);
	if (scan->at >= scan->end || *scan->at++ != ':')
		return false;
	skip_blanks(scan);
	start = scan->at;
	if (!skip_value(scan))
		return false;
	*ret_value = (struct bytes){ start, (size_t)(scan->at - start) };
	return true;
}

static bool
enter(struct bytes object, struct scan *ret)
{
	*ret = (struct scan){ object.data, object.data + object.len };
	skip_blanks(ret);
	return ret->at < ret->end && *ret->at++ == '{';
}

static bool
find_member(struct bytes object, const char *wanted, struct bytes *ret_value)
{
	struct scan scan;
	struct bytes name;

	if (!enter(object, &scan))
		return false;
	while (next_member(&scan, &name, ret_value)) {
		if (bytes_equal(name, bytes_of(wanted)))
			return true;
	}
	return false;
}

/* Whether it was our key before; where nothing was ours, every key is put back. */
static bool
was_ours(const struct kept_object *object, const char *field, struct bytes key)
{
	const struct json_node *fields = object_our_fields(object->object.json);
	CLEANUP(free_text) char *outer = xasprintf("f:%s", field);
	CLEANUP(free_text) char *inner = xasprintf("f:%.*s", (int)key.len, (const char *)key.data);

	return fields == NULL || json_walk(fields, outer, inner, NULL) != NULL;
}

static int
append(struct sink *sink, const char *text, struct error *err)
{
	return sink_append(sink, bytes_of(text), err);
}

/* Keys of Secrets are [-._a-zA-Z0-9]+ and their values base64: both stand in JSON as they are. */
static int
put_secret_data(const struct kept_object *object, struct sink *sink, struct error *err)
{
	struct bytes data, name, value;
	const char *before = "";
	struct scan scan;

	if (append(sink, ",\"data\":{", err) < 0)
		return -1;
	if (!find_member(secret_bytes(&object->answer), "data", &data) || !enter(data, &scan))
		return append(sink, "}", err);
	while (next_member(&scan, &name, &value)) {
		if (!was_ours(object, "data", name))
			continue;
		if (append(sink, before, err) < 0 || append(sink, "\"", err) < 0 ||
		    sink_append(sink, name, err) < 0 || append(sink, "\":", err) < 0 ||
		    sink_append(sink, value, err) < 0)
			return -1;
		before = ",";
	}
	return append(sink, "}", err);
}

static void
put_config_data(const struct kept_object *object, const char *field, struct json *json)
{
	const struct json_node *member = json_first(json_get(object->object.json, field));

	json_name(json, field);
	json_open(json, '{');
	for (; member != NULL; member = json_next(member)) {
		const char *value = json_string_of(member);

		if (value == NULL || !was_ours(object, field, bytes_of(json_name_of(member))))
			continue;
		json_name(json, json_name_of(member));
		json_text(json, value);
	}
	json_close(json, '}');
}

static void
put_marks(const struct object_meta *meta, const char *field, const char *const *names, size_t count,
	  struct json *json)
{
	json_name(json, field);
	json_open(json, '{');
	for (size_t i = 0; i < count; i++) {
		const char *value =
			json_string_of(json_walk(meta->json, "metadata", field, names[i], NULL));

		if (value == NULL)
			continue;
		json_name(json, names[i]);
		json_text(json, value);
	}
	json_close(json, '}');
}

/* Everything but a Secret's data and the last bracket. */
static void
put_head(const struct kept_object *object, struct buf *out)
{
	static const char *const labels[] = { LABEL_MANAGED_BY, LABEL_ENVIRONMENT, LABEL_PROJECT };
	static const char *const annotations[] = { ANNOTATION_CONTENT, ANNOTATION_KEYS };
	struct json json = JSON_INIT(out, JSON_COMPACT);

	json_open(&json, '{');
	json_name(&json, "apiVersion");
	json_text(&json, "v1");
	json_name(&json, "kind");
	json_text(&json, kube_kind_name(object->kind));
	json_name(&json, "metadata");
	json_open(&json, '{');
	json_name(&json, "name");
	json_text(&json, object->name);
	put_marks(&object->object, "labels", labels, COUNT(labels), &json);
	put_marks(&object->object, "annotations", annotations, COUNT(annotations), &json);
	json_close(&json, '}');
	if (object->kind == OBJECT_CONFIGMAP) {
		put_config_data(object, "data", &json);
		put_config_data(object, "binaryData", &json);
	}
}

static int
put_type(const struct kept_object *object, struct sink *sink, struct error *err)
{
	struct bytes type;

	if (!find_member(secret_bytes(&object->answer), "type", &type))
		return 0;
	return append(sink, ",\"type\":", err) < 0 ? -1 : sink_append(sink, type, err);
}

static int
put_back(const struct kept_object *object, struct api *api, const char *namespace,
	 struct error *err)
{
	CLEANUP(buf_clear) struct buf head = BUF_INIT(KEPT_ANSWER_MAX);
	CLEANUP(sink_clear) struct sink body = SINK_INIT;
	CLEANUP(object_meta_clear) struct object_meta written = OBJECT_META_INIT;
	enum api_result result;

	put_head(object, &head);
	if (buf_check(&head, "the object", err) < 0 ||
	    sink_to_memory(2 * KEPT_ANSWER_MAX, &body, err) < 0 ||
	    sink_append(&body, buf_bytes(&head), err) < 0 ||
	    (object->kind == OBJECT_SECRET &&
	     (put_type(object, &body, err) < 0 || put_secret_data(object, &body, err) < 0)) ||
	    append(&body, "}", err) < 0)
		return -1;
	if (api_apply(api, object->kind, namespace, object->name, secret_bytes(&body.block), true,
		      &written, &result, err) < 0)
		return -1;
	return result == API_DONE ?
		       0 :
		       error_set(err, ERROR_CLUSTER, "others write %s '%s' at the same time",
				 kube_kind_name(object->kind), object->name);
}

/* What this run has made is taken away, when nobody has made another meanwhile. */
static int
take_away(const struct kept_object *object, struct api *api, const char *namespace,
	  struct error *err)
{
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	enum api_result result;

	if (api_get(api, api_resource(object->kind), namespace, object->name, &meta, &result, err) <
	    0)
		return -1;
	if (result == API_ABSENT)
		return 0;
	return api_delete(api, object->kind, namespace, object->name,
			  object_meta_text(&meta, "uid"), &result, err);
}

int
kept_put_back(const struct kept *kept, size_t at, struct api *api, const char *namespace,
	      struct error *err)
{
	const struct kept_object *object = &kept->items[at];

	return object->object.json != NULL ? put_back(object, api, namespace, err) :
					     take_away(object, api, namespace, err);
}
