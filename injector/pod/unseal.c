/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/pod/env_file.h"
#include "injector/pod/lookup.h"
#include "injector/pod/pod.h"
#include "injector/pod/report.h"
#include "injector/pod/target.h"

static const struct option_spec options[] = {
	OPTION_POD_ENVIRONMENT,
	{ 0, "from", OPTION_VALUE, "DIR", NULL, "where the bundle's ConfigMap is mounted" },
	OPTION_POD_IDENTITY,
	OPTION_PIN,
	{ 0, "to", OPTION_VALUE, "DIR", NULL, "the memory volume that the values are written to" },
	{ 0, "mode", OPTION_VALUE, "MODE", NULL, "of the files; default: 0440" },
	{ 0, "env-file", OPTION_VALUE, "NAME", NULL,
	  "also write the file that 'fileKeyRef' takes variables from" },
	{ 0, "no-env", OPTION_MANY, "SETTING", NULL,
	  "leave this one out of the env file; may be repeated" },
	{ 0, "allow-disk", OPTION_NONE, NULL, NULL, "write to a volume that is not in memory" },
	OPTION_TERMINATION_LOG,
	OPTION_END,
};

/* What the command line asks for. Borrowed. */
struct request {
	struct delivery_order order;
	const char *to, *env_file;
	mode_t mode;
	bool allow_disk;
	struct list no_env;
};

static void
request_clear(struct request *request)
{
	list_clear(&request->no_env);
}

/* Three octal digits, or four that begin with 0; the owner can read. */
static int
parse_mode(const char *text, mode_t *ret, struct error *err)
{
	mode_t mode = 0;

	*ret = 0440;
	if (text == NULL)
		return 0;
	for (const char *at = text; *at >= '0' && *at <= '7' && at - text < 4; at++)
		mode = mode << 3 | (mode_t)(*at - '0');
	if (strspn(text, "01234567") != strlen(text) || strlen(text) < 3 || strlen(text) > 4 ||
	    mode > 0777 || (mode & 0400) == 0)
		return error_set(err, ERROR_USAGE,
				 "'--mode %s' is not a mode such as 0440 that the owner can read",
				 text);
	*ret = mode;
	return 0;
}

static int
parse_request(const struct options *given, struct request *ret, struct error *err)
{
	ret->env_file = option_value(given, "env-file");
	ret->allow_disk = option_is_set(given, "allow-disk");
	option_values(given, "no-env", &ret->no_env);
	if (pod_order(given, &ret->order, err) < 0 || pod_require(given, "to", &ret->to, err) < 0)
		return -1;
	if (ret->env_file != NULL && !bundle_is_key(bytes_of(ret->env_file)))
		return error_set(err, ERROR_USAGE, "'--env-file %s' is not the name of a file",
				 ret->env_file);
	if (ret->no_env.count > 0 && ret->env_file == NULL)
		return error_set(err, ERROR_USAGE, "'--no-env' needs '--env-file'");
	return parse_mode(option_value(given, "mode"), &ret->mode, err);
}

/* Against the settings, before anything is written. */
static int
check_request(const struct request *request, const struct bundle_settings *settings,
	      struct error *err)
{
	for (size_t i = 0; i < request->no_env.count; i++) {
		if (bundle_settings_find(settings, request->no_env.items[i]) == NULL)
			return error_set(err, ERROR_USAGE,
					 "'--no-env %s': there is no such setting",
					 request->no_env.items[i]);
	}
	for (size_t i = 0; i < settings->count && request->env_file != NULL; i++) {
		const struct bundle_setting *setting = &settings->items[i];

		if (setting->is_secret && strcmp(setting->key, request->env_file) == 0)
			return error_set(err, ERROR_USAGE,
					 "'--env-file %s' is the name of the file of '%s'",
					 request->env_file, setting->name);
	}
	return 0;
}

static int
write_variable(const struct request *request, const struct bundle_setting *setting,
	       const struct secret *value, int env_fd, struct error *err)
{
	CLEANUP(free_text) char *shown = xasprintf("%s/%s", request->to, request->env_file);

	if (env_file_check(setting->name, value, err) < 0)
		return -1;
	if (env_file_write(env_fd, setting->name, value, shown, err) < 0)
		return target_advise(err);
	return 0;
}

