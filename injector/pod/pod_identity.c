/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/pod/pod_identity.h"

#include <sys/stat.h>

#include "base/memory.h"
#include "injector/pod/mount.h"
#include "injector/terminal.h"

/* fsGroup makes it 0440, which is how a pod that is not root can read it at all. */
static void
warn_of_readers(int fd, const char *path)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || (status.st_mode & 077) == 0)
		return;
	terminal_warn("the identity '%s' can be read by %s (mode %04o)", path,
		      (status.st_mode & 07) != 0 ? "everybody" : "its group",
		      (unsigned)status.st_mode & 07777);
}

int
pod_identity_load(const char *path, struct identity *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	CLEANUP(close_fd) int fd = -1;

	if (mount_open_file(path, &fd, err) < 0 ||
	    secret_read(fd, path, IDENTITY_FILE_MAX, &text, err) < 0) {
		err->code = ERROR_REFUSED;
		return error_context(err, "cannot load the identity");
	}
	warn_of_readers(fd, path);
	return identity_parse(&text, path, NULL, ret, err);
}
