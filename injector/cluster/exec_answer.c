/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/exec_answer.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "schemas/type.h"

void
exec_credential_clear(struct exec_credential *credential)
{
	secret_clear(&credential->token);
	secret_clear(&credential->certificate);
	secret_clear(&credential->key);
	*credential = (struct exec_credential)EXEC_CREDENTIAL_INIT;
}

static int
copy(const struct secret *from, struct secret *ret, struct error *err)
{
	return from->data != NULL ? secret_from(secret_bytes(from), ret, err) : 0;
}

int
exec_credential_copy(const struct exec_credential *from, struct exec_credential *ret,
		     struct error *err)
{
	CLEANUP(exec_credential_clear) struct exec_credential made = EXEC_CREDENTIAL_INIT;

	if (copy(&from->token, &made.token, err) < 0 ||
	    copy(&from->certificate, &made.certificate, err) < 0 ||
	    copy(&from->key, &made.key, err) < 0)
		return -1;
	made.expires = from->expires;
	*ret = made;
	made = (struct exec_credential)EXEC_CREDENTIAL_INIT;
	return 0;
}

/* Where we are in a text that is JSON: that has been looked at, so each step only goes on. */
struct walk {
	const uint8_t *at, *end;
};

static void
skip_blanks(struct walk *walk)
{
	while (walk->at < walk->end && memchr(" \t\r\n,:", *walk->at, 6) != NULL)
		walk->at++;
}

/* The next value or name, whole; empty at the end of what holds it. */
static struct bytes
next(struct walk *walk)
{
	size_t depth = 0;
	const uint8_t *start;
	bool is_string = false;

	skip_blanks(walk);
	start = walk->at;
	for (; walk->at < walk->end; walk->at++) {
		uint8_t c = *walk->at;

		if (is_string && c == '\\') {
			walk->at++;
		} else if (c == '"') {
			is_string = !is_string;
			if (!is_string && depth == 0) {
				walk->at++;
				break;
			}
		} else if (!is_string && (c == '{' || c == '[')) {
			depth++;
		} else if (!is_string && (c == '}' || c == ']')) {
			if (depth == 0)
				break;
			if (--depth == 0) {
				walk->at++;
				break;
			}
		} else if (!is_string && depth == 0 && memchr(" \t\r\n,:", c, 6) != NULL) {
			break;
		}
	}
	return (struct bytes){ start, (size_t)(walk->at - start) };
}

/* The value of a member: of several of that name the last, as with Go. False: there is none, or it is null. */
static bool
member(struct bytes object, const char *wanted, struct bytes *ret)
{
	struct walk walk = { object.data + 1, object.data + object.len };
	struct bytes found = { NULL, 0 };

	if (object.len < 2 || object.data[0] != '{')
		return false;
	for (struct bytes name = next(&walk); name.len > 0; name = next(&walk)) {
		struct bytes value = next(&walk);

		if (name.len == strlen(wanted) + 2 &&
		    memcmp(name.data + 1, wanted, name.len - 2) == 0)
			found = value;
	}
	*ret = found;
	return found.len > 0 && !bytes_equal(found, bytes_of("null"));
}

/* The four digits of \uXXXX, which stand for one of ASCII, or for nothing that a credential has. */
static bool
to_ascii(const uint8_t *digits, uint8_t *ret)
{
	unsigned int value = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned int c = digits[i] | 0x20U;

		value = value * 16 + (c >= 'a' ? c - 'a' + 10 : (digits[i] & 0xfU));
	}
	*ret = (uint8_t)value;
	return value > 0 && value < 0x80;
}

static bool
unescape(struct bytes text, struct secret *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	struct error ignored;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == '\\' && text.data[++i] == 'u') {
			if (!to_ascii(text.data + i + 1, &c))
				return false;
			i += 4;
		} else if (c == '\\') {
			c = (uint8_t)to[strchr(from, text.data[i]) - from];
		}
		if (secret_append(out, (struct bytes){ &c, 1 }, &ignored) < 0)
			return false;
	}
	return true;
}

/* A text of `status`; without data: there is none, or an empty one. */
static int
read_text(struct bytes status, const char *name, struct secret *ret, struct error *err)
{
	struct bytes value;

	if (!member(status, name, &value) || bytes_equal(value, bytes_of("\"\"")))
		return 0;
	if (value.data[0] != '"')
		return error_set(err, ERROR_FAILED, "has a '%s' that is no text", name);
	if (secret_new(value.len, ret, err) < 0)
		return -1;
	if (!unescape((struct bytes){ value.data + 1, value.len - 2 }, ret))
		return error_set(err, ERROR_FAILED,
				 "has a '%s' with characters that no credential has", name);
	return 0;
}

