/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/invocation.h"
#include "injector/repository/roster_changes.h"

static const struct option_spec options[] = {
	OPTION_OUTPUT("text", "json"),
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

enum { OUTPUT_MAX = 64 * 1024 * 1024 };

/* One roster of the chain. */
struct entry {
	const struct roster *roster, *before; /* before: NULL at serial 1 */
	const char *state;
	struct list signers, waiting, changes;
};

/* Names of the admins of the roster before, by whether they have signed. */
static void
find_signers(struct entry *entry)
{
	const struct roster *judge = entry->before != NULL ? entry->before : entry->roster;

	for (size_t i = 0; i < judge->admins.count; i++) {
		const struct member *admin = &judge->members[judge->admins.members[i]];
		bool has_signed = false;

		for (size_t k = 0; k < entry->roster->signature_count; k++)
			has_signed =
				has_signed || memcmp(entry->roster->signatures[k].signer,
						     admin->signing, ED25519_PUBLIC_BYTES) == 0;
		list_add(has_signed ? &entry->signers : &entry->waiting, admin->name);
	}
}

/* The newest first; at 0 the proposed one, if there is one. False: there is no such entry. */
static bool
entry_at(const struct chain *chain, size_t at, struct entry *ret)
{
	size_t proposed = chain->proposed != NULL ? 1 : 0, index;

	if (at >= chain->count + proposed)
		return false;
	index = chain->count + proposed - 1 - at;
	*ret = (struct entry){ .state = index + 1 < chain->count ? "past" :
					index < chain->count	 ? "in force" :
								   "proposed" };
	ret->roster = index < chain->count ? chain->rosters[index] : chain->proposed;
	ret->before = index > 0 ? chain->rosters[index - 1] : NULL;
	find_signers(ret);
	roster_changes(ret->before, ret->roster, &ret->changes);
	return true;
}

static void
entry_clear(struct entry *entry)
{
	list_clear(&entry->signers);
	list_clear(&entry->waiting);
	list_clear(&entry->changes);
}

static void
print_entry(const struct chain *chain, const struct entry *entry)
{
	CLEANUP(free_text) char *signers = list_join(&entry->signers, ", ", " and ");
	CLEANUP(free_text) char *waiting = list_join(&entry->waiting, ", ", " or ");
	const struct roster *roster = entry->roster;

	printf("roster %u%s%s, signed by %s\n", roster->serial,
	       strcmp(entry->state, "past") != 0 ? ", " : "",
	       strcmp(entry->state, "past") != 0 ? entry->state : "",
	       entry->signers.count > 0 ? signers : "nobody");
	if (roster == chain->proposed && chain->proposed_problem != NULL)
		printf("  it breaks a rule: %s\n", chain->proposed_problem);
	else if (roster == chain->proposed)
		printf("  lacks %zu of %u signatures, by %s\n",
		       entry->before->threshold - entry->signers.count, entry->before->threshold,
		       waiting);
	if (entry->before == NULL)
		printf("  project %s begins\n", roster->project_id);
	for (size_t i = 0; i < entry->changes.count; i++)
		printf("  %s\n", entry->changes.items[i]);
}

static void
json_entry(struct json *json, const struct entry *entry)
{
	json_open(json, '{');
	json_name(json, "serial");
	json_number(json, entry->roster->serial);
	json_name(json, "state");
	json_text(json, entry->state);
	json_name(json, "hash");
	json_text(json, entry->roster->hash);
	json_list(json, "signed-by", &entry->signers);
	json_list(json, "changes", &entry->changes);
	json_close(json, '}');
}

static int
print_json(const struct chain *chain, struct error *err)
{
	CLEANUP(buf_clear) struct buf out = BUF_INIT(OUTPUT_MAX);
	struct json json = JSON_INIT(&out, JSON_PRETTY);
	struct entry entry;

	json_open(&json, '{');
	json_name(&json, "project-id");
	json_text(&json, chain_current(chain)->project_id);
	json_name(&json, "rosters");
	json_open(&json, '[');
	for (size_t at = 0; entry_at(chain, at, &entry); at++) {
		json_entry(&json, &entry);
		entry_clear(&entry);
	}
	json_close(&json, ']');
	json_close(&json, '}');
	if (buf_check(&out, "the history", err) < 0)
		return -1;
	printf("%s\n", buf_text(&out));
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	const char *format = option_value(&invocation->options, "output");
	struct entry entry;

	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0)
		return -1;
	if (format != NULL && format[0] == 'j')
		return print_json(&project.chain, err);
	for (size_t at = 0; entry_at(&project.chain, at, &entry); at++) {
		print_entry(&project.chain, &entry);
		entry_clear(&entry);
	}
	return 0;
}

static const char *const details[] = {
	"Shows every roster, the newest first: what it changed, and which admins signed it. All of it is "
	"verified before it is shown.",
	NULL,
};

const struct command command_roster_show = {
	.name = "roster show",
	.summary = "the history: who changed what, signed by whom",
	.details = details,
	.options = options,
	.run = run,
};
