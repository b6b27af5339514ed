/* SPDX-License-Identifier: Apache-2.0 */
/* What `apply` delivers, from a repository. */
#include <string.h>

#include "base/memory.h"
#include "injector/repository/bundle.h"
#include "injector/repository/values.h"

enum { SETTING_LINE_MAX = SETTING_NAME_MAX + BUNDLE_SETTING_KEY_MAX + 40 };

static int
check_size(const struct bundle *bundle, const char *environment, struct error *err)
{
	if (bundle->size <= BUNDLE_MAX)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "what 'sealed' delivery of '%s' puts into one ConfigMap is larger than %d "
			 "bytes; 'deliver: objects' has no such limit",
			 environment, BUNDLE_MAX);
}

static int
read_roster(struct project *project, const struct roster *roster, struct buf *ret,
	    struct error *err)
{
	char name[16], hash[SHA256_HEX_BYTES];
	CLEANUP(free_text) char *path = NULL;

	chain_file_name(roster->serial, name);
	path = xasprintf(ROSTER_DIRECTORY "/%s", name);
	if (tree_read(&project->files, path, ROSTER_FILE_MAX, ret, err) < 0)
		return -1;
	if (ret->len >= roster->body_len) {
		sha256_hex((struct bytes){ ret->data, roster->body_len }, hash);
		if (strcmp(hash, roster->hash) == 0)
			return 0;
	}
	return error_set(err, ERROR_REFUSED, "'%s' was changed while it was being read", path);
}

/* From the roster in force backwards, as far as there is room. */
static int
add_chain(struct bundle *bundle, struct project *project, struct error *err)
{
	size_t used = 0;

	for (size_t i = project->chain.count; i > 0; i--) {
		const struct roster *roster = project->chain.rosters[i - 1];
		CLEANUP(buf_clear) struct buf text = BUF_INIT(ROSTER_FILE_MAX);
		char name[16];

		if (read_roster(project, roster, &text, err) < 0)
			return -1;
		used += text.len;
		if (used > BUNDLE_CHAIN_MAX && i < project->chain.count)
			return 0;
		chain_file_name(roster->serial, name);
		bundle_add(bundle, xasprintf(BUNDLE_ROSTER "%s", name), &text);
	}
	return 0;
}

static int
add_key(struct bundle *bundle, const struct values *values, struct error *err)
{
	struct project *project = values->project;
	CLEANUP(free_text) char *path = project_path(values->environment->name, BUNDLE_KEY);
	CLEANUP(buf_clear) struct buf file = BUF_INIT(KEY_FILE_MAX);

	if (tree_read(&project->files, path, KEY_FILE_MAX, &file, err) < 0) {
		err->code = ERROR_REFUSED;
		return -1;
	}
	if (environment_key_check(buf_bytes(&file), path, chain_current(&project->chain),
				  values->roster, err) < 0)
		return -1;
	bundle_add(bundle, xstrdup(BUNDLE_KEY), &file);
	return 0;
}

/* What was written is read as the pod will read it: the one place that knows the rules. */
static int
add_settings(struct bundle *bundle, const struct values *values, struct error *err)
{
	const struct schema *schema = values->project->schema;
	CLEANUP(bundle_settings_clear) struct bundle_settings ignored = BUNDLE_SETTINGS_INIT;
	CLEANUP(buf_clear) struct buf text = BUF_INIT(schema->setting_count * SETTING_LINE_MAX);

	for (size_t i = 0; i < schema->setting_count; i++) {
		const struct setting *setting = &schema->settings[schema->by_name[i]];
		const struct bundle_setting line = {
			.name = setting->name,
			.key = setting->key,
			.type = setting->type,
			.is_secret = setting->kind == KIND_SECRET,
			.is_required = setting_is_required(setting, values->environment->name),
		};

		bundle_setting_write(&line, &text);
	}
	if (bundle_settings_read(buf_bytes(&text), SCHEMA_FILE, &ignored, err) < 0)
		return error_context(err, "'deliver: sealed'");
	bundle_add(bundle, xstrdup(BUNDLE_SETTINGS), &text);
	return 0;
}

static int
add_sealed(struct bundle *bundle, struct values *values, struct error *err)
{
	const struct schema *schema = values->project->schema;

	for (size_t i = 0; i < schema->setting_count; i++) {
		CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);

		if (values->items[i].source != SOURCE_SEALED)
			continue;
		if (values_read_sealed(values, i, &text, err) < 0)
			return -1;
		bundle_add(bundle, xasprintf(BUNDLE_SEALED "%s", schema->settings[i].name), &text);
		if (check_size(bundle, values->environment->name, err) < 0)
			return -1;
	}
	return 0;
}

int
bundle_make(struct values *values, struct bundle *ret, struct error *err)
{
	CLEANUP(bundle_clear) struct bundle bundle = BUNDLE_INIT;

	if (add_chain(&bundle, values->project, err) < 0 || add_key(&bundle, values, err) < 0 ||
	    add_settings(&bundle, values, err) < 0 || add_sealed(&bundle, values, err) < 0 ||
	    check_size(&bundle, values->environment->name, err) < 0)
		return -1;
	bundle_sort(&bundle);
	*ret = bundle;
	bundle = (struct bundle)BUNDLE_INIT;
	return 0;
}
