/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "injector/commands/commands.h"
#include "injector/commands/drafting.h"
#include "injector/commands/pods.h"
#include "injector/entry.h"
#include "injector/terminal.h"

enum { KEYS_FILE_MAX = 64 * 1024 };

static const struct option_spec options[] = {
	{ 0, "recipient", OPTION_VALUE, "KEY", NULL, "the key to read with: age1…" },
	{ 0, "signing-key", OPTION_VALUE, "KEY", NULL, "the key to seal with: ssh-ed25519 AAAA…" },
	{ 0, "keys", OPTION_VALUE, "FILE", NULL,
	  "both keys, from what keygen printed or an identity's comment lines" },
	{ 0, "ssh-key", OPTION_VALUE, "FILE", NULL,
	  "an OpenSSH Ed25519 public key (.pub), to read and to seal with" },
	{ 'e', "env", OPTION_MANY, "ENV", NULL,
	  "where the member reads or seals; may be repeated" },
	{ 0, "read", OPTION_NONE, NULL, NULL, "may read the values" },
	{ 0, "seal", OPTION_NONE, NULL, NULL, "may seal values that count" },
	{ 0, "admin", OPTION_NONE, NULL, NULL, "may sign rosters" },
	{ 0, "replace", OPTION_NONE, NULL, NULL, "give a member other keys" },
	{ 0, "to-cluster", OPTION_NONE, NULL, NULL,
	  "pods: make the identity here, and write it to every target and nowhere else" },
	{ 0, "kubeconfig", OPTION_VALUE, "FILE", NULL,
	  "with --to-cluster: this kubeconfig alone, not those of $KUBECONFIG" },
	OPTION_YES,
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

static int
take_recipient(const char *text, struct member *member, struct error *err)
{
	if (age_recipient_parse(bytes_of(text), &member->recipient, err) < 0) {
		err->code = ERROR_USAGE;
		return error_context(err, "the recipient of '%s'", member->name);
	}
	member->reads = true;
	return 0;
}

static int
take_signing_key(const char *text, struct member *member, struct error *err)
{
	struct age_recipient key;

	if (age_recipient_parse(bytes_of(text), &key, err) < 0 || key.kind != AGE_SSH_ED25519)
		return error_set(err, ERROR_USAGE,
				 "the signing key of '%s' is not 'ssh-ed25519 AAAA…'",
				 member->name);
	memcpy(member->signing, key.key, sizeof(member->signing));
	member->signs = true;
	return 0;
}

/* "ssh-ed25519 AAAA… comment": without the comment. */
static int
take_ssh_key(const char *file, struct member *member, struct error *err)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	CLEANUP(free_text) char *key = NULL;
	struct bytes line;
	size_t end;

	if (entry_from_file(file, KEYS_FILE_MAX, &text, err) < 0)
		return -1;
	line = secret_bytes(&text);
	for (end = 0; end < line.len && line.data[end] != '\n' && line.data[end] != '\r'; end++)
		;
	line.len = end;
	if (line.len > 11 && memcmp(line.data, "ssh-ed25519", 11) == 0) {
		for (end = 12; end < line.len && line.data[end] != ' '; end++)
			;
		line.len = end;
	}
	if (memmem(line.data, line.len, "PRIVATE KEY", 11) != NULL)
		return error_set(err, ERROR_USAGE,
				 "'%s' is a private key; '%s.pub' is what others need", file, file);
	key = xstrndup((const char *)line.data, line.len);
	if (take_signing_key(key, member, err) < 0) {
		err->code = ERROR_USAGE;
		return error_set(err, ERROR_USAGE,
				 "'%s' is not an OpenSSH Ed25519 public key (ssh-ed25519 AAAA…)",
				 file);
	}
	return take_recipient(key, member, err);
}

