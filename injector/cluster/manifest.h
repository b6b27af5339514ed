/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest: objects as YAML documents or JSON. The same objects and values give the same bytes: fields
 * in one order (apiVersion, kind, metadata, type, data, binaryData), keys in byte order. A ConfigMap's
 * value is `data` where it is UTF-8 without NUL, else `binaryData`; a Secret's is base64 in `data`, never
 * stringData, whose keys would stay in the cluster when they leave the schema. `data` is there, empty,
 * when an object has no value at all.
 *
 * Call kube_object_check for every object first: a document that breaks off reads like a smaller one.
 */
#ifndef CLUSTER_MANIFEST_H
#define CLUSTER_MANIFEST_H

#include "base/error.h"
#include "base/json.h"
#include "injector/cluster/object.h"
#include "injector/cluster/sink.h"

enum manifest_format { MANIFEST_YAML, MANIFEST_JSON };

enum manifest_secrets {
	MANIFEST_HIDDEN, /* a text that is no base64 stands for a sealed value: every API server
				 * refuses the object, so it cannot replace real values by mistake */
	MANIFEST_REVEALED,
};

/* Writes all objects to fd: YAML documents, each behind "---", or one JSON object (a v1 List unless it is
 * one object exactly). With MANIFEST_HIDDEN nothing is opened. shown is fd's name in messages. */
int manifest_write(int fd, const char *shown, const struct kube_objects *objects,
		   const struct value_source *source, enum manifest_format format,
		   enum manifest_secrets secrets, struct error *err)
	__attribute__((warn_unused_result));

/* Appends one object as a document of its own: YAML without "---", or JSON. */
int manifest_document(const struct kube_object *object, const struct value_source *source,
		      enum manifest_format format, enum manifest_secrets secrets, struct sink *sink,
		      struct error *err) __attribute__((warn_unused_result));

/* Appends one object, all values in it, as compact JSON that a YAML parser reads alike: the body of a
 * server-side apply. */
int manifest_body(const struct kube_object *object, const struct value_source *source,
		  struct sink *sink, struct error *err) __attribute__((warn_unused_result));

/* manifest_body into *ret, which this opens, in secret memory; total: bytes of all values, as kube_object_check has them. The
 * caller clears *ret. */
int manifest_request(const struct kube_object *object, const struct value_source *source,
		     size_t total, struct sink *ret, struct error *err)
	__attribute__((warn_unused_result));

#endif
