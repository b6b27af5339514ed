/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/accept.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "injector/invocation.h"
#include "injector/repository/change.h"
#include "injector/terminal.h"

/* One run. */
struct accepting {
	const struct invocation *invocation;
	struct change change;
	struct list wanted; /* the operands; none: whatever is pending */
	struct list accepted;
	size_t pending;
};

/* What may be said of a value without showing any of it. */
static char *
describe_value(const struct secret *value)
{
	struct bytes bytes = secret_bytes(value);
	size_t lines = 1;
	bool has_control = false;

	for (size_t i = 0; i < bytes.len; i++) {
		lines += bytes.data[i] == '\n' && i + 1 < bytes.len;
		has_control = has_control || bytes.data[i] == 0x7f ||
			      (bytes.data[i] < 0x20 && bytes.data[i] != '\n');
	}
	if (bytes.len == 0)
		return xstrdup("empty");
	if (!text_is_utf8(bytes))
		return xasprintf("%zu bytes, no text", bytes.len);
	return xasprintf("%zu bytes of text in %zu line%s%s", bytes.len, lines,
			 lines == 1 ? "" : "s", has_control ? ", with control characters" : "");
}

static void
show(const struct accepting *accepting, const struct sealed_file *file, const struct secret *value)
{
	const struct sealed *sealed = &file->state.sealed;
	const struct change *change = &accepting->change;
	const struct roster *roster = chain_current(&change->project->chain);
	CLEANUP(free_text)
	char *what = value != NULL ? describe_value(value) : xstrdup("unset, a tombstone");
	const struct member *member = NULL;
	char when[TIME_TEXT_BYTES], fingerprint[SSH_FINGERPRINT_BYTES];

	for (size_t i = 0; i < roster->member_count; i++) {
		if (!roster->members[i].signs)
			continue;
		ssh_fingerprint(roster->members[i].signing, fingerprint);
		if (strcmp(fingerprint, sealed->sealed_by) == 0)
			member = &roster->members[i];
	}
	text_from_time(sealed->sealed_at, when);
	/* Also with --quiet: it is what is agreed to. */
	terminal_say("%s: %s: sealed by %s at %s, epoch %u, generation %u: %s",
		     change->environment->name, sealed->setting,
		     member != NULL ? member->name : sealed->sealed_by, when, sealed->epoch,
		     sealed->generation, what);
}

/* On a terminal a stranger's control characters do not come through; elsewhere every byte does. */
static int
reveal(const struct secret *value, struct error *err)
{
	CLEANUP(secret_clear) struct secret shown = SECRET_INIT;

	if (secret_from(secret_bytes(value), &shown, err) < 0)
		return -1;
	for (size_t i = 0; i < shown.len && isatty(STDOUT_FILENO); i++) {
		uint8_t c = shown.data[i];
		bool is_c1 = c >= 0x80 && c < 0xa0 && i > 0 && value->data[i - 1] == 0xc2;

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || is_c1)
			shown.data[i] = '?';
	}
	if (file_write_all(STDOUT_FILENO, secret_bytes(&shown), "standard output", err) < 0)
		return -1;
	return file_write_all(STDOUT_FILENO, bytes_of("\n"), "standard output", err);
}

static bool
is_confirmed(const struct accepting *accepting, const char *setting)
{
	CLEANUP(free_text) char *question =
		xasprintf("accept '%s' in '%s'?", setting, accepting->change.environment->name);

	return !terminal_can_ask() || terminal_confirm(question);
}

static int
find_setting(const struct accepting *accepting, const char *name, const struct setting **ret,
	     struct error *err)
{
	if (project_setting(accepting->change.project, name, ret, err) < 0) {
		err->code = ERROR_REFUSED;
		return -1;
	}
	if ((*ret)->kind == KIND_CONFIG)
		return error_set(err, ERROR_REFUSED,
				 "'%s' was sealed, but " SCHEMA_FILE ":%zu says config", name,
				 (*ret)->line);
	return 0;
}

