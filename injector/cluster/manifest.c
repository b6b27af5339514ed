/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/yaml.h"

/* One value of at most 1 MiB, six characters for each byte, and what stands around it. */
enum { PUBLIC_TEXT_MAX = 8 * 1024 * 1024 };

struct writer {
	struct sink *sink;
	const struct value_source *source;
	enum manifest_format format;
	enum manifest_secrets secrets;
	struct buf text;  /* public text that is not in the sink yet */
	struct json json; /* writes to text */
	size_t depth;	  /* of the YAML map being written */
};

static void
clear_writer(struct writer *writer)
{
	buf_clear(&writer->text);
}

static int
flush_text(struct writer *writer, struct error *err)
{
	if (buf_check(&writer->text, "an object", err) < 0 ||
	    sink_append(writer->sink, buf_bytes(&writer->text), err) < 0)
		return -1;
	buf_reset(&writer->text);
	return 0;
}

static void
put_name(struct writer *writer, const char *name)
{
	if (writer->format == MANIFEST_JSON) {
		json_name(&writer->json, name);
		return;
	}
	for (size_t i = 0; i < writer->depth; i++)
		buf_append_text(&writer->text, "  ");
	yaml_write_scalar(&writer->text, bytes_of(name));
	buf_append_byte(&writer->text, ':');
}

static void
open_map(struct writer *writer, const char *name)
{
	put_name(writer, name);
	if (writer->format == MANIFEST_JSON)
		json_open(&writer->json, '{');
	else
		buf_append_byte(&writer->text, '\n');
	writer->depth++;
}

static void
close_map(struct writer *writer)
{
	writer->depth--;
	if (writer->format == MANIFEST_JSON)
		json_close(&writer->json, '}');
}

static void
put_bytes(struct writer *writer, const char *name, struct bytes text)
{
	put_name(writer, name);
	if (writer->format == MANIFEST_JSON) {
		json_string(&writer->json, text);
		return;
	}
	buf_append_byte(&writer->text, ' ');
	yaml_write_scalar(&writer->text, text);
	buf_append_byte(&writer->text, '\n');
}

static void
put_text(struct writer *writer, const char *name, const char *text)
{
	put_bytes(writer, name, bytes_of(text));
}

/* Always quoted: base64 can spell `true` or a number. The value goes to the sink alone. */
static int
put_base64(struct writer *writer, const char *name, struct bytes value, struct error *err)
{
	bool is_json = writer->format == MANIFEST_JSON;

	put_name(writer, name);
	if (is_json)
		json_value(&writer->json);
	buf_append_text(&writer->text, is_json ? "\"" : " \"");
	if (flush_text(writer, err) < 0 || sink_base64(writer->sink, value, err) < 0)
		return -1;
	buf_append_text(&writer->text, is_json ? "\"" : "\"\n");
	return 0;
}

static int
put_sealed(struct writer *writer, const struct kube_entry *entry, struct error *err)
{
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	char hidden[64];

	if (writer->secrets == MANIFEST_HIDDEN) {
		(void)snprintf(hidden, sizeof(hidden), "<hidden: sealed, generation %" PRIu32 ">",
			       entry->value.generation);
		put_text(writer, entry->key, hidden);
		return 0;
	}
	if (writer->source->open(writer->source->context, entry->setting, &value, err) < 0)
		return -1;
	return put_base64(writer, entry->key, secret_bytes(&value), err);
}

static int
put_entry(struct writer *writer, const struct kube_entry *entry, bool is_base64, struct error *err)
{
	if (entry->value.state == VALUE_SEALED) {
		if (put_sealed(writer, entry, err) < 0)
			return -1;
	} else if (is_base64) {
		if (put_base64(writer, entry->key, entry->value.plain, err) < 0)
			return -1;
	} else {
		put_bytes(writer, entry->key, entry->value.plain);
	}
	return flush_text(writer, err);
}

/* `data`, or `binaryData`: the entries that belong there. */
static int
put_entries(struct writer *writer, const struct kube_object *object, const char *field, bool binary,
	    struct error *err)
{
	bool is_base64 = binary || object->kind == OBJECT_SECRET;

	open_map(writer, field);
	for (size_t i = 0; i < object->entry_count; i++) {
		if (kube_entry_is_binary(object, &object->entries[i]) == binary &&
		    put_entry(writer, &object->entries[i], is_base64, err) < 0)
			return -1;
	}
	close_map(writer);
	return 0;
}

static int
put_data(struct writer *writer, const struct kube_object *object, struct error *err)
{
	size_t binary = 0;

	for (size_t i = 0; i < object->entry_count; i++)
		binary += kube_entry_is_binary(object, &object->entries[i]);
	if (object->entry_count == 0 && writer->format == MANIFEST_YAML) {
		buf_append_text(&writer->text, "data: {}\n");
		return 0;
	}
	if (binary < object->entry_count || object->entry_count == 0) {
		if (put_entries(writer, object, "data", false, err) < 0)
			return -1;
	}
	return binary > 0 ? put_entries(writer, object, "binaryData", true, err) : 0;
}

