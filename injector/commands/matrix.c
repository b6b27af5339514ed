/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/matrix.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

/* Widest: a setting or an environment, and whoever sealed; one of each fits side by side in 80 columns. */
enum { NAME_COLUMNS = 38, SIGNER_COLUMNS = 16, CELL_BYTES = 256, GAP = 2 };

/* Cuts text to columns, in its middle: names that differ do so at an end. ASCII, but for the ellipsis.
 * Returns how many columns it takes. */
static size_t
shorten(const char *text, size_t columns, char *out, size_t size)
{
	size_t len = strlen(text), head = columns / 2, tail = columns - 1 - head;

	if (len <= columns) {
		(void)snprintf(out, size, "%s", text);
		return len;
	}
	(void)snprintf(out, size, "%.*s…%s", (int)head, text, text + len - tail);
	return columns;
}

/* The largest unit only: "95d". */
static void
put_age(int64_t now, int64_t then, char out[static TIME_TEXT_BYTES])
{
	text_from_duration(now > then ? (uint64_t)(now - then) : 0, out);
	out[strcspn(out, " ")] = 0;
}

static const char *
mark_of(const struct status_cell *cell)
{
	if ((cell->due & 1U << DUE_SOURCE) != 0)
		return ", source";
	return (cell->due & 1U << DUE_ROTATE) != 0 ? ", rotate" : "";
}

/* "valid 95d alice, rotate"; returns its columns. */
static size_t
put_cell(const struct status *status, const struct status_cell *cell, char out[static CELL_BYTES])
{
	const char *state = cell->state == CELL_NOT_REQUIRED ? "-" : cell_state_name(cell->state);
	char age[TIME_TEXT_BYTES], who[CELL_BYTES / 2];
	size_t columns;

	if (cell->sealed == NULL) {
		(void)snprintf(out, CELL_BYTES, "%s", state);
		return strlen(out);
	}
	put_age(status->now, cell->sealed->changed_at, age);
	columns = shorten(cell->signer != NULL ? cell->signer->name : cell->sealed->sealed_by,
			  SIGNER_COLUMNS, who, sizeof(who));
	(void)snprintf(out, CELL_BYTES, "%s %s %s%s", state, age, who, mark_of(cell));
	return strlen(out) - strlen(who) + columns;
}

static const char *
colour_of(const struct status_cell *cell)
{
	switch (cell->state) {
	case CELL_PENDING:
	case CELL_STALE:
	case CELL_INVALID:
	case CELL_MISSING:
		return RED;
	case CELL_VALID:
	case CELL_PLAIN:
	case CELL_DEFAULT:
	case CELL_UNSET:
	case CELL_NOT_REQUIRED:
		break;
	}
	return cell->due != 0 ? YELLOW : NULL;
}

static void
pad(struct buf *out, size_t columns)
{
	for (size_t i = 0; i < columns; i++)
		buf_append_byte(out, ' ');
}

/* The padding comes with the next cell, so that no line ends in blanks. */
struct line {
	struct buf *out;
	size_t owed;
};

static void
put(struct line *line, const char *text, size_t columns, size_t width, const char *colour)
{
	pad(line->out, line->owed);
	if (colour != NULL)
		buf_append_text(line->out, colour);
	buf_append_text(line->out, text);
	if (colour != NULL)
		buf_append_text(line->out, PLAIN);
	line->owed = width - columns + GAP;
}

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t
width_of(const struct status *status, const struct status_environment *environment)
{
	char text[CELL_BYTES];
	size_t width = shorten(environment->environment->name, NAME_COLUMNS, text, sizeof(text));

	for (size_t i = 0; i < status->project->schema->setting_count; i++)
		width = larger(width, put_cell(status, &environment->cells[i], text));
	return width;
}

static size_t
name_width(const struct schema *schema)
{
	char text[CELL_BYTES];
	size_t width = 0;

	for (size_t i = 0; i < schema->setting_count; i++)
		width = larger(width,
			       shorten(schema->settings[i].name, NAME_COLUMNS, text, sizeof(text)));
	return width;
}

/* Environments first to last - 1, side by side. */
struct block {
	size_t name_width, first, last;
	const size_t *widths; /* of every environment */
};

static void
put_header(const struct status *status, const struct block *block, struct buf *out)
{
	struct line line = { .out = out };
	char text[CELL_BYTES];

	put(&line, "", 0, block->name_width, NULL);
	for (size_t i = block->first; i < block->last; i++) {
		size_t columns = shorten(status->environments[i].environment->name, NAME_COLUMNS,
					 text, sizeof(text));

		put(&line, text, columns, block->widths[i], NULL);
	}
	buf_append_byte(out, '\n');
}

static void
put_row(const struct status *status, const struct block *block, size_t setting, bool has_colour,
	struct buf *out)
{
	struct line line = { .out = out };
	char text[CELL_BYTES];
	size_t columns = shorten(status->project->schema->settings[setting].name, NAME_COLUMNS,
				 text, sizeof(text));

	put(&line, text, columns, block->name_width, NULL);
	for (size_t i = block->first; i < block->last; i++) {
		const struct status_cell *cell = &status->environments[i].cells[setting];

		columns = put_cell(status, cell, text);
		put(&line, text, columns, block->widths[i], has_colour ? colour_of(cell) : NULL);
	}
	buf_append_byte(out, '\n');
}

/* One past the last environment that fits; one fits always. */
static size_t
fitting(const struct block *block, size_t count, size_t columns)
{
	size_t used = block->name_width, at = block->first;

	while (at < count && (at == block->first || used + GAP + block->widths[at] <= columns))
		used += GAP + block->widths[at++];
	return at;
}

