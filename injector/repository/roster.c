/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/roster.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/bech32.h"
#include "crypto/hash.h"
#include "injector/repository/lines.h"

#define MAGIC "tfsecrets roster v1"

void
roster_environment_clear(struct roster_environment *environment)
{
	free(environment->readers.members);
	free(environment->sealers.members);
	list_clear(&environment->clusters);
	list_clear(&environment->namespaces);
}

void
roster_free(struct roster *roster)
{
	if (roster == NULL)
		return;
	for (size_t i = 0; i < roster->environment_count; i++)
		roster_environment_clear(&roster->environments[i]);
	free(roster->environments);
	free(roster->members);
	free(roster->admins.members);
	free(roster->signatures);
	free(roster);
}

void
roster_cleanup(struct roster **roster)
{
	roster_free(*roster);
	*roster = NULL;
}

/* RECIPIENT: age1… | ssh-ed25519 BASE64 | -. SIGNING: ssh-ed25519 BASE64 | -. An SSH key is two words. */
static struct bytes
key_word(struct bytes *rest)
{
	struct bytes word = lines_word(rest);

	if (bytes_equal(word, bytes_of("ssh-ed25519")) && rest->len > 0) {
		struct bytes key = lines_word(rest);

		word.len = (size_t)(key.data + key.len - word.data);
	}
	return word;
}

static int
parse_member_keys(const struct lines *lines, struct bytes recipient, struct bytes signing,
		  struct member *member, struct error *err)
{
	struct age_recipient signer;
	struct error cause;

	member->reads = !bytes_equal(recipient, bytes_of("-"));
	member->signs = !bytes_equal(signing, bytes_of("-"));
	if (!member->reads && !member->signs)
		return lines_error(lines, err, "a member needs a recipient or a signing key");
	if (member->reads && age_recipient_parse(recipient, &member->recipient, &cause) < 0)
		return lines_error(lines, err, "%s", cause.message);
	if (member->signs) {
		if (age_recipient_parse(signing, &signer, &cause) < 0 ||
		    signer.kind != AGE_SSH_ED25519)
			return lines_error(lines, err,
					   "the signing key is not a valid ssh-ed25519 key");
		memcpy(member->signing, signer.key, sizeof(member->signing));
	}
	return 0;
}

static int
parse_member(struct lines *lines, struct roster *roster, struct error *err)
{
	struct member member = { .reads = false };
	struct bytes rest, name, recipient, signing;

	if (lines_field(lines, "member", &rest, err) < 0)
		return -1;
	name = lines_word(&rest);
	recipient = key_word(&rest);
	signing = key_word(&rest);
	if (!text_is_member_name(name))
		return lines_error(lines, err, "'member' has no valid name");
	if (recipient.len == 0 || signing.len == 0 || rest.len > 0)
		return lines_error(lines, err, "'member' is not NAME RECIPIENT SIGNING");
	memcpy(member.name, name.data, name.len);
	if (parse_member_keys(lines, recipient, signing, &member, err) < 0)
		return -1;
	if (roster->member_count > 0 &&
	    strcmp(roster->members[roster->member_count - 1].name, member.name) >= 0)
		return lines_error(lines, err, "members are not sorted, or one stands there twice");
	roster->members = xreallocarray(roster->members, roster->member_count + 1, sizeof(member));
	roster->members[roster->member_count++] = member;
	return 0;
}

static int
parse_member_set(struct lines *lines, const char *field, const struct roster *roster,
		 struct member_set *set, struct error *err)
{
	while (lines_at(lines, field)) {
		char name[MEMBER_NAME_MAX + 1];
		const struct member *member;
		size_t index;

		if (lines_name(lines, field, text_is_member_name, MEMBER_NAME_MAX, name, err) < 0)
			return -1;
		member = roster_member(roster, name);
		if (member == NULL)
			return lines_error(lines, err, "'%s' names '%s', who is not a member",
					   field, name);
		index = (size_t)(member - roster->members);
		if (set->count > 0 && set->members[set->count - 1] >= index)
			return lines_error(lines, err,
					   "'%s' lines are not sorted, or one stands there twice",
					   field);
		set->members = xreallocarray(set->members, set->count + 1, sizeof(*set->members));
		set->members[set->count++] = index;
	}
	return 0;
}

bool
roster_is_cluster_id(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (memchr("0123456789abcdef-", text.data[i], 17) == NULL)
			return false;
	}
	return text.len > 0 && text.len <= LABEL_MAX;
}