static void
put_marks(struct writer *writer, const char *field, const struct object_mark *marks, size_t count)
{
	open_map(writer, field);
	for (size_t i = 0; i < count; i++)
		put_text(writer, marks[i].name, marks[i].value);
	close_map(writer);
}

static int
put_object(struct writer *writer, const struct kube_object *object, struct error *err)
{
	if (writer->format == MANIFEST_JSON)
		json_open(&writer->json, '{');
	put_text(writer, "apiVersion", "v1");
	put_text(writer, "kind", kube_kind_name(object->kind));
	open_map(writer, "metadata");
	put_text(writer, "name", object->name);
	if (object->namespace != NULL)
		put_text(writer, "namespace", object->namespace);
	if (object->resource_version != NULL)
		put_text(writer, "resourceVersion", object->resource_version);
	put_marks(writer, "labels", object->labels, COUNT(object->labels));
	put_marks(writer, "annotations", object->annotations, COUNT(object->annotations));
	close_map(writer);
	if (object->kind == OBJECT_SECRET)
		put_text(writer, "type", object->type);
	if (put_data(writer, object, err) < 0)
		return -1;
	if (writer->format == MANIFEST_JSON)
		json_close(&writer->json, '}');
	return flush_text(writer, err);
}

static int
write_yaml(struct writer *writer, const struct kube_objects *objects, struct error *err)
{
	for (size_t i = 0; i < objects->count; i++) {
		buf_append_text(&writer->text, "---\n");
		if (put_object(writer, &objects->items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
write_json(struct writer *writer, const struct kube_objects *objects, struct error *err)
{
	bool is_list = objects->count != 1;

	if (is_list) {
		json_open(&writer->json, '{');
		put_text(writer, "apiVersion", "v1");
		put_text(writer, "kind", "List");
		json_name(&writer->json, "items");
		json_open(&writer->json, '[');
	}
	for (size_t i = 0; i < objects->count; i++) {
		if (put_object(writer, &objects->items[i], err) < 0)
			return -1;
	}
	if (is_list) {
		json_close(&writer->json, ']');
		json_close(&writer->json, '}');
	}
	buf_append_byte(&writer->text, '\n');
	return flush_text(writer, err);
}

int
manifest_write(int fd, const char *shown, const struct kube_objects *objects,
	       const struct value_source *source, enum manifest_format format,
	       enum manifest_secrets secrets, struct error *err)
{
	CLEANUP(sink_clear) struct sink sink = SINK_INIT;
	CLEANUP(clear_writer) struct writer writer = {
		.sink = &sink,
		.source = source,
		.format = format,
		.secrets = secrets,
		.text = BUF_INIT(PUBLIC_TEXT_MAX),
		.json = JSON_INIT(&writer.text, JSON_PRETTY),
	};
	int result;

	if (sink_to_fd(fd, shown, &sink, err) < 0)
		return -1;
	result = format == MANIFEST_YAML ? write_yaml(&writer, objects, err) :
					   write_json(&writer, objects, err);
	return result < 0 ? -1 : sink_flush(&sink, err);
}

int
manifest_document(const struct kube_object *object, const struct value_source *source,
		  enum manifest_format format, enum manifest_secrets secrets, struct sink *sink,
		  struct error *err)
{
	CLEANUP(clear_writer) struct writer writer = {
		.sink = sink,
		.source = source,
		.format = format,
		.secrets = secrets,
		.text = BUF_INIT(PUBLIC_TEXT_MAX),
		.json = JSON_INIT(&writer.text, JSON_PRETTY),
	};

	if (put_object(&writer, object, err) < 0)
		return -1;
	if (format == MANIFEST_JSON)
		buf_append_byte(&writer.text, '\n');
	return flush_text(&writer, err);
}

int
manifest_body(const struct kube_object *object, const struct value_source *source,
	      struct sink *sink, struct error *err)
{
	CLEANUP(clear_writer) struct writer writer = {
		.sink = sink,
		.source = source,
		.format = MANIFEST_JSON,
		.secrets = MANIFEST_REVEALED,
		.text = BUF_INIT(PUBLIC_TEXT_MAX),
		.json = JSON_INIT(&writer.text, JSON_COMPACT),
	};

	return put_object(&writer, object, err);
}

/* Room for the body: base64, or text of which each byte may become six; names, labels and annotations. */
static size_t
body_room(const struct kube_object *object, size_t total)
{
	size_t room = 4096 + 6 * total;

	for (size_t i = 0; i < object->entry_count; i++)
		room += 64 + strlen(object->entries[i].key);
	for (size_t i = 0; i < COUNT(object->annotations); i++)
		room += 2 * strlen(object->annotations[i].value);
	return room;
}

int
manifest_request(const struct kube_object *object, const struct value_source *source, size_t total,
		 struct sink *ret, struct error *err)
{
	if (sink_to_memory(body_room(object, total), ret, err) < 0)
		return -1;
	return manifest_body(object, source, ret, err);
}
