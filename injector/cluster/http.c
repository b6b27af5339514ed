/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/http.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "injector/cluster/http_parts.h"
#include "injector/cluster/interrupt.h"
#include "injector/cluster/proxy.h"

#define LIBRARY "libcurl.so.4"
#define WARNING "warning: 299 "

struct http_library curl;

static pthread_once_t loaded = PTHREAD_ONCE_INIT;

/* POSIX lets an object pointer stand for a function's; ISO C does not, so its bytes are copied. */
static void
find(void *library, const char *name, void *ret_function)
{
	void *found = dlsym(library, name);

	if (found == NULL)
		curl.missing = name;
	memcpy(ret_function, &found, sizeof(found));
}

#define FIND(name) find(library, "curl_" #name, &curl.name);

static void
load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		curl.missing = LIBRARY;
		return;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	FUNCTIONS(FIND)
	if (curl.missing == NULL && curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		curl.missing = "curl_global_init";
}

static void
stop(struct http *http)
{
	if (http->easy != NULL)
		curl.easy_cleanup(http->easy);
	curl.slist_free_all(http->connect_to);
	free(http->base);
	free(http->host);
	http->easy = NULL;
	http->connect_to = NULL;
	http->base = http->host = NULL;
}

void
http_close(struct http *http)
{
	if (http == NULL)
		return;
	stop(http);
	free(http->proxy);
	free(http);
}

void
http_cleanup(struct http **http)
{
	http_close(*http);
	*http = NULL;
}

void
http_answer_clear(struct http_answer *answer)
{
	buf_clear(&answer->body);
	list_clear(&answer->warnings);
}

static size_t
take_body(char *data, size_t size, size_t count, void *context)
{
	struct http_answer *answer = context;
	const struct bytes bytes = { (const uint8_t *)data, size * count };
	struct error ignored;

	if (answer->secret != NULL)
		answer->body.full = secret_append(answer->secret, bytes, &ignored) < 0;
	else
		buf_append(&answer->body, bytes);
	return answer->body.full ? 0 : bytes.len;
}

/* Warning: 299 - "text" (RFC 7234 5.5); the text's backslashes go. */
static void
take_warning(struct http_answer *answer, const char *line, size_t len)
{
	const char *start = memchr(line, '"', len), *end = memrchr(line, '"', len);
	CLEANUP(free_text) char *text = NULL;
	size_t kept = 0;

	if (start == end || answer->warnings.count >= HTTP_WARNINGS_MAX)
		return;
	text = xstrndup(start + 1, (size_t)(end - start - 1));
	for (size_t i = 0; text[i] != 0; i++) {
		if (text[i] == '\\' && text[i + 1] != 0)
			i++;
		text[kept++] = text[i];
	}
	text[kept] = 0;
	list_add(&answer->warnings, text);
}

static size_t
take_header(char *data, size_t size, size_t count, void *context)
{
	struct http_answer *answer = context;
	size_t len = size * count;

	/* A proxy's answer, and one that goes before another, have headers too. */
	if (len > 5 && memcmp(data, "HTTP/", 5) == 0)
		answer->has_headers = false;
	answer->has_headers |= len <= 2 && memchr(data, '\n', len) != NULL;
	if (len > strlen(WARNING) && strncasecmp(data, WARNING, strlen(WARNING)) == 0)
		take_warning(answer, data, len);
	return len;
}

/* Called about once a second at least. */
static int
is_stopped(void *context, curl_off_t to_read, curl_off_t read, curl_off_t to_write,
	   curl_off_t written)
{
	const struct http_request *request = context;

	(void)to_read, (void)read, (void)to_write, (void)written;
	return interrupt_caught() != 0 && !request->goes_on &&
	       (request->content_type == NULL || interrupt_age() > INTERRUPT_GRACE_MS);
}

#define SET(option, value) (void)curl.easy_setopt(http->easy, CURLOPT_##option, value)

static void
set_blob(struct http *http, CURLoption option, struct bytes bytes)
{
	/* Not changed, whatever its type says. */
	struct curl_blob blob = { .len = bytes.len, .flags = CURL_BLOB_NOCOPY };

	memcpy(&blob.data, &bytes.data, sizeof(blob.data));
	if (bytes.len > 0)
		(void)curl.easy_setopt(http->easy, option, &blob);
}

static void
set_credentials(struct http *http)
{
	const struct kube_access *access = http->access;

	set_blob(http, CURLOPT_CAINFO_BLOB, buf_bytes(&access->ca));
	set_blob(http, CURLOPT_SSLCERT_BLOB, secret_bytes(&access->certificate));
	set_blob(http, CURLOPT_SSLKEY_BLOB, secret_bytes(&access->key));
	SET(SSLCERTTYPE, "PEM");
	SET(SSLKEYTYPE, "PEM");
	SET(SSL_VERIFYPEER, access->insecure ? 0L : 1L);
	SET(SSL_VERIFYHOST, access->insecure ? 0L : 2L);
}

