/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/mark.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* PROJECT-ID:SERIAL:HASH, with a project-id that is ours. */
static bool
read_roster(const struct apply *apply, char *text, uint32_t *ret_serial, const char **ret_hash)
{
	char *rest = text;
	const char *id = strsep(&rest, ":"), *serial = strsep(&rest, ":");
	uint64_t number;

	if (serial == NULL || rest == NULL || strcmp(id, apply->project_id) != 0 ||
	    !text_to_number(bytes_of(serial), UINT32_MAX, &number))
		return false;
	*ret_serial = (uint32_t)number;
	*ret_hash = rest;
	return true;
}

static int
check_roster(const struct apply *apply, const struct inventory *inventory, struct error *err)
{
	CLEANUP(free_text) char *text = xstrdup(inventory->roster);
	const char *hash;
	uint32_t serial;

	if (!read_roster(apply, text, &serial, &hash))
		return error_set(err, ERROR_REFUSED,
				 "the inventory's annotation 'tfsecrets.dev/roster' was altered");
	if (serial > apply->serial)
		return error_set(err, ERROR_REFUSED,
				 "this target has had roster %" PRIu32
				 ", and here is only roster %" PRIu32 "; pull first",
				 serial, apply->serial);
	if (!apply->has_roster(apply->roster_context, serial, hash))
		return error_set(err, ERROR_REFUSED,
				 "this target has had another roster %" PRIu32
				 " than the one here: they are of different histories",
				 serial);
	return 0;
}

/* A tombstone counts as a value does: what it took away must not come back either. */
static bool
has_generation(const struct object_value *value)
{
	return value->state == VALUE_SEALED || value->state == VALUE_UNSET;
}

static int
check_mark(const struct apply *apply, const struct inventory_mark *mark, struct error *err)
{
	const struct setting *setting = schema_setting(apply->schema, mark->setting);
	struct object_value value = { .state = VALUE_ABSENT };
	size_t at;

	if (setting == NULL) {
		apply->note("note: '%s' has left tfsecrets.yaml; the target's mark of it stays",
			    mark->setting);
		return 0;
	}
	at = (size_t)(setting - apply->schema->settings);
	if (apply->values.value(apply->values.context, at, &value, err) < 0)
		return -1;
	if (!has_generation(&value))
		return error_set(err, ERROR_REFUSED,
				 "'%s' was sealed when this target last got it (generation %" PRIu32
				 "), and is not any more",
				 mark->setting, mark->generation);
	if (value.generation < mark->generation)
		return error_set(err, ERROR_REFUSED,
				 "'%s' is of generation %" PRIu32
				 ", and this target has had generation %" PRIu32,
				 mark->setting, value.generation, mark->generation);
	if (value.generation == mark->generation &&
	    strncmp(value.value_id, mark->digits, MARK_DIGITS) != 0)
		return error_set(err, ERROR_REFUSED,
				 "'%s' is another value of generation %" PRIu32
				 " than the one that this target has had",
				 mark->setting, mark->generation);
	return 0;
}

int
marks_check(const struct apply *apply, const struct inventory *inventory, struct error *err)
{
	if (inventory->roster != NULL && check_roster(apply, inventory, err) < 0)
		return -1;
	for (size_t i = 0; i < inventory->mark_count; i++) {
		if (check_mark(apply, &inventory->marks[i], err) == 0)
			continue;
		if (!apply->allow_rollback || err->code != ERROR_REFUSED)
			return error_context(err, "refused");
		apply->note("%s; allowed by --allow-rollback", err->message);
	}
	return 0;
}

int
marks_merge(const struct apply *apply, const struct kube_objects *objects, struct inventory *known,
	    struct error *err)
{
	const struct schema *schema = apply->schema;

	free(known->roster);
	known->roster = xasprintf("%s:%" PRIu32 ":%s", apply->project_id, apply->serial,
				  apply->roster_hash);
	for (size_t i = 0; i < schema->setting_count; i++) {
		struct object_value value = { .state = VALUE_ABSENT };

		if (apply->values.value(apply->values.context, i, &value, err) < 0)
			return -1;
		if (has_generation(&value))
			inventory_set_mark(known, schema->settings[i].name, value.generation,
					   value.value_id);
		else if (apply->allow_rollback)
			inventory_drop_mark(known, schema->settings[i].name);
	}
	for (size_t i = 0; i < objects->count; i++)
		inventory_add_object(known, kube_kind_name(objects->items[i].kind),
				     objects->items[i].name);
	return 0;
}
