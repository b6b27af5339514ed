/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup: settings that were delivered as files: what `unseal` has written, mounted Secrets and ConfigMaps. Each is
 * a file named by the setting's key in one of some directories; the first that has it counts.
 */
#ifndef POD_LOOKUP_H
#define POD_LOOKUP_H

#include "injector/pod/mount.h"
#include "injector/repository/bundle.h"

#define UNSEALED_SETTINGS "..settings" /* what `unseal` puts beside its files: no key begins so */

struct lookup {
	struct mount *mounts;
	size_t count;
	struct bundle_settings settings;
};

#define LOOKUP_INIT                                                                                \
	{                                                                                          \
		.mounts = NULL, .count = 0, .settings = BUNDLE_SETTINGS_INIT                       \
	}

/* Opens the directories (borrowed) and reads the settings: from settings_file, or when that is NULL from the first
 * directory that `unseal` has written. The caller clears. */
int lookup_open(const struct list *directories, const char *settings_file, struct lookup *ret,
		struct error *err) __attribute__((warn_unused_result));
void lookup_clear(struct lookup *lookup);
/* Whether a directory was exchanged meanwhile. */
bool lookup_has_moved(const struct lookup *lookup);

/* A setting's value as it stands in a file; a plain one's in no directory that `unseal` has written. *ret_found: whether there is one; only then the caller clears *ret. */
int lookup_value(const struct lookup *lookup, const struct bundle_setting *setting,
		 struct secret *ret, bool *ret_found, struct error *err)
	__attribute__((warn_unused_result));

#endif
