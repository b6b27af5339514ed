/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_type: what the values of a Secret of a well-known type must be, so that what a kubelet or an ingress would
 * find out is found before they are sent. An API server looks for the keys alone.
 */
#ifndef SCHEMAS_SECRET_TYPE_H
#define SCHEMAS_SECRET_TYPE_H

#include <stdbool.h>

#include "schemas/key_pair.h"

/* A key of the Secret and its value. */
struct typed_value {
	const char *key;
	struct bytes value;
};

/* Whether the type has rules for its values. */
bool secret_type_has_rules(const char *type);

/* ERROR_REFUSED names the key and what is wrong with it, without a byte of any value. A key that has no value is not
 * among the values. notes: texts that name the key as well, of what is worth knowing all the same. */
int secret_type_check(const char *type, const struct typed_value *values, size_t count,
		      const char now[static KEY_PAIR_TIME_BYTES], struct key_pair_notes *notes,
		      struct error *err) __attribute__((warn_unused_result));

#endif
