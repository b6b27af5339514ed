/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/values.h"

#include <string.h>

#include "base/memory.h"
#include "schemas/classify.h"

int
plain_read(struct tree *tree, const char *environment, struct plain *ret, struct error *err)
{
	CLEANUP(free_text) char *path = project_path(environment, "config.yaml");
	CLEANUP(buf_clear) struct buf text = BUF_INIT(YAML_SOURCE_MAX);
	CLEANUP(secret_clear) struct secret source = SECRET_INIT;
	struct error cause;

	if (tree_read(tree, path, YAML_SOURCE_MAX, &text, &cause) < 0) {
		if (cause.code == ERROR_MISSING) {
			*ret = (struct plain)PLAIN_INIT;
			return 0;
		}
		*err = cause;
		return -1;
	}
	if (secret_from(buf_bytes(&text), &source, err) < 0)
		return -1;
	return plain_parse(&source, path, ret, err);
}

void
values_clear(struct values *values)
{
	plain_clear(&values->plain);
	environment_state_clear(&values->state);
	environment_key_clear(&values->key);
	tree_close_directory(&values->sealed);
	free(values->items);
	*values = (struct values)VALUES_INIT;
}

size_t
values_sealed_count(const struct values *values)
{
	size_t count = 0;

	for (size_t i = 0; i < values->project->schema->setting_count; i++)
		count += values->items[i].source == SOURCE_SEALED;
	return count;
}

static int
take_plain(struct values *values, const struct setting *setting, struct setting_value *ret,
	   struct error *err)
{
	char rule[RULE_TEXT_BYTES], reason[REASON_BYTES];
	const char *broken, *file = values->environment->name;
	size_t at;

	if (!plain_find(&values->plain, setting->name, &at)) {
		if (setting->default_value == NULL)
			return 0;
		*ret = (struct setting_value){ .source = SOURCE_DEFAULT,
					       .plain = bytes_of(setting->default_value) };
		return 0;
	}
	if (setting->kind == KIND_SECRET)
		return error_set(
			err, ERROR_REFUSED,
			"tfsecrets/%s/config.yaml:%zu: the secret '%s' stands there in the clear; "
			"'tfsecrets seal --env %s' seals it",
			file, plain_line(&values->plain, at), setting->name, file);
	*ret = (struct setting_value){ .source = SOURCE_PLAIN,
				       .plain = plain_value(&values->plain, at) };
	broken = setting_check(setting, ret->plain, rule);
	if (broken != NULL)
		return error_set(err, ERROR_REFUSED, "tfsecrets/%s/config.yaml:%zu: '%s' %s", file,
				 plain_line(&values->plain, at), setting->name, broken);
	if (setting->not_secret == NULL && classify_guard(setting->name, ret->plain, reason))
		return error_set(
			err, ERROR_REFUSED,
			"tfsecrets/%s/config.yaml:%zu: '%s' looks like a secret: %s; make it "
			"'kind: secret', or say 'not-secret: REASON'",
			file, plain_line(&values->plain, at), setting->name, reason);
	return 0;
}

static int
take_sealed(const struct setting *setting, const struct value_state *state,
	    struct setting_value *ret, struct error *err)
{
	if (state == NULL || state->status == STATUS_ABSENT)
		return 0;
	if (setting->kind == KIND_CONFIG)
		return error_set(err, ERROR_REFUSED,
				 "'%s' is sealed, so it is a secret, but " SCHEMA_FILE
				 " says config",
				 setting->name);
	if (state->status == STATUS_VALID)
		*ret = (struct setting_value){ .source = SOURCE_SEALED, .sealed = state };
	else if (state->status == STATUS_UNSET)
		ret->sealed = state;
	else
		return error_set(err, ERROR_REFUSED, "%s", state->problem);
	return 0;
}

static int
take(struct values *values, size_t index, const struct value_state *state, struct error *err)
{
	const struct setting *setting = &values->project->schema->settings[index];
	struct setting_value *value = &values->items[index];

	if (take_plain(values, setting, value, err) < 0 ||
	    take_sealed(setting, state, value, err) < 0)
		return -1;
	if (value->source == SOURCE_NONE && setting_is_required(setting, values->environment->name))
		return error_set(
			err, ERROR_REFUSED,
			"'%s' has no value in '%s'; 'tfsecrets set %s --env %s' gives it one",
			setting->name, values->environment->name, setting->name,
			values->environment->name);
	return 0;
}

