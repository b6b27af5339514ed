/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/tree.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

#define ROOT_PATHS "tfsecrets", "tfsecrets.yaml"

void
tree_of_files(int root_fd, struct tree *ret)
{
	*ret = (struct tree)TREE_INIT;
	ret->root_fd = root_fd;
	ret->label = xstrdup("");
}

void
tree_clear(struct tree *tree)
{
	git_batch_stop(&tree->batch);
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->entries[i].path);
		free(tree->entries[i].object);
	}
	free(tree->entries);
	free(tree->label);
	*tree = (struct tree)TREE_INIT;
}

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct tree_entry *)a)->path, ((const struct tree_entry *)b)->path);
}

/* One record of `ls-tree -r -z` ("MODE TYPE OBJECT\tPATH") or `ls-files -s -z` ("MODE OBJECT STAGE\tPATH");
 * the object is the third, or the second word. */
static int
add_entry(struct tree *tree, const char *record, bool is_index, struct error *err)
{
	char mode[8], second[80], third[80];
	const char *path = strchr(record, '\t');

	if (path == NULL || sscanf(record, "%7s %79s %79s", mode, second, third) != 3)
		return 0;
	if (is_index && strcmp(third, "0") != 0)
		return error_set(err, ERROR_FAILED, "'%s' is not merged yet", path + 1);
	if (tree->count % 256 == 0)
		tree->entries =
			xreallocarray(tree->entries, tree->count + 256, sizeof(*tree->entries));
	tree->entries[tree->count++] = (struct tree_entry){
		.path = xstrdup(path + 1),
		.object = xstrdup(is_index ? second : third),
		.is_file = strncmp(mode, "100", 3) == 0,
	};
	return 0;
}

static int
load(const char *root, const char *const *arguments, bool is_index, struct tree *tree,
     struct error *err)
{
	CLEANUP(buf_clear) struct buf output = BUF_INIT(GIT_OUTPUT_MAX);
	int status;

	if (git_run(root, arguments, &output, &status, err) < 0)
		return -1;
	if (status != 0)
		return error_set(err, ERROR_FAILED, "git could not list%s", tree->label);
	for (size_t at = 0; at < output.len; at += strlen(buf_text(&output) + at) + 1) {
		if (add_entry(tree, buf_text(&output) + at, is_index, err) < 0)
			return -1;
	}
	if (tree->count > 0)
		qsort(tree->entries, tree->count, sizeof(*tree->entries), compare_entries);
	return git_batch_start(root, &tree->batch, err);
}

int
tree_of_index(const char *root, struct tree *ret, struct error *err)
{
	static const char *const arguments[] = { "ls-files", "-s", "-z", "--", ROOT_PATHS, NULL };
	CLEANUP(tree_clear) struct tree tree = TREE_INIT;

	tree.label = xstrdup(" in the index");
	if (load(root, arguments, true, &tree, err) < 0)
		return -1;
	*ret = tree;
	tree = (struct tree)TREE_INIT;
	return 0;
}

/* A revision that begins with '-' would be an option. */
static int
resolve(const char *root, const char *revision, struct buf *ret_object, struct error *err)
{
	CLEANUP(free_text) char *commit = xasprintf("%s^{commit}", revision);
	const char *const arguments[] = { "rev-parse",	      "--verify", "--quiet",
					  "--end-of-options", commit,	  NULL };
	int status;

	if (git_run(root, arguments, ret_object, &status, err) < 0)
		return -1;
	/* "^REV" is known as well, but as what a range leaves out. */
	if (status != 0 || ret_object->len < 2 || ret_object->data[0] == '^')
		return error_set(err, ERROR_USAGE, "git knows no revision '%s'", revision);
	ret_object->data[--ret_object->len] = 0;
	return 0;
}

int
tree_of_revision(const char *root, const char *revision, struct tree *ret, struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = TREE_INIT;
	CLEANUP(buf_clear) struct buf object = BUF_INIT(256);

	if (resolve(root, revision, &object, err) < 0)
		return -1;
	const char *const arguments[] = { "ls-tree", "-r",	 "-z", buf_text(&object),
					  "--",	     ROOT_PATHS, NULL };
	tree.label = xasprintf(" in %s", revision);
	if (load(root, arguments, false, &tree, err) < 0)
		return -1;
	*ret = tree;
	tree = (struct tree)TREE_INIT;
	return 0;
}