static int
parse_names(struct lines *lines, const char *field, bool (*is_valid)(struct bytes),
	    struct list *list, struct error *err)
{
	while (lines_at(lines, field)) {
		char name[LABEL_MAX + 1];

		if (lines_name(lines, field, is_valid, LABEL_MAX, name, err) < 0)
			return -1;
		if (list->count > 0 && strcmp(list->items[list->count - 1], name) >= 0)
			return lines_error(lines, err,
					   "'%s' lines are not sorted, or one stands there twice",
					   field);
		list_add(list, name);
	}
	return 0;
}

static int
parse_environment(struct lines *lines, struct roster *roster, struct error *err)
{
	struct roster_environment *environment;
	struct bytes key;

	roster->environments = xreallocarray(roster->environments, roster->environment_count + 1,
					     sizeof(*roster->environments));
	environment = &roster->environments[roster->environment_count++];
	*environment = (struct roster_environment){ .epoch = 0 };
	if (lines_name(lines, "environment", text_is_label, LABEL_MAX, environment->name, err) < 0)
		return -1;
	if (strcmp(environment->name, "roster") == 0)
		return lines_error(lines, err, "'roster' is a reserved name");
	if (roster->environment_count > 1 && strcmp(environment[-1].name, environment->name) >= 0)
		return lines_error(lines, err,
				   "environments are not sorted, or one stands there twice");
	if (lines_number(lines, "epoch", 1, &environment->epoch, err) < 0 ||
	    lines_field(lines, "key", &key, err) < 0)
		return -1;
	if (!bech32_decode_public(ENVIRONMENT_KEY_HRP, key, environment->key) ||
	    !x25519_is_valid_public(environment->key))
		return lines_error(lines, err,
				   "'key' is not a valid environment key (tfsecrets1…)");
	if (lines_hex(lines, "wrapped", SHA256_HEX_BYTES - 1, environment->wrapped, err) < 0 ||
	    parse_member_set(lines, "reader", roster, &environment->readers, err) < 0 ||
	    parse_member_set(lines, "sealer", roster, &environment->sealers, err) < 0 ||
	    lines_number(lines, "removed", 0, &environment->removed, err) < 0 ||
	    parse_names(lines, "cluster", roster_is_cluster_id, &environment->clusters, err) < 0)
		return -1;
	return parse_names(lines, "namespace", text_is_label, &environment->namespaces, err);
}

static int
parse_body(struct lines *lines, struct roster *roster, struct error *err)
{
	if (lines_literal(lines, MAGIC, err) < 0 ||
	    lines_hex(lines, "project-id", ID_DIGITS, roster->project_id, err) < 0 ||
	    lines_number(lines, "serial", 1, &roster->serial, err) < 0 ||
	    lines_hex_or_none(lines, "previous", SHA256_HEX_BYTES - 1, roster->previous, err) < 0)
		return -1;
	if ((roster->serial == 1) != (roster->previous[0] == 0))
		return lines_error(lines, err, "'previous' must be '-' exactly at serial 1");
	if (lines_number(lines, "threshold", 1, &roster->threshold, err) < 0)
		return -1;
	while (lines_at(lines, "member")) {
		if (parse_member(lines, roster, err) < 0)
			return -1;
	}
	if (parse_member_set(lines, "admin", roster, &roster->admins, err) < 0)
		return -1;
	while (lines_at(lines, "environment")) {
		if (parse_environment(lines, roster, err) < 0)
			return -1;
	}
	return lines_literal(lines, "end", err);
}

static int
parse_signatures(struct lines *lines, struct roster *roster, struct error *err)
{
	while (lines->offset < lines->text.len) {
		struct bytes rest = { lines->text.data + lines->offset,
				      lines->text.len - lines->offset };
		struct sshsig signature;
		struct error cause;
		size_t len;

		lines->line++;
		if (sshsig_parse(rest, ROSTER_NAMESPACE, &signature, &len, &cause) < 0)
			return lines_error(lines, err, "%s", cause.message);
		roster->signatures = xreallocarray(roster->signatures, roster->signature_count + 1,
						   sizeof(signature));
		roster->signatures[roster->signature_count++] = signature;
		for (size_t i = 0; i < len; i++)
			lines->line += rest.data[i] == '\n';
		lines->line--;
		lines->offset += len;
	}
	return 0;
}

int
roster_parse(struct bytes text, const char *file, struct roster **ret, struct error *err)
{
	CLEANUP(roster_cleanup) struct roster *roster = NULL;

	if (roster_read(text, file, &roster, err) < 0 || roster_check(roster, file, err) < 0)
		return -1;
	*ret = TAKE(roster);
	return 0;
}

