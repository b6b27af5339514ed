/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/pod/delivered.h"

#include <string.h>

#include "base/memory.h"
#include "injector/pod/mount.h"
#include "injector/pod/pod_identity.h"
#include "injector/repository/state.h"

enum { READ_MAX = 1024 * 1024 }; /* no ConfigMap holds more */

void
delivered_clear(struct delivered *delivered)
{
	free(delivered->has);
	environment_key_clear(&delivered->key);
	chain_clear(&delivered->chain);
	bundle_settings_clear(&delivered->settings);
	bundle_clear(&delivered->bundle);
	*delivered = (struct delivered)DELIVERED_INIT;
}

/* What to do about a bundle that is not as `apply` writes it. */
static int
advise(struct error *err)
{
	return error_advice(err, "'tfsecrets apply' writes the bundle anew");
}

/* Whatever stands there, up to what a ConfigMap can hold. */
static int
read_entries(const struct mount *mount, struct bundle *bundle, struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;

	if (mount_names(mount, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(buf_clear) struct buf content = BUF_INIT(READ_MAX);

		if (mount_read(mount, names.items[i], READ_MAX, &content, err) < 0)
			return -1;
		bundle_add(bundle, xstrdup(names.items[i]), &content);
		if (bundle->size > READ_MAX)
			return error_set(err, ERROR_REFUSED,
					 "'%s' is larger than the %d bytes that a ConfigMap holds",
					 mount->path, READ_MAX);
	}
	bundle_sort(bundle);
	return 0;
}

/* The kubelet may exchange the files at any moment, and then removes the old ones. */
static int
read_bundle(const char *from, struct bundle *ret, struct error *err)
{
	for (int i = 0; i < MOUNT_TRIES; i++) {
		CLEANUP(mount_close) struct mount mount = MOUNT_INIT;

		if (mount_open(from, &mount, err) < 0)
			return error_advice(err,
					    "--from is where the bundle's ConfigMap is mounted");
		if (read_entries(&mount, ret, err) == 0)
			return 0;
		bundle_clear(ret);
		if (!mount_has_moved(&mount))
			return err->code == ERROR_REFUSED ? advise(err) : -1;
	}
	return error_set(err, ERROR_FAILED, "'%s' was exchanged again and again; run again", from);
}

static int
missing(const struct delivery_order *order, const char *entry, struct error *err)
{
	(void)error_set(err, ERROR_REFUSED, "'%s' has no '%s': it is no whole bundle", order->from,
			entry);
	return advise(err);
}

static bool
starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Of an entry's name; 0: it is none. */
static uint32_t
roster_serial(const char *name)
{
	const char *digits = name + strlen(BUNDLE_ROSTER);
	char expected[16];
	uint64_t serial;

	if (!text_to_number(bytes_of(digits + strspn(digits, "0")), UINT32_MAX, &serial))
		return 0;
	chain_file_name((uint32_t)serial, expected);
	return strcmp(expected, digits) == 0 ? (uint32_t)serial : 0;
}

static bool
is_entry(const char *name)
{
	return strcmp(name, BUNDLE_KEY) == 0 || strcmp(name, BUNDLE_SETTINGS) == 0 ||
	       starts_with(name, BUNDLE_SEALED) ||
	       (starts_with(name, BUNDLE_ROSTER) && roster_serial(name) > 0);
}

static int
check_entries(const struct delivered *delivered, const struct delivery_order *order,
	      struct error *err)
{
	for (size_t i = 0; i < delivered->bundle.count; i++) {
		const char *name = delivered->bundle.entries[i].name;

		if (!is_entry(name))
			return error_set(
				err, ERROR_REFUSED,
				"'%s/%s' is no part of a bundle; mount the ConfigMap alone",
				order->from, name);
	}
	if (bundle_find(&delivered->bundle, BUNDLE_SETTINGS) == NULL)
		return missing(order, BUNDLE_SETTINGS, err);
	if (bundle_find(&delivered->bundle, BUNDLE_KEY) == NULL)
		return missing(order, BUNDLE_KEY, err);
	return 0;
}

/* The lowest and the highest serial; the lowest is 0 when there is no roster at all. */
static void
roster_range(const struct bundle *bundle, uint32_t *ret_first, uint32_t *ret_last)
{
	*ret_first = *ret_last = 0;
	for (size_t i = 0; i < bundle->count; i++) {
		uint32_t serial = starts_with(bundle->entries[i].name, BUNDLE_ROSTER) ?
					  roster_serial(bundle->entries[i].name) :
					  0;

		if (serial > 0 && (*ret_first == 0 || serial < *ret_first))
			*ret_first = serial;
		if (serial > *ret_last)
			*ret_last = serial;
	}
}

static int
check_range(const struct delivery_order *order, uint32_t first, uint32_t last, struct error *err)
{
	if (first == 0)
		return missing(order, BUNDLE_ROSTER "NNNN", err);
	if (order->pin.serial < first)
		return error_set(err, ERROR_REFUSED,
				 "the pin names roster %u, but the bundle begins with roster %u: "
				 "renew the pin in the pod's spec ('tfsecrets roster pin')",
				 order->pin.serial, first);
	if (order->pin.serial > last)
		return error_set(err, ERROR_REFUSED,
				 "the pin names roster %u, but the bundle ends with roster %u: it "
				 "is older than the pin, so apply it again",
				 order->pin.serial, last);
	return 0;
}

static int
read_roster(struct delivered *delivered, const struct delivery_order *order, uint32_t serial,
	    struct error *err)
{
	char digits[16];
	CLEANUP(free_text) char *name = NULL;
	const struct bundle_entry *entry;

	chain_file_name(serial, digits);
	name = xasprintf(BUNDLE_ROSTER "%s", digits);
	entry = bundle_find(&delivered->bundle, name);
	if (entry == NULL)
		return missing(order, name, err);
	if (serial == order->pin.serial) {
		if (chain_begin(&delivered->chain, buf_bytes(&entry->content), name, &order->pin,
				err) == 0)
			return 0;
		return error_advice(err,
				    "'tfsecrets roster pin' prints the pin for the pod's spec, "
				    "'tfsecrets apply' writes the bundle anew");
	}
	if (chain_add(&delivered->chain, buf_bytes(&entry->content), name, false, err) < 0)
		return advise(err);
	return 0;
}

static int
read_chain(struct delivered *delivered, const struct delivery_order *order, struct error *err)
{
	const struct roster *current;
	uint32_t first, last;

	roster_range(&delivered->bundle, &first, &last);
	if (check_range(order, first, last, err) < 0)
		return -1;
	for (uint64_t serial = order->pin.serial; serial <= last; serial++) {
		if (read_roster(delivered, order, (uint32_t)serial, err) < 0)
			return -1;
	}
	current = chain_current(&delivered->chain);
	delivered->environment = roster_environment(current, order->environment);
	if (delivered->environment == NULL)
		return error_set(
			err, ERROR_REFUSED,
			"roster %u has no environment '%s'; see --environment in the pod's "
			"spec",
			current->serial, order->environment);
	return 0;
}

static int
read_settings(struct delivered *delivered, struct error *err)
{
	const struct bundle_entry *entry = bundle_find(&delivered->bundle, BUNDLE_SETTINGS);

	if (bundle_settings_read(buf_bytes(&entry->content), BUNDLE_SETTINGS, &delivered->settings,
				 err) < 0)
		return advise(err);
	delivered->has = xcalloc(delivered->settings.count, sizeof(*delivered->has));
	return 0;
}

static int
verify_value(struct delivered *delivered, const struct bundle_entry *entry, struct error *err)
{
	const char *name = entry->name + strlen(BUNDLE_SEALED);
	const struct bundle_setting *setting = bundle_settings_find(&delivered->settings, name);
	CLEANUP(value_clear) struct value_state state = { .status = STATUS_ABSENT };

	if (setting == NULL)
		return error_set(err, ERROR_REFUSED, "'%s' has no line in '" BUNDLE_SETTINGS "'",
				 entry->name);
	if (!setting->is_secret)
		return error_set(err, ERROR_REFUSED,
				 "'%s' is sealed, but '" BUNDLE_SETTINGS "' says config", name);
	value_verify(buf_bytes(&entry->content), entry->name, name,
		     chain_current(&delivered->chain), delivered->environment, &state);
	if (state.status != STATUS_VALID && state.status != STATUS_UNSET)
		return error_set(err, ERROR_REFUSED, "%s", state.problem);
	delivered->has[setting - delivered->settings.items] = state.status == STATUS_VALID;
	return 0;
}

static int
verify_values(struct delivered *delivered, struct error *err)
{
	for (size_t i = 0; i < delivered->bundle.count; i++) {
		const struct bundle_entry *entry = &delivered->bundle.entries[i];

		if (starts_with(entry->name, BUNDLE_SEALED) &&
		    verify_value(delivered, entry, err) < 0)
			return advise(err);
	}
	for (size_t i = 0; i < delivered->settings.count; i++) {
		const struct bundle_setting *setting = &delivered->settings.items[i];

		if (setting->is_secret && setting->is_required && !delivered_has(delivered, i))
			return error_set(err, ERROR_REFUSED,
					 "'%s' is required, but has no value in the bundle; "
					 "'tfsecrets set %s' and 'apply' bring one",
					 setting->name, setting->name);
	}
	return 0;
}

static int
open_key(struct delivered *delivered, const struct delivery_order *order, struct error *err)
{
	const struct bundle_entry *entry = bundle_find(&delivered->bundle, BUNDLE_KEY);
	CLEANUP(identity_clear) struct identity identity = { .seed = SECRET_INIT };
	const struct identities identities = { .items = &identity, .count = 1 };

	if (environment_key_check(buf_bytes(&entry->content), BUNDLE_KEY,
				  chain_current(&delivered->chain), delivered->environment,
				  err) < 0)
		return advise(err);
	if (pod_identity_load(order->identity, &identity, err) < 0)
		return error_advice(err, "the pods' identity is the key 'identity' of the Secret "
					 "that 'tfsecrets member add --to-cluster' makes");
	return environment_key_open(buf_bytes(&entry->content), BUNDLE_KEY, &delivered->chain,
				    delivered->environment, &identities, &delivered->key, err);
}

int
delivered_read(const struct delivery_order *order, struct delivered *ret, struct error *err)
{
	CLEANUP(delivered_clear) struct delivered delivered = DELIVERED_INIT;

	if (read_bundle(order->from, &delivered.bundle, err) < 0 ||
	    check_entries(&delivered, order, err) < 0 || read_chain(&delivered, order, err) < 0 ||
	    read_settings(&delivered, err) < 0 || verify_values(&delivered, err) < 0 ||
	    open_key(&delivered, order, err) < 0)
		return -1;
	*ret = delivered;
	delivered = (struct delivered)DELIVERED_INIT;
	return 0;
}

bool
delivered_has(const struct delivered *delivered, size_t setting)
{
	return delivered->has[setting];
}

static int
open_value(const struct delivered *delivered, const struct bundle_setting *setting,
	   struct secret *ret, struct error *err)
{
	CLEANUP(free_text) char *name = xasprintf(BUNDLE_SEALED "%s", setting->name);
	const struct bundle_entry *entry = bundle_find(&delivered->bundle, name);
	struct bytes text = buf_bytes(&entry->content);
	struct sealed_parts parts;
	struct sealed sealed;
	const char *expected;

	if (sealed_parse(text, name, &sealed, &parts, err) < 0 ||
	    sealed_open(text, &parts, &delivered->key.private, delivered->key.public, ret, err) < 0)
		return -1;
	expected = type_check(setting->type, secret_bytes(ret));
	if (expected == NULL)
		return 0;
	secret_clear(ret);
	return error_set(err, ERROR_REFUSED, "the value %s", expected);
}

int
delivered_open(const struct delivered *delivered, size_t setting, struct secret *ret,
	       struct error *err)
{
	const struct bundle_setting *what = &delivered->settings.items[setting];

	if (open_value(delivered, what, ret, err) == 0)
		return 0;
	(void)error_context(err, "opening '%s'", what->name);
	return error_advice(err, "'tfsecrets set %s' and 'apply' bring another", what->name);
}