bool
tree_is_parallel(const struct tree *tree)
{
	return tree->root_fd >= 0;
}

/* The first entry at or behind path. */
static size_t
lower_bound(const struct tree *tree, const char *path)
{
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(tree->entries[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
list_entries(const struct tree *tree, const char *directory, struct list *ret)
{
	CLEANUP(free_text) char *prefix = xasprintf("%s/", directory);
	size_t len = strlen(prefix);

	for (size_t i = lower_bound(tree, prefix);
	     i < tree->count && strncmp(tree->entries[i].path, prefix, len) == 0; i++) {
		const char *name = tree->entries[i].path + len;
		char *first = xstrndup(name, strcspn(name, "/"));

		/* Sorted by path, entries of one directory follow each other. */
		if (ret->count > 0 && strcmp(ret->items[ret->count - 1], first) == 0)
			free(first);
		else
			list_take(ret, first);
	}
	/* By path, 'a-b/' comes before 'a/'. */
	list_sort(ret);
}

int
tree_list(const struct tree *tree, const char *directory, struct list *ret, struct error *err)
{
	size_t at;

	if (tree->root_fd >= 0) {
		if (!file_exists(tree->root_fd, directory))
			return 0;
		return file_list(tree->root_fd, directory, directory, ret, err);
	}
	at = lower_bound(tree, directory);
	if (at < tree->count && strcmp(tree->entries[at].path, directory) == 0)
		return error_set(err, ERROR_REFUSED, "'%s'%s is not a directory", directory,
				 tree->label);
	list_entries(tree, directory, ret);
	return 0;
}

bool
tree_has(const struct tree *tree, const char *path)
{
	CLEANUP(free_text) char *folder = NULL;
	size_t at;

	if (tree->root_fd >= 0)
		return file_exists(tree->root_fd, path);
	at = lower_bound(tree, path);
	if (at < tree->count && strcmp(tree->entries[at].path, path) == 0)
		return true;
	folder = xasprintf("%s/", path);
	at = lower_bound(tree, folder);
	return at < tree->count && strncmp(tree->entries[at].path, folder, strlen(folder)) == 0;
}

static int
read_object(struct tree *tree, const char *path, size_t max, struct buf *ret, struct error *err)
{
	size_t at = lower_bound(tree, path);

	if (at == tree->count || strcmp(tree->entries[at].path, path) != 0)
		return error_set(err, ERROR_MISSING, "'%s'%s is not there", path, tree->label);
	if (!tree->entries[at].is_file)
		return error_set(err, ERROR_REFUSED, "'%s'%s is a link, not a file", path,
				 tree->label);
	ret->max = max;
	if (git_batch_read(&tree->batch, tree->entries[at].object, ret, err) < 0)
		return error_context(err, "'%s'%s", path, tree->label);
	return 0;
}

int
tree_read(struct tree *tree, const char *path, size_t max, struct buf *ret, struct error *err)
{
	if (tree->root_fd >= 0)
		return file_read(tree->root_fd, path, path, max, ret, err);
	return read_object(tree, path, max, ret, err);
}

int
tree_open_directory(struct tree *tree, const char *path, struct tree_directory *ret,
		    struct error *err)
{
	*ret = (struct tree_directory){ .tree = tree, .path = NULL, .fd = -1 };
	if (tree->root_fd >= 0 && file_open_directory(tree->root_fd, path, path, &ret->fd, err) < 0)
		return -1;
	ret->path = xstrdup(path);
	return 0;
}

void
tree_close_directory(struct tree_directory *directory)
{
	close_fd(&directory->fd);
	free_text(&directory->path);
}

int
tree_read_in(const struct tree_directory *directory, const char *name, size_t max, struct buf *ret,
	     struct error *err)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", directory->path, name);
	if (directory->fd >= 0)
		return file_read(directory->fd, name, path, max, ret, err);
	return read_object(directory->tree, path, max, ret, err);
}
