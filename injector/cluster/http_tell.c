/* SPDX-License-Identifier: Apache-2.0 */
/* Why there was no answer, and what to do about it. */
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "injector/cluster/http_parts.h"
#include "injector/cluster/proxy.h"

bool
http_is_lasting(CURLcode code, const struct http_answer *answer)
{
	return answer->body.full || code == CURLE_PEER_FAILED_VERIFICATION ||
	       code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE ||
	       code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
}

/* What libcurl says, but for a proxy's password. */
static const char *
problem_of(const struct http *http, CURLcode code, const struct http_answer *answer)
{
	const char *proxy = http->proxy;

	if (answer->body.full)
		return "the answer is too large";
	if (http->problem[0] == 0 || (proxy != NULL && proxy_password_is_in(proxy, http->problem)))
		return curl.easy_strerror(code);
	return http->problem;
}

/* A certificate that is not trusted: why (OpenSSL, x509_vfy.h). It is looked at after the name, and until then the
 * result is none. */
static const char *
advice_on_certificate(const struct http *http)
{
	enum { NONE = 1, NOT_YET_VALID = 9, HAS_EXPIRED = 10 };
	long result = 0;

	(void)curl.easy_getinfo(http->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	if (result == NOT_YET_VALID || result == HAS_EXPIRED)
		return "; the server needs another, or the clock here is wrong";
	if (result <= NONE)
		return "; --tls-server-name says which name it has";
	return "; the certificate-authority for that server must be another (--certificate-authority)";
}

/* What to do about it. */
static const char *
advice_on(const struct http *http, CURLcode code, const struct http_answer *answer)
{
	static const struct {
		CURLcode code;
		const char *advice;
	} advices[] = {
		{ CURLE_COULDNT_RESOLVE_HOST, "; is that its address?" },
		{ CURLE_COULDNT_CONNECT, "; does it run, and is that its address?" },
		{ CURLE_SSL_CERTPROBLEM, "; look at the client-certificate and client-key" },
		{ CURLE_SSL_CONNECT_ERROR, "; is that the port of an API server?" },
		{ CURLE_OPERATION_TIMEDOUT,
		  "; does something in between hold it up, or is the time too short?" },
	};

	if (answer->body.full)
		return "";
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return advice_on_certificate(http);
	for (size_t i = 0; i < COUNT(advices); i++) {
		if (advices[i].code == code)
			return advices[i].advice;
	}
	return "; run this again";
}

/* Whether it is the proxy that there was no way to or through. Before it has answered, every failure to connect is its
 * own, and so is a certificate. */
static bool
is_of_proxy(const struct http *http, CURLcode code, long proxy_status)
{
	if (http->proxy == NULL)
		return false;
	if (code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY ||
	    code == CURLE_COULDNT_CONNECT || proxy_status >= 300)
		return true;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return strncmp(http->problem, "Failed to connect", 17) == 0;
	return proxy_status == 0 && strncasecmp(http->proxy, "https:", 6) == 0 &&
	       (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR);
}

int
http_tell(const struct http *http, CURLcode code, const struct http_answer *answer,
	  struct error *err)
{
	CLEANUP(free_text) char *proxy = NULL;
	const char *server = http->access->server;
	long proxy_status = 0;

	(void)curl.easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	if (!is_of_proxy(http, code, proxy_status))
		return error_set(err, ERROR_FAILED, "cannot reach '%s': %s%s", server,
				 problem_of(http, code, answer), advice_on(http, code, answer));
	proxy = proxy_shown(http->proxy);
	if (proxy_status >= 300)
		return error_set(err, ERROR_FAILED, "cannot reach '%s': the proxy '%s' says %ld%s",
				 server, proxy, proxy_status,
				 proxy_status == 407 ?
					 ": it wants a user and password in its address" :
					 "");
	return error_set(err, ERROR_FAILED,
			 "cannot reach '%s': the proxy '%s' cannot be reached: %s", server, proxy,
			 problem_of(http, code, answer));
}