int
roster_read(struct bytes text, const char *file, struct roster **ret, struct error *err)
{
	CLEANUP(roster_cleanup) struct roster *roster = xcalloc(1, sizeof(*roster));
	struct lines lines;

	if (text.len > ROSTER_FILE_MAX)
		return error_set(err, ERROR_REFUSED, "%s: larger than 1 MiB", file);
	if (lines_start(&lines, text, file, err) < 0 || parse_body(&lines, roster, err) < 0)
		return -1;
	roster->body_len = lines.offset;
	sha256_hex((struct bytes){ text.data, lines.offset }, roster->hash);
	if (parse_signatures(&lines, roster, err) < 0)
		return -1;
	*ret = TAKE(roster);
	return 0;
}

static void
write_member_set(const struct roster *roster, const char *field, const struct member_set *set,
		 struct buf *out)
{
	for (size_t i = 0; i < set->count; i++)
		buf_printf(out, "%s %s\n", field, roster->members[set->members[i]].name);
}

static void
write_member(const struct member *member, struct buf *out)
{
	char recipient[AGE_RECIPIENT_TEXT_BYTES] = "-", signing[SSH_PUBLIC_TEXT_BYTES] = "-";

	if (member->reads)
		age_recipient_format(&member->recipient, recipient);
	if (member->signs)
		ssh_public_format(member->signing, signing);
	buf_printf(out, "member %s %s %s\n", member->name, recipient, signing);
}

static void
write_environment(const struct roster *roster, const struct roster_environment *environment,
		  struct buf *out)
{
	char key[BECH32_TEXT_MAX];

	bech32_encode_public(ENVIRONMENT_KEY_HRP, environment->key, key);
	buf_printf(out, "environment %s\nepoch %u\nkey %s\nwrapped %s\n", environment->name,
		   environment->epoch, key, environment->wrapped);
	write_member_set(roster, "reader", &environment->readers, out);
	write_member_set(roster, "sealer", &environment->sealers, out);
	buf_printf(out, "removed %u\n", environment->removed);
	for (size_t i = 0; i < environment->clusters.count; i++)
		buf_printf(out, "cluster %s\n", environment->clusters.items[i]);
	for (size_t i = 0; i < environment->namespaces.count; i++)
		buf_printf(out, "namespace %s\n", environment->namespaces.items[i]);
}

void
roster_write_body(const struct roster *roster, struct buf *out)
{
	buf_printf(out, MAGIC "\nproject-id %s\nserial %u\nprevious %s\nthreshold %u\n",
		   roster->project_id, roster->serial,
		   roster->previous[0] != 0 ? roster->previous : "-", roster->threshold);
	for (size_t i = 0; i < roster->member_count; i++)
		write_member(&roster->members[i], out);
	write_member_set(roster, "admin", &roster->admins, out);
	for (size_t i = 0; i < roster->environment_count; i++)
		write_environment(roster, &roster->environments[i], out);
	buf_append_text(out, "end\n");
}

const struct roster_environment *
roster_environment(const struct roster *roster, const char *name)
{
	for (size_t i = 0; i < roster->environment_count; i++) {
		if (strcmp(roster->environments[i].name, name) == 0)
			return &roster->environments[i];
	}
	return NULL;
}

const struct member *
roster_member(const struct roster *roster, const char *name)
{
	for (size_t i = 0; i < roster->member_count; i++) {
		if (strcmp(roster->members[i].name, name) == 0)
			return &roster->members[i];
	}
	return NULL;
}

const struct member *
roster_signer(const struct roster *roster, const uint8_t key[static ED25519_PUBLIC_BYTES])
{
	for (size_t i = 0; i < roster->member_count; i++) {
		const struct member *member = &roster->members[i];

		if (member->signs && memcmp(member->signing, key, ED25519_PUBLIC_BYTES) == 0)
			return member;
	}
	return NULL;
}

const struct member *
roster_recipient(const struct roster *roster, const struct age_recipient *recipient)
{
	for (size_t i = 0; i < roster->member_count; i++) {
		const struct member *member = &roster->members[i];

		if (member->reads && age_recipient_equal(&member->recipient, recipient))
			return member;
	}
	return NULL;
}

bool
roster_has(const struct roster *roster, const struct member_set *set, const struct member *member)
{
	for (size_t i = 0; i < set->count; i++) {
		if (&roster->members[set->members[i]] == member)
			return true;
	}
	return false;
}

struct age_recipient *
roster_recipients(const struct roster *roster, const struct roster_environment *environment)
{
	struct age_recipient *recipients = xcalloc(environment->readers.count, sizeof(*recipients));

	for (size_t i = 0; i < environment->readers.count; i++)
		recipients[i] = roster->members[environment->readers.members[i]].recipient;
	return recipients;
}
