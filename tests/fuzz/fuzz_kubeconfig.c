/* SPDX-License-Identifier: Apache-2.0 */
/* A kubeconfig is refused with a message, or leads to a server by https, or to this machine; what a plugin would be told
 * is JSON. Nothing is run, and nobody is spoken to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "injector/cluster/kubeconfig.h"
#include "schemas/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_BYTES = 32, DEPTH_MAX = 20 };

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* The reader of JSON goes 64 levels deep. */
static bool
is_deep(const char *text)
{
	size_t count = 0;

	for (; *text != 0; text++)
		count += *text == '[' || *text == '{';
	return count > DEPTH_MAX;
}

static void
check(const struct kube_access *access)
{
	CLEANUP(free_text) char *info = NULL;

	require(access->namespace != NULL && access->shown != NULL);
	require(strncmp(access->server, "https://", 8) == 0 ||
		(access->token.data == NULL && access->key.data == NULL &&
		 access->username == NULL && access->plugin == NULL));
	require(access->plugin == NULL || access->token.data == NULL);
	if (access->plugin == NULL)
		return;
	require(access->plugin->command[0] != 0);
	info = exec_plugin_info(access->plugin, true);
	require(is_deep(info) || json_is_valid(bytes_of(info)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	CLEANUP(kube_access_clear) struct kube_access access = KUBE_ACCESS_INIT;
	CLEANUP(close_fd) int fd = memfd_create("kubeconfig", MFD_CLOEXEC);
	char path[PATH_BYTES];
	struct kube_choice choice = { .file = path };
	struct error err = ERROR_INIT;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (kube_access_find(&choice, &access, &err) < 0)
		require(err.message[0] != 0 && access.server == NULL);
	else
		check(&access);
	return 0;
}