void
matrix_write(const struct status *status, const struct matrix_style *style, struct buf *out)
{
	size_t *widths = xcalloc(status->count, sizeof(*widths));
	struct block block = { .name_width = name_width(status->project->schema),
			       .widths = widths };

	for (size_t i = 0; i < status->count; i++)
		widths[i] = width_of(status, &status->environments[i]);
	while (block.first < status->count) {
		block.last = fitting(&block, status->count, style->columns);
		put_header(status, &block, out);
		for (size_t i = 0; i < status->project->schema->setting_count; i++)
			put_row(status, &block, i, style->has_colour, out);
		buf_append_byte(out, '\n');
		block.first = block.last;
	}
	free(widths);
}

/* Of settings: why, and the command: its words, the setting where it takes one, the environment. */
static const struct {
	const char *why, *command;
	bool takes_setting;
} kinds[] = {
	[DUE_SEAL] = { "a secret stands in config.yaml in the clear", "seal", false },
	[DUE_SET] = { "there is no value", "set", true },
	[DUE_GENERATE] = { "there is no value, and seal makes one", "seal", true },
	[DUE_RESEAL] = { "sealed in the epoch before", "seal", false },
	[DUE_ACCEPT] = { "sealed by somebody who is not a sealer", "seal --accept", true },
	[DUE_REPAIR] = { "invalid; check says why", "check", false },
	[DUE_SOURCE] = { "change it at the source, a reader who has left could read it", "set",
			 true },
	[DUE_ROTATE] = { "older than its rotate-after", "set", true },
};

/* The same of environments as a whole, one entry for all of them. */
static const struct {
	const char *why, *command;
} wholes[DUE_COUNT] = {
	[DUE_ROSTER] = { "not in the roster yet", "roster sync" },
	[DUE_READER] = { "read by one identity alone: lost, it takes the values along",
			 "member add NAME --recipient age1… --env ENV --read" },
};

/* Wrapped at the columns; a name stays whole, whatever its length. */
static void
put_names(const struct list *names, size_t columns, struct buf *out)
{
	static const char indent[] = "    ";
	size_t used = 0;

	for (size_t i = 0; i < names->count; i++) {
		const char *comma = i + 1 < names->count ? "," : "";
		size_t len = strlen(names->items[i]) + strlen(comma);
		bool is_first = used == 0 || used + 1 + len > columns;

		if (is_first && used > 0)
			buf_append_byte(out, '\n');
		buf_printf(out, "%s%s%s", is_first ? indent : " ", names->items[i], comma);
		used = is_first ? strlen(indent) + len : used + 1 + len;
	}
	if (names->count > 0)
		buf_append_byte(out, '\n');
}

static void
put_why(const char *about, const char *why, const struct matrix_style *style, struct buf *out)
{
	buf_printf(out, "%s%s: %s%s\n", style->has_colour ? YELLOW : "", about, why,
		   style->has_colour ? PLAIN : "");
}

/* One kind in one environment; setting is the only one, or NULL. */
static void
put_kind(enum due kind, const char *environment, const char *setting, const struct list *names,
	 const struct matrix_style *style, struct buf *out)
{
	put_why(environment, kinds[kind].why, style, out);
	put_names(names, style->columns, out);
	buf_printf(out, "  $ tfsecrets %s", kinds[kind].command);
	if (kinds[kind].takes_setting)
		buf_printf(out, " %s", setting != NULL ? setting : "NAME");
	buf_printf(out, " --env %s\n", environment);
}

static void
put_settings(const struct status *status, const struct status_environment *environment,
	     enum due kind, const struct matrix_style *style, struct buf *out)
{
	const struct schema *schema = status->project->schema;
	CLEANUP(list_clear) struct list names = LIST_INIT;
	const char *only = NULL;

	for (size_t i = 0; i < schema->setting_count; i++) {
		const struct status_cell *cell = &environment->cells[i];
		char over[TIME_TEXT_BYTES];

		if ((cell->due & 1U << kind) == 0)
			continue;
		only = names.count == 0 ? schema->settings[i].name : NULL;
		put_age((int64_t)cell->overdue, 0, over);
		list_take(&names, kind == DUE_ROTATE ?
					  xasprintf("%s (for %s)", schema->settings[i].name, over) :
					  xstrdup(schema->settings[i].name));
	}
	if (names.count > 0)
		put_kind(kind, environment->environment->name, only, &names, style, out);
}

static void
put_environments(const struct status *status, enum due kind, const struct matrix_style *style,
		 struct buf *out)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;

	for (size_t i = 0; i < status->count; i++) {
		if ((status->environments[i].due & 1U << kind) != 0)
			list_add(&names, status->environments[i].environment->name);
	}
	if (names.count == 0)
		return;
	put_why("environments", wholes[kind].why, style, out);
	put_names(&names, style->columns, out);
	buf_printf(out, "  $ tfsecrets %s\n", wholes[kind].command);
}

static void
put_proposed(const struct chain *chain, struct buf *out)
{
	if (chain->proposed != NULL)
		buf_printf(out,
			   "roster %u is proposed and has %zu of %u signatures\n"
			   "  $ tfsecrets roster sign\n",
			   chain->proposed->serial, chain->proposed->signature_count,
			   chain_current(chain)->threshold);
}

void
matrix_write_due(const struct status *status, const struct matrix_style *style, struct buf *out)
{
	size_t before = out->len;

	put_proposed(&status->project->chain, out);
	put_environments(status, DUE_ROSTER, style, out);
	for (size_t i = 0; i < status->count; i++) {
		for (size_t kind = 0; kind < COUNT(kinds); kind++)
			put_settings(status, &status->environments[i], (enum due)kind, style, out);
	}
	put_environments(status, DUE_READER, style, out);
	if (out->len == before)
		buf_append_text(out, "nothing is due\n");
}
