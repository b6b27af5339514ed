/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_files: the manifests that operands name: files, folders with all below them, standard input ("-"). */
#ifndef INJECTOR_MANIFEST_FILES_H
#define INJECTOR_MANIFEST_FILES_H

#include "base/yaml.h"

struct manifest_files {
	struct yaml **documents;
	size_t count, files;
};

#define MANIFEST_FILES_INIT                                                                        \
	{                                                                                          \
		.documents = NULL, .count = 0, .files = 0                                          \
	}

/* Appends the documents of an operand. Of a folder it reads *.yaml, *.yml and *.json, names in byte order, without
 * those that begin with a dot; folders that are links are not entered. ERROR_USAGE: a folder without any, or a
 * chart that is not rendered. The caller clears. */
int manifest_files_read(struct manifest_files *files, const char *operand, struct error *err)
	__attribute__((warn_unused_result));
void manifest_files_clear(struct manifest_files *files);

#endif
