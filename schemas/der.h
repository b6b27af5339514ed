/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der: reads ASN.1 in DER (X.690), element by element, in place: it copies nothing. Definite lengths in their
 * shortest form, one byte of tag, nothing else.
 */
#ifndef SCHEMAS_DER_H
#define SCHEMAS_DER_H

#include <stdbool.h>

#include "base/buf.h"

enum der_tag {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_CONTEXT_0 = 0xa0, /* constructed */
	DER_CONTEXT_1 = 0xa1,
};

/* Takes the first element off *der. False: it has no such tag, or is no element that ends within *der; then *der is
 * as it was. */
bool der_take(struct bytes *der, enum der_tag tag, struct bytes *ret_content);
/* Takes one of any tag. */
bool der_skip(struct bytes *der);
/* As der_take, of what may be missing: an empty *ret_content then. False only where it is broken. */
bool der_take_optional(struct bytes *der, enum der_tag tag, struct bytes *ret_content);
/* A BIT STRING of whole bytes. */
bool der_take_bits(struct bytes *der, struct bytes *ret_bits);
/* An INTEGER that is not negative, without the zero in front that DER wants before a high bit. */
bool der_take_unsigned(struct bytes *der, struct bytes *ret_number);

#endif
