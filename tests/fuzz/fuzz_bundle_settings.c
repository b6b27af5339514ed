/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is read as settings is written again byte for byte: there is one form. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/repository/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(bundle_settings_clear) struct bundle_settings settings = BUNDLE_SETTINGS_INIT;
	CLEANUP(buf_clear) struct buf again = BUF_INIT(size);
	const struct bytes text = { data, size };
	struct error err = ERROR_INIT;

	if (bundle_settings_read(text, "fuzz", &settings, &err) < 0) {
		require(err.code == ERROR_REFUSED && strncmp(err.message, "fuzz:", 5) == 0);
		return 0;
	}
	for (size_t i = 0; i < settings.count; i++) {
		bundle_setting_write(&settings.items[i], &again);
		require(bundle_settings_find(&settings, settings.items[i].name) ==
			&settings.items[i]);
	}
	require(bytes_equal(buf_bytes(&again), text));
	return 0;
}