/* The text behind "public key: " or "signing key: " on a line, with or without a '#' before it; NULL: another. */
static char *
value_of(struct bytes line, const char *name)
{
	size_t len = strlen(name);

	while (line.len > 0 && (line.data[0] == '#' || line.data[0] == ' ')) {
		line.data++;
		line.len--;
	}
	while (line.len > 0 && (line.data[line.len - 1] == '\r' || line.data[line.len - 1] == ' '))
		line.len--;
	if (line.len <= len || memcmp(line.data, name, len) != 0)
		return NULL;
	return xstrndup((const char *)line.data + len, line.len - len);
}

static int
take_line(struct bytes line, struct member *member, struct error *err)
{
	CLEANUP(free_text) char *recipient = value_of(line, "public key: ");
	CLEANUP(free_text) char *signing = value_of(line, "signing key: ");

	if ((recipient != NULL && member->reads) || (signing != NULL && member->signs))
		return error_set(err, ERROR_USAGE, "the keys of '%s' stand there more than once",
				 member->name);
	if (recipient != NULL && take_recipient(recipient, member, err) < 0)
		return -1;
	return signing != NULL ? take_signing_key(signing, member, err) : 0;
}

/* An identity file is fine: only its comment lines are looked at. */
static int
take_keys(const char *file, struct member *member, struct error *err)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	struct bytes rest;

	if (entry_from_file(file, KEYS_FILE_MAX, &text, err) < 0)
		return -1;
	rest = secret_bytes(&text);
	while (rest.len > 0) {
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;

		if (take_line((struct bytes){ rest.data, len }, member, err) < 0)
			return -1;
		rest.data += len + (end != NULL);
		rest.len -= len + (end != NULL);
	}
	if (!member->reads && !member->signs)
		return error_set(err, ERROR_USAGE,
				 "'%s' has no line 'public key: …' or 'signing key: …'", file);
	return 0;
}

static int
take_all_keys(const struct options *given, struct member *member, struct error *err)
{
	const char *keys = option_value(given, "keys"), *ssh = option_value(given, "ssh-key");
	const char *recipient = option_value(given, "recipient");
	const char *signing = option_value(given, "signing-key");

	if ((keys != NULL) + (ssh != NULL) + (recipient != NULL || signing != NULL) > 1)
		return error_set(err, ERROR_USAGE,
				 "the keys of '%s' are given twice: --keys, --ssh-key, or "
				 "--recipient and --signing-key",
				 member->name);
	if ((keys != NULL && take_keys(keys, member, err) < 0) ||
	    (ssh != NULL && take_ssh_key(ssh, member, err) < 0) ||
	    (recipient != NULL && take_recipient(recipient, member, err) < 0))
		return -1;
	return signing != NULL ? take_signing_key(signing, member, err) : 0;
}

/* The name, and its keys when some are given. */
static int
take_member(const struct invocation *invocation, struct member *ret, struct error *err)
{
	const char *name = invocation->operands[0];

	*ret = (struct member){ .reads = false };
	if (!text_is_member_name(bytes_of(name)))
		return error_set(err, ERROR_USAGE, "'%s' is not a member's name (a-z, 0-9, . _ -)",
				 name);
	memcpy(ret->name, name, strlen(name));
	return take_all_keys(&invocation->options, ret, err);
}

/* The keys that are given take the place of those that it has; the other one stays. */
static void
replace_keys(struct member *known, const struct member *member)
{
	if (member->reads)
		known->recipient = member->recipient;
	if (member->signs)
		memcpy(known->signing, member->signing, sizeof(known->signing));
	known->reads = known->reads || member->reads;
	known->signs = known->signs || member->signs;
}

