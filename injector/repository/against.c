/* SPDX-License-Identifier: Apache-2.0 */
/* check --against: what changed since a revision, and whether it may have. crypto/FORMAT.md section 5,
 * step 7. */
#include <string.h>

#include "base/memory.h"
#include "injector/repository/check.h"
#include "injector/repository/plain.h"
#include "injector/repository/values.h"

enum { GENERATIONS_MAX = 1000 };

/* One environment of the revision beside what it is now. */
struct comparison {
	struct project *project;
	struct tree *before;
	const struct schema *schema_before; /* NULL: could not be read */
	const char *revision;
	const char *name;
	struct environment_state now;
	struct plain plain;
	struct findings *findings;
};

static void
find(const struct comparison *comparison, const char *setting, const char *rule)
{
	findings_add(comparison->findings, LEVEL_FINDING, "tfsecrets/%s/sealed/%s: %s (%s)",
		     comparison->name, setting, rule, comparison->revision);
}

static void
compare_value_fields(const struct comparison *comparison, const struct sealed *before,
		     const struct sealed *now)
{
	bool same_value = strcmp(before->value_id, now->value_id) == 0;
	bool one_step = now->generation - before->generation == 1;

	if (same_value != (before->changed_at == now->changed_at))
		find(comparison, now->setting, "value-id and changed-at must change together");
	else if (!same_value && now->changed_at < before->changed_at)
		find(comparison, now->setting, "changed-at went back");
	if (now->epoch < before->epoch)
		find(comparison, now->setting, "its epoch went back");
	if (now->changed == before->changed || (!same_value && now->changed == now->epoch))
		return;
	/* Over several generations it may also be earlier: a merge took the value of a side that had not seen
	 * the epoch of the other. That says only that more people know it. */
	if (one_step || same_value)
		find(comparison, now->setting,
		     "'changed' is neither what it was nor its own epoch");
}

static void
compare_generations(const struct comparison *comparison, const struct sealed *before,
		    const char *hash_before, const struct value_state *now)
{
	uint32_t old = before->generation, new = now->sealed.generation;

	if (new < old) {
		find(comparison, now->name, "an older value was put back");
	} else if (new == old) {
		if (strcmp(hash_before, now->hash) != 0)
			find(comparison, now->name, "was changed without a new generation");
		return;
	} else if (new - old == 1 && strcmp(now->sealed.previous, hash_before) != 0) {
		find(comparison, now->name, "'previous' is not the file that it replaces");
	} else if (new - old > GENERATIONS_MAX) {
		find(comparison, now->name, "its generation leaps by more than 1000");
	} else if (new - old > 1) {
		findings_add(
			comparison->findings, LEVEL_NOTE,
			"'%s' of '%s' is %u generations on since %s; the files between are not here",
			now->name, comparison->name, new - old, comparison->revision);
	}
	if (new > old)
		compare_value_fields(comparison, before, &now->sealed);
}

/* A setting that was sealed never becomes plain. */
static void
compare_plain(const struct comparison *comparison, const char *name)
{
	const struct setting *setting = schema_setting(comparison->project->schema, name);
	size_t at;

	if (plain_find(&comparison->plain, name, &at))
		findings_add(
			comparison->findings, LEVEL_FINDING,
			"tfsecrets/%s/config.yaml:%zu: '%s' was sealed in %s and stands there in the clear",
			comparison->name, plain_line(&comparison->plain, at), name,
			comparison->revision);
	if (setting != NULL && setting->kind == KIND_CONFIG)
		findings_add(comparison->findings, LEVEL_FINDING,
			     SCHEMA_FILE ":%zu: '%s' was sealed in %s, so it cannot be config",
			     setting->line, name, comparison->revision);
}

