/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "crypto/random.h"
#include "injector/commands/accept.h"
#include "injector/commands/commands.h"
#include "injector/commands/report.h"
#include "injector/entry.h"
#include "injector/invocation.h"
#include "injector/repository/dotenv.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	{ 0, "from", OPTION_VALUE, "FILE", NULL, "take values from a .env file" },
	{ 0, "accept", OPTION_NONE, NULL, NULL,
	  "show what others have sealed who are no sealers, and seal it as yours" },
	{ 0, "reveal", OPTION_NONE, NULL, NULL, "with --accept, print each value" },
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

/* One run of the command. */
struct sealing {
	const struct schema *schema;
	struct list wanted; /* the operands; none: all settings */
	struct change change;
	struct report report;
	bool *has_value; /* for each setting of the schema */
	struct list missing;
};

static bool
is_wanted(const struct sealing *sealing, const char *name)
{
	return sealing->wanted.count == 0 || list_has(&sealing->wanted, name);
}

static int
set(struct sealing *sealing, const struct setting *setting, struct bytes value, struct error *err)
{
	enum outcome outcome;

	if (change_set(&sealing->change, setting, value, &outcome, err) < 0)
		return -1;
	report_add(&sealing->report, setting, outcome);
	sealing->has_value[setting - sealing->schema->settings] = true;
	return 0;
}

static int
set_entry(struct sealing *sealing, const struct dotenv *dotenv, size_t at, struct error *err)
{
	const char *name = dotenv->entries[at].name;
	const struct setting *setting;

	if (!is_wanted(sealing, name))
		return 0;
	if (project_setting(sealing->change.project, name, &setting, err) < 0) {
		err->code = ERROR_REFUSED;
		return -1;
	}
	return set(sealing, setting, dotenv_value(dotenv, at), err);
}

static int
take_from(struct sealing *sealing, const char *file, struct error *err)
{
	CLEANUP(secret_clear) struct secret source = SECRET_INIT;
	CLEANUP(dotenv_clear) struct dotenv dotenv = DOTENV_INIT;

	if (entry_from_file(file, DOTENV_SOURCE_MAX, &source, err) < 0 ||
	    dotenv_read(secret_bytes(&source), file, &dotenv, err) < 0)
		return -1;
	for (size_t i = 0; i < dotenv.count; i++) {
		if (set_entry(sealing, &dotenv, i, err) < 0) {
			terminal_progress_end();
			return error_context(err, "%s:%zu", file, dotenv.entries[i].line);
		}
		terminal_progress("sealed", i + 1, dotenv.count);
	}
	terminal_progress_end();
	return 0;
}

