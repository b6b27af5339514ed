/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/project.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/repository/journal.h"

enum { LOCK_TRIES = 600, LOCK_PAUSE_NS = 50 * 1000 * 1000 };

char *
project_path(const char *environment, const char *name)
{
	return xasprintf("tfsecrets/%s/%s", environment, name);
}

/* The nearest directory upwards that has a tfsecrets.yaml; NULL: none. */
static char *
find_root(char *directory)
{
	for (;;) {
		CLEANUP(free_text) char *file = xasprintf("%s/" SCHEMA_FILE, directory);
		char *slash;

		if (file_exists(AT_FDCWD, file))
			return directory;
		slash = strrchr(directory, '/');
		if (slash == NULL)
			return NULL;
		*slash = 0;
	}
}

static int
lock(const struct project *project, enum project_lock mode, struct error *err)
{
	const struct timespec pause = { .tv_sec = 0, .tv_nsec = LOCK_PAUSE_NS };
	int operation = (mode == PROJECT_WRITE ? LOCK_EX : LOCK_SH) | LOCK_NB;

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(project->root_fd, operation) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(err, "cannot lock '%s'", project->root);
		(void)nanosleep(&pause, NULL);
	}
	return error_set(
		err, ERROR_FAILED,
		"another tfsecrets is at work in this project and did not end within 30 seconds");
}

/* A half-made change must not be read either, so readers finish it as well. */
static int
recover(struct project *project, enum project_lock mode, struct error *err)
{
	if (!journal_is_left(project->root_fd))
		return 0;
	if (lock(project, PROJECT_WRITE, err) < 0)
		return -1;
	if (journal_is_left(project->root_fd) && journal_recover(project->root_fd, err) < 0)
		return error_context(err, "an interrupted change could not be finished");
	return lock(project, mode, err);
}

static int
open_root(struct project *project, enum project_lock mode, struct error *err)
{
	project->root_fd = open(project->root[0] != 0 ? project->root : "/",
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (project->root_fd < 0)
		return error_errno(err, "cannot open '%s'", project->root);
	tree_of_files(project->root_fd, &project->files);
	project->has_git = git_find(project->root, &project->git);
	if (lock(project, mode, err) < 0 || recover(project, mode, err) < 0)
		return -1;
	if (mode == PROJECT_WRITE && project->has_git)
		return git_wait_for_index(&project->git, err);
	return 0;
}

int
project_use_index(struct project *project, struct error *err)
{
	if (!project->has_git)
		return error_set(err, ERROR_FAILED, "'%s' is not in a git work tree",
				 project->root);
	tree_clear(&project->files);
	return tree_of_index(project->root, &project->files, err);
}

int
project_load_schema(struct project *project, struct error *err)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(SCHEMA_FILE_MAX);

	if (tree_read(&project->files, SCHEMA_FILE, SCHEMA_FILE_MAX, &source, err) < 0) {
		if (err->code == ERROR_REFUSED)
			err->code = ERROR_FAILED;
		return -1;
	}
	return schema_read(buf_bytes(&source), SCHEMA_FILE, &project->schema, err);
}

int
project_open(enum project_lock mode, struct project *ret, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(free_text) char *directory = getcwd(NULL, 0);

	if (directory == NULL)
		return error_errno(err, "cannot tell the working directory");
	if (find_root(directory) == NULL)
		return error_set(err, ERROR_MISSING,
				 "there is no " SCHEMA_FILE
				 " here or above; 'tfsecrets init' makes one");
	project.root = TAKE(directory);
	if (open_root(&project, mode, err) < 0)
		return -1;
	*ret = project;
	project = (struct project)PROJECT_INIT;
	return 0;
}

int
project_open_new(const char *directory, struct project *ret, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;

	project.root = xstrdup(directory);
	if (open_root(&project, PROJECT_WRITE, err) < 0)
		return -1;
	*ret = project;
	project = (struct project)PROJECT_INIT;
	return 0;
}