static void
compare_file(const struct comparison *comparison, const char *name, struct bytes text)
{
	CLEANUP(free_text) char *file = xasprintf("tfsecrets/%s/sealed/%s in %s", comparison->name,
						  name, comparison->revision);
	const struct value_state *now = environment_state_find(&comparison->now, name);
	struct sealed_parts parts;
	struct sealed before;
	char hash[SHA256_HEX_BYTES];
	struct error err;

	if (sealed_parse(text, file, &before, &parts, &err) < 0) {
		findings_add(comparison->findings, LEVEL_NOTE, "%s; not compared", err.message);
		return;
	}
	sha256_hex(text, hash);
	compare_plain(comparison, name);
	if (now == NULL || now->status == STATUS_ABSENT) {
		if (!before.unset || schema_setting(comparison->project->schema, name) != NULL)
			find(comparison, name,
			     "the file is gone; 'tfsecrets unset' keeps a tombstone");
	} else if (now->status != STATUS_INVALID) {
		compare_generations(comparison, &before, hash, now);
	}
}

static int
compare_sealed(struct comparison *comparison, struct error *err)
{
	CLEANUP(free_text) char *path = sealed_directory(comparison->name);
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);

	if (tree_list(comparison->before, path, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(free_text) char *file = xasprintf("%s/%s", path, names.items[i]);

		if (tree_read(comparison->before, file, SEALED_FILE_MAX, &text, err) < 0)
			return -1;
		compare_file(comparison, names.items[i], buf_bytes(&text));
	}
	return 0;
}

/* What the setting is without a key: its value in config.yaml, else its default; NULL data: neither. */
static struct bytes
plain_or_default(const struct plain *plain, const struct schema *schema, const char *name)
{
	const struct setting *setting = schema != NULL ? schema_setting(schema, name) : NULL;
	size_t at;

	if (plain_find(plain, name, &at))
		return plain_value(plain, at);
	if (setting == NULL || setting->default_value == NULL)
		return (struct bytes){ NULL, 0 };
	return bytes_of(setting->default_value);
}

/* Where traffic goes is worth a look in review: URLs and hosts that changed, by name. */
static void
note_addresses(const struct comparison *comparison)
{
	const struct schema *schema = comparison->project->schema;
	struct plain before = PLAIN_INIT;
	struct error ignored;

	if (plain_read(comparison->before, comparison->name, &before, &ignored) < 0)
		return;
	for (size_t i = 0; i < schema->setting_count; i++) {
		const struct setting *setting = &schema->settings[i];
		struct bytes now = plain_or_default(&comparison->plain, schema, setting->name);
		struct bytes was =
			plain_or_default(&before, comparison->schema_before, setting->name);

		if ((setting->type != TYPE_URL && setting->type != TYPE_HOST) ||
		    setting->kind != KIND_CONFIG ||
		    ((now.data == NULL) == (was.data == NULL) && bytes_equal(now, was)))
			continue;
		findings_add(comparison->findings, LEVEL_NOTE, "'%s' of '%s' changed since %s (%s)",
			     setting->name, comparison->name, comparison->revision,
			     type_name(setting->type));
	}
	plain_clear(&before);
}

static int
compare_environment(struct comparison *comparison, const struct roster_environment *roster,
		    struct error *err)
{
	struct project *project = comparison->project;
	struct error ignored;
	int result;

	comparison->plain = (struct plain)PLAIN_INIT;
	/* What is wrong with config.yaml itself was found already. */
	if (plain_read(&project->files, comparison->name, &comparison->plain, &ignored) < 0)
		comparison->plain = (struct plain)PLAIN_INIT;
	result = environment_state_read(&project->files, chain_current(&project->chain), roster,
					NULL, &comparison->now, err);
	if (result == 0) {
		result = compare_sealed(comparison, err);
		note_addresses(comparison);
	}
	environment_state_clear(&comparison->now);
	plain_clear(&comparison->plain);
	return result;
}

/* An object as one line, for comparing. */
static char *
describe_object(const struct schema *schema, const struct object *object)
{
	struct buf text = BUF_INIT(YAML_SOURCE_MAX);

	buf_printf(&text, "%d %s", (int)object->kind, object->type);
	for (size_t i = 0; i < object->entry_count; i++)
		buf_printf(&text, " %s=%s", object->entries[i].key,
			   schema->settings[object->entries[i].setting].name);
	return buf_take_text(&text);
}

