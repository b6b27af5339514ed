/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/cluster/kubeconfig.h"
#include "injector/commands/commands.h"
#include "injector/commands/proposal.h"
#include "injector/entry.h"
#include "injector/invocation.h"
#include "injector/repository/founding.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	{ 0, "from", OPTION_VALUE, "FILE", NULL, "propose the settings of a .env file" },
	{ 'e', "env", OPTION_MANY, "ENV", NULL,
	  "an environment to make; may be repeated; default: prod" },
	{ 0, "project", OPTION_VALUE, "NAME", NULL,
	  "the project's name; default: the directory's" },
	{ 0, "name", OPTION_VALUE, "NAME", NULL, "your name in the roster; default: your login" },
	OPTION_IDENTITY,
	OPTION_END,
};

enum { SCHEMA_TEXT_MAX = 4 * 1024 * 1024 };

/* One run of the command. */
struct founding {
	const struct invocation *invocation;
	struct project project;
	struct identities identities;
	struct list environments;
	struct dotenv dotenv;
	struct buf schema_text; /* a new tfsecrets.yaml; empty when there is one already */
	char *project_name, *member_name;
	struct journal journal;
};

/* Lower case, other characters as '-', none at the ends, within max; `fallback` when nothing is left. */
static char *
as_label(const char *text, size_t max, const char *fallback)
{
	char *label = xstrdup(text);
	size_t len = 0;

	for (size_t i = 0; text[i] != 0 && len < max; i++) {
		char c = (char)tolower((unsigned char)text[i]);
		bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (fits || len > 0)
			label[len++] = fits ? c : '-';
	}
	while (len > 0 && label[len - 1] == '-')
		len--;
	label[len] = 0;
	if (len > 0)
		return label;
	free(label);
	return xstrdup(fallback);
}

static int
choose_names(struct founding *founding, struct error *err)
{
	const struct options *given = &founding->invocation->options;
	const char *project = option_value(given, "project"), *name = option_value(given, "name");
	const char *slash = strrchr(founding->project.root, '/');
	const struct passwd *user = getpwuid(getuid());

	if (project != NULL && !text_is_label(bytes_of(project)))
		return error_set(err, ERROR_USAGE,
				 "'--project %s' is not a DNS label (a-z, 0-9, -)", project);
	if (name != NULL && !text_is_member_name(bytes_of(name)))
		return error_set(err, ERROR_USAGE,
				 "'--name %s' is not a member's name (a-z, 0-9, . _ -)", name);
	founding->project_name =
		project != NULL ? xstrdup(project) :
				  as_label(slash != NULL ? slash + 1 : "", LABEL_MAX, "project");
	founding->member_name = name != NULL ? xstrdup(name) :
					       as_label(user != NULL ? user->pw_name : "",
							MEMBER_NAME_MAX, "admin");
	return 0;
}

static int
choose_environments(struct founding *founding, struct error *err)
{
	option_values(&founding->invocation->options, "env", &founding->environments);
	if (founding->environments.count == 0)
		list_add(&founding->environments, "prod");
	for (size_t i = 0; i < founding->environments.count; i++) {
		const char *name = founding->environments.items[i];

		if (!text_is_label(bytes_of(name)) || strcmp(name, "roster") == 0)
			return error_set(
				err, ERROR_USAGE,
				"'--env %s' is not a name for an environment (a-z, 0-9, -)", name);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(founding->environments.items[k], name) == 0)
				return error_set(err, ERROR_USAGE, "'--env %s' is given twice",
						 name);
		}
	}
	return 0;
}

static int
read_dotenv(struct founding *founding, struct error *err)
{
	const char *file = option_value(&founding->invocation->options, "from");
	CLEANUP(secret_clear) struct secret source = SECRET_INIT;

	if (file == NULL)
		return 0;
	if (entry_from_file(file, DOTENV_SOURCE_MAX, &source, err) < 0)
		return -1;
	return dotenv_read(secret_bytes(&source), file, &founding->dotenv, err);
}

