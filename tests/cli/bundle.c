/* SPDX-License-Identifier: Apache-2.0 */
/* bundle ENVIRONMENT DIRECTORY: writes the bundle of the project here into a directory, a file for each entry. */
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "injector/repository/bundle.h"
#include "injector/repository/values.h"

static int
write_bundle(const char *environment, const char *directory, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(bundle_clear) struct bundle bundle = BUNDLE_INIT;
	const struct project_trust trust = { .pin = NULL };

	if (project_open(PROJECT_READ, &project, err) < 0 ||
	    project_load_schema(&project, err) < 0 ||
	    project_load_roster(&project, &trust, err) < 0 ||
	    values_load(&project, environment, NULL, &values, err) < 0 ||
	    bundle_make(&values, &bundle, err) < 0)
		return -1;
	for (size_t i = 0; i < bundle.count; i++) {
		CLEANUP(free_text) char *path =
			xasprintf("%s/%s", directory, bundle.entries[i].name);

		if (file_create(AT_FDCWD, path, path, buf_bytes(&bundle.entries[i].content), 0644,
				err) < 0)
			return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	int result;

	if (argc != 3 || secret_start(&err) < 0)
		return 2;
	result = write_bundle(argv[1], argv[2], &err);
	secret_stop();
	if (result < 0)
		fprintf(stderr, "bundle: %s\n", err.message);
	return result < 0 ? error_exit_status(err.code) : 0;
}
