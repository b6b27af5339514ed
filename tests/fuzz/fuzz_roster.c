/* SPDX-License-Identifier: Apache-2.0 */
/* A roster that is read is written again byte for byte; it is parsed exactly when it also keeps the rules;
 * and everything that looks into one finds what is there. What stands behind a NUL is a second one, which may
 * follow the first. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/repository/roster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_written(struct bytes text, const struct roster *roster)
{
	CLEANUP(buf_clear) struct buf again = BUF_INIT(text.len + 1000);
	char hash[SHA256_HEX_BYTES];

	roster_write_body(roster, &again);
	require(again.len == roster->body_len);
	sha256_hex(buf_bytes(&again), hash);
	require(strcmp(hash, roster->hash) == 0);
	for (size_t i = 0; i < roster->signature_count; i++)
		sshsig_armor(&roster->signatures[i], ROSTER_NAMESPACE, &again);
	require(bytes_equal(buf_bytes(&again), text));
}

static void
check_finds(const struct roster *roster)
{
	for (size_t i = 0; i < roster->member_count; i++) {
		const struct member *member = &roster->members[i];

		require(roster_member(roster, member->name) != NULL);
		require(member->reads || member->signs);
		require(!member->reads || roster_recipient(roster, &member->recipient) != NULL);
		require(!member->signs || roster_signer(roster, member->signing) != NULL);
		(void)roster_has(roster, &roster->admins, member);
	}
	for (size_t i = 0; i < roster->environment_count; i++)
		require(roster_environment(roster, roster->environments[i].name) != NULL);
}

/* The recipients can be asked for where the rules hold. */
static void
check_readers(const struct roster *roster)
{
	for (size_t i = 0; i < roster->environment_count; i++) {
		const struct roster_environment *environment = &roster->environments[i];
		struct age_recipient *recipients = roster_recipients(roster, environment);

		require(environment->readers.count > 0);
		for (size_t k = 0; k < environment->readers.count; k++)
			require(roster_has(roster, &environment->readers,
					   roster_recipient(roster, &recipients[k])));
		free(recipients);
	}
}

static void
read_one(struct bytes text, struct roster **ret)
{
	CLEANUP(roster_cleanup) struct roster *parsed = NULL;
	struct error err = ERROR_INIT;
	bool keeps_rules;

	if (roster_read(text, "fuzz", ret, &err) < 0) {
		require(err.code == ERROR_REFUSED && strncmp(err.message, "fuzz:", 5) == 0);
		require(*ret == NULL);
		require(roster_parse(text, "fuzz", &parsed, &err) < 0);
		return;
	}
	check_written(text, *ret);
	check_finds(*ret);
	keeps_rules = roster_check(*ret, "fuzz", &err) == 0;
	require((roster_parse(text, "fuzz", &parsed, &err) == 0) == keeps_rules);
	if (keeps_rules)
		check_readers(parsed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
	size_t first = nul != NULL ? (size_t)(nul - data) : size;
	CLEANUP(roster_cleanup) struct roster *previous = NULL;
	CLEANUP(roster_cleanup) struct roster *next = NULL;
	struct error err = ERROR_INIT;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	read_one((struct bytes){ data, first }, &previous);
	if (nul != NULL)
		read_one((struct bytes){ nul + 1, size - first - 1 }, &next);
	if (previous != NULL && next != NULL && roster_check_step(previous, next, "fuzz", &err) < 0)
		require(err.code == ERROR_REFUSED);
	return 0;
}
