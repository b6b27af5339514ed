/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/kept.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/cluster/sink.h"
#include "schemas/json_scan.h"

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
	return json_scan_is_object(secret_bytes(&object->answer)) ?
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
	struct json_scan scan;

	if (append(sink, ",\"data\":{", err) < 0)
		return -1;
	if (!json_scan_find(secret_bytes(&object->answer), "data", &data) ||
	    !json_scan_enter(data, &scan))
		return append(sink, "}", err);
	while (json_scan_member(&scan, &name, &value)) {
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

	if (!json_scan_find(secret_bytes(&object->answer), "type", &type))
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
