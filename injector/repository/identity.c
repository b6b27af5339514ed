/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/identity.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "crypto/hash.h"

#define SIGNING_SALT "tfsecrets/v1/signing-key"
#define SIGNING_INFO "ed25519"
#define KEY_VARIABLE "TFSECRETS_AGE_KEY"
#define PUBLIC_WORD "ssh-ed25519 "

static struct secret environment_key = SECRET_INIT;

int
identity_take_environment(struct error *err)
{
	char *value = getenv(KEY_VARIABLE);

	if (value == NULL)
		return 0;
	if (secret_from(bytes_of(value), &environment_key, err) < 0)
		return -1;
	secret_wipe(value, strlen(value));
	(void)unsetenv(KEY_VARIABLE);
	return 0;
}

bool
identity_in_environment(void)
{
	return environment_key.data != NULL;
}

void
identity_forget_environment(void)
{
	secret_clear(&environment_key);
}

void
identity_clear(struct identity *identity)
{
	age_identity_clear(&identity->age);
	secret_clear(&identity->seed);
}

void
identities_clear(struct identities *identities)
{
	for (size_t i = 0; i < identities->count; i++)
		identity_clear(&identities->items[i]);
	free(identities->items);
	*identities = (struct identities)IDENTITIES_INIT;
}

/* The signing key: an SSH key's own seed; for an age identity, HKDF of its 32 bytes. */
static int
derive_signing(struct identity *identity, struct error *err)
{
	if (identity->age.kind == AGE_SSH_ED25519) {
		if (secret_from(secret_bytes(&identity->age.private), &identity->seed, err) < 0)
			return -1;
	} else {
		if (secret_new(ED25519_SEED_BYTES, &identity->seed, err) < 0)
			return -1;
		hkdf_sha256(secret_bytes(&identity->age.private), bytes_of(SIGNING_SALT),
			    bytes_of(SIGNING_INFO), identity->seed.data, ED25519_SEED_BYTES);
		identity->seed.len = ED25519_SEED_BYTES;
	}
	ed25519_public(&identity->seed, identity->signing);
	return 0;
}

/* One line without blanks and CR at its ends; moves *at behind it. */
static struct bytes
next_line(struct bytes text, size_t *at)
{
	const uint8_t *start = text.data + *at;
	const uint8_t *end = memchr(start, '\n', text.len - *at);
	struct bytes line = { start, end != NULL ? (size_t)(end - start) : text.len - *at };

	*at += line.len + 1;
	while (line.len > 0 && memchr(" \t\r", line.data[line.len - 1], 3) != NULL)
		line.len--;
	while (line.len > 0 && memchr(" \t", line.data[0], 2) != NULL) {
		line.data++;
		line.len--;
	}
	return line;
}

/* An age identity file: comments, blank lines, exactly one key. */
static int
parse_age_text(struct bytes text, const char *shown, struct age_identity *ret, struct error *err)
{
	bool found = false;
	size_t number = 1;

	for (size_t at = 0; at < text.len; number++) {
		struct bytes line = next_line(text, &at);
		struct error cause;

		if (line.len == 0 || line.data[0] == '#')
			continue;
		if (found) {
			age_identity_clear(ret);
			return error_set(err, ERROR_REFUSED,
					 "%s:%zu: a second key; an identity has one", shown,
					 number);
		}
		if (age_identity_parse(line, ret, &cause) < 0)
			return error_set(err, ERROR_REFUSED, "%s:%zu: %s", shown, number,
					 cause.message);
		found = true;
	}
	if (!found)
		return error_set(err, ERROR_REFUSED,
				 "%s: there is no key in it (AGE-SECRET-KEY-1…)", shown);
	return 0;
}

static int
parse_ssh(const struct secret *text, const char *shown, struct age_identity *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret seed = SECRET_INIT;

	if (ssh_private_parse(text, &seed, err) < 0)
		return error_context(err, "%s", shown);
	return age_identity_from_seed(&seed, ret, err);
}

/* The line of a .pub file: algorithm, key, comment. */
static bool
is_public(const struct secret *text)
{
	return text->len > strlen(PUBLIC_WORD) &&
	       memcmp(text->data, PUBLIC_WORD, strlen(PUBLIC_WORD)) == 0;
}