static int
propose(struct founding *founding, struct error *err)
{
	CLEANUP(free_text) char *context = kubeconfig_current_context();
	const struct proposal proposal = { .project = founding->project_name,
					   .context = context,
					   .environments = &founding->environments,
					   .dotenv = &founding->dotenv };

	if (choose_environments(founding, err) < 0 || read_dotenv(founding, err) < 0)
		return -1;
	proposal_write(&proposal, &founding->schema_text);
	if (buf_check(&founding->schema_text, "the proposed " SCHEMA_FILE, err) < 0)
		return -1;
	return schema_read(buf_bytes(&founding->schema_text), SCHEMA_FILE,
			   &founding->project.schema, err);
}

/* A tfsecrets.yaml that people wrote counts; then only keys and roster are missing. */
static int
prepare_schema(struct founding *founding, struct error *err)
{
	const struct options *given = &founding->invocation->options;

	if (file_exists(founding->project.root_fd, ROSTER_DIRECTORY))
		return error_set(err, ERROR_FAILED,
				 "'%s' is there: this is a tfsecrets project already",
				 ROSTER_DIRECTORY);
	if (!file_exists(founding->project.root_fd, SCHEMA_FILE))
		return propose(founding, err);
	if (option_is_set(given, "from") || option_is_set(given, "env") ||
	    option_is_set(given, "project"))
		return error_set(err, ERROR_USAGE,
				 "'" SCHEMA_FILE
				 "' is there and says it all: leave out --from, --env and "
				 "--project");
	if (project_load_schema(&founding->project, err) < 0)
		return -1;
	return founding->project.schema->environment_count > 0 ?
		       0 :
		       error_set(err, ERROR_FAILED, SCHEMA_FILE " has no environment");
}

/* The identity that is there, or a new one in the usual place. */
static int
prepare_identity(struct founding *founding, struct error *err)
{
	CLEANUP(free_text) char *path = identity_default_path();
	struct identities *identities = &founding->identities;

	if (invocation_identities_if_any(founding->invocation, identities, err) < 0)
		return -1;
	if (identities->count > 0 && !identity_reads(&identities->items[0]))
		return error_set(
			err, ERROR_REFUSED,
			"a project is founded by an identity that can read; this one is a public "
			"key, whose private half ssh-agent has");
	if (identities->count > 0)
		return 0;
	identities->items = xcalloc(1, sizeof(*identities->items));
	if (identity_generate(identities->items, err) < 0)
		return -1;
	identities->count = 1;
	if (identity_write(identities->items, path, err) < 0)
		return -1;
	terminal_note("made your identity: '%s' (keep a copy in a safe place)", path);
	return 0;
}

/* The .env relative to the root, when it lies below it; NULL otherwise. */
static char *
ignored_path(const struct founding *founding)
{
	const char *file = option_value(&founding->invocation->options, "from");
	CLEANUP(free_text) char *absolute = file != NULL ? realpath(file, NULL) : NULL;
	size_t len = strlen(founding->project.root);

	if (absolute == NULL || strncmp(absolute, founding->project.root, len) != 0 ||
	    absolute[len] != '/')
		return NULL;
	return xstrdup(absolute + len + 1);
}

static int
stage_git_files(struct founding *founding, struct error *err)
{
	CLEANUP(list_clear) struct list ignored = LIST_INIT;
	CLEANUP(list_clear) struct list attributes = LIST_INIT;
	CLEANUP(free_text) char *dotenv = ignored_path(founding);

	if (dotenv != NULL)
		list_take(&ignored, xasprintf("/%s", dotenv));
	list_add(&ignored, "/" JOURNAL_DIRECTORY "/");
	list_add(&attributes, "tfsecrets/** -text");
	if (founding_stage_lines(&founding->journal, &founding->project, ".gitignore", &ignored,
				 err) < 0)
		return -1;
	return founding_stage_lines(&founding->journal, &founding->project, ".gitattributes",
				    &attributes, err);
}