/* A new member, other keys for one (--replace), or none of both: more rights for one. */
static int
put_member(struct roster *next, const struct member *member, bool replaces, struct error *err)
{
	const struct member *known = roster_member(next, member->name);
	bool has_keys = member->reads || member->signs;

	if (known == NULL && replaces)
		return error_set(err, ERROR_USAGE, "there is no member '%s'", member->name);
	if (known == NULL && !has_keys)
		return error_set(err, ERROR_USAGE,
				 "'%s' is no member yet: give --keys FILE, --ssh-key FILE, or "
				 "--recipient and --signing-key",
				 member->name);
	if (known != NULL && has_keys && !replaces)
		return error_set(err, ERROR_USAGE,
				 "'%s' is a member already; --replace gives other keys",
				 member->name);
	if (replaces && !has_keys)
		return error_set(err, ERROR_USAGE, "--replace needs the new keys of '%s'",
				 member->name);
	if (known == NULL)
		roster_add_member(next, member);
	else if (replaces)
		replace_keys(&next->members[known - next->members], member);
	return 0;
}

static void
grant(struct roster *next, const struct list *environments, const char *name, bool reads,
      bool seals)
{
	for (size_t i = 0; i < environments->count; i++) {
		struct roster_environment *environment =
			roster_edit_environment(next, environments->items[i]);

		if (reads)
			roster_grant(next, &environment->readers, name);
		if (seals)
			roster_grant(next, &environment->sealers, name);
	}
}

static int
add_to(struct drafting *drafting, const struct member *member, struct error *err)
{
	const struct options *given = &drafting->invocation->options;
	struct roster *next = drafting->draft.next;
	CLEANUP(list_clear) struct list environments = LIST_INIT;
	bool reads = option_is_set(given, "read"), seals = option_is_set(given, "seal");

	if (put_member(next, member, option_is_set(given, "replace"), err) < 0)
		return -1;
	if (option_is_set(given, "env") && !reads && !seals)
		return error_set(err, ERROR_USAGE,
				 "what may '%s' do there? give --read, --seal or both",
				 member->name);
	if ((reads || seals) && drafting_environments(drafting, &environments, err) < 0)
		return -1;
	grant(next, &environments, member->name, reads, seals);
	if (option_is_set(given, "admin"))
		roster_grant(next, &next->admins, member->name);
	return 0;
}

static void
tell_about(const struct roster *roster, const char *name)
{
	const struct member *member = roster_member(roster, name);
	bool does = roster_has(roster, &roster->admins, member);

	for (size_t i = 0; i < roster->environment_count; i++)
		does = does || roster_has(roster, &roster->environments[i].readers, member) ||
		       roster_has(roster, &roster->environments[i].sealers, member);
	if (!does)
		terminal_note("'%s' may do nothing yet: 'tfsecrets member add %s --env ENV --read "
			      "--seal'",
			      name, name);
	else
		terminal_note("tell '%s' the pin, over another channel than the repository's: "
			      "'tfsecrets roster pin PIN' in a new clone holds to it",
			      name);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(drafting_end) struct drafting drafting = DRAFTING_INIT;
	struct draft_result result;
	struct member member;

	if (option_is_set(&invocation->options, "to-cluster"))
		return pods_add(invocation, err);
	if (take_member(invocation, &member, err) < 0 ||
	    drafting_begin(invocation, &drafting, err) < 0 || add_to(&drafting, &member, err) < 0)
		return -1;
	if (roster_member(chain_current(&drafting.project.chain), member.name) == NULL)
		terminal_note("compare both keys with '%s' in person or by telephone: who can "
			      "change them in between reads in that place",
			      member.name);
	if (drafting_commit(&drafting, &result, err) < 0)
		return -1;
	if (result.is_complete)
		tell_about(chain_current(&drafting.project.chain), member.name);
	return 0;
}

static const char *const details[] = {
	"Adds a person, a CI job or a pod, gives a member more rights, or (--replace) other keys. A member "
	"reads with the recipient and seals with the signing key; one of the two is enough.",
	"Adding a reader encrypts each environment's key file anew and changes no value. Who gets another "
	"recipient has left and come: a new epoch begins.",
	NULL,
};

const struct command command_member_add = {
	.name = "member add",
	.summary = "add a member, rights, or (--replace) other keys",
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.details = details,
	.options = options,
	.run = run,
};