static void
set_always(struct http *http)
{
	SET(NOSIGNAL, 1L);
	SET(NOPROGRESS, 0L);
	SET(XFERINFOFUNCTION, is_stopped);
	SET(PROTOCOLS_STR, "https,http");
	SET(FOLLOWLOCATION, 0L);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CONNECTTIMEOUT, (long)HTTP_CONNECT_SECONDS);
	SET(ERRORBUFFER, http->problem);
	SET(USERAGENT, "tfsecrets");
	SET(WRITEFUNCTION, take_body);
	SET(HEADERFUNCTION, take_header);
}

/* The certificate must name what the address names, so tls-server-name takes the host's place there, and the
 * connection goes to the host. */
static void
set_server(struct http *http)
{
	const char *server = http->access->server, *name = http->access->server_name;
	const char *host = strstr(server, "://") + 3;
	size_t len = strcspn(host, "/"), host_len = len;
	CLEANUP(free_text) char *entry = NULL;
	const char *port;

	if (name == NULL) {
		http->base = xstrdup(server);
		return;
	}
	port = host[0] == '[' ? memchr(host, ']', len) : host;
	port = port != NULL ? memchr(port, ':', len - (size_t)(port - host)) : NULL;
	if (port != NULL)
		host_len = (size_t)(port - host);
	http->base = xasprintf("https://%s%s", name, host + host_len);
	http->host = xasprintf("Host: %.*s", (int)len, host);
	entry = xasprintf("::%.*s:%.*s", (int)host_len, host,
			  port != NULL ? (int)(len - host_len - 1) : 0,
			  port != NULL ? port + 1 : "");
	http->connect_to = curl.slist_append(NULL, entry);
	SET(CONNECT_TO, http->connect_to);
}

/* Which one is decided already. One that speaks TLS is whom the cluster's authority says, and is shown who we are, as
 * with net/http. */
static void
set_proxy(struct http *http)
{
	const struct kube_access *access = http->access;

	SET(PROXY, http->proxy != NULL ? http->proxy : "");
	SET(NOPROXY, "");
	set_blob(http, CURLOPT_PROXY_CAINFO_BLOB, buf_bytes(&access->ca));
	set_blob(http, CURLOPT_PROXY_SSLCERT_BLOB, secret_bytes(&access->certificate));
	set_blob(http, CURLOPT_PROXY_SSLKEY_BLOB, secret_bytes(&access->key));
	SET(PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(PROXY_SSL_VERIFYPEER, access->insecure ? 0L : 1L);
	SET(PROXY_SSL_VERIFYHOST, access->insecure ? 0L : 2L);
}

static int
begin(struct http *http, struct error *err)
{
	http->easy = curl.easy_init();
	if (http->easy == NULL)
		return error_set(err, ERROR_FAILED, "cannot start libcurl");
	set_always(http);
	set_proxy(http);
	set_credentials(http);
	set_server(http);
	return 0;
}

int
http_renew(struct http *http, struct error *err)
{
	stop(http);
	return begin(http, err);
}

int
http_open(const struct kube_access *access, struct http **ret, struct error *err)
{
	struct http *http;

	(void)pthread_once(&loaded, load);
	if (curl.missing != NULL)
		return error_set(
			err, ERROR_FAILED,
			"cannot speak to a cluster: '%s' cannot be loaded (Debian's package "
			"libcurl4 has it)",
			curl.missing);
	http = xcalloc(1, sizeof(*http));
	http->access = access;
	if (proxy_choose(access, &http->proxy, err) < 0 || begin(http, err) < 0) {
		http_close(http);
		return -1;
	}
	*ret = http;
	return 0;
}

static void
add_header(struct curl_slist **list, const char *name, const char *value)
{
	CLEANUP(free_text) char *line = xasprintf("%s: %s", name, value);

	*list = curl.slist_append(*list, line);
}

/* libcurl copies the line; its copy is wiped by free_headers. */
static int
add_authorization(struct curl_slist **list, const char *start, struct bytes credential,
		  struct error *err)
{
	CLEANUP(secret_clear) struct secret line = SECRET_INIT;

	if (secret_new(strlen(start) + credential.len + 1, &line, err) < 0 ||
	    secret_append(&line, bytes_of(start), err) < 0 ||
	    secret_append(&line, credential, err) < 0 ||
	    secret_append(&line, (struct bytes){ (const uint8_t *)"", 1 }, err) < 0)
		return -1;
	*list = curl.slist_append(*list, (const char *)line.data);
	return 0;
}

static int
add_password(const struct kube_access *access, struct curl_slist **list, struct error *err)
{
	CLEANUP(secret_clear) struct secret pair = SECRET_INIT;
	CLEANUP(secret_clear) struct secret encoded = SECRET_INIT;
	size_t len = strlen(access->username) + 1 + access->password.len;

	if (secret_new(len, &pair, err) < 0 ||
	    secret_new(base64_length(len, BASE64_PADDED), &encoded, err) < 0 ||
	    secret_append(&pair, bytes_of(access->username), err) < 0 ||
	    secret_append(&pair, bytes_of(":"), err) < 0 ||
	    secret_append(&pair, secret_bytes(&access->password), err) < 0 ||
	    base64_encode_secret(secret_bytes(&pair), &encoded, err) < 0)
		return -1;
	return add_authorization(list, "Authorization: Basic ", secret_bytes(&encoded), err);
}

/* No token has an end of line, which would begin another header: that has been seen to. */
static int
add_who(const struct kube_access *access, struct curl_slist **list, struct error *err)
{
	if (access->token.len > 0)
		return add_authorization(list, "Authorization: Bearer ",
					 secret_bytes(&access->token), err);
	return access->username != NULL ? add_password(access, list, err) : 0;
}

static void
add_impersonation(const struct kube_access *access, struct curl_slist **list)
{
	if (access->as != NULL)
		add_header(list, "Impersonate-User", access->as);
	if (access->as_uid != NULL)
		add_header(list, "Impersonate-Uid", access->as_uid);
	for (size_t i = 0; i < access->as_groups.count; i++)
		add_header(list, "Impersonate-Group", access->as_groups.items[i]);
	for (size_t i = 0; i < access->as_extra.count; i++)
		*list = curl.slist_append(*list, access->as_extra.items[i]);
}

static int
make_headers(const struct http *http, const struct http_request *request, struct curl_slist **list,
	     struct error *err)
{
	add_header(list, "Accept", request->accept);
	/* No pause for a "100 Continue". */
	*list = curl.slist_append(*list, "Expect:");
	if (request->content_type != NULL)
		add_header(list, "Content-Type", request->content_type);
	if (http->host != NULL)
		*list = curl.slist_append(*list, http->host);
	add_impersonation(http->access, list);
	return add_who(http->access, list, err);
}

static void
free_headers(struct curl_slist *list)
{
	for (struct curl_slist *line = list; line != NULL; line = line->next)
		secret_wipe(line->data, strlen(line->data));
	curl.slist_free_all(list);
}

static void
read_answer(struct http *http, struct http_answer *answer)
{
	const char *type = NULL;
	curl_off_t retry_after = 0;
	long status = 0;

	(void)curl.easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl.easy_getinfo(http->easy, CURLINFO_CONTENT_TYPE, &type);
	(void)curl.easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &retry_after);
	answer->status = (int)status;
	answer->is_json = type != NULL && strncasecmp(type, "application/json", 16) == 0;
	answer->retry_after = (long)retry_after;
}

