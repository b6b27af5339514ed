/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/repository/identity.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	{ 'o', "output", OPTION_VALUE, "FILE", NULL,
	  "where to write it, instead of the usual place" },
	OPTION_END,
};

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(identity_clear) struct identity identity = { .seed = SECRET_INIT };
	CLEANUP(free_text) char *usual = identity_default_path();
	const char *path = option_value(&invocation->options, "output");
	char recipient[AGE_RECIPIENT_TEXT_BYTES], signing[SSH_PUBLIC_TEXT_BYTES];

	path = path != NULL ? path : usual;
	if (identity_generate(&identity, err) < 0 || identity_write(&identity, path, err) < 0)
		return -1;
	age_recipient_format(&identity.age.recipient, recipient);
	ssh_public_format(identity.signing, signing);
	terminal_note("wrote the identity '%s'; keep a copy of it in a safe place", path);
	printf("public key: %s\nsigning key: %s\n", recipient, signing);
	return 0;
}

static const char *const details[] = {
	"An identity is an age identity file. Its public key is for reading: others add it as a reader. Its "
	"signing key, made from the same secret, is for sealing. An existing file is never overwritten.",
	NULL,
};

const struct command command_keygen = {
	.name = "keygen",
	.summary = "make an identity",
	.details = details,
	.options = options,
	.run = run,
};
