/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object: the ConfigMaps and Secrets of one environment and target, made from the schema's objects.
 * Where values come from is the command's business: it passes callbacks in, and a sealed value is
 * opened only when its bytes are needed.
 */
#ifndef CLUSTER_OBJECT_H
#define CLUSTER_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "crypto/secret.h"
#include "schemas/schema.h"

#define LABEL_MANAGED_BY "app.kubernetes.io/managed-by"
#define LABEL_ENVIRONMENT "tfsecrets.dev/environment"
#define LABEL_PROJECT "tfsecrets.dev/project"
#define ANNOTATION_CONTENT "tfsecrets.dev/content"
#define ANNOTATION_KEYS "tfsecrets.dev/keys"
#define MANAGED_BY "tfsecrets"

enum {
	OBJECT_REQUEST_MAX = 3 * 1024 * 1024, /* one request; the API server's */
	VALUE_ID_DIGITS = 32,
	OBJECT_LABELS = 3,
	OBJECT_ANNOTATIONS = 2,
};

/* VALUE_UNSET: nothing to write, but a tombstone says so, which a target remembers as it does a value. */
enum object_value_state { VALUE_ABSENT, VALUE_PLAIN, VALUE_SEALED, VALUE_UNSET };

/* What a setting has in the environment. */
struct object_value {
	enum object_value_state state;
	struct bytes plain;		    /* VALUE_PLAIN: borrowed, outlives the objects */
	char value_id[VALUE_ID_DIGITS + 1]; /* VALUE_SEALED, VALUE_UNSET */
	uint32_t generation;		    /* the same: what a hidden value is shown by */
};

/* The command's callbacks; setting is an index into schema.settings. */
struct value_source {
	void *context;
	int (*value)(void *context, size_t setting, struct object_value *ret, struct error *err);
	/* Opens a sealed value; *ret is the caller's to clear. */
	int (*open)(void *context, size_t setting, struct secret *ret, struct error *err);
	/* What is worth knowing of a value; or NULL. */
	void (*note)(const char *format, ...) __attribute__((format(printf, 1, 2)));
};

/* A label or an annotation. */
struct object_mark {
	const char *name;
	char *value;
};

struct kube_entry {
	char *key;
	size_t setting;
	struct object_value value; /* VALUE_PLAIN or VALUE_SEALED */
};

struct kube_object {
	enum object_kind kind;
	char *name;
	char *namespace; /* or NULL: not known */
	char *type;	 /* as in struct object */
	const char
		*resource_version; /* what it must still be when it is written; borrowed; or NULL */
	struct object_mark labels[OBJECT_LABELS], annotations[OBJECT_ANNOTATIONS];
	struct kube_entry *entries; /* by key, byte order */
	size_t entry_count;
};

struct kube_objects {
	struct kube_object *items; /* in the schema's order */
	size_t count;
};

#define KUBE_OBJECTS_INIT                                                                          \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

/* An entry of a ConfigMap that is no setting's value: public bytes. Borrowed. */
struct object_file {
	const char *name;
	struct bytes content;
};

/* Where the objects go. */
struct object_place {
	const struct environment *environment;
	const char *project_id; /* 32 hex digits */
	const char *namespace;	/* or NULL */
	/* What an environment that is delivered sealed brings, by name; it outlives the objects. */
	const struct object_file *bundle;
	size_t bundle_count;
};

/* Makes the objects: of an environment that is delivered sealed its ConfigMaps, and one more for the bundle,
 * "PROJECT-ENVIRONMENT-sealed". Settings without a
 * value are left out; an object that has none left is there all the same, empty. Opens nothing. A sealed
 * value in a ConfigMap is ERROR_REFUSED; annotations over their maximum are ERROR_FAILED. The caller
 * clears *ret. */
int kube_objects_make(const struct schema *schema, const struct object_place *place,
		      const struct value_source *source, struct kube_objects *ret,
		      struct error *err) __attribute__((warn_unused_result));
void kube_objects_clear(struct kube_objects *objects);

/* A ConfigMap's value that is no text: it goes to binaryData. */
bool kube_entry_is_binary(const struct kube_object *object, const struct kube_entry *entry);

/* "Secret" or "ConfigMap"; "secret" or "configmap", as kubectl shows them. */
const char *kube_kind_name(enum object_kind kind);
const char *kube_kind_shown(enum object_kind kind);

/* Opens each sealed value, and adds up all sizes (*ret_total, bytes): over OBJECT_DATA_MAX is ERROR_FAILED, and so is a
 * ConfigMap of which the request would be over OBJECT_REQUEST_MAX. ERROR_REFUSED: the values are not what a Secret of
 * this type has (secret_type.h). Call it for
 * every object before the first byte is written anywhere, so that what does not open or does not fit
 * leaves nothing half done. */
int kube_object_check(const struct kube_object *object, const struct value_source *source,
		      size_t *ret_total, struct error *err) __attribute__((warn_unused_result));

#endif
