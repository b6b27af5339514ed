/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/manifest_files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

enum { FOLDERS_DEEP = 50, FILES_MAX = 10000 };

/* Templates are no YAML, and what libyaml says of them helps nobody. */
static int
explain_template(struct bytes source, struct error *err)
{
	struct error cause = *err;

	if (source.len == 0 || memmem(source.data, source.len, "{{", 2) == NULL)
		return -1;
	return error_set(err, cause.code, "%s (a template? give what 'helm template' makes of it)",
			 cause.message);
}

static int
add_source(struct manifest_files *files, struct bytes source, const char *shown, struct error *err)
{
	struct yaml_documents all = YAML_DOCUMENTS_INIT;

	if (yaml_parse_lax(source, shown, &all, err) < 0)
		return explain_template(source, err);
	files->files++;
	if (all.count > 0) {
		files->documents = xreallocarray(files->documents, files->count + all.count,
						 sizeof(struct yaml *));
		memcpy(files->documents + files->count, all.items,
		       all.count * sizeof(struct yaml *));
		files->count += all.count;
	}
	free(all.items);
	return 0;
}

static int
read_descriptor(struct manifest_files *files, int fd, const char *shown, struct error *err)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(YAML_LAX_SOURCE_MAX);

	if (file_read_all(fd, shown, YAML_LAX_SOURCE_MAX, &source, err) < 0)
		return -1;
	return add_source(files, buf_bytes(&source), shown, err);
}

static bool
is_manifest_name(const char *name)
{
	static const char *const endings[] = { ".yaml", ".yml", ".json" };
	size_t len = strlen(name);

	for (size_t i = 0; i < COUNT(endings); i++) {
		size_t end = strlen(endings[i]);

		if (len > end && strcmp(name + len - end, endings[i]) == 0)
			return true;
	}
	return false;
}

static int read_folder(struct manifest_files *files, int fd, const char *shown, size_t depth,
		       struct error *err);

static int
read_entry(struct manifest_files *files, int folder, const char *name, const char *shown,
	   size_t depth, struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	struct stat status;

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, "cannot look at '%s'", shown);
	if (S_ISDIR(status.st_mode)) {
		if (file_open_directory(folder, name, shown, &fd, err) < 0)
			return -1;
		return read_folder(files, fd, shown, depth + 1, err);
	}
	if (!is_manifest_name(name))
		return 0;
	if (files->files >= FILES_MAX)
		return error_set(err, ERROR_FAILED,
				 "'%s' is one file more than the %d that are read", shown,
				 FILES_MAX);
	/* A link to a file is fine, as in a mounted ConfigMap; a pipe would make us wait. */
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_errno(err, "cannot open '%s'", shown);
	return S_ISREG(status.st_mode) ? read_descriptor(files, fd, shown, err) : 0;
}

static int
read_folder(struct manifest_files *files, int fd, const char *shown, size_t depth,
	    struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;

	if (depth > FOLDERS_DEEP)
		return error_set(err, ERROR_FAILED, "'%s' is nested too deeply", shown);
	if (file_list(fd, "", shown, &names, err) < 0)
		return -1;
	if (list_has(&names, "Chart.yaml"))
		return error_set(err, ERROR_USAGE,
				 "'%s' is a chart; give what 'helm template' makes of it", shown);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		CLEANUP(free_text) char *path = xasprintf("%s/%s", shown, name);

		if (name[0] != '.' && read_entry(files, fd, name, path, depth, err) < 0)
			return -1;
	}
	return 0;
}

int
manifest_files_read(struct manifest_files *files, const char *operand, struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	size_t before = files->files;
	struct stat status;

	if (strcmp(operand, "-") == 0)
		return read_descriptor(files, STDIN_FILENO, operand, err);
	fd = open(operand, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_errno(err, "cannot open '%s'", operand);
	if (!S_ISDIR(status.st_mode))
		return read_descriptor(files, fd, operand, err);
	if (read_folder(files, fd, operand, 0, err) < 0)
		return -1;
	if (files->files == before)
		return error_set(err, ERROR_USAGE, "'%s' has no *.yaml, *.yml or *.json", operand);
	return 0;
}

void
manifest_files_clear(struct manifest_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		yaml_destroy(files->documents[i]);
	free(files->documents);
	*files = (struct manifest_files)MANIFEST_FILES_INIT;
}
