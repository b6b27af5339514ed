/* SPDX-License-Identifier: Apache-2.0 */
/* A credential while it is used: what a plugin gives out, and what others put into files anew. */
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "injector/cluster/kubeconfig_parts.h"

/* client-go, transport/token_source.go: a minute, less ten seconds. */
enum { FILES_SECONDS = 50 };

static int64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec;
}

static bool
replace(struct secret *old, struct secret *with)
{
	if (secret_equal(old, with))
		return false;
	secret_clear(old);
	*old = *with;
	*with = (struct secret)SECRET_INIT;
	return true;
}

/* One that cannot be read leaves the old one as it is. */
static bool
read_token(struct kube_access *access)
{
	CLEANUP(secret_clear) struct secret token = SECRET_INIT;
	struct error ignored;

	if (access->token_file == NULL || access->token.data == NULL ||
	    kubeconfig_read_token(access->token_file, &token, &ignored) < 0 ||
	    !kubeconfig_is_token(&token))
		return false;
	return replace(&access->token, &token);
}

/* Both or none. */
static bool
read_pair(struct kube_access *access)
{
	CLEANUP(secret_clear) struct secret certificate = SECRET_INIT;
	CLEANUP(secret_clear) struct secret key = SECRET_INIT;
	struct error ignored;
	bool changed;

	if (access->certificate_file == NULL || access->key_file == NULL ||
	    access->key.data == NULL ||
	    kubeconfig_read(access->certificate_file, KUBE_CREDENTIAL_MAX, &certificate, &ignored) <
		    0 ||
	    kubeconfig_read(access->key_file, KUBE_CREDENTIAL_MAX, &key, &ignored) < 0 ||
	    certificate.len == 0 || key.len == 0)
		return false;
	changed = replace(&access->certificate, &certificate);
	return replace(&access->key, &key) || changed;
}

/* refused: the plugin's run whose credential the server did not take, 0: none. */
static int
ask_plugin(struct kube_access *access, unsigned int refused, bool *ret_other_key, struct error *err)
{
	CLEANUP(exec_credential_clear) struct exec_credential got = EXEC_CREDENTIAL_INIT;
	unsigned int run;

	*ret_other_key = false;
	if (exec_plugin_ask(access->plugin, refused, &got, &run, err) < 0)
		return -1;
	if (run == access->plugin_run)
		return 0;
	if (!kubeconfig_is_token(&got.token))
		return error_set(err, ERROR_FAILED,
				 "the user '%s' signs in by '%s', whose token has characters that "
				 "no token has",
				 access->plugin->user, access->plugin->command);
	access->plugin_run = run;
	access->expires = got.expires;
	(void)replace(&access->token, &got.token);
	*ret_other_key = replace(&access->certificate, &got.certificate);
	*ret_other_key |= replace(&access->key, &got.key);
	return 0;
}

int
kube_access_prepare(struct kube_access *access, bool *ret_other_key, struct error *err)
{
	*ret_other_key = false;
	if (access->plugin != NULL)
		return access->plugin_run > 0 && access->expires > (int64_t)time(NULL) ?
			       0 :
			       ask_plugin(access, 0, ret_other_key, err);
	if (access->read_at == 0)
		access->read_at = now();
	if (now() - access->read_at < FILES_SECONDS)
		return 0;
	access->read_at = now();
	(void)read_token(access);
	*ret_other_key = read_pair(access);
	return 0;
}

int
kube_access_renew(struct kube_access *access, bool *ret_renewed, bool *ret_other_key,
		  struct error *err)
{
	unsigned int refused = access->plugin_run;

	if (access->plugin == NULL) {
		*ret_other_key = read_pair(access);
		*ret_renewed = read_token(access) || *ret_other_key;
		return 0;
	}
	if (ask_plugin(access, refused, ret_other_key, err) < 0)
		return -1;
	*ret_renewed = access->plugin_run != refused;
	return 0;
}