static const struct object *
object_of(const struct schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->object_count; i++) {
		if (strcmp(schema->objects[i].name, name) == 0)
			return &schema->objects[i];
	}
	return NULL;
}

/* NULL: it has none that can be read. */
static struct schema *
schema_of(struct tree *before)
{
	CLEANUP(buf_clear) struct buf source = BUF_INIT(SCHEMA_FILE_MAX);
	struct schema *schema = NULL;
	struct error ignored;

	if (tree_read(before, SCHEMA_FILE, SCHEMA_FILE_MAX, &source, &ignored) < 0 ||
	    schema_read(buf_bytes(&source), SCHEMA_FILE, &schema, &ignored) < 0)
		return NULL;
	return schema;
}

static void
note_objects(const struct project *project, const struct schema *old, const char *revision,
	     struct findings *findings)
{
	if (old == NULL)
		return;
	for (size_t i = 0; i < project->schema->object_count; i++) {
		const struct object *object = &project->schema->objects[i];
		const struct object *was = object_of(old, object->name);
		CLEANUP(free_text) char *now_text = describe_object(project->schema, object);
		CLEANUP(free_text) char *old_text = was != NULL ? describe_object(old, was) : NULL;

		if (old_text == NULL || strcmp(old_text, now_text) != 0)
			findings_add(findings, LEVEL_NOTE,
				     "the object '%s' maps its keys otherwise since %s",
				     object->name, revision);
	}
}

static void
compare_rosters(const struct chain *now, const struct chain *before, const char *revision,
		struct findings *findings)
{
	const struct roster *old = chain_current(before);

	if (old->serial > now->count)
		findings_add(findings, LEVEL_FINDING,
			     "roster %u of %s is gone: the last one here is %zu", old->serial,
			     revision, now->count);
	else if (strcmp(old->hash, now->rosters[old->serial - 1]->hash) != 0)
		findings_add(findings, LEVEL_FINDING,
			     "roster %u is not the one of %s: this is a fork", old->serial,
			     revision);
}

static int
compare_all(struct project *project, struct tree *before, const struct schema *schema_before,
	    const struct chain *old, const char *revision, struct findings *findings,
	    struct error *err)
{
	const struct roster *rosters[] = { chain_current(old), chain_current(&project->chain) };

	for (size_t i = 0; i < rosters[0]->environment_count; i++) {
		const char *name = rosters[0]->environments[i].name;
		const struct roster_environment *roster = roster_environment(rosters[1], name);
		struct comparison comparison = { .project = project,
						 .before = before,
						 .schema_before = schema_before,
						 .revision = revision,
						 .name = name,
						 .findings = findings };

		if (roster != NULL && compare_environment(&comparison, roster, err) < 0 &&
		    findings_take(findings, err) < 0)
			return -1;
	}
	return 0;
}

int
check_against(struct project *project, const char *revision, struct findings *findings,
	      struct error *err)
{
	CLEANUP(tree_clear) struct tree before = TREE_INIT;
	CLEANUP(chain_clear) struct chain old = CHAIN_INIT;
	CLEANUP(schema_cleanup) struct schema *schema = NULL;
	struct error cause;

	if (!project->has_git)
		return error_set(err, ERROR_FAILED, "'%s' is not in a git work tree",
				 project->root);
	if (tree_of_revision(project->root, revision, &before, err) < 0)
		return -1;
	if (chain_read(&before, &old, &cause) < 0) {
		if (cause.code == ERROR_MISSING)
			findings_add(findings, LEVEL_NOTE,
				     "%s has no roster; nothing is compared with it", revision);
		else
			findings_add(findings, LEVEL_FINDING, "%s: %s", revision, cause.message);
		return 0;
	}
	compare_rosters(&project->chain, &old, revision, findings);
	schema = schema_of(&before);
	note_objects(project, schema, revision, findings);
	return compare_all(project, &before, schema, &old, revision, findings, err);
}
