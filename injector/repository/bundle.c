/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/bundle.h"

#include <string.h>

#include "base/memory.h"
#include "injector/repository/lines.h"

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
bundle_settings_clear(struct bundle_settings *settings)
{
	for (size_t i = 0; i < settings->count; i++) {
		free(settings->items[i].name);
		free(settings->items[i].key);
	}
	free(settings->items);
	*settings = (struct bundle_settings)BUNDLE_SETTINGS_INIT;
}

bool
bundle_is_key(struct bytes text)
{
	if (text.len == 0 || text.len > BUNDLE_SETTING_KEY_MAX ||
	    (text.data[0] == '.' && (text.len == 1 || text.data[1] == '.')))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.' && c != '_')
			return false;
	}
	return true;
}

/* A word that is one of two. */
static bool
choose(struct bytes word, const char *yes, const char *no, bool *ret)
{
	*ret = bytes_equal(word, bytes_of(yes));
	return *ret || bytes_equal(word, bytes_of(no));
}

static int
read_line(const struct lines *lines, struct bytes rest, struct bundle_setting *ret,
	  struct error *err)
{
	struct bytes name = lines_word(&rest), key = lines_word(&rest), kind = lines_word(&rest);
	struct bytes type = lines_word(&rest), need = lines_word(&rest);
	struct bundle_setting setting = { .name = NULL };
	char type_text[16] = "";

	if (type.len < sizeof(type_text) && type.len > 0)
		memcpy(type_text, type.data, type.len);
	if (!text_is_setting_name(name) || !bundle_is_key(key) ||
	    !choose(kind, "secret", "config", &setting.is_secret) ||
	    !type_from_name(type_text, &setting.type) ||
	    !choose(need, "required", "optional", &setting.is_required) || rest.len > 0)
		return lines_error(lines, err,
				   "is not NAME KEY config|secret TYPE required|optional");
	setting.name = xstrndup((const char *)name.data, name.len);
	setting.key = xstrndup((const char *)key.data, key.len);
	*ret = setting;
	return 0;
}

/* Each secret becomes a file of its key's name. */
static int
check_keys(const struct bundle_settings *settings, const char *file, struct error *err)
{
	const char **keys = xcalloc(settings->count, sizeof(*keys));
	const char *twice = NULL;
	size_t count = 0;

	for (size_t i = 0; i < settings->count; i++) {
		if (settings->items[i].is_secret)
			keys[count++] = settings->items[i].key;
	}
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count && twice == NULL; i++)
		twice = strcmp(keys[i - 1], keys[i]) == 0 ? keys[i] : NULL;
	free(keys);
	if (twice == NULL)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "%s: two secrets have the key '%s', and would be one file in the pod",
			 file, twice);
}

int
bundle_settings_read(struct bytes text, const char *file, struct bundle_settings *ret,
		     struct error *err)
{
	CLEANUP(bundle_settings_clear) struct bundle_settings settings = BUNDLE_SETTINGS_INIT;
	struct lines lines;
	struct bytes line;

	if (lines_start(&lines, text, file, err) < 0)
		return -1;
	while (lines_next(&lines, &line)) {
		settings.items =
			xreallocarray(settings.items, settings.count + 1, sizeof(*settings.items));
		if (read_line(&lines, line, &settings.items[settings.count], err) < 0)
			return -1;
		settings.count++;
		if (settings.count > 1 && strcmp(settings.items[settings.count - 2].name,
						 settings.items[settings.count - 1].name) >= 0)
			return lines_error(&lines, err,
					   "settings are not sorted, or one stands there twice");
	}
	if (check_keys(&settings, file, err) < 0)
		return -1;
	*ret = settings;
	settings = (struct bundle_settings)BUNDLE_SETTINGS_INIT;
	return 0;
}

static int
compare_name(const void *name, const void *setting)
{
	return strcmp(name, ((const struct bundle_setting *)setting)->name);
}

const struct bundle_setting *
bundle_settings_find(const struct bundle_settings *settings, const char *name)
{
	if (settings->count == 0)
		return NULL;
	return bsearch(name, settings->items, settings->count, sizeof(*settings->items),
		       compare_name);
}

void
bundle_setting_write(const struct bundle_setting *setting, struct buf *out)
{
	buf_printf(out, "%s %s %s %s %s\n", setting->name, setting->key,
		   setting->is_secret ? "secret" : "config", type_name(setting->type),
		   setting->is_required ? "required" : "optional");
}

void
bundle_clear(struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->count; i++) {
		free(bundle->entries[i].name);
		buf_clear(&bundle->entries[i].content);
	}
	free(bundle->entries);
	*bundle = (struct bundle)BUNDLE_INIT;
}

void
bundle_add(struct bundle *bundle, char *name, struct buf *content)
{
	bundle->entries =
		xreallocarray(bundle->entries, bundle->count + 1, sizeof(*bundle->entries));
	bundle->entries[bundle->count++] =
		(struct bundle_entry){ .name = name, .content = *content };
	bundle->size += strlen(name) + content->len;
	*content = (struct buf)BUF_INIT(content->max);
}

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct bundle_entry *)a)->name,
		      ((const struct bundle_entry *)b)->name);
}

void
bundle_sort(struct bundle *bundle)
{
	if (bundle->count > 0)
		qsort(bundle->entries, bundle->count, sizeof(*bundle->entries), compare_entries);
}

static int
compare_entry_name(const void *name, const void *entry)
{
	return strcmp(name, ((const struct bundle_entry *)entry)->name);
}

const struct bundle_entry *
bundle_find(const struct bundle *bundle, const char *name)
{
	if (bundle->count == 0)
		return NULL;
	return bsearch(name, bundle->entries, bundle->count, sizeof(*bundle->entries),
		       compare_entry_name);
}
