/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/dotenv.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct reader {
	struct bytes source;
	const char *file;
	size_t at, line;
	struct dotenv dotenv;
};

/* What a backslash in double quotes stands for; any other one is an ordinary character. */
static const struct {
	uint8_t letter, byte;
} escapes[] = {
	{ 'n', '\n' }, { 'r', '\r' }, { 't', '\t' }, { '\\', '\\' }, { '"', '"' }, { '$', '$' },
};

void
dotenv_clear(struct dotenv *dotenv)
{
	for (size_t i = 0; i < dotenv->count; i++)
		free(dotenv->entries[i].name);
	free(dotenv->entries);
	secret_clear(&dotenv->values);
	*dotenv = (struct dotenv)DOTENV_INIT;
}

struct bytes
dotenv_value(const struct dotenv *dotenv, size_t index)
{
	const struct dotenv_entry *entry = &dotenv->entries[index];

	return (struct bytes){ dotenv->values.data + entry->offset, entry->len };
}

static int
fail(const struct reader *reader, size_t line, struct error *err, const char *rule)
{
	return error_set(err, ERROR_FAILED, "%s:%zu: %s", reader->file, line, rule);
}

/* The byte at an offset from here, or -1 behind the end. */
static int
peek(const struct reader *reader, size_t ahead)
{
	size_t at = reader->at + ahead;

	return at < reader->source.len ? reader->source.data[at] : -1;
}

static bool
is_blank(int byte)
{
	return byte == ' ' || byte == '\t';
}

static void
skip_blanks(struct reader *reader)
{
	while (is_blank(peek(reader, 0)))
		reader->at++;
}

/* What is left of the line, without its LF or CRLF. */
static struct bytes
rest_of_line(const struct reader *reader)
{
	const uint8_t *start = reader->source.data + reader->at;
	size_t left = reader->source.len - reader->at;
	const uint8_t *end = left > 0 ? memchr(start, '\n', left) : NULL;
	struct bytes rest = { start, end != NULL ? (size_t)(end - start) : left };

	if (rest.len > 0 && rest.data[rest.len - 1] == '\r')
		rest.len--;
	return rest;
}

static void
skip_line(struct reader *reader)
{
	reader->at += rest_of_line(reader).len;
	reader->at += peek(reader, 0) == '\r';
	reader->at += peek(reader, 0) == '\n';
	reader->line++;
}

static void
skip_export(struct reader *reader)
{
	static const char word[] = "export";
	struct bytes rest = rest_of_line(reader);

	if (rest.len > strlen(word) && memcmp(rest.data, word, strlen(word)) == 0 &&
	    is_blank(rest.data[strlen(word)])) {
		reader->at += strlen(word);
		skip_blanks(reader);
	}
}

static int
read_name(struct reader *reader, struct bytes *ret_name, struct error *err)
{
	struct bytes name = rest_of_line(reader);
	const uint8_t *end = name.len > 0 ? memchr(name.data, '=', name.len) : NULL;

	if (end == NULL)
		return fail(reader, reader->line, err, "expected NAME=value");
	name.len = (size_t)(end - name.data);
	if (name.len > 0 && is_blank(name.data[name.len - 1]))
		return fail(reader, reader->line, err, "a blank before the '='");
	if (!text_is_setting_name(name))
		return fail(reader, reader->line, err,
			    "a name is letters, digits and '_', at most 128 and no digit first");
	reader->at += name.len + 1;
	*ret_name = name;
	return 0;
}

/* A value's end is where the line ends or where a blank and a '#' begin a comment. */
static int
read_unquoted(struct reader *reader, struct error *err)
{
	struct bytes value = rest_of_line(reader);

	for (size_t i = 1; i < value.len; i++) {
		if (value.data[i] == '#' && is_blank(value.data[i - 1]))
			value.len = i;
	}
	while (value.len > 0 && is_blank(value.data[value.len - 1]))
		value.len--;
	if (value.len == 0)
		return 0;
	/* A shell would run the value as a command here, where others would trim it. */
	if (is_blank(value.data[0]))
		return fail(reader, reader->line, err, "a blank behind the '='");
	if (memchr(value.data, '\r', value.len) != NULL)
		return fail(reader, reader->line, err, "a carriage return inside a line");
	return secret_append(&reader->dotenv.values, value, err);
}

