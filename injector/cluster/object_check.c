/* SPDX-License-Identifier: Apache-2.0 */
/* What an API server, a kubelet or an ingress would refuse of an object, found before anything is sent. */
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/cluster/manifest.h"
#include "schemas/secret_type.h"

static int
entry_size(const struct kube_entry *entry, const struct value_source *source, size_t *ret_size,
	   struct error *err)
{
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;

	if (entry->value.state == VALUE_PLAIN) {
		*ret_size = entry->value.plain.len;
		return 0;
	}
	if (source->open(source->context, entry->setting, &value, err) < 0)
		return -1;
	*ret_size = value.len;
	return 0;
}

/* A Secret's base64 and annotations always fit; a text of which each byte becomes six need not. */
static int
check_request(const struct kube_object *object, const struct value_source *source, size_t total,
	      struct error *err)
{
	CLEANUP(sink_clear) struct sink body = SINK_INIT;

	if (manifest_request(object, source, total, &body, err) < 0)
		return -1;
	if (body.block.len > OBJECT_REQUEST_MAX)
		return error_set(
			err, ERROR_FAILED,
			"%s '%s': %zu bytes as JSON, where all but ASCII is longer, and the "
			"most is %d; spread it over several objects",
			kube_kind_name(object->kind), object->name, body.block.len,
			OBJECT_REQUEST_MAX);
	return 0;
}

/* "20261125201500" */
static void
time_digits(char out[static KEY_PAIR_TIME_BYTES])
{
	char text[TIME_TEXT_BYTES];
	size_t len = 0;

	text_from_time((int64_t)time(NULL), text);
	for (size_t i = 0; text[i] != 0 && len < KEY_PAIR_TIME_BYTES - 1; i++) {
		if (text[i] >= '0' && text[i] <= '9')
			out[len++] = text[i];
	}
	out[len] = 0;
}

/* The values of a Secret of a well-known type, all open at once. */
struct opened {
	struct secret *secrets;
	struct typed_value *values;
	size_t count;
};

static void
opened_clear(struct opened *opened)
{
	for (size_t i = 0; i < opened->count; i++)
		secret_clear(&opened->secrets[i]);
	free(opened->secrets);
	free(opened->values);
}

static int
open_all(const struct kube_object *object, const struct value_source *source, struct opened *opened,
	 struct error *err)
{
	opened->secrets = xcalloc(object->entry_count + 1, sizeof(*opened->secrets));
	opened->values = xcalloc(object->entry_count + 1, sizeof(*opened->values));
	for (size_t i = 0; i < object->entry_count; i++) {
		const struct kube_entry *entry = &object->entries[i];

		opened->count++;
		if (entry->value.state == VALUE_SEALED &&
		    source->open(source->context, entry->setting, &opened->secrets[i], err) < 0)
			return -1;
		opened->values[i] = (struct typed_value){
			.key = entry->key,
			.value = entry->value.state == VALUE_SEALED ?
					 secret_bytes(&opened->secrets[i]) :
					 entry->value.plain,
		};
	}
	return 0;
}

static int
check_type(const struct kube_object *object, const struct value_source *source, struct error *err)
{
	CLEANUP(opened_clear) struct opened opened = { .count = 0 };
	struct key_pair_notes notes = { .count = 0 };
	char now[KEY_PAIR_TIME_BYTES];

	if (!secret_type_has_rules(object->type))
		return 0;
	if (open_all(object, source, &opened, err) < 0)
		return -1;
	time_digits(now);
	if (secret_type_check(object->type, opened.values, opened.count, now, &notes, err) < 0)
		return error_context(err, "%s '%s', of type '%s'", kube_kind_name(object->kind),
				     object->name, object->type);
	for (size_t i = 0; source->note != NULL && i < notes.count; i++)
		source->note("note: %s '%s': %s", kube_kind_name(object->kind), object->name,
			     notes.texts[i]);
	return 0;
}

int
kube_object_check(const struct kube_object *object, const struct value_source *source,
		  size_t *ret_total, struct error *err)
{
	size_t total = 0;

	for (size_t i = 0; i < object->entry_count; i++) {
		size_t size = 0;

		if (entry_size(&object->entries[i], source, &size, err) < 0)
			return -1;
		total += size;
	}
	if (total > OBJECT_DATA_MAX)
		return error_set(err, ERROR_FAILED,
				 "%s '%s': %zu bytes of values, and the most is %d",
				 kube_kind_name(object->kind), object->name, total,
				 OBJECT_DATA_MAX);
	*ret_total = total;
	return object->kind == OBJECT_SECRET ? check_type(object, source, err) :
					       check_request(object, source, total, err);
}
