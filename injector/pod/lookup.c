/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/pod/lookup.h"

#include "base/file.h"
#include "base/memory.h"

enum { SETTINGS_MAX = 1024 * 1024 };

void
lookup_clear(struct lookup *lookup)
{
	for (size_t i = 0; i < lookup->count; i++)
		mount_close(&lookup->mounts[i]);
	free(lookup->mounts);
	bundle_settings_clear(&lookup->settings);
	*lookup = (struct lookup)LOOKUP_INIT;
}

static int
read_named(const char *path, struct lookup *lookup, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SETTINGS_MAX);
	CLEANUP(close_fd) int fd = -1;

	if (mount_open_file(path, &fd, err) < 0 ||
	    file_read_all(fd, path, SETTINGS_MAX, &text, err) < 0)
		return -1;
	return bundle_settings_read(buf_bytes(&text), path, &lookup->settings, err);
}

static int
read_found(struct lookup *lookup, struct error *err)
{
	for (size_t i = 0; i < lookup->count; i++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT(SETTINGS_MAX);
		const struct mount *mount = &lookup->mounts[i];

		if (mount_read(mount, UNSEALED_SETTINGS, SETTINGS_MAX, &text, err) == 0)
			return bundle_settings_read(buf_bytes(&text), UNSEALED_SETTINGS,
						    &lookup->settings, err);
		if (err->code != ERROR_MISSING)
			return -1;
	}
	if (lookup->count == 0)
		return error_set(err, ERROR_USAGE, "which settings? give --settings FILE");
	return error_set(err, ERROR_FAILED,
			 "no directory that was given was written by 'unseal' (or it did not end "
			 "well); for others, give --settings FILE");
}

int
lookup_open(const struct list *directories, const char *settings_file, struct lookup *ret,
	    struct error *err)
{
	CLEANUP(lookup_clear) struct lookup lookup = LOOKUP_INIT;

	lookup.mounts = xcalloc(directories->count, sizeof(*lookup.mounts));
	for (size_t i = 0; i < directories->count; i++) {
		if (mount_open(directories->items[i], &lookup.mounts[i], err) < 0)
			return -1;
		lookup.count++;
	}
	if ((settings_file != NULL ? read_named(settings_file, &lookup, err) :
				     read_found(&lookup, err)) < 0)
		return -1;
	*ret = lookup;
	lookup = (struct lookup)LOOKUP_INIT;
	return 0;
}

bool
lookup_has_moved(const struct lookup *lookup)
{
	for (size_t i = 0; i < lookup->count; i++) {
		if (mount_has_moved(&lookup->mounts[i]))
			return true;
	}
	return false;
}

int
lookup_value(const struct lookup *lookup, const struct bundle_setting *setting, struct secret *ret,
	     bool *ret_found, struct error *err)
{
	*ret_found = false;
	for (size_t i = 0; i < lookup->count && !*ret_found; i++) {
		/* Only secrets were written there. `settings` is not signed: a plain setting of the same key
		 * would lay a secret into a variable of any name. */
		if (!setting->is_secret && file_exists(lookup->mounts[i].fd, UNSEALED_SETTINGS))
			continue;
		if (mount_read_secret(&lookup->mounts[i], setting->key, SECRET_VALUE_MAX, ret,
				      err) == 0)
			*ret_found = true;
		else if (err->code != ERROR_MISSING)
			return -1;
	}
	return 0;
}
