/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/invocation.h"
#include "injector/repository/conflict.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	{ 0, "ours", OPTION_NONE, NULL, NULL, "take the value of HEAD, as git says 'ours'" },
	{ 0, "theirs", OPTION_NONE, NULL, NULL, "take the value of what is merged into it" },
	{ 0, "set", OPTION_NONE, NULL, NULL, "take neither, but a value given as to 'set'" },
	OPTION_VALUE_FILE,
	{ 0, "accept", OPTION_NONE, NULL, NULL,
	  "take a side that is pending, sealed by somebody who is no sealer" },
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

/* What the command line chooses. */
struct choice {
	enum side side; /* SIDES: a value of its own */
	bool may_accept;
	struct secret value;
};

static int
read_choice(const struct invocation *invocation, struct choice *ret, struct error *err)
{
	const struct options *given = &invocation->options;
	bool ours = option_is_set(given, "ours"), theirs = option_is_set(given, "theirs");
	bool set = option_is_set(given, "set");

	if (ours + theirs + set != 1)
		return error_set(err, ERROR_USAGE, "give one of --ours, --theirs and --set");
	if (option_value(given, "file") != NULL && !set)
		return error_set(err, ERROR_USAGE, "'--file' goes with '--set'");
	if (option_is_set(given, "accept") && set)
		return error_set(err, ERROR_USAGE, "'--accept' goes with '--ours' or '--theirs'");
	ret->side = ours ? SIDE_OURS : theirs ? SIDE_THEIRS : SIDES;
	ret->may_accept = option_is_set(given, "accept");
	return 0;
}

static void
name_sides(const struct project *project)
{
	char *names[SIDES];

	conflict_commits(project, names);
	if (names[SIDE_OURS][0] != 0)
		terminal_note("ours is %s; theirs is %s", names[SIDE_OURS], names[SIDE_THEIRS]);
	for (size_t i = 0; i < SIDES; i++)
		free(names[i]);
}

static void
say(const struct change *change, const struct setting *setting, const struct choice *choice)
{
	static const char *const verbs[] = { [SIDE_OURS] = "took our value of",
					     [SIDE_THEIRS] = "took their value of",
					     [SIDES] = "sealed a new value of" };
	const char *environment = change->environment->name;

	name_sides(change->project);
	terminal_note("%s: %s: %s", environment, verbs[choice->side], setting->name);
	terminal_note("go on with: git add tfsecrets/%s/sealed/%s", environment, setting->name);
	if (!change->is_sealer)
		terminal_warn("you are not a sealer of '%s': what you sealed stays pending, and is "
			      "not applied until a sealer accepts it",
			      environment);
}

static int
resolve(struct change *change, const struct setting *setting, const struct choice *choice,
	struct error *err)
{
	struct sealed_file sides[SIDES] = { SEALED_FILE_INIT, SEALED_FILE_INIT };
	int status = conflict_read(change, setting->name, sides, err);

	if (status < 0 && err->code == ERROR_MISSING)
		err->code = ERROR_REFUSED;
	if (status == 0 && choice->side == SIDES)
		status = change_resolve_with(change, setting, sides, secret_bytes(&choice->value),
					     err);
	else if (status == 0)
		status = change_resolve(change, setting, sides, choice->side, choice->may_accept,
					err);
	for (size_t i = 0; i < SIDES; i++)
		sealed_file_clear(&sides[i]);
	return status;
}

static int
check_kind(const struct setting *setting, const char *environment, struct error *err)
{
	if (setting->kind == KIND_SECRET)
		return 0;
	return error_set(
		err, ERROR_USAGE,
		"'%s' is plain: what could not be merged in tfsecrets/%s/config.yaml is for "
		"you to edit, then 'git add' it",
		setting->name, environment);
}

static int
run_with(const struct invocation *invocation, struct choice *choice, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;
	CLEANUP(change_end) struct change change = CHANGE_INIT;
	const struct setting *setting;
	const char *environment;

	if (invocation_project(invocation, PROJECT_WRITE, &project, err) < 0 ||
	    invocation_environment(invocation, &project, &environment, err) < 0 ||
	    project_setting(&project, invocation->operands[0], &setting, err) < 0 ||
	    check_kind(setting, environment, err) < 0 ||
	    invocation_identities_if_any(invocation, &identities, err) < 0 ||
	    (choice->side == SIDES && invocation_value(invocation, setting->name, environment, NULL,
						       &choice->value, err) < 0) ||
	    change_begin(&project, environment, &identities, &change, err) < 0 ||
	    resolve(&change, setting, choice, err) < 0 || change_commit(&change, err) < 0)
		return -1;
	say(&change, setting, choice);
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	struct choice choice = { .value = SECRET_INIT };
	int status = -1;

	if (read_choice(invocation, &choice, err) == 0)
		status = run_with(invocation, &choice, err);
	secret_clear(&choice.value);
	return status;
}

static const char *const details[] = {
	"When two branches have sealed different values of one setting, git has a conflict in its file. This ends "
	"it: the side taken is opened and sealed anew, so that it follows both; a side without a file, or with a "
	"tombstone, becomes a tombstone. Who cannot read uses --set.",
	"ours and theirs are git's words: in a merge ours is the branch that you are on, in a rebase the one that "
	"you rebase onto; the commits are named. git's index is left alone: 'git add' the file afterwards.",
	NULL,
};

const struct command command_resolve = {
	.name = "resolve",
	.summary = "end a merge conflict on one value",
	.operands = "SETTING",
	.operands_min = 1,
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
