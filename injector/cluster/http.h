/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: requests to one API server, by libcurl, which is loaded at the first one (linking it would cost every
 * command 4 ms and 7 MiB). One connection, kept open. TLS 1.2 or later, no redirects, HTTP/1.1. A struct http
 * belongs to one thread at a time. From the first one on SIGPIPE is ignored: not every libcurl sees to a connection
 * that is closed under it.
 */
#ifndef CLUSTER_HTTP_H
#define CLUSTER_HTTP_H

#include "base/buf.h"
#include "base/error.h"
#include "base/list.h"
#include "injector/cluster/kubeconfig.h"

enum {
	HTTP_ANSWER_MAX = 16 * 1024 * 1024,
	HTTP_CONNECT_SECONDS = 10,
	HTTP_WARNINGS_MAX = 20, /* of one answer; more are dropped */
};

struct http;

struct http_request {
	const char *method;
	const char *path;	  /* "/api/v1/…?…", behind the server's own prefix */
	const char *accept;	  /* a media type */
	const char *content_type; /* of the body, or NULL: none */
	struct bytes body;	  /* borrowed, may be secret: libcurl reads it where it is */
	bool goes_on;		  /* a signal does not end it */
};

struct http_answer {
	int status;
	bool lasts;	  /* there was no answer, and asked again there would be none either */
	bool was_sent;	  /* the request, or a part of it */
	bool has_headers; /* all of them: up to the empty line */
	bool is_json;	  /* by its content type */
	long retry_after; /* seconds, 0: not said */
	struct buf body;
	struct secret *secret; /* where the body goes instead; borrowed; NULL: nowhere else */
	struct list warnings;  /* texts of Warning headers of code 299 */
};

#define HTTP_ANSWER_INIT                                                                           \
	{                                                                                          \
		.status = 0, .body = BUF_INIT(HTTP_ANSWER_MAX), .warnings = LIST_INIT              \
	}

/* Loads libcurl and prepares; nothing is sent. access is borrowed until http_close. */
int http_open(const struct kube_access *access, struct http **ret, struct error *err)
	__attribute__((warn_unused_result));
void http_close(struct http *http);
/* After access has got another certificate or key: what was connected as somebody else is closed. */
int http_renew(struct http *http, struct error *err) __attribute__((warn_unused_result));
/* For CLEANUP(http_cleanup) struct http *http = NULL; */
void http_cleanup(struct http **http);

/* One request and its answer, of any status, within `seconds`, or until a signal comes (interrupt.h), which a request
 * with a body outlives by INTERRUPT_GRACE_MS. ERROR_FAILED "cannot reach 'SERVER': …" when
 * there was no whole answer (the server may have seen the request all the same). The caller
 * clears *ret, which may be used again for the next. */
int http_do(struct http *http, const struct http_request *request, long seconds,
	    struct http_answer *ret, struct error *err) __attribute__((warn_unused_result));
void http_answer_clear(struct http_answer *answer);

#endif