static void
all_settings(const struct schema *schema, struct list *names)
{
	for (size_t i = 0; i < schema->setting_count; i++)
		list_add(names, schema->settings[i].name);
}

static int
load(struct values *values, struct project *project, const struct list *names, struct error *err)
{
	const struct roster *roster = chain_current(&project->chain);
	const struct schema *schema = project->schema;

	if (plain_read(&project->files, values->environment->name, &values->plain, err) < 0 ||
	    environment_state_read_some(&project->files, roster, values->roster, names,
					&values->state, err) < 0)
		return -1;
	for (size_t i = 0; i < names->count; i++) {
		const struct setting *setting = schema_setting(schema, names->items[i]);

		if (take(values, (size_t)(setting - schema->settings), &values->state.values[i],
			 err) < 0)
			return -1;
	}
	return 0;
}

int
values_load(struct project *project, const char *environment, const struct list *wanted,
	    struct values *ret, struct error *err)
{
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(list_clear) struct list all = LIST_INIT;

	values.project = project;
	if (project_environment(project, environment, &values.environment, &values.roster, err) < 0)
		return -1;
	values.items = xcalloc(project->schema->setting_count, sizeof(*values.items));
	if (wanted == NULL)
		all_settings(project->schema, &all);
	if (load(&values, project, wanted != NULL ? wanted : &all, err) < 0)
		return -1;
	*ret = values;
	values = (struct values)VALUES_INIT;
	return 0;
}

int
values_unlock(struct values *values, const struct identities *identities, struct error *err)
{
	CLEANUP(free_text) char *path = project_path(values->environment->name, "key.age");
	CLEANUP(buf_clear) struct buf file = BUF_INIT(KEY_FILE_MAX);

	if (values->unlocked)
		return 0;
	if (tree_read(&values->project->files, path, KEY_FILE_MAX, &file, err) < 0) {
		err->code = ERROR_REFUSED;
		return -1;
	}
	if (environment_key_open(buf_bytes(&file), path, &values->project->chain, values->roster,
				 identities, &values->key, err) < 0)
		return -1;
	values->unlocked = true;
	return 0;
}

static int
open_directory(struct values *values, struct error *err)
{
	CLEANUP(free_text) char *path = sealed_directory(values->environment->name);

	if (values->sealed.path != NULL)
		return 0;
	return tree_open_directory(&values->project->files, path, &values->sealed, err);
}

/* What was verified, not what may stand there now. */
static int
read_verified(struct values *values, const struct value_state *state, struct buf *ret,
	      struct error *err)
{
	char hash[SHA256_HEX_BYTES];

	if (open_directory(values, err) < 0 ||
	    tree_read_in(&values->sealed, state->name, SEALED_FILE_MAX, ret, err) < 0)
		return -1;
	sha256_hex(buf_bytes(ret), hash);
	if (strcmp(hash, state->hash) != 0)
		return error_set(err, ERROR_REFUSED, "it was changed while it was being read");
	return 0;
}

static int
open_one(struct values *values, const struct setting *setting, const struct value_state *state,
	 struct secret *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	char rule[RULE_TEXT_BYTES];
	struct sealed_parts parts;
	struct sealed sealed;
	const char *broken;

	if (read_verified(values, state, &text, err) < 0 ||
	    sealed_parse(buf_bytes(&text), "it", &sealed, &parts, err) < 0 ||
	    sealed_open(buf_bytes(&text), &parts, &values->key.private, values->key.public, ret,
			err) < 0)
		return -1;
	broken = setting_check(setting, secret_bytes(ret), rule);
	if (broken == NULL)
		return 0;
	secret_clear(ret);
	return error_set(err, ERROR_REFUSED, "the value %s", broken);
}

int
values_open(struct values *values, size_t setting, struct secret *ret, struct error *err)
{
	const struct setting *what = &values->project->schema->settings[setting];

	if (open_one(values, what, values->items[setting].sealed, ret, err) < 0)
		return error_context(err, "opening '%s'", what->name);
	return 0;
}

int
values_read_sealed(struct values *values, size_t setting, struct buf *ret, struct error *err)
{
	const struct value_state *state = values->items[setting].sealed;

	if (read_verified(values, state, ret, err) < 0)
		return error_context(err, "reading '%s'", state->name);
	return 0;
}