static int
found(struct founding *founding, struct error *err)
{
	char pin_text[PIN_TEXT_BYTES];
	/* What was just made is read back, verified, and pinned for this clone, whatever it has trusted before. */
	const struct project_trust trust = { .pin = pin_text, .replaces = true };
	struct project *project = &founding->project;
	struct pin pin;

	if (journal_begin(project->root_fd, &founding->journal, err) < 0)
		return -1;
	if (founding->schema_text.len > 0) {
		journal_expect_missing(&founding->journal, SCHEMA_FILE);
		if (journal_put(&founding->journal, SCHEMA_FILE, buf_bytes(&founding->schema_text),
				0644, err) < 0)
			return -1;
	}
	if (stage_git_files(founding, err) < 0 ||
	    founding_stage(&founding->journal, project->schema, founding->member_name,
			   founding->identities.items, &pin, err) < 0 ||
	    journal_commit(&founding->journal, err) < 0)
		return -1;
	pin_format(&pin, pin_text);
	return project_load_roster(project, &trust, err);
}

/* Values that git has seen are not secret any more. */
static void
warn_about_history(const struct founding *founding)
{
	const struct project *project = &founding->project;
	CLEANUP(free_text) char *file = ignored_path(founding);
	const char *const tracked[] = { "ls-files", "--error-unmatch", "--", file, NULL };
	const char *const history[] = { "log", "--all", "-1", "--format=%h", "--", file, NULL };
	CLEANUP(buf_clear) struct buf output = BUF_INIT(4096);
	struct error ignored;
	int status;

	if (file == NULL || !project->has_git)
		return;
	if (git_run(project->root, tracked, NULL, &status, &ignored) == 0 && status == 0)
		terminal_warn("'%s' is tracked by git; run: git rm --cached '%s'", file, file);
	if (git_run(project->root, history, &output, &status, &ignored) == 0 && status == 0 &&
	    output.len > 0)
		terminal_warn("'%s' stands in git's history: change its secrets at the source",
			      file);
}

static void
print_result(const struct founding *founding)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;
	char pin_text[PIN_TEXT_BYTES];
	struct pin pin;

	for (size_t i = 0; i < founding->project.schema->environment_count; i++)
		list_add(&names, founding->project.schema->environments[i].name);
	joined = list_join(&names, ", ", " and ");
	if (founding->schema_text.len > 0)
		terminal_note("proposed " SCHEMA_FILE
			      "; look it over, above all each setting's kind:");
	proposal_print(&founding->dotenv);
	pin_of(chain_current(&founding->project.chain), &pin);
	pin_format(&pin, pin_text);
	terminal_note("made roster 1 with '%s' as its admin, and keys for %s",
		      founding->member_name, joined);
	terminal_note("pin for CI and others: %s", pin_text);
	for (size_t i = 0; i < founding->project.notes.count; i++)
		terminal_note("%s", founding->project.notes.items[i]);
	terminal_warn("only '%s' can read %s: a lost identity means lost values",
		      founding->member_name, joined);
	if (!founding->project.has_git)
		terminal_note(
			"this is not a git work tree; what is sealed here is meant to be committed");
	warn_about_history(founding);
}

static int
start(struct founding *founding, struct error *err)
{
	CLEANUP(free_text) char *directory = getcwd(NULL, 0);

	if (directory == NULL)
		return error_errno(err, "cannot tell the working directory");
	if (project_open_new(directory, &founding->project, err) < 0 ||
	    choose_names(founding, err) < 0 || prepare_schema(founding, err) < 0 ||
	    prepare_identity(founding, err) < 0 || found(founding, err) < 0)
		return -1;
	print_result(founding);
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	struct founding founding = { .invocation = invocation,
				     .project = PROJECT_INIT,
				     .dotenv = DOTENV_INIT,
				     .schema_text = BUF_INIT(SCHEMA_TEXT_MAX),
				     .journal = { .fd = -1 } };
	int status = start(&founding, err);

	journal_end(&founding.journal);
	dotenv_clear(&founding.dotenv);
	buf_clear(&founding.schema_text);
	list_clear(&founding.environments);
	identities_clear(&founding.identities);
	project_close(&founding.project);
	free(founding.project_name);
	free(founding.member_name);
	return status;
}

static const char *const details[] = {
	"Makes tfsecrets.yaml (or takes the one that is there), an identity if you have none, the first roster "
	"and each environment's key. With --from, every setting's kind is proposed with the reason.",
	NULL,
};

const struct command command_init = {
	.name = "init",
	.summary = "make a project: schema, identity, roster, keys",
	.details = details,
	.options = options,
	.run = run,
};