void
project_close(struct project *project)
{
	close_fd(&project->root_fd);
	tree_clear(&project->files);
	git_clear(&project->git);
	chain_clear(&project->chain);
	schema_free(project->schema);
	list_clear(&project->notes);
	free(project->root);
	*project = (struct project)PROJECT_INIT;
}

static int
explicit_pin(const struct project_trust *trust, struct pin *ret, bool *ret_given, struct error *err)
{
	const char *text = trust->pin != NULL ? trust->pin : getenv("TFSECRETS_PIN");

	*ret_given = text != NULL;
	if (text != NULL && !pin_parse(bytes_of(text), ret))
		return error_set(err, ERROR_USAGE, "the pin in %s is not PROJECT-ID:SERIAL:HASH",
				 trust->pin != NULL ? "--pin" : "$TFSECRETS_PIN");
	return 0;
}

static int
hold_explicit(const struct chain *chain, const struct pin *pin, struct error *err)
{
	const struct roster *current = chain_current(chain);

	if (pin_check_project(pin, current, err) < 0)
		return -1;
	if (pin->serial > current->serial)
		return error_set(err, ERROR_REFUSED,
				 "the pin names roster %u, but the last complete one here is %u",
				 pin->serial, current->serial);
	return pin_check(pin, chain->rosters[pin->serial - 1], err);
}

/* Every pin that the clone keeps must hold; one for a serial that is not here makes the chain older. */
static int
hold_kept(struct project *project, const struct pins *pins, struct error *err)
{
	const struct roster *current = chain_current(&project->chain);

	for (size_t i = 0; i < pins->count; i++) {
		const struct pin *pin = &pins->pins[i];

		if (strcmp(pin->project_id, current->project_id) != 0)
			return error_set(
				err, ERROR_REFUSED,
				"this clone trusts project %s, but the roster here is of project %s; "
				"if the team began anew, 'tfsecrets roster pin PIN' trusts the pin "
				"that a colleague tells you",
				pin->project_id, current->project_id);
		if (pin->serial > current->serial)
			project->is_older = true;
		else if (strcmp(pin->hash, project->chain.rosters[pin->serial - 1]->hash) != 0)
			return error_set(
				err, ERROR_REFUSED,
				"roster %u is not the one that this clone has verified before: this is "
				"a fork, and somebody has rewritten who may read; compare 'tfsecrets "
				"roster pin' with a colleague before you trust either",
				pin->serial);
	}
	if (project->is_older && pins_find(pins, current->serial) == NULL)
		return error_set(
			err, ERROR_REFUSED,
			"roster %u was never verified by this clone, which knows later ones",
			current->serial);
	if (project->is_older)
		list_take(
			&project->notes,
			xasprintf(
				"roster %u is older than the last one that this clone has verified",
				current->serial));
	return 0;
}

static void
note_first_use(struct project *project)
{
	char text[PIN_TEXT_BYTES];
	struct pin pin;

	pin_of(chain_current(&project->chain), &pin);
	pin_format(&pin, text);
	list_take(
		&project->notes,
		xasprintf(
			"first use: this clone now trusts roster %u; hold others to it with --pin %s",
			pin.serial, text));
}

static void
keep_pins(struct project *project, struct pins *pins)
{
	struct pin *all = xcalloc(project->chain.count, sizeof(*all));
	struct error err;

	for (size_t i = 0; i < project->chain.count; i++)
		pin_of(project->chain.rosters[i], &all[i]);
	if (pins_add(pins, all, project->chain.count, &err) < 0)
		list_take(&project->notes, xasprintf("the pin is not kept: %s", err.message));
	free(all);
}

static void
replace_pins(struct project *project, struct pins *pins, const struct pin *given)
{
	if (pins->count > 0 && strcmp(pins->pins[0].project_id, given->project_id) != 0)
		list_take(&project->notes, xasprintf("until now this clone trusted project %s",
						     pins->pins[0].project_id));
	pins_forget(pins);
}

