/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/source.h"

#include <string.h>

#include "base/memory.h"
#include "injector/terminal.h"

static int
give_value(void *context, size_t setting, struct object_value *ret, struct error *err)
{
	const struct values *values = context;
	const struct setting_value *value = &values->items[setting];

	(void)err;
	*ret = (struct object_value){ .state = VALUE_ABSENT };
	if (value->source == SOURCE_SEALED ||
	    (value->source == SOURCE_NONE && value->sealed != NULL)) {
		ret->state = value->source == SOURCE_SEALED ? VALUE_SEALED : VALUE_UNSET;
		ret->generation = value->sealed->sealed.generation;
		memcpy(ret->value_id, value->sealed->sealed.value_id, sizeof(ret->value_id));
	} else if (value->source != SOURCE_NONE) {
		ret->state = VALUE_PLAIN;
		ret->plain = value->plain;
	}
	return 0;
}

static int
open_value(void *context, size_t setting, struct secret *ret, struct error *err)
{
	return values_open(context, setting, ret, err);
}

struct value_source
source_of_values(struct values *values)
{
	return (struct value_source){
		.context = values, .value = give_value, .open = open_value, .note = terminal_note
	};
}

int
source_bundle_make(struct values *values, struct source_bundle *ret, struct error *err)
{
	struct source_bundle bundle = SOURCE_BUNDLE_INIT;

	if (values->environment->deliver == DELIVER_SEALED) {
		if (bundle_make(values, &bundle.bundle, err) < 0)
			return -1;
		bundle.files = xcalloc(bundle.bundle.count, sizeof(*bundle.files));
	}
	for (size_t i = 0; i < bundle.bundle.count; i++) {
		const struct bundle_entry *entry = &bundle.bundle.entries[i];

		bundle.files[i] = (struct object_file){ entry->name, buf_bytes(&entry->content) };
	}
	*ret = bundle;
	return 0;
}

void
source_bundle_clear(struct source_bundle *bundle)
{
	bundle_clear(&bundle->bundle);
	free(bundle->files);
	*bundle = (struct source_bundle)SOURCE_BUNDLE_INIT;
}
