/* SPDX-License-Identifier: Apache-2.0 */
/* Changes to a config.yaml by byte range. Each is read back before it is believed. */
#include "injector/repository/plain.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* A part of the source, as offsets: start up to but not with end. */
struct range {
	size_t start, end;
};

static const struct yaml_node *
entry(const struct plain *plain, size_t index)
{
	return plain->yaml->root->children[index];
}

/* Where the line that holds offset ends; its line end is not part of it. */
static size_t
end_of_line(struct bytes source, size_t offset)
{
	const uint8_t *end = offset < source.len ?
				     memchr(source.data + offset, '\n', source.len - offset) :
				     NULL;
	size_t at = end != NULL ? (size_t)(end - source.data) : source.len;

	return at > offset && source.data[at - 1] == '\r' ? at - 1 : at;
}

static size_t
behind_line(struct bytes source, size_t offset)
{
	size_t at = end_of_line(source, offset);

	at += at < source.len && source.data[at] == '\r';
	return at + (at < source.len && source.data[at] == '\n');
}

/* A key in a block map has nothing but its indentation before it, which is ASCII. */
static struct range
lines_of(struct bytes source, const struct yaml_node *value)
{
	const struct yaml_node *key = value->key;
	size_t last = value->end > key->end ? value->end : key->end;

	return (struct range){ key->start - (key->column - 1), behind_line(source, last) };
}

/* Whether `after` has the entries of `before` without those of left_out, in the same order and with the
 * same values. Cutting lines out of YAML can change what stands before them: a `|+` text takes over the
 * blank lines behind. */
static bool
is_same_without(const struct plain *before, const struct plain *after, const struct list *left_out)
{
	size_t at = 0;

	for (size_t i = 0; i < plain_count(before); i++) {
		if (list_has(left_out, plain_name(before, i)))
			continue;
		if (at == plain_count(after) ||
		    strcmp(plain_name(before, i), plain_name(after, at)) != 0 ||
		    !bytes_equal(plain_value(before, i), plain_value(after, at)))
			return false;
		at++;
	}
	return at == plain_count(after);
}

static const char *
file_name(const struct plain *plain)
{
	return plain->yaml != NULL ? plain->yaml->file : "config.yaml";
}

static int
parse_copy(const struct plain *plain, const struct secret *text, struct plain *ret,
	   struct error *err)
{
	struct secret copy = SECRET_INIT;

	if (secret_from(secret_bytes(text), &copy, err) < 0)
		return -1;
	return plain_parse(&copy, file_name(plain), ret, err);
}

static int
append(struct secret *out, struct bytes source, size_t start, size_t end, struct error *err)
{
	if (end <= start)
		return 0;
	return secret_append(out, (struct bytes){ source.data + start, end - start }, err);
}

static int
copy_without(const struct plain *plain, const struct list *names, struct secret *out,
	     struct error *err)
{
	struct bytes source = secret_bytes(&plain->source);
	size_t done = 0;

	for (size_t i = 0; i < plain_count(plain); i++) {
		if (list_has(names, plain_name(plain, i))) {
			struct range lines = lines_of(source, entry(plain, i));

			if (append(out, source, done, lines.start, err) < 0)
				return -1;
			done = lines.end;
		}
	}
	return append(out, source, done, source.len, err);
}

int
plain_without(const struct plain *plain, const struct list *names, struct secret *ret,
	      struct error *err)
{
	CLEANUP(secret_clear) struct secret out = SECRET_INIT;
	CLEANUP(plain_clear) struct plain after = PLAIN_INIT;
	size_t len = plain->source.len;

	if (secret_new(len > 0 ? len : 1, &out, err) < 0 ||
	    copy_without(plain, names, &out, err) < 0)
		return -1;
	if (parse_copy(plain, &out, &after, err) < 0 || !is_same_without(plain, &after, names))
		return error_set(err, ERROR_FAILED,
				 "%s: taking values out would change another one; "
				 "take them out by hand",
				 file_name(plain));
	*ret = out;
	out = (struct secret)SECRET_INIT;
	return 0;
}

/* Puts text in the place of a range of the source. */
static int
replace(struct bytes source, struct range range, struct bytes text, struct secret *ret,
	struct error *err)
{
	CLEANUP(secret_clear) struct secret out = SECRET_INIT;
	size_t len = source.len - (range.end - range.start) + text.len;

	if (secret_new(len > 0 ? len : 1, &out, err) < 0 ||
	    append(&out, source, 0, range.start, err) < 0 || secret_append(&out, text, err) < 0 ||
	    append(&out, source, range.end, source.len, err) < 0)
		return -1;
	*ret = out;
	out = (struct secret)SECRET_INIT;
	return 0;
}