static int
parse_public(const struct secret *text, const char *shown, struct identity *ret, struct error *err)
{
	struct identity identity = { .age = { .kind = AGE_SSH_ED25519 }, .seed = SECRET_INIT };
	struct bytes rest = { text->data + strlen(PUBLIC_WORD), text->len - strlen(PUBLIC_WORD) };
	size_t len = 0;

	while (len < rest.len && memchr(" \r\n", rest.data[len], 3) == NULL)
		len++;
	if (!ssh_public_parse((struct bytes){ rest.data, len }, identity.signing))
		return error_set(err, ERROR_REFUSED, "%s: is not a valid ssh-ed25519 key", shown);
	identity.age.recipient.kind = AGE_SSH_ED25519;
	memcpy(identity.age.recipient.key, identity.signing, ED25519_PUBLIC_BYTES);
	*ret = identity;
	return 0;
}

bool
identity_reads(const struct identity *identity)
{
	return identity->age.private.len > 0;
}

struct signer
identity_signer(const struct identity *identity)
{
	struct signer signer = { .seed = identity->seed.len > 0 ? &identity->seed : NULL };

	memcpy(signer.public, identity->signing, ED25519_PUBLIC_BYTES);
	return signer;
}

static int
parse_clear(const struct secret *text, const char *shown, struct identity *ret, struct error *err)
{
	struct identity identity = { .seed = SECRET_INIT };
	int parsed;

	if (is_public(text))
		return parse_public(text, shown, ret, err);
	parsed = ssh_private_is(text) ?
			 parse_ssh(text, shown, &identity.age, err) :
			 parse_age_text(secret_bytes(text), shown, &identity.age, err);
	if (parsed < 0)
		return -1;
	if (derive_signing(&identity, err) < 0) {
		identity_clear(&identity);
		return -1;
	}
	*ret = identity;
	return 0;
}

int
identity_parse(const struct secret *text, const char *shown, identity_ask ask, struct identity *ret,
	       struct error *err)
{
	CLEANUP(secret_clear) struct secret passphrase = SECRET_INIT;
	CLEANUP(secret_clear) struct secret inner = SECRET_INIT;
	CLEANUP(free_text) char *prompt = NULL;

	if (!age_is_file(secret_bytes(text)))
		return parse_clear(text, shown, ret, err);
	if (ask == NULL)
		return error_set(err, ERROR_REFUSED,
				 "%s: needs a passphrase, which cannot be asked here", shown);
	prompt = xasprintf("passphrase of %s: ", shown);
	if (ask(prompt, &passphrase, err) < 0)
		return error_context(err, "%s", shown);
	if (age_decrypt_passphrase(secret_bytes(text), &passphrase, AGE_WORK_FACTOR_MAX, &inner,
				   err) < 0)
		return error_context(err, "%s", shown);
	return parse_clear(&inner, shown, ret, err);
}

/* OpenSSH's rule: a key of mine that others may read is refused. */
static int
check_mode(const struct stat *status, const char *path, struct error *err)
{
	if (status->st_uid != getuid() || (status->st_mode & 077) == 0)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "the identity '%s' can be read by others; run: chmod 600 '%s'", path,
			 path);
}

static int
load_file(const char *path, identity_ask ask, struct identity *ret, struct error *err)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	CLEANUP(close_fd) int fd = -1;
	struct stat status;

	if (file_open(AT_FDCWD, path, path, &fd, &status, err) < 0 ||
	    secret_read(fd, path, IDENTITY_FILE_MAX, &text, err) < 0 ||
	    (!is_public(&text) && check_mode(&status, path, err) < 0)) {
		err->code = ERROR_REFUSED;
		return error_context(err, "cannot load the identity");
	}
	return identity_parse(&text, path, ask, ret, err);
}

static int
add_file(const char *path, identity_ask ask, struct identities *identities, struct error *err)
{
	struct identity identity;

	if (load_file(path, ask, &identity, err) < 0)
		return -1;
	identities->items =
		xreallocarray(identities->items, identities->count + 1, sizeof(identity));
	identities->items[identities->count++] = identity;
	return 0;
}

