/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/exec_plugin.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "injector/cluster/exec_policy.h"
#include "injector/cluster/exec_run.h"

#define INFO "KUBERNETES_EXEC_INFO="

enum {
	INFO_MAX = 1024 * 1024,
	REFUSED_SECONDS = 10, /* so soon after a run that a refusal asked for, there is no other */
};

void
exec_plugin_free(struct exec_plugin *plugin)
{
	if (plugin == NULL)
		return;
	free(plugin->user);
	free(plugin->command);
	free(plugin->version);
	free(plugin->hint);
	list_clear(&plugin->arguments);
	secret_clear(&plugin->environment);
	free(plugin->config);
	free(plugin->cluster);
	free(plugin);
}

char *
exec_plugin_info(const struct exec_plugin *plugin, bool is_interactive)
{
	struct buf out = BUF_INIT(INFO_MAX);
	struct json json = JSON_INIT(&out, JSON_COMPACT);

	json_open(&json, '{');
	json_name(&json, "kind");
	json_text(&json, "ExecCredential");
	json_name(&json, "apiVersion");
	json_text(&json, plugin->version);
	json_name(&json, "spec");
	json_open(&json, '{');
	if (plugin->cluster != NULL) {
		json_name(&json, "cluster");
		json_value(&json);
		buf_append_text(&out, plugin->cluster);
	}
	json_name(&json, "interactive");
	json_boolean(&json, is_interactive);
	json_close(&json, '}');
	json_close(&json, '}');
	return buf_take_text(&out);
}

static const char *
name_end(const char *variable)
{
	return variable + strcspn(variable, "=");
}

static bool
is_same_name(const char *a, const char *b)
{
	size_t len = (size_t)(name_end(a) - a);

	return len == (size_t)(name_end(b) - b) && memcmp(a, b, len) == 0;
}

/* Borrowed texts; of equal names the last counts. */
struct environment {
	char **items;
	size_t count;
};

static void
environment_set(struct environment *environment, char *variable)
{
	size_t i = 0;

	while (i < environment->count && !is_same_name(environment->items[i], variable))
		i++;
	if (i == environment->count) {
		environment->items = xreallocarray(environment->items, i + 2, sizeof(char *));
		environment->items[++environment->count] = NULL;
	}
	environment->items[i] = variable;
}

/* Our own, over it that of the kubeconfig, over it what the plugin is told. */
static void
make_environment(const struct exec_plugin *plugin, char *info, struct environment *ret)
{
	*ret = (struct environment){ .items = xcalloc(1, sizeof(char *)) };
	for (char **own = environ; own != NULL && *own != NULL; own++)
		environment_set(ret, *own);
	for (size_t at = 0; at < plugin->environment.len;) {
		char *variable = (char *)plugin->environment.data + at;

		environment_set(ret, variable);
		at += strlen(variable) + 1;
	}
	environment_set(ret, info);
}

static char **
make_arguments(const struct exec_plugin *plugin)
{
	char **arguments = xcalloc(plugin->arguments.count + 2, sizeof(char *));

	arguments[0] = plugin->command;
	for (size_t i = 0; i < plugin->arguments.count; i++)
		arguments[i + 1] = plugin->arguments.items[i];
	return arguments;
}

/* Puts who is meant in front of what went wrong, and the hint behind. */
static int
blame(const struct exec_plugin *plugin, const char *subject, const char *hint, struct error *err)
{
	const struct error before = *err;

	return error_set(err, ERROR_FAILED, "the user '%s' signs in by '%s', %s%s%s%s",
			 plugin->user, plugin->command, subject, before.message,
			 hint != NULL ? "; its kubeconfig says: " : "", hint != NULL ? hint : "");
}

static int
choose_mode(const struct exec_plugin *plugin, bool *ret_interactive, struct error *err)
{
	bool is_terminal = isatty(STDIN_FILENO) == 1;

	*ret_interactive = plugin->mode != EXEC_NEVER && is_terminal;
	if (plugin->mode != EXEC_ALWAYS || is_terminal)
		return 0;
	(void)error_set(err, ERROR_FAILED,
			"wants to talk to somebody (interactiveMode: Always), and standard input "
			"is no terminal");
	return blame(plugin, "which ", NULL, err);
}

static int
start_plugin(const struct exec_plugin *plugin, bool is_interactive, const char *file,
	     struct secret *ret_answer, struct error *err)
{
	CLEANUP(free_text) char *text = exec_plugin_info(plugin, is_interactive);
	CLEANUP(free_text) char *info = xasprintf(INFO "%s", text);
	struct exec_command command = {
		.file = file,
		.is_interactive = is_interactive,
		.seconds = is_interactive ? EXEC_INTERACTIVE_SECONDS : EXEC_SECONDS,
	};
	char **arguments = make_arguments(plugin);
	struct environment environment;
	int result;

	make_environment(plugin, info, &environment);
	command.arguments = arguments;
	command.environment = environment.items;
	result = exec_run(&command, ret_answer, err);
	free(arguments);
	free(environment.items);
	return result < 0 ? blame(plugin, "which ", NULL, err) : 0;
}

