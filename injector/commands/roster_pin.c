/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/invocation.h"
#include "injector/terminal.h"

static const struct option_spec options[] = { OPTION_END };

static int
print(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	char text[PIN_TEXT_BYTES];
	struct pin pin;

	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0)
		return -1;
	pin_of(chain_current(&project.chain), &pin);
	pin_format(&pin, text);
	printf("%s\n", text);
	return 0;
}

static int
keep(const char *text, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	const struct project_trust trust = { .pin = text, .replaces = true };
	struct pin pin;

	if (!pin_parse(bytes_of(text), &pin))
		return error_set(err, ERROR_USAGE, "the pin is not PROJECT-ID:SERIAL:HASH");
	if (project_open(PROJECT_READ, &project, err) < 0 ||
	    project_load_schema(&project, err) < 0 ||
	    project_load_roster(&project, &trust, err) < 0)
		return -1;
	terminal_note("the pin holds; this clone now trusts roster %u, and what follows it by the "
		      "rules",
		      chain_current(&project.chain)->serial);
	for (size_t i = 0; i < project.notes.count; i++)
		terminal_note("%s", project.notes.items[i]);
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	return invocation->operand_count == 0 ? print(invocation, err) :
						keep(invocation->operands[0], err);
}

static const char *const details[] = {
	"Without PIN, prints the pin of the roster in force, for others and for CI ($TFSECRETS_PIN). Who can edit "
	"the whole repository cannot edit a pin that came another way.",
	"With PIN, holds the rosters to it and, when it holds, puts it in the place of what this clone trusted "
	"until now: for a new clone, and after the team began anew with another project-id.",
	NULL,
};

const struct command command_roster_pin = {
	.name = "roster pin",
	.summary = "print the pin, or trust one",
	.operands = "[PIN]",
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
