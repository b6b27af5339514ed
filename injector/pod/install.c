/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/pod/pod.h"
#include "injector/pod/report.h"

#define SELF "/proc/self/exe"
#define NAME "tfsecrets-inject"

static const struct option_spec options[] = { OPTION_TERMINATION_LOG, OPTION_END };

/* The program's own file, mapped: no copy of it is held. */
static int
map_self(struct bytes *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open(SELF, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *memory;

	if (fd < 0 || fstat(fd, &status) < 0)
		return error_errno(err, "cannot open '" SELF "'");
	memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (memory == MAP_FAILED)
		return error_errno(err, "cannot read '" SELF "'");
	*ret = (struct bytes){ memory, (size_t)status.st_size };
	return 0;
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(free_text) char *path = xasprintf("%s/" NAME, invocation->operands[0]);
	struct bytes self;

	report_to(option_value(&invocation->options, "termination-log"));
	if (map_self(&self, err) < 0 || file_replace(AT_FDCWD, path, path, self, 0755, err) < 0)
		return -1;
	report_done("installed '%s'", path);
	return 0;
}

static const char *const details[] = {
	"Copies this program into a volume that containers of other images share, for 'exec' there.",
	NULL,
};

const struct command pod_install = {
	.name = "install",
	.summary = "copy this program into a shared volume",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