static int
accept_one(struct accepting *accepting, const char *name, struct error *err)
{
	CLEANUP(sealed_file_clear) struct sealed_file file = SEALED_FILE_INIT;
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	struct change *change = &accepting->change;
	const struct setting *setting;
	bool unset;

	if (change_read(change, name, &file, err) < 0)
		return -1;
	if (file.state.status != STATUS_PENDING) {
		terminal_note("%s: %s is not pending", change->environment->name, name);
		return 0;
	}
	accepting->pending++;
	unset = file.state.sealed.unset;
	if (find_setting(accepting, name, &setting, err) < 0 ||
	    change_check_sealer(change, name, err) < 0 ||
	    (!unset && change_open(change, &file, &value, err) < 0) ||
	    (!unset && change_check_value(setting, secret_bytes(&value), err) < 0))
		return -1;
	show(accepting, &file, unset ? NULL : &value);
	if (!unset && option_is_set(&accepting->invocation->options, "reveal") &&
	    reveal(&value, err) < 0)
		return -1;
	if (!is_confirmed(accepting, name))
		return 0;
	list_add(&accepting->accepted, name);
	return change_accept(change, setting, &file, unset ? NULL : &value, err);
}

/* Without operands: the names of all that is pending. */
static int
list_pending(struct accepting *accepting, struct error *err)
{
	CLEANUP(environment_state_clear) struct environment_state state = ENVIRONMENT_STATE_INIT;
	struct project *project = accepting->change.project;

	if (environment_state_read(&project->files, chain_current(&project->chain),
				   accepting->change.roster, terminal_progress_verified, &state,
				   err) < 0)
		return -1;
	terminal_progress_end();
	for (size_t i = 0; i < state.count; i++) {
		if (state.values[i].status == STATUS_PENDING)
			list_add(&accepting->wanted, state.values[i].name);
	}
	return 0;
}

static int
accept_all(struct accepting *accepting, struct error *err)
{
	const char *environment = accepting->change.environment->name;
	CLEANUP(free_text) char *names = NULL;

	if (accepting->wanted.count == 0 && list_pending(accepting, err) < 0)
		return -1;
	for (size_t i = 0; i < accepting->wanted.count; i++) {
		if (accept_one(accepting, accepting->wanted.items[i], err) < 0)
			return -1;
	}
	if (accepting->wanted.count == 0)
		terminal_note("%s: nothing is pending", environment);
	if (accepting->pending > 0 && accepting->accepted.count == 0)
		return error_set(err, ERROR_FAILED, "nothing was changed");
	if (change_commit(&accepting->change, err) < 0)
		return -1;
	names = list_join(&accepting->accepted, ", ", ", ");
	if (accepting->accepted.count > 0)
		terminal_note("%s: accepted: %s", environment, names);
	return 0;
}

static int
begin(struct accepting *accepting, struct project *project, struct identities *identities,
      struct error *err)
{
	const struct invocation *invocation = accepting->invocation;
	const struct setting *setting;
	const char *environment;

	if (option_is_set(&invocation->options, "from"))
		return error_set(err, ERROR_USAGE, "'--accept' does not go with '--from'");
	if (invocation_project(invocation, PROJECT_WRITE, project, err) < 0 ||
	    invocation_environment(invocation, project, &environment, err) < 0)
		return -1;
	for (size_t i = 0; i < invocation->operand_count; i++) {
		if (project_setting(project, invocation->operands[i], &setting, err) < 0)
			return -1;
		if (!list_has(&accepting->wanted, setting->name))
			list_add(&accepting->wanted, setting->name);
	}
	if (invocation_identities_if_any(invocation, identities, err) < 0)
		return -1;
	return change_begin(project, environment, identities, &accepting->change, err);
}

int
accept_pending(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;
	struct accepting accepting = { .invocation = invocation, .change = CHANGE_INIT };
	int status = -1;

	if (begin(&accepting, &project, &identities, err) == 0)
		status = accept_all(&accepting, err);
	change_end(&accepting.change);
	list_clear(&accepting.wanted);
	list_clear(&accepting.accepted);
	return status;
}
