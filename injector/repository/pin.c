/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/pin.h"

#include <stdio.h>
#include <string.h>

bool
pin_parse(struct bytes text, struct pin *ret)
{
	const char *const separators = text.len > 0 ? (const char *)text.data : "";
	uint8_t ignored[SHA256_BYTES];
	size_t serial_len;
	uint64_t serial;
	struct bytes hash;

	if (text.len < ID_DIGITS + 2 + SHA256_HEX_BYTES || separators[ID_DIGITS] != ':')
		return false;
	serial_len = text.len - ID_DIGITS - 1 - SHA256_HEX_BYTES;
	hash = (struct bytes){ text.data + text.len - (SHA256_HEX_BYTES - 1),
			       SHA256_HEX_BYTES - 1 };
	if (hash.data[-1] != ':' ||
	    !text_from_hex((struct bytes){ text.data, ID_DIGITS }, ignored, ID_DIGITS / 2) ||
	    !text_from_hex(hash, ignored, SHA256_BYTES) ||
	    !text_to_number((struct bytes){ text.data + ID_DIGITS + 1, serial_len }, UINT32_MAX,
			    &serial) ||
	    serial == 0)
		return false;
	*ret = (struct pin){ .serial = (uint32_t)serial };
	memcpy(ret->project_id, text.data, ID_DIGITS);
	memcpy(ret->hash, hash.data, hash.len);
	return true;
}

void
pin_of(const struct roster *roster, struct pin *ret)
{
	*ret = (struct pin){ .serial = roster->serial };
	memcpy(ret->project_id, roster->project_id, sizeof(ret->project_id));
	memcpy(ret->hash, roster->hash, sizeof(ret->hash));
}

void
pin_format(const struct pin *pin, char out[static PIN_TEXT_BYTES])
{
	(void)snprintf(out, PIN_TEXT_BYTES, "%s:%u:%s", pin->project_id, pin->serial, pin->hash);
}

int
pin_check_project(const struct pin *pin, const struct roster *roster, struct error *err)
{
	if (strcmp(pin->project_id, roster->project_id) != 0)
		return error_set(err, ERROR_REFUSED,
				 "the pin names project %s, but the roster here is of project %s",
				 pin->project_id, roster->project_id);
	return 0;
}

int
pin_check(const struct pin *pin, const struct roster *roster, struct error *err)
{
	if (pin_check_project(pin, roster, err) < 0)
		return -1;
	if (strcmp(pin->hash, roster->hash) != 0)
		return error_set(err, ERROR_REFUSED,
				 "roster %u is not the one that the pin names: this is a fork",
				 pin->serial);
	return 0;
}
