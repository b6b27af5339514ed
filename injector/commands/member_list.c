/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/invocation.h"
#include "injector/repository/roster_changes.h"

enum { OUTPUT_MAX = 16 * 1024 * 1024 };

static const struct option_spec options[] = {
	OPTION_OUTPUT("text", "json"),
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

/* The environments in which the member is in the set. */
static void
environments_of(const struct roster *roster, const struct member *member, bool sealers,
		struct list *ret)
{
	for (size_t i = 0; i < roster->environment_count; i++) {
		const struct roster_environment *environment = &roster->environments[i];

		if (roster_has(roster, sealers ? &environment->sealers : &environment->readers,
			       member))
			list_add(ret, environment->name);
	}
}

static void
print_member(const struct roster *roster, const struct member *member)
{
	CLEANUP(list_clear) struct list reads = LIST_INIT;
	CLEANUP(list_clear) struct list seals = LIST_INIT;
	CLEANUP(free_text) char *read_text = NULL;
	CLEANUP(free_text) char *seal_text = NULL;
	char recipient[MEMBER_KEY_BYTES], signing[MEMBER_KEY_BYTES];

	environments_of(roster, member, false, &reads);
	environments_of(roster, member, true, &seals);
	read_text = list_join(&reads, ", ", ", ");
	seal_text = list_join(&seals, ", ", ", ");
	member_show_recipient(member, recipient);
	member_show_signing(member, signing);
	printf("%s%s\n  reads        %s\n  seals        %s\n  recipient    %s\n  signing key  %s\n",
	       member->name, roster_has(roster, &roster->admins, member) ? " (admin)" : "",
	       reads.count > 0 ? read_text : "-", seals.count > 0 ? seal_text : "-", recipient,
	       signing);
}

static void
json_member(struct json *json, const struct roster *roster, const struct member *member)
{
	CLEANUP(list_clear) struct list reads = LIST_INIT;
	CLEANUP(list_clear) struct list seals = LIST_INIT;
	char recipient[AGE_RECIPIENT_TEXT_BYTES], signing[SSH_PUBLIC_TEXT_BYTES];

	environments_of(roster, member, false, &reads);
	environments_of(roster, member, true, &seals);
	json_open(json, '{');
	json_name(json, "name");
	json_text(json, member->name);
	json_name(json, "admin");
	json_boolean(json, roster_has(roster, &roster->admins, member));
	json_list(json, "reads", &reads);
	json_list(json, "seals", &seals);
	if (member->reads) {
		age_recipient_format(&member->recipient, recipient);
		json_name(json, "recipient");
		json_text(json, recipient);
	}
	if (member->signs) {
		ssh_public_format(member->signing, signing);
		json_name(json, "signing-key");
		json_text(json, signing);
	}
	json_close(json, '}');
}

static int
print_json(const struct roster *roster, struct error *err)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	struct json json = JSON_INIT(&out, JSON_PRETTY);

	json_open(&json, '{');
	json_name(&json, "roster");
	json_number(&json, roster->serial);
	json_name(&json, "members");
	json_open(&json, '[');
	for (size_t i = 0; i < roster->member_count; i++)
		json_member(&json, roster, &roster->members[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	if (buf_check(&out, "the list", err) < 0)
		return -1;
	printf("%s\n", buf_text(&out));
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	const char *format = option_value(&invocation->options, "output");
	const struct roster *roster;

	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0)
		return -1;
	roster = chain_current(&project.chain);
	if (format != NULL && format[0] == 'j')
		return print_json(roster, err);
	for (size_t i = 0; i < roster->member_count; i++)
		print_member(roster, &roster->members[i]);
	return 0;
}

const struct command command_member_list = {
	.name = "member list",
	.summary = "who is in the roster, with which keys and rights",
	.options = options,
	.run = run,
};