/* "+02:00" in seconds. */
static bool
to_offset(struct bytes text, int64_t *ret)
{
	uint64_t hours = 0, minutes = 0;
	const uint8_t *c = text.data;

	if (text.len != 6 || (c[0] != '+' && c[0] != '-') || c[3] != ':')
		return false;
	for (size_t i = 1; i < 6; i++) {
		if (i != 3 && (c[i] < '0' || c[i] > '9'))
			return false;
	}
	hours = (uint64_t)(c[1] - '0') * 10 + (uint64_t)(c[2] - '0');
	minutes = (uint64_t)(c[4] - '0') * 10 + (uint64_t)(c[5] - '0');
	*ret = (int64_t)(hours * 3600 + minutes * 60) * (c[0] == '-' ? -1 : 1);
	return hours < 24 && minutes < 60;
}

bool
exec_answer_time(struct bytes text, int64_t *ret_seconds)
{
	enum { WHOLE = 19 };
	uint8_t whole[WHOLE + 1];
	size_t at = WHOLE;
	int64_t offset = 0;

	if (text.len <= WHOLE)
		return false;
	memcpy(whole, text.data, WHOLE);
	whole[WHOLE] = 'Z';
	if (text.data[at] == '.') {
		for (at++; at < text.len && text.data[at] >= '0' && text.data[at] <= '9';)
			at++;
		if (at == WHOLE + 1)
			return false;
	}
	text = (struct bytes){ text.data + at, text.len - at };
	if (!bytes_equal(text, bytes_of("Z")) && !to_offset(text, &offset))
		return false;
	if (!text_to_time(BYTES(whole), ret_seconds))
		return false;
	*ret_seconds -= offset;
	return true;
}

static int
read_expiry(struct bytes status, int64_t *ret, struct error *err)
{
	struct bytes value;

	*ret = INT64_MAX;
	if (!member(status, "expirationTimestamp", &value))
		return 0;
	if (value.data[0] != '"' ||
	    !exec_answer_time((struct bytes){ value.data + 1, value.len - 2 }, ret))
		return error_set(err, ERROR_FAILED,
				 "has an 'expirationTimestamp' that is no time (RFC 3339)");
	return 0;
}

static bool
is_text(struct bytes object, const char *name, const char *text)
{
	CLEANUP(secret_clear) struct secret found = SECRET_INIT;
	struct error ignored;

	return read_text(object, name, &found, &ignored) == 0 &&
	       bytes_equal(secret_bytes(&found), bytes_of(text));
}

static int
read_status(struct bytes status, struct exec_credential *credential, struct error *err)
{
	if (read_text(status, "token", &credential->token, err) < 0 ||
	    read_text(status, "clientCertificateData", &credential->certificate, err) < 0 ||
	    read_text(status, "clientKeyData", &credential->key, err) < 0 ||
	    read_expiry(status, &credential->expires, err) < 0)
		return -1;
	if ((credential->certificate.data == NULL) != (credential->key.data == NULL))
		return error_set(err, ERROR_FAILED,
				 "has one of 'clientCertificateData' and 'clientKeyData', and both "
				 "are needed");
	if (credential->token.data == NULL && credential->key.data == NULL)
		return error_set(err, ERROR_FAILED,
				 "has neither a 'token' nor a 'clientCertificateData' with its "
				 "'clientKeyData'");
	return 0;
}

int
exec_answer_read(struct bytes answer, const char *version, struct exec_credential *ret,
		 struct error *err)
{
	CLEANUP(exec_credential_clear) struct exec_credential credential = EXEC_CREDENTIAL_INIT;
	struct walk walk = { answer.data, answer.data + answer.len };
	struct bytes object, status;

	if (answer.len == 0)
		return error_set(err, ERROR_FAILED, "is empty");
	if (!json_is_valid(answer))
		return error_set(err, ERROR_FAILED, "is not JSON");
	object = next(&walk);
	if (!is_text(object, "kind", "ExecCredential"))
		return error_set(err, ERROR_FAILED, "is no ExecCredential");
	if (!is_text(object, "apiVersion", version))
		return error_set(err, ERROR_FAILED,
				 "is of another apiVersion than '%s', which the kubeconfig names",
				 version);
	if (!member(object, "status", &status) || status.data[0] != '{')
		return error_set(err, ERROR_FAILED, "has no 'status'");
	if (read_status(status, &credential, err) < 0)
		return -1;
	*ret = credential;
	credential = (struct exec_credential)EXEC_CREDENTIAL_INIT;
	return 0;
}