/* What stands in config.yaml in the clear. */
static int
take_plain(struct sealing *sealing, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;

	if (change_seal_plain(&sealing->change, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const struct setting *setting = schema_setting(sealing->schema, names.items[i]);

		terminal_note("%s: took '%s' out of config.yaml", sealing->change.environment->name,
			      setting->name);
		report_add(&sealing->report, setting, OUTCOME_CHANGED);
		sealing->has_value[setting - sealing->schema->settings] = true;
	}
	return 0;
}

/* What has a value already; values of the epoch before, which a late merge brought, are sealed anew. */
static int
take_present(struct sealing *sealing, struct error *err)
{
	struct change *change = &sealing->change;
	CLEANUP(environment_state_clear) struct environment_state state = ENVIRONMENT_STATE_INIT;

	if (environment_state_read(&change->project->files, chain_current(&change->project->chain),
				   change->roster, terminal_progress_verified, &state, err) < 0)
		return -1;
	terminal_progress_end();
	for (size_t i = 0; i < state.count; i++) {
		const struct value_state *value = &state.values[i];
		const struct setting *setting = schema_setting(sealing->schema, value->name);
		enum outcome outcome;

		if (setting == NULL)
			continue;
		sealing->has_value[setting - sealing->schema->settings] |=
			value->status != STATUS_UNSET;
		if (value->status == STATUS_INVALID)
			terminal_warn("%s", value->problem);
		if (value->status != STATUS_STALE)
			continue;
		if (change_reseal(change, value->name, &outcome, err) < 0)
			return -1;
		report_add(&sealing->report, setting, outcome);
	}
	for (size_t i = 0; i < plain_count(&change->plain); i++) {
		const struct setting *setting =
			schema_setting(sealing->schema, plain_name(&change->plain, i));

		if (setting != NULL)
			sealing->has_value[setting - sealing->schema->settings] = true;
	}
	return 0;
}

static int
generate(struct sealing *sealing, const struct setting *setting, struct error *err)
{
	static const char *const alphabets[] = {
		[GENERATE_BASE64URL] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
		[GENERATE_HEX] = "0123456789abcdef",
		[GENERATE_ALPHANUMERIC] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	};
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;

	if (secret_new(setting->generate, &value, err) < 0 ||
	    random_text(&value, setting->generate, alphabets[setting->alphabet], err) < 0 ||
	    set(sealing, setting, secret_bytes(&value), err) < 0)
		return error_context(err, "generating '%s'", setting->name);
	return 0;
}

static int
ask(struct sealing *sealing, const struct setting *setting, struct error *err)
{
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;

	if (entry_ask(setting->name, sealing->change.environment->name, &value, err) < 0)
		return -1;
	return set(sealing, setting, secret_bytes(&value), err);
}

/* A setting without a value: made, asked for, or missing. */
static int
fill_in(struct sealing *sealing, const struct setting *setting, bool may_ask, struct error *err)
{
	if (setting->generate > 0)
		return generate(sealing, setting, err);
	if (sealing->wanted.count == 0 &&
	    (setting->default_value != NULL ||
	     !setting_is_required(setting, sealing->change.environment->name)))
		return 0;
	if (setting->kind == KIND_SECRET && may_ask)
		return ask(sealing, setting, err);
	list_add(&sealing->missing, setting->name);
	return 0;
}

static int
fill_in_all(struct sealing *sealing, bool may_ask, struct error *err)
{
	for (size_t i = 0; i < sealing->schema->setting_count; i++) {
		const struct setting *setting = &sealing->schema->settings[i];

		if (!sealing->has_value[i] && is_wanted(sealing, setting->name) &&
		    fill_in(sealing, setting, may_ask, err) < 0)
			return -1;
	}
	return 0;
}

/* With --from it is enough to say so: the rest may come from somebody else. */
static int
judge_missing(struct sealing *sealing, bool has_source, struct error *err)
{
	const char *environment = sealing->change.environment->name;
	CLEANUP(free_text) char *names = list_join(&sealing->missing, ", ", ", ");

	if (sealing->missing.count == 0)
		return 0;
	if (!has_source)
		return error_set(
			err, ERROR_REFUSED,
			"'%s' has no value for %s; give them with --from FILE, or one at a time "
			"with 'tfsecrets set NAME --env %s'",
			environment, names, environment);
	terminal_note("%s: still without a value: %s", environment, names);
	return 0;
}

static int
seal(struct sealing *sealing, const struct invocation *invocation, struct error *err)
{
	const char *file = option_value(&invocation->options, "from");

	if (take_present(sealing, err) < 0 || take_plain(sealing, err) < 0 ||
	    (file != NULL && take_from(sealing, file, err) < 0) ||
	    fill_in_all(sealing, file == NULL && terminal_can_ask(), err) < 0 ||
	    judge_missing(sealing, file != NULL, err) < 0 ||
	    change_commit(&sealing->change, err) < 0)
		return -1;
	report_print(&sealing->report, &sealing->change);
	return 0;
}

static int
begin(const struct invocation *invocation, struct project *project, struct identities *identities,
      struct sealing *sealing, struct error *err)
{
	const struct setting *setting;
	const char *environment;

	if (invocation_environment(invocation, project, &environment, err) < 0)
		return -1;
	for (size_t i = 0; i < invocation->operand_count; i++) {
		if (project_setting(project, invocation->operands[i], &setting, err) < 0)
			return -1;
		list_add(&sealing->wanted, setting->name);
	}
	sealing->schema = project->schema;
	sealing->has_value = xcalloc(project->schema->setting_count, sizeof(*sealing->has_value));
	if (invocation_identities_if_any(invocation, identities, err) < 0)
		return -1;
	return change_begin(project, environment, identities, &sealing->change, err);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;
	struct sealing sealing = { .change = CHANGE_INIT };
	int status = -1;

	if (option_is_set(&invocation->options, "accept"))
		return accept_pending(invocation, err);
	if (option_is_set(&invocation->options, "reveal"))
		return error_set(err, ERROR_USAGE, "'--reveal' goes with '--accept'");
	if (invocation_project(invocation, PROJECT_WRITE, &project, err) == 0 &&
	    begin(invocation, &project, &identities, &sealing, err) == 0)
		status = seal(&sealing, invocation, err);
	change_end(&sealing.change);
	report_clear(&sealing.report);
	list_clear(&sealing.wanted);
	list_clear(&sealing.missing);
	free(sealing.has_value);
	return status;
}

static const char *const details[] = {
	"Takes every value of a .env file (--from), every secret that stands in config.yaml in the clear, and "
	"every value that a late merge brought from the epoch before. Secrets are sealed, the rest goes to "
	"config.yaml. What is missing is generated where the schema says so, else asked for.",
	"Sealing needs no private key of the environment. Who can read it compares in memory: the same value "
	"again changes nothing.",
	"A value sealed by somebody who is not a sealer is pending: shown by 'check', never used. --accept, for "
	"a sealer who can read, says of each who sealed it and when, its length and whether it is text, asks on "
	"a terminal, and seals it anew.",
	NULL,
};

const struct command command_seal = {
	.name = "seal",
	.summary = "classify values and seal the secret ones",
	.operands = "[SETTING…]",
	.operands_max = SIZE_MAX,
	.details = details,
	.options = options,
	.run = run,
};