static bool
requires_pin(const struct project_trust *trust)
{
	const char *variable = getenv("TFSECRETS_REQUIRE_PIN");

	return trust->require_pin || (variable != NULL && variable[0] != 0);
}

int
project_load_roster(struct project *project, const struct project_trust *trust, struct error *err)
{
	CLEANUP(pins_clear) struct pins pins = { .others = BUF_INIT(PINS_FILE_MAX) };
	struct pin given = { .serial = 0 };
	bool is_given;

	if (explicit_pin(trust, &given, &is_given, err) < 0)
		return -1;
	if (chain_read(&project->files, &project->chain, err) < 0) {
		if (err->code == ERROR_MISSING)
			err->code = ERROR_REFUSED;
		return -1;
	}
	if (pins_read(project->root, project->has_git ? &project->git : NULL, &pins, err) < 0 ||
	    (is_given && hold_explicit(&project->chain, &given, err) < 0))
		return -1;
	if (is_given && trust->replaces)
		replace_pins(project, &pins, &given);
	if (hold_kept(project, &pins, err) < 0)
		return -1;
	if (pins.count == 0 && !is_given) {
		if (requires_pin(trust))
			return error_set(err, ERROR_REFUSED,
					 "no pin holds this roster: give --pin or $TFSECRETS_PIN");
		note_first_use(project);
	}
	keep_pins(project, &pins);
	return 0;
}

static int
check_no_older(const struct project *project, const char *cure, struct error *err)
{
	if (!project->is_older)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "roster %u is older than the last one that this clone has verified; %s",
			 chain_current(&project->chain)->serial, cure);
}

static int
check_complete(const struct project *project, const char *what, struct error *err)
{
	if (project->chain.proposed == NULL)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "roster %u still lacks signatures; nothing is %s until 'tfsecrets roster "
			 "sign' completes it, or 'tfsecrets roster withdraw' takes it back",
			 project->chain.proposed->serial, what);
}

int
project_check_writable(const struct project *project, struct error *err)
{
	if (check_no_older(project, "update the branch first", err) < 0)
		return -1;
	return check_complete(project, "sealed", err);
}

int
project_check_deliverable(const struct project *project, bool allow_older, struct error *err)
{
	if (!allow_older &&
	    check_no_older(project, "update the branch, or apply it with --allow-rollback", err) <
		    0)
		return -1;
	return check_complete(project, "applied", err);
}

int
project_environment(const struct project *project, const char *name, const struct environment **ret,
		    const struct roster_environment **ret_roster, struct error *err)
{
	const struct environment *environment = schema_environment(project->schema, name);
	const struct roster_environment *roster;
	const char *near;

	if (environment == NULL) {
		near = schema_suggest_environment(project->schema, name);
		return error_set(err, ERROR_USAGE, SCHEMA_FILE " has no environment '%s'%s%s%s",
				 name, near != NULL ? ", did you mean '" : "",
				 near != NULL ? near : "", near != NULL ? "'?" : "");
	}
	roster = roster_environment(chain_current(&project->chain), name);
	if (roster == NULL)
		return error_set(err, ERROR_REFUSED, "roster %u has no environment '%s'",
				 chain_current(&project->chain)->serial, name);
	*ret = environment;
	*ret_roster = roster;
	return 0;
}

int
project_setting(const struct project *project, const char *name, const struct setting **ret,
		struct error *err)
{
	const char *near;

	*ret = schema_setting(project->schema, name);
	if (*ret != NULL)
		return 0;
	near = schema_suggest_setting(project->schema, name);
	return error_set(err, ERROR_USAGE, SCHEMA_FILE " has no setting '%s'%s%s%s", name,
			 near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
			 near != NULL ? "'?" : "");
}
