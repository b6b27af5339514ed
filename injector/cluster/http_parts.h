/* SPDX-License-Identifier: Apache-2.0 */
/* http_parts: libcurl, as it is loaded, and what went wrong with a request. For http*.c. */
#ifndef CLUSTER_HTTP_PARTS_H
#define CLUSTER_HTTP_PARTS_H

#include <curl/curl.h>

#include "injector/cluster/http.h"

/* What is called of libcurl, by its own types. */
#define FUNCTIONS(each)                                                                            \
	each(global_init) each(easy_init) each(easy_setopt) each(easy_perform) each(easy_getinfo)  \
		each(easy_strerror) each(easy_cleanup) each(slist_append) each(slist_free_all)
#define DECLARE(name) __typeof__(&curl_##name) name;

struct http_library {
	FUNCTIONS(DECLARE)
	const char *missing; /* what cannot be loaded, or NULL */
};
extern struct http_library curl;

struct http {
	const struct kube_access *access;
	CURL *easy;
	char *base; /* the server's address as libcurl gets it */
	char *host; /* "Host: …" where that is another, or NULL */
	struct curl_slist *connect_to;
	char *proxy; /* as libcurl gets it, or NULL */
	char problem[CURL_ERROR_SIZE];
};

/* What is no outage: a certificate that is not trusted, a key that does not fit, an answer too large. */
bool http_is_lasting(CURLcode code, const struct http_answer *answer);
/* Says in err why there was no whole answer; returns -1. */
int http_tell(const struct http *http, CURLcode code, const struct http_answer *answer,
	      struct error *err);

#endif
