/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/proposal.h"

#include <string.h>

#include "base/yaml.h"
#include "injector/terminal.h"
#include "schemas/classify.h"

static const char *const kinds[] = { [KIND_CONFIG] = "config", [KIND_SECRET] = "secret" };

static void
write_environments(const struct proposal *proposal, struct buf *out)
{
	bool several = proposal->environments->count > 1;

	buf_append_text(out, "environments:\n");
	for (size_t i = 0; i < proposal->environments->count; i++) {
		const char *name = proposal->environments->items[i];

		if (proposal->context == NULL) {
			buf_printf(out, "  %s: {}\n", name);
			continue;
		}
		buf_printf(out, "  %s:\n    targets:\n      - context: ", name);
		yaml_write_scalar(out, bytes_of(proposal->context));
		buf_printf(out, "\n        namespace: %s%s%s\n", proposal->project,
			   several ? "-" : "", several ? name : "");
	}
}

static void
write_setting(const struct dotenv *dotenv, size_t at, struct buf *out)
{
	struct classification proposed;

	classify_propose(dotenv->entries[at].name, dotenv_value(dotenv, at), &proposed);
	buf_printf(out, "  %s:\n    kind: %s  # %s\n", dotenv->entries[at].name,
		   kinds[proposed.kind], proposed.reason);
	if (proposed.type != TYPE_STRING)
		buf_printf(out, "    type: %s\n", type_name(proposed.type));
}

void
proposal_write(const struct proposal *proposal, struct buf *out)
{
	buf_printf(out, "version: 1\nproject: %s\n\n", proposal->project);
	write_environments(proposal, out);
	if (proposal->dotenv->count == 0) {
		buf_append_text(out, "\nsettings: {}\n");
		return;
	}
	buf_append_text(out, "\nsettings:\n");
	for (size_t i = 0; i < proposal->dotenv->count; i++)
		write_setting(proposal->dotenv, i, out);
}

void
proposal_print(const struct dotenv *dotenv)
{
	int width = 0;

	for (size_t i = 0; i < dotenv->count; i++) {
		int len = (int)strlen(dotenv->entries[i].name);

		width = len > width ? len : width;
	}
	for (size_t i = 0; i < dotenv->count; i++) {
		struct classification proposed;

		classify_propose(dotenv->entries[i].name, dotenv_value(dotenv, i), &proposed);
		terminal_note("  %-*s  %s  %-8s  %s", width, dotenv->entries[i].name,
			      kinds[proposed.kind], type_name(proposed.type), proposed.reason);
	}
}
