/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml: a document as a tree of nodes with line, column and byte range. Only yaml_read.c includes
 * yaml.h of libyaml. Strict: one document, UTF-8, string keys; duplicate keys, anchors, aliases, tags,
 * directives, tabs as indentation and NUL are errors with line and column. An empty document is an
 * empty map.
 *
 * Scalars are literal text: `no`, `012`, `~` are what stands there. A scalar may be a secret that
 * somebody wrote in the clear: yaml_destroy wipes every text, and libyaml's buffers and events are wiped
 * before they are freed. Messages never contain a scalar's text.
 *
 * Files that other programs read, too (manifests, kubeconfigs), are read laxly: several documents; directives,
 * tags and anchors are passed over; an alias and a merge key (`<<`) become copies, of which there is a maximum; of
 * duplicate keys the last one counts. Scalars stay literal text, NUL is an error.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

enum {
	YAML_SOURCE_MAX = 4 * 1024 * 1024,
	YAML_DEPTH_MAX = 16,
	YAML_NODES_MAX = 400000,
	YAML_LAX_SOURCE_MAX =
		32 * 1024 * 1024, /* a chart's custom resource definitions are large */
	YAML_LAX_DEPTH_MAX = 100,
	YAML_LAX_NODES_MAX = 2000000,
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };
enum yaml_style {
	YAML_BLOCK,
	YAML_FLOW,
	YAML_PLAIN,
	YAML_SINGLE,
	YAML_DOUBLE,
	YAML_LITERAL,
	YAML_FOLDED
};

struct yaml_node {
	enum yaml_kind kind;
	enum yaml_style style; /* scalars: how it was quoted; list and map: block or flow */
	size_t line, column;   /* from 1; columns count characters */
	size_t start, end;     /* byte range in the source; a block scalar or collection ends
					 * where its last content line ends, without trailing comments */
	char *text;	       /* scalar: decoded, NUL behind it; else NULL */
	size_t len;	       /* scalar: bytes of text (it holds no NUL) */
	struct yaml_node *key; /* for the value of a map entry: its key, a scalar; else NULL */
	struct yaml_node **children; /* list: elements; map: the values, in file order */
	size_t count;
	bool is_copy; /* of what an alias or a merge key names; lax reading only. An alias' copy stands where the
		       * alias does, what is below it and what is merged where it was copied from. */
};

struct yaml {
	char *file; /* as shown in messages */
	struct yaml_node *root;
};

/* Parses source (at most YAML_SOURCE_MAX bytes; borrowed for the call). The caller frees *ret. */
int yaml_parse(struct bytes source, const char *file, struct yaml **ret, struct error *err)
	__attribute__((warn_unused_result, nonnull));
/* Wipes and frees; NULL is fine. (libyaml has a yaml_free of its own.) */
void yaml_destroy(struct yaml *yaml);
/* For CLEANUP(yaml_cleanup) struct yaml *yaml = NULL; */
void yaml_cleanup(struct yaml **yaml);

/* The documents of a file, without those that have nothing in them. */
struct yaml_documents {
	struct yaml **items;
	size_t count;
};

#define YAML_DOCUMENTS_INIT                                                                        \
	{                                                                                          \
		.items = NULL, .count = 0                                                          \
	}

/* The lax reading of source, at most YAML_LAX_SOURCE_MAX bytes. Byte ranges are in source. The caller clears
 * *ret. */
int yaml_parse_lax(struct bytes source, const char *file, struct yaml_documents *ret,
		   struct error *err) __attribute__((warn_unused_result, nonnull));
void yaml_documents_clear(struct yaml_documents *documents);

/* The value of key in a map, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* What a scalar is to readers of YAML 1.1 that know types, as Go's of kubectl do: quoted it is a text, plain it may be
 * `no`, `012`, `~`. */
enum yaml_type {
	YAML_TYPE_TEXT,
	YAML_TYPE_NULL,
	YAML_TYPE_FALSE,
	YAML_TYPE_TRUE,
	YAML_TYPE_INTEGER,
	YAML_TYPE_FLOAT,
};
enum yaml_type yaml_type_of(const struct yaml_node *scalar);
/* Appends a node of any kind as compact JSON, with these types; 0x10, 010 and 1_6 become 16. Public text only. */
void yaml_write_json(struct buf *out, const struct yaml_node *node);

/* "FILE:LINE:COLUMN: text", code ERROR_FAILED; returns -1. */
int yaml_error(const struct yaml *yaml, const struct yaml_node *node, struct error *err,
	       const char *format, ...) __attribute__((format(printf, 4, 5), nonnull(1, 2, 3)));

/* -1 with "expected a map" and so on when node is of another kind; `what` names the field. */
int yaml_expect(const struct yaml *yaml, const struct yaml_node *node, enum yaml_kind kind,
		const char *what, struct error *err) __attribute__((warn_unused_result));

/* Checks that map's keys are all among fields (NULL-terminated); an unknown one is an error that
 * suggests a near one: "unknown field 'setings', did you mean 'settings'?". */
int yaml_check_fields(const struct yaml *yaml, const struct yaml_node *map,
		      const char *const *fields, struct error *err)
	__attribute__((warn_unused_result));

/* Writes text as a YAML scalar that reads back exactly the same on one line (double-quoted where a
 * plain scalar would not do, or where YAML 1.1 or 1.2 readers would take it for another type). */
void yaml_write_scalar(struct buf *out, struct bytes text);

#endif
