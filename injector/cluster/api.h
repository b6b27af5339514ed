/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api: the few requests to an API server that tfsecrets makes, as verbs. Answers are metadata only (Accept:
 * as=PartialObjectMetadata), so no value comes back. What the server writes about a Secret is never shown:
 * status, reason and fields are, in our own words.
 *
 * Requests that may be repeated are, on 429, 500, 502, 503, 504 and when there is no answer, with growing,
 * jittered pauses (or the server's Retry-After) until the deadline. What would be the same again (a certificate
 * that is not trusted) fails at once. After a signal (interrupt.h) none begins: "stopped by SIGINT". On a 401 a credential
 * that comes from a file or a plugin is asked for again, once.
 */
#ifndef CLUSTER_API_H
#define CLUSTER_API_H

#include <stdint.h>

#include "base/json_read.h"
#include "injector/cluster/http.h"
#include "injector/cluster/object.h"

#define FIELD_MANAGER "tfsecrets"

struct api {
	struct kube_access *access;
	struct http *http;
	int64_t deadline;		   /* monotonic milliseconds */
	long request_seconds;		   /* for one; 0: as long as there is */
	void (*warn)(const char *warning); /* of the server, each text once; or NULL */
	struct list warned;
	struct list
		owned; /* the fields of the last API_OWNED: ".data.A of 'kubectl-edit' (TIME)" */
	bool dry_run;  /* the server goes through writes, and keeps nothing */
	bool goes_on;  /* a signal that has come already does not stop what follows */
	bool stopped;  /* the last request was, by a signal */
	bool doubtful; /* what the last request asked for may be done, whatever its end: once there was no answer */
};

/* Of which request an answer is not "done": each is expected somewhere, all else is an error. */
enum api_result {
	API_DONE,
	API_ABSENT, /* 404: no such object */
	API_EXISTS, /* 409 AlreadyExists */
	API_STALE,  /* 409: not the resourceVersion any more */
	API_OWNED,  /* 409: fields belong to other managers; api->owned names them */
};

/* An object's metadata as it came. */
struct object_meta {
	struct json_node *json; /* NULL: none */
};

#define OBJECT_META_INIT                                                                           \
	{                                                                                          \
		.json = NULL                                                                       \
	}

void object_meta_clear(struct object_meta *meta);
/* "uid", "resourceVersion"; NULL: not there. Borrowed, as below. */
const char *object_meta_text(const struct object_meta *meta, const char *name);
const char *object_meta_annotation(const struct object_meta *meta, const char *name);
const char *object_meta_label(const struct object_meta *meta, const char *name);
/* When we last wrote, RFC 3339; NULL: never, or not known. */
const char *object_meta_written(const struct object_meta *meta);
/* Adds the keys that are ours in the cluster and that the object has no more. */
void object_meta_lost_keys(const struct object_meta *meta, const struct kube_object *object,
			   struct list *ret);
/* The keys whose values differ from what the object's annotation says: "+A, ~B, -C", a heap text, "" for none, of
 * 64 KiB at most, then " and N more"; meta without an object: all are new. */
char *object_meta_changes(const struct object_meta *meta, const struct kube_object *object);
/* What `tfsecrets` owns of an object by server-side apply, as fieldsV1; NULL: nothing. */
const struct json_node *object_our_fields(const struct json_node *object);
/* Whether `tfsecrets` owns, by server-side apply, exactly what it would send for this object. */
bool object_meta_owns_exactly(const struct object_meta *meta, const struct kube_object *object);

/* seconds: for all requests together. access is borrowed until api_close, and may be renewed. */
int api_open(struct kube_access *access, long seconds, struct api *ret, struct error *err)
	__attribute__((warn_unused_result));
/* So many seconds from now, for the next target. */
void api_extend(struct api *api, long seconds);
/* Until the time that api_open or api_extend gave is over. */
int64_t api_milliseconds_left(const struct api *api);
void api_close(struct api *api);

/* The kinds that are read or written: "secrets", "configmaps", "namespaces". */
const char *api_resource(enum object_kind kind);

/* GET. API_DONE or API_ABSENT. resource "namespaces" has no namespace (NULL). */
int api_get(struct api *api, const char *resource, const char *namespace, const char *name,
	    struct object_meta *ret, enum api_result *ret_result, struct error *err)
	__attribute__((warn_unused_result));
/* GET of a page of the list of all namespaces: 200 objects that match the label selector; `from` is the token that
 * the page before ended with, or NULL. API_DONE, or API_ABSENT: the account may not list. The caller frees *ret, a
 * PartialObjectMetadataList. */
int api_list(struct api *api, enum object_kind kind, const char *selector, const char *from,
	     struct json_node **ret, enum api_result *ret_result, struct error *err)
	__attribute__((warn_unused_result));
/* Server-side apply of a whole object. API_DONE, API_STALE (body names a resourceVersion) or API_OWNED. */
int api_apply(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	      struct bytes body, bool force, struct object_meta *ret, enum api_result *ret_result,
	      struct error *err) __attribute__((warn_unused_result));
/* POST. API_DONE or API_EXISTS. */
int api_create(struct api *api, const char *resource, const char *namespace, struct bytes body,
	       enum api_result *ret_result, struct error *err) __attribute__((warn_unused_result));
/* PUT of a whole object, whatever its resourceVersion. API_DONE with its metadata, or API_ABSENT. */
int api_replace(struct api *api, enum object_kind kind, const char *namespace, const char *name,
		struct bytes body, struct object_meta *ret, enum api_result *ret_result,
		struct error *err) __attribute__((warn_unused_result));
/* A merge PATCH, never with values in it. API_DONE, API_STALE or API_ABSENT. */
int api_merge(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	      struct bytes body, enum api_result *ret_result, struct error *err)
	__attribute__((warn_unused_result));
/* A JSON PATCH of managedFields and annotations, never with values in it; *ret is what the object is then. API_DONE or
 * API_STALE; API_ABSENT. */
int api_rewrite(struct api *api, enum object_kind kind, const char *namespace, const char *name,
		struct bytes body, struct object_meta *ret, enum api_result *ret_result,
		struct error *err) __attribute__((warn_unused_result));

/* GET of a whole object of any kind, in its resource's name ("deployments"). API_DONE or API_ABSENT. */
int api_read(struct api *api, const char *resource, const char *namespace, const char *name,
	     struct object_meta *ret, enum api_result *ret_result, struct error *err)
	__attribute__((warn_unused_result));
/* GET of a whole Secret, values and all, as the server's JSON, into *ret, whose capacity is the maximum. */
int api_read_secret(struct api *api, const char *namespace, const char *name, struct secret *ret,
		    struct error *err) __attribute__((warn_unused_result));
/* A page of a list of whole objects of a namespace: those that match the selector (already percent-encoded), or all
 * (NULL); `from` is the token that the page before ended with, or NULL. */
int api_page(struct api *api, const char *resource, const char *namespace, const char *selector,
	     const char *from, struct object_meta *ret, struct error *err)
	__attribute__((warn_unused_result));
/* A merge PATCH of an object of any kind, never with values in it. API_DONE or API_ABSENT; API_STALE. */
int api_annotate(struct api *api, const char *resource, const char *namespace, const char *name,
		 struct bytes body, enum api_result *ret_result, struct error *err)
	__attribute__((warn_unused_result));
/* DELETE of the object of that uid and no other. API_DONE or API_ABSENT; API_STALE: it is another one now. */
int api_delete(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	       const char *uid, enum api_result *ret_result, struct error *err)
	__attribute__((warn_unused_result));

#endif
