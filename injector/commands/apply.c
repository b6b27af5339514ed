/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/delivery.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	OPTIONS_CLUSTER,
	{ 0, "dry-run", OPTION_ONE_OF, "WHERE", OPTION_CHOICES("none", "client", "server"),
	  "say what would be done; the server checks it, or only we do" },
	{ 0, "force-conflicts", OPTION_NONE, NULL, NULL, "take fields that other managers own" },
	{ 0, "adopt", OPTION_NONE, NULL, NULL,
	  "take over for good what kubectl and its like have written" },
	{ 0, "allow-rollback", OPTION_NONE, NULL, NULL,
	  "write values that are older than what the target has had" },
	{ 0, "write-only", OPTION_NONE, NULL, NULL,
	  "make or replace the objects without a look, as who may not read them" },
	{ 0, "create-namespace", OPTION_NONE, NULL, NULL,
	  "make the namespace where there is none" },
	{ 0, "restart", OPTION_NONE, NULL, NULL,
	  "restart the workloads that use what has changed" },
	{ 0, "wait", OPTION_NONE, NULL, NULL, "wait until their new pods have taken over" },
	{ 0, "atomic", OPTION_NONE, NULL, NULL,
	  "restart, wait, and put everything back when they do not" },
	{ 0, "prune", OPTION_NONE, NULL, NULL,
	  "then delete objects of ours that the schema has no more" },
	OPTION_YES,
	OPTION_OUTPUT("name", "json", "yaml"),
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

static enum apply_dry_run
dry_run(const struct invocation *invocation)
{
	const char *given = option_value(&invocation->options, "dry-run");

	if (given == NULL || strcmp(given, "none") == 0)
		return DRY_RUN_NONE;
	return strcmp(given, "client") == 0 ? DRY_RUN_CLIENT : DRY_RUN_SERVER;
}

/* What each deed is called. */
static const char *const deeds[] = {
	[APPLY_UNCHANGED] = "unchanged",
	[APPLY_CREATED] = "created",
	[APPLY_CHANGED] = "changed",
	[APPLY_ADOPTED] = "adopted",
	[APPLY_REPLACED] = "replaced",
	[APPLY_RESTARTED] = "restarted",
	[APPLY_PRUNED] = "pruned",
	[APPLY_PUT_BACK] = "put back",
	[APPLY_NOT_WRITTEN] = "not written",
	[APPLY_NOT_KNOWN] = "not known to be written",
	[APPLY_NOT_PUT_BACK] = "not put back",
	[APPLY_NOT_KNOWN_BACK] = "not known to be put back",
};

/* As a member of a list: a line of JSON, which behind a dash is YAML, too. */
static void
describe_as_data(const struct apply_report *report, bool is_yaml, struct buf *out)
{
	const struct {
		const char *name, *value;
	} members[] = {
		{ "kind", report->kind },	{ "namespace", report->namespace },
		{ "name", report->name },	{ "result", deeds[report->deed] },
		{ "changes", report->changes },
	};
	const struct list none = LIST_INIT;
	struct json json = JSON_INIT(out, JSON_COMPACT);

	buf_append_text(out, is_yaml ? "- " : "");
	json_open(&json, '{');
	for (size_t i = 0; i < COUNT(members); i++) {
		json_name(&json, members[i].name);
		json_text(&json, members[i].value);
	}
	json_list(&json, "drift", report->drift != NULL ? report->drift : &none);
	json_close(&json, '}');
	buf_append_byte(out, '\n');
}

/* kubectl's words: "secret/app serverside-applied (server dry run)". */
static void
describe(const struct invocation *invocation, const struct apply_report *report, struct buf *out)
{
	static const char *const suffixes[] = {
		[DRY_RUN_NONE] = "",
		[DRY_RUN_CLIENT] = " (dry run)",
		[DRY_RUN_SERVER] = " (server dry run)",
	};

	const char *format = option_value(&invocation->options, "output");
	bool is_patch = (report->deed == APPLY_CREATED || report->deed == APPLY_CHANGED) &&
			!option_is_set(&invocation->options, "write-only");

	for (size_t i = 0; report->drift != NULL && i < report->drift->count; i++)
		terminal_note("note: %s/%s in %s: %s", report->shown, report->name,
			      report->namespace, report->drift->items[i]);
	if (format == NULL)
		buf_printf(out, "%s/%s %s%s\n", report->shown, report->name,
			   is_patch ? "serverside-applied" : deeds[report->deed],
			   suffixes[dry_run(invocation)]);
	else if (strcmp(format, "name") == 0 && report->deed < APPLY_NOT_WRITTEN)
		buf_printf(out, "%s/%s\n", report->shown, report->name);
	else if (strcmp(format, "name") != 0)
		describe_as_data(report, strcmp(format, "yaml") == 0, out);
}

/* What goes by what is there has no sense without a look at it. */
static int
check_write_only(const struct invocation *invocation, struct error *err)
{
	static const char *const looking[] = { "adopt", "force-conflicts", "prune", "atomic" };

	if (!option_is_set(&invocation->options, "write-only"))
		return 0;
	for (size_t i = 0; i < COUNT(looking); i++) {
		if (option_is_set(&invocation->options, looking[i]))
			return error_set(err, ERROR_USAGE,
					 "'--%s' takes a look at what is there, and "
					 "'--write-only' none",
					 looking[i]);
	}
	if (dry_run(invocation) == DRY_RUN_CLIENT)
		return error_set(err, ERROR_USAGE,
				 "'--dry-run=client' takes a look at what is there, and "
				 "'--write-only' none; --dry-run=server does without");
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	bool is_atomic = option_is_set(&invocation->options, "atomic");
	size_t differing;
	const struct delivery_terms delivery = {
		.dry_run = dry_run(invocation),
		.write_only = option_is_set(&invocation->options, "write-only"),
		.adopt = option_is_set(&invocation->options, "adopt"),
		.force = option_is_set(&invocation->options, "force-conflicts"),
		.allow_rollback = option_is_set(&invocation->options, "allow-rollback"),
		.create_namespace = option_is_set(&invocation->options, "create-namespace"),
		.restart = option_is_set(&invocation->options, "restart") || is_atomic,
		.wait = option_is_set(&invocation->options, "wait") || is_atomic,
		.prune = option_is_set(&invocation->options, "prune"),
		.atomic = is_atomic,
		.done = "applied",
		.announce = true,
		.describe = describe,
	};

	if (check_write_only(invocation, err) < 0)
		return -1;
	return delivery_run(invocation, &delivery, &differing, err);
}

static const char *const details[] = {
	"Looks at the objects' metadata, writes what differs by server-side apply, and needs no key when "
	"nothing does. Values that are older than those that a target has had are refused.",
	NULL,
};

const struct command command_apply = {
	.name = "apply",
	.summary = "write the ConfigMaps and Secrets to the cluster",
	.details = details,
	.options = options,
	.run = run,
};