static CURLcode
perform(struct http *http, const struct http_request *request, struct curl_slist *list,
	long seconds, struct http_answer *ret)
{
	CLEANUP(free_text) char *url = xasprintf("%s%s", http->base, request->path);
	CURLcode code;
	long sent = 0;

	http->problem[0] = 0;
	SET(URL, url);
	SET(HTTPHEADER, list);
	SET(TIMEOUT, seconds);
	SET(WRITEDATA, ret);
	SET(HEADERDATA, ret);
	SET(XFERINFODATA, request);
	if (request->content_type != NULL) {
		SET(POSTFIELDS, request->body.data);
		SET(POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	} else {
		SET(HTTPGET, 1L);
	}
	SET(CUSTOMREQUEST, request->method);
	code = curl.easy_perform(http->easy);
	(void)curl.easy_getinfo(http->easy, CURLINFO_REQUEST_SIZE, &sent);
	ret->was_sent = sent > 0;
	/* Closed within the headers, what has come is an answer to libcurl: one without a body. */
	if (code == CURLE_OK && !ret->has_headers)
		code = CURLE_PARTIAL_FILE;
	SET(HTTPHEADER, (struct curl_slist *)NULL);
	return code;
}

int
http_do(struct http *http, const struct http_request *request, long seconds,
	struct http_answer *ret, struct error *err)
{
	struct curl_slist *list = NULL;
	CURLcode code;
	int made;

	buf_reset(&ret->body);
	if (ret->secret != NULL)
		secret_reset(ret->secret);
	list_clear(&ret->warnings);
	ret->lasts = ret->was_sent = ret->has_headers = false;
	made = make_headers(http, request, &list, err);
	code = made == 0 ? perform(http, request, list, seconds, ret) : CURLE_OK;
	free_headers(list);
	ret->lasts = made < 0 || http_is_lasting(code, ret);
	if (made < 0)
		return -1;
	if (code != CURLE_OK)
		return http_tell(http, code, ret, err);
	read_answer(http, ret);
	return 0;
}