/* Appends the character here, which may be an escape or a line's end, and moves behind it. */
static int
take_character(struct reader *reader, bool has_escapes, struct error *err)
{
	uint8_t byte = (uint8_t)peek(reader, 0);

	reader->at++;
	if (byte == '\r' && peek(reader, 0) == '\n')
		return 0;
	if (byte == '\n')
		reader->line++;
	for (size_t i = 0; has_escapes && byte == '\\' && i < COUNT(escapes); i++) {
		if (peek(reader, 0) == escapes[i].letter) {
			byte = escapes[i].byte;
			reader->at++;
			break;
		}
	}
	return secret_append(&reader->dotenv.values, (struct bytes){ &byte, 1 }, err);
}

static int
read_quoted(struct reader *reader, int quote, struct error *err)
{
	size_t opened = reader->line;

	for (reader->at++; peek(reader, 0) != quote;) {
		if (peek(reader, 0) < 0)
			return fail(reader, opened, err, "a quote is opened and never closed");
		if (take_character(reader, quote == '"', err) < 0)
			return -1;
	}
	reader->at++;
	if (peek(reader, 0) == '#')
		return fail(reader, reader->line, err, "text behind the closing quote");
	skip_blanks(reader);
	if (rest_of_line(reader).len > 0 && peek(reader, 0) != '#')
		return fail(reader, reader->line, err, "text behind the closing quote");
	return 0;
}

static int
read_value(struct reader *reader, struct error *err)
{
	int first = peek(reader, 0);

	if (first == '\'' || first == '"')
		return read_quoted(reader, first, err);
	return read_unquoted(reader, err);
}

static int
read_entry(struct reader *reader, struct error *err)
{
	struct dotenv *dotenv = &reader->dotenv;
	struct dotenv_entry entry = { .line = reader->line, .offset = dotenv->values.len };
	struct bytes name = { NULL, 0 };

	skip_export(reader);
	if (read_name(reader, &name, err) < 0)
		return -1;
	if (dotenv->count == DOTENV_ENTRIES_MAX)
		return fail(reader, reader->line, err, "more than 20000 entries");
	if (read_value(reader, err) < 0)
		return -1;
	if (dotenv->count == dotenv->cap) {
		dotenv->cap = dotenv->cap > 0 ? 2 * dotenv->cap : 16;
		dotenv->entries = xreallocarray(dotenv->entries, dotenv->cap, sizeof(entry));
	}
	entry.name = xstrndup((const char *)name.data, name.len);
	entry.len = dotenv->values.len - entry.offset;
	dotenv->entries[dotenv->count++] = entry;
	return 0;
}

static int
by_name_then_line(const void *a, const void *b)
{
	const struct dotenv_entry *first = *(const struct dotenv_entry *const *)a;
	const struct dotenv_entry *second = *(const struct dotenv_entry *const *)b;
	int order = strcmp(first->name, second->name);

	return order != 0 ? order : (first->line > second->line) - (first->line < second->line);
}

/* Names the first line that repeats a name. */
static int
check_duplicates(const struct reader *reader, struct error *err)
{
	const struct dotenv *dotenv = &reader->dotenv;
	const struct dotenv_entry **sorted = xcalloc(dotenv->count, sizeof(const void *));
	size_t line = 0, earlier = 0;

	for (size_t i = 0; i < dotenv->count; i++)
		sorted[i] = &dotenv->entries[i];
	qsort(sorted, dotenv->count, sizeof(const void *), by_name_then_line);
	for (size_t i = 1; i < dotenv->count; i++) {
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0 &&
		    (line == 0 || sorted[i]->line < line)) {
			line = sorted[i]->line;
			earlier = sorted[i - 1]->line;
		}
	}
	free(sorted);
	if (line == 0)
		return 0;
	return error_set(err, ERROR_FAILED, "%s:%zu: the name of line %zu again", reader->file,
			 line, earlier);
}

