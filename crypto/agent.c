/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/wire.h"

#define ALGORITHM "ssh-ed25519"

enum { SIGN_REQUEST = 13, SIGN_RESPONSE = 14, SECONDS_TO_CONFIRM = 60 };

static int
refuse(struct error *err, const char *rule)
{
	return error_set(err, ERROR_REFUSED, "ssh-agent: %s", rule);
}

/* A key may be added so that its owner must confirm each use, which takes a person's time. */
static int
agent_connect(int *ret_fd, struct error *err)
{
	const struct timeval patience = { .tv_sec = SECONDS_TO_CONFIRM };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("SSH_AUTH_SOCK");
	CLEANUP(close_fd) int fd = -1;

	if (path == NULL || path[0] == 0)
		return refuse(err, "is not running here ($SSH_AUTH_SOCK is not set)");
	if (strlen(path) >= sizeof(address.sun_path))
		return refuse(err, "$SSH_AUTH_SOCK is too long");
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)error_errno(err, "ssh-agent: cannot connect to '%s'", path);
		err->code = ERROR_REFUSED;
		return -1;
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* With a timeout on the socket, read is interrupted even by a stop from the terminal (signal(7)). */
static bool
read_exactly(int fd, uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t got = read(fd, out, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		out += got;
		len -= (size_t)got;
	}
	return true;
}

/* A message is its length and that many bytes. */
static int
exchange(int fd, struct bytes request, struct buf *answer, struct error *err)
{
	CLEANUP(buf_clear) struct buf framed = BUF_INIT(AGENT_MESSAGE_MAX + 4);
	uint8_t head[4], *body;
	struct bytes rest = BYTES(head);
	uint32_t len;

	wire_put_string(&framed, request);
	if (!file_send_all(fd, buf_bytes(&framed)) || !read_exactly(fd, head, sizeof(head)) ||
	    !wire_take_number(&rest, &len) || len == 0 || len > AGENT_MESSAGE_MAX)
		return refuse(err, "did not answer");
	body = buf_extend(answer, len);
	if (body == NULL || !read_exactly(fd, body, len))
		return refuse(err, "did not answer");
	return 0;
}

static int
read_signature(struct bytes answer, uint8_t ret[static ED25519_SIGNATURE_BYTES], struct error *err)
{
	struct bytes type, blob, signature;

	if (!wire_take(&answer, 1, &type) || type.data[0] != SIGN_RESPONSE)
		return refuse(err,
			      "does not have this key (ssh-add adds it), or did not want to sign");
	if (!wire_take_string(&answer, &blob) || !wire_take_text(&blob, ALGORITHM) ||
	    !wire_take_string(&blob, &signature) || signature.len != ED25519_SIGNATURE_BYTES)
		return refuse(err, "its answer is malformed");
	memcpy(ret, signature.data, ED25519_SIGNATURE_BYTES);
	return 0;
}

int
agent_sign(const uint8_t key[static ED25519_PUBLIC_BYTES], struct bytes data,
	   uint8_t ret[static ED25519_SIGNATURE_BYTES], struct error *err)
{
	CLEANUP(buf_clear) struct buf request = BUF_INIT(AGENT_MESSAGE_MAX);
	CLEANUP(buf_clear) struct buf answer = BUF_INIT(AGENT_MESSAGE_MAX);
	CLEANUP(close_fd) int fd = -1;
	uint8_t wire[SSH_WIRE_BYTES];

	ssh_public_wire(key, wire);
	buf_append_byte(&request, SIGN_REQUEST);
	wire_put_string(&request, BYTES(wire));
	wire_put_string(&request, data);
	wire_put_number(&request, 0);
	if (buf_check(&request, "a request to ssh-agent", err) < 0 || agent_connect(&fd, err) < 0 ||
	    exchange(fd, buf_bytes(&request), &answer, err) < 0 ||
	    read_signature(buf_bytes(&answer), ret, err) < 0)
		return -1;
	if (!ed25519_verify(key, data, ret))
		return refuse(err, "its signature does not hold");
	return 0;
}
