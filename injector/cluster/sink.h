/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink: where objects are written to: a block of secret memory that goes to a descriptor by write(2)
 * whenever it is full, or that keeps everything (a request's body). Secret bytes pass through nothing else.
 */
#ifndef CLUSTER_SINK_H
#define CLUSTER_SINK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "crypto/secret.h"

enum { SINK_BLOCK_BYTES = 16 * 1024 };

struct sink {
	struct secret block;
	int fd;		   /* -1: everything stays in block */
	const char *shown; /* the descriptor's name in messages */
};

#define SINK_INIT                                                                                  \
	{                                                                                          \
		.block = SECRET_INIT, .fd = -1, .shown = ""                                        \
	}

/* A sink in front of fd, which stays the caller's. The caller clears *ret. */
int sink_to_fd(int fd, const char *shown, struct sink *ret, struct error *err)
	__attribute__((warn_unused_result));
/* A sink that keeps at most max bytes in its block; more is an error. The caller clears *ret. */
int sink_to_memory(size_t max, struct sink *ret, struct error *err)
	__attribute__((warn_unused_result));
/* Wipes and gives back what was not written. */
void sink_clear(struct sink *sink);

int sink_append(struct sink *sink, struct bytes bytes, struct error *err)
	__attribute__((warn_unused_result));
/* Appends bytes as padded base64 on one line. */
int sink_base64(struct sink *sink, struct bytes bytes, struct error *err)
	__attribute__((warn_unused_result));
/* Appends bytes, which are UTF-8, as a JSON string in quotes; only what RFC 8259 wants escaped is. */
int sink_json_string(struct sink *sink, struct bytes text, struct error *err)
	__attribute__((warn_unused_result));
/* Writes what is left in the block to the descriptor. */
int sink_flush(struct sink *sink, struct error *err) __attribute__((warn_unused_result));

#endif