char *
identity_default_path(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config != NULL && config[0] == '/')
		return xasprintf("%s/tfsecrets/identity", config);
	return xasprintf("%s/.config/tfsecrets/identity", home != NULL ? home : "");
}

static int
load_default(identity_ask ask, struct identities *identities, struct error *err)
{
	CLEANUP(free_text) char *path = identity_default_path();

	if (!file_exists(AT_FDCWD, path))
		return error_set(
			err, ERROR_REFUSED,
			"there is no identity: '%s' is not there, and neither --identity nor "
			"$TFSECRETS_IDENTITY nor $TFSECRETS_AGE_KEY is set; 'tfsecrets keygen' "
			"makes one",
			path);
	return add_file(path, ask, identities, err);
}

/* CI gives a secret that it does not have as an empty text. */
static int
refuse_empty(const char *variable, struct error *err)
{
	return error_set(err, ERROR_REFUSED, "$%s is set, but empty", variable);
}

static int
load_first(const struct list *files, identity_ask ask, struct identities *identities,
	   struct error *err)
{
	const char *file = getenv("TFSECRETS_IDENTITY");

	for (size_t i = 0; i < files->count; i++) {
		if (add_file(files->items[i], ask, identities, err) < 0)
			return -1;
	}
	if (files->count > 0)
		return 0;
	if (file != NULL && file[0] == 0)
		return refuse_empty("TFSECRETS_IDENTITY", err);
	if (file != NULL)
		return add_file(file, ask, identities, err);
	if (environment_key.data != NULL && environment_key.len == 0)
		return refuse_empty(KEY_VARIABLE, err);
	if (environment_key.data != NULL) {
		identities->items = xcalloc(1, sizeof(*identities->items));
		if (identity_parse(&environment_key, "$" KEY_VARIABLE, NULL, identities->items,
				   err) < 0)
			return -1;
		identities->count = 1;
		return 0;
	}
	return load_default(ask, identities, err);
}

int
identities_load(const struct list *files, identity_ask ask, struct identities *ret,
		struct error *err)
{
	struct identities identities = IDENTITIES_INIT;

	if (load_first(files, ask, &identities, err) < 0) {
		identities_clear(&identities);
		return -1;
	}
	*ret = identities;
	return 0;
}

int
identity_generate(struct identity *ret, struct error *err)
{
	struct identity identity = { .seed = SECRET_INIT };

	if (age_identity_generate(&identity.age, err) < 0)
		return -1;
	if (derive_signing(&identity, err) < 0) {
		identity_clear(&identity);
		return -1;
	}
	*ret = identity;
	return 0;
}

int
identity_format(const struct identity *identity, struct secret *out, struct error *err)
{
	char created[TIME_TEXT_BYTES], recipient[AGE_RECIPIENT_TEXT_BYTES];
	char signing[SSH_PUBLIC_TEXT_BYTES];
	CLEANUP(free_text) char *comments = NULL;

	text_from_time(time(NULL), created);
	age_recipient_format(&identity->age.recipient, recipient);
	ssh_public_format(identity->signing, signing);
	comments = xasprintf("# created: %s\n# public key: %s\n# signing key: %s\n", created,
			     recipient, signing);
	if (secret_append(out, bytes_of(comments), err) < 0 ||
	    age_identity_format(&identity->age, out, err) < 0)
		return -1;
	return secret_append(out, bytes_of("\n"), err);
}

int
identity_write(const struct identity *identity, const char *path, struct error *err)
{
	CLEANUP(secret_clear) struct secret text = SECRET_INIT;
	CLEANUP(free_text) char *directory = xstrdup(path);
	char *slash = strrchr(directory, '/');

	/* For the message; what decides is O_EXCL below. */
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return error_set(err, ERROR_FAILED,
				 "'%s' is there already, and an identity is never overwritten",
				 path);
	if (secret_new(IDENTITY_TEXT_MAX, &text, err) < 0 ||
	    identity_format(identity, &text, err) < 0)
		return -1;
	if (slash != NULL && slash != directory) {
		*slash = 0;
		if (file_make_directories(AT_FDCWD, directory, directory, err) < 0)
			return -1;
	}
	return file_create(AT_FDCWD, path, path, secret_bytes(&text), 0600, err);
}
