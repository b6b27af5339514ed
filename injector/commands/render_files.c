/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/process.h"
#include "injector/commands/rendering.h"
#include "injector/terminal.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

/* A folder, and how its files are called in messages. */
struct folder {
	int fd;
	const char *shown;
};

static char *
file_name(const struct kube_object *object, enum manifest_format format)
{
	return xasprintf("%s-%s.%s", kube_kind_shown(object->kind), object->name,
			 format == MANIFEST_JSON ? "json" : "yaml");
}

/* Whether a file holds one object and nothing else, written for this project and environment. What cannot be read or
 * is no YAML is somebody else's. */
static bool
is_ours(const struct folder *folder, const char *name, const struct kube_object *example)
{
	CLEANUP(free_text) char *shown = xasprintf("%s/%s", folder->shown, name);
	CLEANUP(buf_clear) struct buf source = BUF_INIT(FILE_MAX);
	CLEANUP(yaml_documents_clear) struct yaml_documents all = YAML_DOCUMENTS_INIT;
	CLEANUP(consumers_clear) struct consumers objects = CONSUMERS_INIT;
	enum object_kind ignored_kind;
	struct error ignored;

	if (file_read(folder->fd, name, shown, FILE_MAX, &source, &ignored) < 0 ||
	    yaml_parse_lax(buf_bytes(&source), shown, &all, &ignored) < 0 || all.count != 1)
		return false;
	consumers_add(&objects, all.items[0]);
	if (objects.count != 1 || !consumer_is_object(&objects.items[0], &ignored_kind))
		return false;
	for (size_t i = 0; i < COUNT(example->labels); i++) {
		const char *value = consumer_label(&objects.items[0], example->labels[i].name);

		if (value == NULL || strcmp(value, example->labels[i].value) != 0)
			return false;
	}
	return true;
}

/* Room for the document: base64, or text of which each byte may become six; names and annotations. */
static size_t
document_room(const struct kube_object *object, size_t total)
{
	size_t room = 8192 + 6 * total;

	for (size_t i = 0; i < object->entry_count; i++)
		room += 64 + 6 * strlen(object->entries[i].key);
	for (size_t i = 0; i < COUNT(object->annotations); i++)
		room += 2 * strlen(object->annotations[i].value);
	return room;
}

static int
write_file(const struct rendering *rendering, const struct folder *folder,
	   const struct kube_object *object, const char *name, struct error *err)
{
	CLEANUP(sink_clear) struct sink sink = SINK_INIT;
	CLEANUP(free_text) char *shown = xasprintf("%s/%s", folder->shown, name);
	mode_t mode = object->kind == OBJECT_SECRET ? 0600 : process_file_mode();
	size_t total;

	if (file_exists(folder->fd, name) && !is_ours(folder, name, object))
		return error_set(err, ERROR_FAILED,
				 "'%s' is in the way: it is not of this project and environment",
				 shown);
	if (kube_object_check(object, rendering->source, &total, err) < 0 ||
	    sink_to_memory(document_room(object, total), &sink, err) < 0 ||
	    manifest_document(object, rendering->source, rendering->format, MANIFEST_REVEALED,
			      &sink, err) < 0)
		return -1;
	return file_replace(folder->fd, name, shown, secret_bytes(&sink.block), mode, err);
}

static int
remove_others(const struct rendering *rendering, const struct folder *folder,
	      const struct list *written, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;

	if (rendering->all->count == 0)
		return 0;
	if (file_list(folder->fd, "", folder->shown, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		CLEANUP(free_text) char *shown = xasprintf("%s/%s", folder->shown, name);

		if (list_has(written, name) || !is_ours(folder, name, &rendering->all->items[0]))
			continue;
		if (file_remove(folder->fd, name, shown, err) < 0)
			return -1;
		terminal_note("removed '%s', which is written no more", shown);
	}
	return 0;
}

static int
open_folder(const char *directory, int *ret_fd, struct error *err)
{
	mode_t ours = umask((mode_t)process_umask());
	int result = mkdirat(AT_FDCWD, directory, 0777);

	(void)umask(ours);
	if (result < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", directory);
	*ret_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? error_errno(err, "cannot open '%s'", directory) : 0;
}

int
render_files(const struct rendering *rendering, const char *directory, struct error *err)
{
	CLEANUP(list_clear) struct list written = LIST_INIT;
	CLEANUP(close_fd) int fd = -1;
	struct folder folder = { .shown = directory };

	if (open_folder(directory, &fd, err) < 0)
		return -1;
	folder.fd = fd;
	for (size_t i = 0; i < rendering->written->count; i++) {
		const struct kube_object *object = &rendering->written->items[i];
		char *name = file_name(object, rendering->format);

		list_take(&written, name);
		if (write_file(rendering, &folder, object, name, err) < 0)
			return -1;
	}
	return remove_others(rendering, &folder, &written, err);
}