/* Replaces the scalar alone. Of a block text that is its indicator and its lines, so that a comment
 * behind the indicator stays. */
static int
replace_value(const struct plain *plain, const struct yaml_node *value, struct bytes text,
	      struct secret *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf scalar = BUF_INIT(YAML_SOURCE_MAX);
	struct bytes source = secret_bytes(&plain->source);
	struct range range = { value->start, value->end };

	if (range.start > 0 && source.data[range.start - 1] == ':')
		buf_append_byte(&scalar, ' ');
	yaml_write_scalar(&scalar, text);
	if (value->style == YAML_LITERAL || value->style == YAML_FOLDED) {
		size_t comment = range.start, header_end = end_of_line(source, range.start);

		while (comment < header_end && source.data[comment] != ' ' &&
		       source.data[comment] != '\t')
			comment++;
		buf_append(&scalar, (struct bytes){ source.data + comment, header_end - comment });
	}
	if (buf_check(&scalar, file_name(plain), err) < 0)
		return -1;
	return replace(source, range, buf_bytes(&scalar), ret, err);
}

/* Where a new last line goes: the end, or before the line `...` that ends the document. */
static size_t
end_of_document(const struct plain *plain)
{
	struct bytes source = secret_bytes(&plain->source);
	size_t count = plain_count(plain), at = 0;

	if (count > 0)
		at = lines_of(source, entry(plain, count - 1)).end;
	for (; at < source.len; at = behind_line(source, at)) {
		if (end_of_line(source, at) >= at + 3 && memcmp(source.data + at, "...", 3) == 0)
			return at;
	}
	return source.len;
}

static const char *
line_end(struct bytes source)
{
	const uint8_t *first = source.len > 0 ? memchr(source.data, '\n', source.len) : NULL;

	return first != NULL && first > source.data && first[-1] == '\r' ? "\r\n" : "\n";
}

static int
add_line(const struct plain *plain, const char *name, struct bytes text, struct secret *ret,
	 struct error *err)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT(YAML_SOURCE_MAX);
	struct bytes source = secret_bytes(&plain->source);
	size_t at = end_of_document(plain);
	size_t indent = plain_count(plain) > 0 ? entry(plain, 0)->key->column - 1 : 0;

	if (at > 0 && source.data[at - 1] != '\n')
		buf_append_text(&line, line_end(source));
	for (size_t i = 0; i < indent; i++)
		buf_append_byte(&line, ' ');
	buf_printf(&line, "%s: ", name);
	yaml_write_scalar(&line, text);
	buf_append_text(&line, line_end(source));
	if (buf_check(&line, file_name(plain), err) < 0)
		return -1;
	return replace(source, (struct range){ at, at }, buf_bytes(&line), ret, err);
}

/* The trust is in the reading back, not in the writing. */
static int
check_changed(const struct plain *plain, const char *name, struct bytes value,
	      const struct secret *text, struct error *err)
{
	CLEANUP(plain_clear) struct plain after = PLAIN_INIT;
	size_t count = plain_count(plain), index = count, at;
	bool is_same;

	if (parse_copy(plain, text, &after, err) < 0)
		return error_context(err, "setting '%s'", name);
	if (!plain_find(plain, name, &index))
		count++;
	is_same = plain_count(&after) == count && plain_find(&after, name, &at) && at == index &&
		  bytes_equal(plain_value(&after, at), value);
	for (size_t i = 0; is_same && i < plain_count(plain); i++) {
		is_same =
			strcmp(plain_name(plain, i), plain_name(&after, i)) == 0 &&
			(i == index || bytes_equal(plain_value(plain, i), plain_value(&after, i)));
	}
	if (!is_same)
		return error_set(err, ERROR_FAILED,
				 "%s: setting '%s' would change another value; set it by hand",
				 file_name(plain), name);
	return 0;
}

static bool
is_writable(struct bytes value)
{
	return value.len == 0 || (memchr(value.data, 0, value.len) == NULL && text_is_utf8(value));
}

int
plain_with(const struct plain *plain, const char *name, struct bytes value, struct secret *ret,
	   struct error *err)
{
	CLEANUP(secret_clear) struct secret out = SECRET_INIT;
	size_t index;
	int result;

	if (!is_writable(value))
		return error_set(err, ERROR_REFUSED,
				 "'%s' has bytes that are no text, which %s cannot hold", name,
				 file_name(plain));
	if (plain_find(plain, name, &index))
		result = replace_value(plain, entry(plain, index), value, &out, err);
	else
		result = add_line(plain, name, value, &out, err);
	if (result < 0 || check_changed(plain, name, value, &out, err) < 0)
		return -1;
	*ret = out;
	out = (struct secret)SECRET_INIT;
	return 0;
}
