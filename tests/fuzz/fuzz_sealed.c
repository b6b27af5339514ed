/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed file that is accepted is written again byte for byte from what was read of it. The key is fixed,
 * so that files of the corpus open; the input is a value, too, that is sealed and opened. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/base64.h"
#include "injector/repository/sealed.h"

#define SEED "a seed of thirty-two characters."

enum { VALUE_MAX = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct secret private;
static uint8_t public[HPKE_KEY_BYTES];

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* crypto/FORMAT.md, section 4. */
static void
write_header(const struct sealed *sealed, struct buf *out)
{
	char changed_at[TIME_TEXT_BYTES], sealed_at[TIME_TEXT_BYTES];

	text_from_time(sealed->changed_at, changed_at);
	text_from_time(sealed->sealed_at, sealed_at);
	buf_printf(out,
		   "tfsecrets sealed v1\nproject-id %s\nenvironment %s\nsetting %s\nepoch %u\n"
		   "generation %u\nprevious %s\nchanged %u\nchanged-at %s\nvalue-id %s\n"
		   "sealed-at %s\nsealed-by %s\n",
		   sealed->project_id, sealed->environment, sealed->setting, sealed->epoch,
		   sealed->generation, sealed->previous[0] != 0 ? sealed->previous : "-",
		   sealed->changed, changed_at, sealed->value_id, sealed_at, sealed->sealed_by);
}

static void
write_box(struct bytes text, const struct sealed_parts *parts, struct buf *out)
{
	CLEANUP(buf_clear) struct buf box = BUF_INIT(parts->box_len);

	require(base64_decode_lines((struct bytes){ text.data + parts->box_start, parts->box_len },
				    64, &box));
	require(box.len > HPKE_OVERHEAD);
	base64_encode(buf_bytes(&box), BASE64_PADDED, 64, out);
}

static void
check_file(struct bytes text)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT(text.len + 1000);
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	struct sealed sealed;
	struct sealed_parts parts;
	struct error err = ERROR_INIT;

	if (sealed_parse(text, "fuzz", &sealed, &parts, &err) < 0) {
		require(err.code == ERROR_REFUSED && strncmp(err.message, "fuzz:", 5) == 0);
		return;
	}
	write_header(&sealed, &again);
	require(again.len == parts.header_len);
	buf_append_text(&again, sealed.unset ? "unset\n" : "value\n");
	require((parts.box_len == 0) == sealed.unset);
	if (!sealed.unset)
		write_box(text, &parts, &again);
	require(again.len == parts.signed_len);
	sshsig_armor(&parts.signature, SEALED_NAMESPACE, &again);
	require(bytes_equal(buf_bytes(&again), text));
	(void)sealed_is_signed(text, &parts);
	if (!sealed.unset && sealed_open(text, &parts, &private, public, &value, &err) < 0)
		require(err.code == ERROR_REFUSED && value.data == NULL);
}

static void
check_value(struct bytes plain)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	struct sealed sealed = {
		.environment = "prod", .setting = "S", .epoch = 1, .generation = 1, .changed = 1
	};
	struct sealed back;
	struct signer signer = { .seed = &private };
	struct sealed_parts parts;
	struct error err = ERROR_INIT;

	ed25519_public(&private, signer.public);
	sealed_new_id(sealed.project_id);
	sealed_new_id(sealed.value_id);
	require(sealed_write(&sealed, plain, public, &signer, &text, &err) == 0);
	require(sealed_parse(buf_bytes(&text), "fuzz", &back, &parts, &err) == 0);
	require(sealed_is_signed(buf_bytes(&text), &parts));
	require(sealed_open(buf_bytes(&text), &parts, &private, public, &value, &err) == 0);
	require(bytes_equal(secret_bytes(&value), plain));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	struct error err = ERROR_INIT;

	if (!is_started) {
		require(secret_start(&err) == 0);
		require(secret_from(bytes_of(SEED), &private, &err) == 0);
		x25519_public(&private, public);
	}
	is_started = true;
	check_file((struct bytes){ data, size });
	if (size <= VALUE_MAX)
		check_value((struct bytes){ data, size });
	return 0;
}