/* The value's own file, and its variable in the env file, which is open when there is one. */
static int
write_value(struct target *target, const struct request *request,
	    const struct bundle_setting *setting, const struct secret *value, int env_fd,
	    struct error *err)
{
	CLEANUP(free_text) char *shown = xasprintf("%s/%s", request->to, setting->key);
	CLEANUP(close_fd) int fd = -1;

	if (target_create(target, setting->key, true, &fd, err) < 0)
		return -1;
	if (secret_write(fd, value, shown, err) < 0)
		return target_advise(err);
	if (target_finish(target, fd, setting->key, err) < 0)
		return -1;
	if (env_fd < 0 || list_has(&request->no_env, setting->name))
		return 0;
	return write_variable(request, setting, value, env_fd, err);
}

/* One value at a time is open. */
static int
write_values(struct target *target, const struct request *request,
	     const struct delivered *delivered, int env_fd, size_t *ret_count, struct error *err)
{
	*ret_count = 0;
	for (size_t i = 0; i < delivered->settings.count; i++) {
		CLEANUP(secret_clear) struct secret value = SECRET_INIT;

		if (!delivered_has(delivered, i))
			continue;
		if (delivered_open(delivered, i, &value, err) < 0 ||
		    write_value(target, request, &delivered->settings.items[i], &value, env_fd,
				err) < 0)
			return -1;
		++*ret_count;
	}
	return 0;
}

/* For `check` and `exec`, which know no bundle. */
static int
write_settings(struct target *target, const struct delivered *delivered, struct error *err)
{
	const struct bundle_entry *settings = bundle_find(&delivered->bundle, BUNDLE_SETTINGS);
	CLEANUP(free_text) char *shown = xasprintf("%s/" UNSEALED_SETTINGS, target->path);
	CLEANUP(close_fd) int fd = -1;

	if (target_create(target, UNSEALED_SETTINGS, false, &fd, err) < 0)
		return -1;
	if (file_write_all(fd, buf_bytes(&settings->content), shown, err) < 0)
		return target_advise(err);
	return target_finish(target, fd, UNSEALED_SETTINGS, err);
}

static int
write_all(const struct request *request, const struct delivered *delivered, size_t *ret_count,
	  struct error *err)
{
	CLEANUP(target_clear) struct target target = TARGET_INIT;
	CLEANUP(close_fd) int env_fd = -1;

	if (target_open(request->to, request->mode, request->allow_disk, &target, err) < 0 ||
	    (request->env_file != NULL &&
	     target_create(&target, request->env_file, true, &env_fd, err) < 0) ||
	    write_values(&target, request, delivered, env_fd, ret_count, err) < 0 ||
	    (env_fd >= 0 && target_finish(&target, env_fd, request->env_file, err) < 0) ||
	    write_settings(&target, delivered, err) < 0)
		return -1;
	return target_commit(&target, err);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(request_clear) struct request request = { .no_env = LIST_INIT };
	CLEANUP(delivered_clear) struct delivered delivered = DELIVERED_INIT;
	size_t count;

	report_to(option_value(&invocation->options, "termination-log"));
	if (parse_request(&invocation->options, &request, err) < 0 ||
	    delivered_read(&request.order, &delivered, err) < 0 ||
	    check_request(&request, &delivered.settings, err) < 0 ||
	    write_all(&request, &delivered, &count, err) < 0)
		return -1;
	report_done("unsealed %zu value%s of '%s' into '%s' (roster %u, epoch %u)%s", count,
		    count == 1 ? "" : "s", request.order.environment, request.to,
		    chain_current(&delivered.chain)->serial, delivered.environment->epoch,
		    pod_lock_note());
	return 0;
}

static const char *const details[] = {
	"Verifies the bundle that is mounted, opens every value with the pods' identity, and writes each to a "
	"file named by the setting's key, all of them or none. Pin and environment come from the pod's spec. It "
	"may run again at any time.",
	NULL,
};

const struct command pod_unseal = {
	.name = "unseal",
	.summary = "write the values of a sealed bundle to a memory volume",
	.details = details,
	.options = options,
	.run = run,
};