static int
run(const struct exec_plugin *plugin, struct exec_credential *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret answer = SECRET_INIT;
	CLEANUP(free_text) char *file = NULL;
	const char *problem = NULL;
	bool is_interactive;

	if (choose_mode(plugin, &is_interactive, err) < 0)
		return -1;
	file = exec_find(plugin->command, &problem);
	if (file == NULL) {
		(void)error_set(err, ERROR_FAILED, "%s", problem);
		return blame(plugin, "which ", plugin->hint, err);
	}
	if (exec_policy_check(file, err) < 0)
		return blame(plugin, "which ", NULL, err);
	if (start_plugin(plugin, is_interactive, file, &answer, err) < 0)
		return -1;
	if (exec_answer_read(secret_bytes(&answer), plugin->version, ret, err) < 0)
		return blame(plugin, "whose answer ", NULL, err);
	return 0;
}

/* A plugin with what it is told, and what it said last. */
struct kept {
	struct secret who;
	struct exec_credential credential;
	unsigned int runs;
	int64_t forced_until; /* seconds since 1970: a refusal asked for that run, and will not for another before */
	struct error failure; /* of the first run */
};

static struct {
	pthread_mutex_t lock;
	struct kept *items;
	size_t count;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int
add_text(struct secret *out, const char *text, struct error *err)
{
	const char *given = text != NULL ? text : "";

	return secret_append(out, (struct bytes){ (const uint8_t *)given, strlen(given) + 1 }, err);
}

/* All that a run depends on, one behind the other. */
static int
identify(const struct exec_plugin *plugin, struct secret *ret, struct error *err)
{
	const char *const texts[] = { plugin->user, plugin->command, plugin->version,
				      plugin->cluster };
	size_t size = plugin->environment.len + 1;

	for (size_t i = 0; i < COUNT(texts); i++)
		size += texts[i] != NULL ? strlen(texts[i]) + 1 : 1;
	for (size_t i = 0; i < plugin->arguments.count; i++)
		size += strlen(plugin->arguments.items[i]) + 1;
	if (secret_new(size, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (add_text(ret, texts[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < plugin->arguments.count; i++) {
		if (add_text(ret, plugin->arguments.items[i], err) < 0)
			return -1;
	}
	return add_text(ret, "", err) < 0 ||
			       secret_append(ret, secret_bytes(&plugin->environment), err) < 0 ?
		       -1 :
		       0;
}

static struct kept *
find(const struct exec_plugin *plugin, struct error *err)
{
	CLEANUP(secret_clear) struct secret who = SECRET_INIT;

	if (identify(plugin, &who, err) < 0)
		return NULL;
	for (size_t i = 0; i < all.count; i++) {
		if (secret_equal(&all.items[i].who, &who))
			return &all.items[i];
	}
	all.items = xreallocarray(all.items, all.count + 1, sizeof(*all.items));
	all.items[all.count] =
		(struct kept){ .who = who, .credential = EXEC_CREDENTIAL_INIT, .runs = 0 };
	who = (struct secret)SECRET_INIT;
	return &all.items[all.count++];
}

static bool
is_usable(const struct kept *kept, unsigned int refused, int64_t time)
{
	if (kept->runs == 0 || kept->credential.expires <= time)
		return false;
	return kept->runs != refused || time < kept->forced_until;
}

static int
renew(struct kept *kept, const struct exec_plugin *plugin, bool is_forced, struct error *err)
{
	struct exec_credential credential = EXEC_CREDENTIAL_INIT;

	if (run(plugin, &credential, err) < 0) {
		if (kept->runs == 0)
			kept->failure = *err;
		return -1;
	}
	exec_credential_clear(&kept->credential);
	kept->credential = credential;
	kept->runs++;
	kept->forced_until = is_forced ? (int64_t)time(NULL) + REFUSED_SECONDS : 0;
	return 0;
}

static int
ask(const struct exec_plugin *plugin, unsigned int refused, struct exec_credential *ret,
    unsigned int *ret_run, struct error *err)
{
	struct kept *kept = find(plugin, err);

	if (kept == NULL)
		return -1;
	if (kept->failure.code != ERROR_NONE) {
		*err = kept->failure;
		return -1;
	}
	if (!is_usable(kept, refused, (int64_t)time(NULL)) &&
	    renew(kept, plugin, refused > 0 && refused == kept->runs, err) < 0)
		return -1;
	*ret_run = kept->runs;
	return exec_credential_copy(&kept->credential, ret, err);
}

/* The lock is held while a plugin runs: who comes meanwhile gets what it says. */
int
exec_plugin_ask(const struct exec_plugin *plugin, unsigned int refused, struct exec_credential *ret,
		unsigned int *ret_run, struct error *err)
{
	int result;

	(void)pthread_mutex_lock(&all.lock);
	result = ask(plugin, refused, ret, ret_run, err);
	(void)pthread_mutex_unlock(&all.lock);
	return result;
}

void
exec_plugin_forget(void)
{
	(void)pthread_mutex_lock(&all.lock);
	for (size_t i = 0; i < all.count; i++) {
		secret_clear(&all.items[i].who);
		exec_credential_clear(&all.items[i].credential);
	}
	free(all.items);
	all.items = NULL;
	all.count = 0;
	(void)pthread_mutex_unlock(&all.lock);
}