static int
check_bytes(struct reader *reader, struct error *err)
{
	const uint8_t *nul;

	if (reader->source.len > DOTENV_SOURCE_MAX)
		return error_set(err, ERROR_FAILED, "'%s' is larger than %d bytes", reader->file,
				 DOTENV_SOURCE_MAX);
	if (reader->source.len == 0)
		return 0;
	nul = memchr(reader->source.data, 0, reader->source.len);
	if (nul == NULL)
		return 0;
	for (const uint8_t *at = reader->source.data; at < nul; at++)
		reader->line += *at == '\n';
	return fail(reader, reader->line, err, "a NUL byte");
}

static int
read_all(struct reader *reader, struct error *err)
{
	if (peek(reader, 0) == 0xef && peek(reader, 1) == 0xbb && peek(reader, 2) == 0xbf)
		reader->at = 3;
	while (reader->at < reader->source.len) {
		skip_blanks(reader);
		if (rest_of_line(reader).len > 0 && peek(reader, 0) != '#' &&
		    read_entry(reader, err) < 0)
			return -1;
		skip_line(reader);
	}
	return check_duplicates(reader, err);
}

int
dotenv_read(struct bytes source, const char *file, struct dotenv *ret, struct error *err)
{
	struct reader reader = { .source = source, .file = file, .line = 1, .dotenv = DOTENV_INIT };

	/* No value is longer decoded than it stands in the file. */
	if (check_bytes(&reader, err) < 0 ||
	    secret_new(source.len > 0 ? source.len : 1, &reader.dotenv.values, err) < 0)
		return -1;
	if (read_all(&reader, err) < 0) {
		dotenv_clear(&reader.dotenv);
		return -1;
	}
	*ret = reader.dotenv;
	return 0;
}

/* Characters that no reader, a shell included, takes for anything but themselves. */
static bool
is_plain(struct bytes value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_-./:@%+,=";

	for (size_t i = 0; i < value.len; i++) {
		if (memchr(plain, value.data[i], strlen(plain)) == NULL)
			return false;
	}
	return true;
}

static bool
has(struct bytes value, uint8_t byte)
{
	return value.len > 0 && memchr(value.data, byte, value.len) != NULL;
}

static int
append_text(struct secret *out, const char *text, struct error *err)
{
	return secret_append(out, bytes_of(text), err);
}

static int
append_escaped(struct secret *out, uint8_t byte, struct error *err)
{
	for (size_t i = 0; i < COUNT(escapes); i++) {
		uint8_t pair[] = { '\\', escapes[i].letter };

		if (byte == escapes[i].byte)
			return secret_append(out, BYTES(pair), err);
	}
	return secret_append(out, (struct bytes){ &byte, 1 }, err);
}

static int
append_double_quoted(struct secret *out, struct bytes value, struct error *err)
{
	if (append_text(out, "\"", err) < 0)
		return -1;
	for (size_t i = 0; i < value.len; i++) {
		if (append_escaped(out, value.data[i], err) < 0)
			return -1;
	}
	return append_text(out, "\"", err);
}

static int
append_value(struct secret *out, struct bytes value, struct error *err)
{
	if (is_plain(value))
		return secret_append(out, value, err);
	/* The reader takes CRLF for a line's end inside quotes too, so a CR must be an escape. */
	if (has(value, '\'') || has(value, '\r'))
		return append_double_quoted(out, value, err);
	if (append_text(out, "'", err) < 0 || secret_append(out, value, err) < 0)
		return -1;
	return append_text(out, "'", err);
}

int
dotenv_write(const char *name, struct bytes value, struct secret *out, struct error *err)
{
	size_t before = out->len;

	if (has(value, 0))
		return error_set(err, ERROR_FAILED, "'%s' has a NUL byte, which a .env cannot hold",
				 name);
	if (append_text(out, name, err) < 0 || append_text(out, "=", err) < 0 ||
	    append_value(out, value, err) < 0 || append_text(out, "\n", err) < 0) {
		secret_truncate(out, before);
		return -1;
	}
	return 0;
}

size_t
dotenv_write_size(const char *name, struct bytes value)
{
	return strlen(name) + strlen("=\"\"\n") + 2 * value.len;
}
