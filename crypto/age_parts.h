/* SPDX-License-Identifier: Apache-2.0 */
/* age_parts: the pieces of an age file. Private to crypto/age*.c. */
#ifndef CRYPTO_AGE_PARTS_H
#define CRYPTO_AGE_PARTS_H

#include "crypto/age.h"

enum {
	AGE_FILE_KEY_BYTES = 16,
	AGE_TAG_BYTES = 16,
	AGE_WRAPPED_BYTES = AGE_FILE_KEY_BYTES + AGE_TAG_BYTES,
	AGE_MAC_BYTES = 32,
	AGE_NONCE_BYTES = 16,
};

/* type and args point into the file; args is what stands behind the type, "" or words with one blank
 * between them. The body is in age_header.bodies. */
struct age_stanza {
	struct bytes type, args;
	size_t body_start, body_len;
};

struct age_header {
	struct age_stanza *stanzas;
	size_t count;
	struct buf bodies;
	struct bytes authenticated; /* from the start through "---" */
	uint8_t mac[AGE_MAC_BYTES];
	struct bytes payload; /* everything behind the header */
};

#define AGE_HEADER_INIT                                                                            \
	{                                                                                          \
		.stanzas = NULL, .count = 0, .bodies = BUF_INIT(AGE_HEADER_MAX)                    \
	}

/* age_header.c. The caller clears *header, which was set up with AGE_HEADER_INIT, on every path. */
int age_header_parse(struct bytes file, struct age_header *header, struct error *err);
void age_header_clear(struct age_header *header);
struct bytes age_stanza_body(const struct age_header *header, const struct age_stanza *stanza);
/* "-> TYPE ARGS" and the body. */
void age_stanza_write(struct buf *out, const char *type, const struct bytes *args, size_t arg_count,
		      struct bytes body);
/* HMAC over header->authenticated under the file key. */
void age_header_mac(const struct secret *file_key, struct bytes authenticated,
		    uint8_t out[static AGE_MAC_BYTES]);
/* -1 with "age header: RULE", ERROR_REFUSED. */
int age_header_refuse(struct error *err, const char *rule);

/* age_armor.c */
bool age_armor_is(struct bytes file);
/* Tolerates CRLF and blanks around the block. */
int age_armor_read(struct bytes file, struct buf *out, struct error *err);
void age_armor_write(struct bytes binary, struct buf *out);

/* age_wrap.c: what a stanza does with the file key. */
enum age_unwrapped { AGE_UNWRAPPED, AGE_NO_MATCH, AGE_MALFORMED };

int age_wrap(const struct age_recipient *recipient, const struct secret *file_key, struct buf *out,
	     struct error *err);
/* The stanza against one identity. AGE_MALFORMED fills err. A stanza of another type: AGE_NO_MATCH. */
enum age_unwrapped age_unwrap(const struct age_header *header, const struct age_stanza *stanza,
			      const struct age_identity *identity, struct secret *ret_file_key,
			      struct error *err);
enum age_unwrapped age_unwrap_scrypt(const struct age_header *header,
				     const struct secret *passphrase, unsigned max_work_factor,
				     struct secret *ret_file_key, struct error *err);
/* Whether a stanza was written for this recipient, as far as that shows. */
bool age_stanza_is_for(const struct age_stanza *stanza, const struct age_recipient *recipient);

/* age_payload.c: STREAM, ChaCha20-Poly1305 in chunks of 64 KiB. */
int age_payload_read(const struct secret *file_key, struct bytes payload, struct secret *ret_plain,
		     struct error *err);
void age_payload_write(const struct secret *file_key, struct bytes plain, struct buf *out);

#endif
