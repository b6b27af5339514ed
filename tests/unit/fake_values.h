/* SPDX-License-Identifier: Apache-2.0 */
/* fake_values: the values of an environment from a table, for the tests of what is made of them. */
#ifndef TESTS_FAKE_VALUES_H
#define TESTS_FAKE_VALUES_H

#include <string.h>

#include "base/memory.h"
#include "injector/cluster/object.h"

#define FAKE_PROJECT_ID "7c2a90e17c2a90e17c2a90e17c2a90e1"
#define FAKE_VALUE_ID "0123456789abcdef0123456789abcdef"

/* One setting's value. */
struct fake_value {
	enum object_value_state state;
	const void *data;
	size_t len;
};

#define FAKE_ABSENT                                                                                \
	{                                                                                          \
		VALUE_ABSENT, NULL, 0                                                              \
	}
#define FAKE_PLAIN(literal)                                                                        \
	{                                                                                          \
		VALUE_PLAIN, (literal), sizeof(literal) - 1                                        \
	}
#define FAKE_SEALED(literal)                                                                       \
	{                                                                                          \
		VALUE_SEALED, (literal), sizeof(literal) - 1                                       \
	}

struct fake_values {
	const struct fake_value *values; /* by setting */
	size_t opened;			 /* how often one was opened */
	bool is_broken;			 /* none opens */
};

static inline int
fake_value(void *context, size_t setting, struct object_value *ret, struct error *err)
{
	const struct fake_value *value = &((const struct fake_values *)context)->values[setting];

	(void)err;
	*ret = (struct object_value){ .state = value->state };
	if (value->state == VALUE_PLAIN)
		ret->plain = (struct bytes){ value->data, value->len };
	if (value->state == VALUE_SEALED) {
		memcpy(ret->value_id, FAKE_VALUE_ID, sizeof(FAKE_VALUE_ID));
		ret->generation = 7;
	}
	return 0;
}

static inline int
fake_open(void *context, size_t setting, struct secret *ret, struct error *err)
{
	struct fake_values *values = context;
	const struct fake_value *value = &values->values[setting];

	values->opened++;
	if (values->is_broken)
		return error_set(err, ERROR_REFUSED, "altered, or sealed to another key");
	return secret_from((struct bytes){ value->data, value->len }, ret, err);
}

#define FAKE_SOURCE(fake)                                                                          \
	{                                                                                          \
		.context = (fake), .value = fake_value, .open = fake_open                          \
	}

#endif
