/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/source.h"

#include <string.h>

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
	return (struct value_source){ .context = values, .value = give_value, .open = open_value };
}
