/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted as an identity has the public keys of its private ones, and signs by what it says. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/sshsig.h"
#include "injector/repository/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* scrypt is slow by intent: whoever is asked goes away. */
static int
ask(const char *prompt, struct secret *ret, struct error *err)
{
	(void)ret;
	require(prompt != NULL);
	return error_set(err, ERROR_FAILED, "nobody is here");
}

static void
check_reader(const struct identity *identity)
{
	char text[AGE_RECIPIENT_TEXT_BYTES];
	struct age_recipient back;
	struct error err = ERROR_INIT;

	age_recipient_format(&identity->age.recipient, text);
	/* The private key of an X25519 point is never that of one of low order. */
	require(age_recipient_parse(bytes_of(text), &back, &err) == 0);
	require(age_recipient_equal(&back, &identity->age.recipient));
}

static void
check_signer(const struct identity *identity)
{
	CLEANUP(buf_clear) struct buf armor = BUF_INIT(SSHSIG_ARMOR_MAX);
	struct signer signer = identity_signer(identity);
	struct sshsig sig;
	struct error err = ERROR_INIT;
	size_t len;

	require(memcmp(signer.public, identity->signing, sizeof(signer.public)) == 0);
	require((signer.seed != NULL) == identity_reads(identity));
	require(ed25519_is_valid_public(signer.public));
	if (signer.seed == NULL)
		return;
	require(signer_sign(&signer, "n", bytes_of("message"), &armor, &err) == 0);
	require(sshsig_parse(buf_bytes(&armor), "n", &sig, &len, &err) == 0);
	require(memcmp(sig.signer, signer.public, sizeof(sig.signer)) == 0);
	require(sshsig_verify(&sig, "n", bytes_of("message")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_started;
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	struct identity identity;
	struct error err = ERROR_INIT;

	if (!is_started)
		require(secret_start(&err) == 0);
	is_started = true;
	require(secret_from((struct bytes){ data, size }, &text, &err) == 0);
	if (identity_parse(&text, "fuzz", ask, &identity, &err) < 0) {
		require(err.code == ERROR_REFUSED || strstr(err.message, "nobody is here") != NULL);
		return 0;
	}
	if (identity_reads(&identity))
		check_reader(&identity);
	check_signer(&identity);
	identity_clear(&identity);
	return 0;
}
