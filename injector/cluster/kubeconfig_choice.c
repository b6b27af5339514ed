/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line says, over what was found (client-go, tools/clientcmd/client_config.go: getCluster and
 * getAuthInfo): each option replaces one field. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/kubeconfig_parts.h"

char *
kubeconfig_server(const char *text, const char **ret_problem)
{
	size_t len = strcspn(text, "?#");
	CLEANUP(free_text) char *server = NULL;

	while (len > 0 && text[len - 1] == '/')
		len--;
	server = strstr(text, "://") != NULL ? xstrndup(text, len) :
					       xasprintf("https://%.*s", (int)len, text);
	/* It is shown in messages, where a password has no place. */
	if (strchr(text, '@') != NULL)
		*ret_problem = "has a '@' in it; who signs in stands in 'users'";
	else if (!kubeconfig_server_is_safe(server))
		*ret_problem = "is not https, which only a server on this machine may be";
	else
		return TAKE(server);
	return NULL;
}

static void
replace(char **text, const char *with)
{
	free(*text);
	*text = with != NULL ? xstrdup(with) : NULL;
}

static int
override_server(const struct kube_choice *choice, struct kube_access *access, struct error *err)
{
	const char *problem = NULL;

	if (choice->server != NULL) {
		free(access->server);
		access->server = kubeconfig_server(choice->server, &problem);
		if (access->server == NULL)
			return error_set(err, ERROR_USAGE, "'--server' %s", problem);
	}
	/* The kubeconfig's name is that of its own server. */
	if (choice->server != NULL || choice->server_name != NULL)
		replace(&access->server_name, choice->server_name);
	return 0;
}

static int
override_authority(const struct kube_choice *choice, struct kube_access *access, struct error *err)
{
	CLEANUP(secret_clear) struct secret ca = SECRET_INIT;

	if (choice->insecure && choice->authority != NULL)
		return error_set(err, ERROR_USAGE,
				 "'--certificate-authority' and '--insecure-skip-tls-verify' "
				 "exclude each other");
	access->insecure = choice->insecure;
	if (choice->insecure || choice->authority != NULL)
		buf_reset(&access->ca);
	if (choice->authority == NULL)
		return 0;
	if (kubeconfig_read(choice->authority, KUBE_CREDENTIAL_MAX, &ca, err) < 0)
		return -1;
	buf_append(&access->ca, secret_bytes(&ca));
	return buf_check(&access->ca, "the certificate authority", err);
}

static int
override_credentials(const struct kube_choice *choice, struct kube_access *access,
		     struct error *err)
{
	if (choice->certificate != NULL)
		replace(&access->certificate_file, choice->certificate);
	if (choice->key != NULL)
		replace(&access->key_file, choice->key);
	if (choice->certificate != NULL && kubeconfig_read(choice->certificate, KUBE_CREDENTIAL_MAX,
							   &access->certificate, err) < 0)
		return -1;
	if (choice->key != NULL &&
	    kubeconfig_read(choice->key, KUBE_CREDENTIAL_MAX, &access->key, err) < 0)
		return -1;
	if ((access->certificate.data == NULL) != (access->key.data == NULL))
		return error_set(err, ERROR_FAILED,
				 "%s: there is one of client-certificate and client-key, and both "
				 "are needed",
				 access->shown);
	return 0;
}

/* A name of a header field (RFC 9110 5.6.2); else, and '%' itself, as %XX (client-go, transport:
 * headerKeyEscape). */
static void
escape_key(struct buf *out, const char *key)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "!#$&'*+-.^_`|~";

	for (; *key != 0; key++) {
		if (strchr(plain, *key) != NULL)
			buf_append_byte(out, (uint8_t)*key);
		else
			buf_printf(out, "%%%02X", (unsigned int)(uint8_t)*key);
	}
}

void
kube_access_add_extra(struct kube_access *access, const char *key, const char *value)
{
	CLEANUP(buf_clear) struct buf line = BUF_INIT(KUBE_CREDENTIAL_MAX);

	buf_append_text(&line, "Impersonate-Extra-");
	escape_key(&line, key);
	buf_printf(&line, ": %s", value);
	list_add(&access->as_extra, buf_text(&line));
}

static int
override_extra(const struct list *given, struct kube_access *access, struct error *err)
{
	if (given == NULL || given->count == 0)
		return 0;
	list_clear(&access->as_extra);
	for (size_t i = 0; i < given->count; i++) {
		const char *text = given->items[i], *equals = strchr(text, '=');
		CLEANUP(free_text) char *key = NULL;

		if (equals == NULL || equals == text)
			return error_set(err, ERROR_USAGE, "'--as-user-extra %s' is not KEY=VALUE",
					 text);
		key = xstrndup(text, (size_t)(equals - text));
		kube_access_add_extra(access, key, equals + 1);
	}
	return 0;
}

/* What goes into a header must not end it, and libcurl leaves out one that is empty. */
static bool
fits_header(const char *text)
{
	for (const char *at = text; at != NULL && *at != 0; at++) {
		if ((uint8_t)*at < ' ' || *at == 0x7f)
			return false;
	}
	return text == NULL || text[strspn(text, " ")] != 0;
}

static bool
fit_headers(const struct list *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (!fits_header(texts->items[i]))
			return false;
	}
	return true;
}

static int
check_impersonation(struct kube_access *access, struct error *err)
{
	char *shown;

	if (!fits_header(access->as) || !fits_header(access->as_uid) ||
	    !fit_headers(&access->as_groups) || !fit_headers(&access->as_extra))
		return error_set(err, ERROR_FAILED,
				 "%s: whom to impersonate is empty, or has a control character",
				 access->shown);
	if (access->as == NULL &&
	    (access->as_uid != NULL || access->as_groups.count > 0 || access->as_extra.count > 0))
		return error_set(err, ERROR_USAGE,
				 "%s: an impersonated uid, group or extra needs a user: --as names "
				 "one",
				 access->shown);
	if (access->as == NULL)
		return 0;
	shown = xasprintf("%s, as '%s'", access->shown, access->as);
	free(access->shown);
	access->shown = shown;
	return 0;
}

static int
override_impersonation(const struct kube_choice *choice, struct kube_access *access,
		       struct error *err)
{
	if (choice->as != NULL)
		replace(&access->as, choice->as);
	if (choice->as_uid != NULL)
		replace(&access->as_uid, choice->as_uid);
	if (choice->as_groups != NULL && choice->as_groups->count > 0) {
		list_clear(&access->as_groups);
		for (size_t i = 0; i < choice->as_groups->count; i++)
			list_add(&access->as_groups, choice->as_groups->items[i]);
	}
	if (override_extra(choice->as_extra, access, err) < 0)
		return -1;
	return check_impersonation(access, err);
}

int
kubeconfig_override(const struct kube_choice *choice, struct kube_access *access, struct error *err)
{
	if (choice->namespace != NULL)
		replace(&access->namespace, choice->namespace);
	if (override_server(choice, access, err) < 0 ||
	    override_authority(choice, access, err) < 0 ||
	    override_credentials(choice, access, err) < 0)
		return -1;
	return override_impersonation(choice, access, err);
}
