/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a name says. Names are split into words at every character that is no letter and at the humps of
 * camelCase; words are compared with phrases, a plural s ignored.
 */
#include <ctype.h>
#include <string.h>

#include "schemas/classify_rules.h"

enum { WORDS_MAX = 24 };

struct words {
	struct bytes list[WORDS_MAX];
	size_t count;
};

/* Deciding is in this order: exceptions, then what the last word says, then secret words, then the rest. */
static const char *const identifier_phrases[] = {
	"public key",  "publishable key", "site key",	  "key id",	   "client id",
	"token id",    "key fingerprint", "key name",	  "secret name",   "token name",
	"key version", "secret version",  "public token", "project token", "anon key",
	"app id",      "application id",  "account sid",  "service sid",   "pull secret",
};

/* The last word names something about the secret, not the secret. */
static const char *const config_endings[] = {
	"file",		"filename",	 "path",
	"dir",		"directory",	 "folder",
	"url",		"uri",		 "endpoint",
	"host",		"hostname",	 "port",
	"name",		"algorithm",	 "alg",
	"algo",		"type",		 "prefix",
	"suffix",	"header",	 "issuer",
	"audience",	"scope",	 "provider",
	"method",	"mode",		 "policy",
	"region",	"zone",		 "backend",
	"store",	"class",	 "format",
	"version",	"domain",	 "service",
	"namespace",	"ref",		 "encoding",
	"strategy",	"driver",	 "alias",
	"label",	"user",		 "username",
	"login",	"level",	 "environment",
	"env",		"address",	 "addr",
	"email",	"locale",	 "lang",
	"language",	"timezone",	 "currency",
	"country",	"color",	 "colour",
	"theme",	"title",	 "description",
	"schema",	"database",	 "db",
	"bucket",	"queue",	 "topic",
	"exchange",	"channel",	 "group",
	"role",		"tier",		 "plan",
	"cluster",	"node",		 "origin",
	"host",		"hosts",	 "protocol",
	"scheme",	"transport",	 "engine",
	"adapter",	"pattern",	 "regex",
	"template",	"image",	 "repository",
	"branch",	"schedule",	 "cron",
	"model",	"position",	 "location",
	"flag",		"kind",		 "source",
	"target",	"destination",	 "attribute",
	"field",	"column",	 "table",
	"index",	"dimension",	 "unit",
	"proxy",	"mount",	 "volume",
	"command",	"args",		 "options",
	"opts",		"flags",	 "profile",
	"stage",	"product",	 "vendor",
	"brand",	"site",		 "subject",
	"sender",	"from",		 "reply to",
	"generator",	"manager",	 "rotation",
	"validation",	"verification",	 "lookup",
	"handler",	"same site",	 "samesite",
	"style",	"broker",	 "server",
	"servers",	"list",		 "ca",
	"cert",		"certificate",	 "bundle",
	"rule",		"realm",	 "org",
	"organization", "team",		 "owner",
	"annotation",	"selector",	 "cipher",
	"hasher",	"encoder",	 "decoder",
	"serializer",	"tokenizer",	 "resolver",
	"charset",	"collation",	 "dialect",
	"extension",	"layout",	 "category",
	"cidr",		"subnet",	 "ip",
	"ips",		"message",	 "text",
	"prompt",	"entrypoint",	 "module",
	"zip code",	"postal code",	 "country code",
	"status code",	"error code",	 "exit code",
	"area code",	"language code", "currency code",
};

static const char *const identifier_endings[] = {
	"id",  "fingerprint", "digest", "checksum",  "sha",  "commit", "revision",
	"rev", "tag",	      "etag",	"integrity", "uuid", "guid",   "arn",
};

/* With these a number or yes/no is meant. */
static const char *const quantity_endings[] = {
	"ttl",	      "length", "len",	     "size",	   "count",	 "limit",	 "max",
	"min",	      "expiry", "expires",   "expires in", "expiration", "lifetime",	 "duration",
	"timeout",    "age",	"round",     "retry",	   "retries",	 "day",		 "second",
	"sec",	      "minute", "hour",	     "ms",	   "millis",	 "milliseconds", "interval",
	"window",     "cost",	"iteration", "bit",	   "byte",	 "rate",	 "ratio",
	"threshold",  "period", "delay",     "leeway",	   "factor",	 "depth",	 "percent",
	"percentage", "budget", "replica",   "worker",	   "thread",	 "concurrency",	 "pool",
	"enabled",    "enable", "disabled",  "required",   "optional",	 "allowed",	 "verify",
	"validate",   "strict", "secure",    "http only",  "httponly",	 "refresh",	 "rotate",
	"check",      "debug",	"number",    "num",	   "bytes",
};

static const char *const quantity_beginnings[] = {
	"enable",  "disable", "use",  "has",  "is",    "allow", "require", "max", "min",    "num",
	"feature", "skip",    "show", "hide", "force", "with",	"should",  "can", "verify", "ff",
};

/* Tokens that are counted; they end in a secret's word. */
static const char *const quantity_phrases[] = {
	"max token",   "min token",    "num token",	   "total token",
	"input token", "output token", "completion token", "prompt token",
};

static const char *const secret_phrases[] = {
	"password",
	"passwd",
	"passwort",
	"pwd",
	"pass",
	"passphrase",
	"pass phrase",
	"passcode",
	"passkey",
	"pw",
	"secret",
	"token",
	"credential",
	"cred",
	"api key",
	"apikey",
	"access key",
	"accesskey",
	"secret key",
	"private key",
	"privatekey",
	"privkey",
	"encryption key",
	"encrypt key",
	"decryption key",
	"signing key",
	"sign key",
	"signature key",
	"master key",
	"account key",
	"app key",
	"application key",
	"auth key",
	"license key",
	"licence key",
	"service key",
	"service role key",
	"session key",
	"deploy key",
	"ssh key",
	"hmac key",
	"webhook key",
	"shared key",
	"server key",
	"storage key",
	"admin key",
	"root key",
	"tls key",
	"ssl key",
	"identity key",
	"age key",
	"vapid key",
	"ingest key",
	"write key",
	"read key",
	"integration key",
	"routing key",
	"security key",
	"hash key",
	"aes key",
	"rsa key",
	"jwt key",
	"cookie key",
	"fernet key",
	"unseal key",
	"recovery key",
	"recovery code",
	"backup code",
	"salt",
	"pepper",
	"bearer",
	"mnemonic",
	"seed phrase",
	"connection string",
	"conn string",
	"conn str",
	"connectionstring",
	"dsn",
	"kubeconfig",
	"kube config",
	"dockerconfigjson",
	"docker config json",
	"docker auth config",
	"htpasswd",
	"netrc",
	"pgpass",
	"npmrc",
	"pypirc",
	"keystore",
	"jwt",
	"cookie secret",
	"otp",
	"totp",
	"mfa seed",
	"basic auth",
	"auth header",
	"authorization",
	"service account json",
	"service account key",
	"sas",
	"webhook signature",
	/* Addresses that carry a password more often than not. */
	"database url",
	"database uri",
	"db url",
	"db uri",
	"redis url",
	"redis uri",
	"mongo url",
	"mongo uri",
	"mongodb url",
	"mongodb uri",
	"postgres url",
	"postgres uri",
	"postgresql url",
	"postgresql uri",
	"pg url",
	"mysql url",
	"mysql uri",
	"mariadb url",
	"amqp url",
	"amqp uri",
	"rabbitmq url",
	"rabbitmq uri",
	"broker url",
	"result backend",
	"cache url",
	"cloudinary url",
	"mailer dsn",
	"smtp url",
	"jdbc url",
	"clickhouse url",
	"webhook url",
	"mailer url",
	"directory url",
	"shadow database url",
};

static const char *const perhaps_phrases[] = {
	"key",	     "auth",	  "authentication", "cert key", "pin",	   "seed",
	"signature", "sig",	  "nonce",	    "cookie",	"session", "hash",
	"private",   "sensitive", "confidential",   "license",	"licence", "code",
};

/* Anywhere in the name, when nothing else decided. */
static const char *const config_phrases[] = {
	"public", "log",  "logging", "locale", "timezone", "feature", "color",	 "colour",
	"theme",  "cors", "retry",   "cache",  "debug",	   "build",   "release", "flag",
};

/* Written as one word: DBPASSWORD, SMTPPASS. */
static const char *const secret_suffixes[] = {
	"password", "passwd",	   "passphrase", "secret",     "apikey",    "token",
	"pwd",	    "credentials", "secretkey",	 "privatekey", "accesskey", "pass",
};

/* Words of the language that end like one. */
static const char *const no_secret_words[] = {
	"bypass", "compass", "surpass", "trespass", "overpass", "underpass", "encompass",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool
is_hump(struct bytes name, size_t at)
{
	if (!isupper(name.data[at]))
		return false;
	if (islower(name.data[at - 1]))
		return true;
	/* The last capital of HTTPServer begins a word, but the plural in APIs does not. */
	return isupper(name.data[at - 1]) && at + 2 < name.len && islower(name.data[at + 1]) &&
	       islower(name.data[at + 2]);
}

static void
words_split(struct bytes name, struct words *ret)
{
	size_t start = 0;

	ret->count = 0;
	for (size_t at = 0; at <= name.len; at++) {
		bool is_letter = at < name.len && isalpha(name.data[at]);

		if (is_letter && (at == start || !is_hump(name, at)))
			continue;
		if (at > start && ret->count < WORDS_MAX)
			ret->list[ret->count++] = (struct bytes){ name.data + start, at - start };
		start = is_letter ? at : at + 1;
	}
}

/* len is that of the phrase's word. */
static bool
word_is(struct bytes word, const char *text, size_t len)
{
	if (word.len == len + 1 && len >= 3 && tolower(word.data[len]) == 's')
		word.len = len;
	return word.len == len && strncasecmp((const char *)word.data, text, len) == 0;
}

/* Large JSON asks for the name of every member, so what cannot match is seen at its first letter. */
static inline bool
may_begin(const struct words *words, size_t at, const char *phrase)
{
	return (words->list[at].data[0] | 0x20) == (uint8_t)phrase[0];
}

/* How many words of the name the phrase takes at its word number at; 0: it is not there. */
static size_t
phrase_at(const struct words *words, size_t at, const char *phrase)
{
	size_t taken = 0;

	for (;;) {
		size_t len = strcspn(phrase, " ");

		if (at + taken >= words->count || !word_is(words->list[at + taken], phrase, len))
			return 0;
		taken++;
		if (phrase[len] == '\0')
			return taken;
		phrase += len + 1;
	}
}

static const char *
find_anywhere(const struct words *words, const char *const *phrases, size_t count)
{
	for (size_t at = words->count; at-- > 0;)
		for (size_t i = 0; i < count; i++)
			if (may_begin(words, at, phrases[i]) &&
			    phrase_at(words, at, phrases[i]) > 0)
				return phrases[i];
	return NULL;
}

static const char *
find_last(const struct words *words, const char *const *phrases, size_t count)
{
	for (size_t at = words->count; at-- > 0 && at + 3 > words->count;)
		for (size_t i = 0; i < count; i++)
			if (may_begin(words, at, phrases[i]) &&
			    at + phrase_at(words, at, phrases[i]) == words->count)
				return phrases[i];
	return NULL;
}

static const char *
find_first(const struct words *words, const char *const *phrases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (words->count > 0 && may_begin(words, 0, phrases[i]) &&
		    phrase_at(words, 0, phrases[i]) > 0)
			return phrases[i];
	return NULL;
}

static bool
is_ordinary_word(struct bytes word)
{
	for (size_t i = 0; i < COUNT(no_secret_words); i++)
		if (word_is(word, no_secret_words[i], strlen(no_secret_words[i])))
			return true;
	return false;
}

static const char *
find_suffix(const struct words *words)
{
	for (size_t at = 0; at < words->count; at++) {
		struct bytes word = words->list[at];

		if (is_ordinary_word(word))
			continue;
		for (size_t i = 0; i < COUNT(secret_suffixes); i++) {
			size_t len = strlen(secret_suffixes[i]);

			if (word.len > len &&
			    word_is(bytes_from(word, word.len - len), secret_suffixes[i], len))
				return secret_suffixes[i];
		}
	}
	return NULL;
}

struct name_verdict
name_judge(struct bytes name)
{
	struct words words;
	const char *secret, *longest, *found;

	words_split(name, &words);
	secret = find_anywhere(&words, secret_phrases, COUNT(secret_phrases));
	if (secret == NULL)
		secret = find_suffix(&words);
	longest = find_last(&words, secret_phrases, COUNT(secret_phrases));

	if ((found = find_last(&words, identifier_phrases, COUNT(identifier_phrases))) != NULL)
		return (struct name_verdict){ NAME_IDENTIFIER, found, secret };
	if ((found = find_last(&words, quantity_phrases, COUNT(quantity_phrases))) != NULL)
		return (struct name_verdict){ NAME_QUANTITY, found, secret };
	/* "database url" against the ending "url": the longer phrase knows more. */
	if (longest != NULL)
		return (struct name_verdict){ NAME_SECRET, longest, NULL };
	if ((found = find_last(&words, identifier_endings, COUNT(identifier_endings))) != NULL &&
	    secret == NULL)
		return (struct name_verdict){ NAME_IDENTIFIER, found, NULL };
	if (found != NULL)
		return (struct name_verdict){ NAME_CONFIG, found, secret };
	if ((found = find_last(&words, config_endings, COUNT(config_endings))) != NULL)
		return (struct name_verdict){ NAME_CONFIG, found, secret };
	if ((found = find_last(&words, quantity_endings, COUNT(quantity_endings))) != NULL ||
	    (found = find_first(&words, quantity_beginnings, COUNT(quantity_beginnings))) != NULL)
		return (struct name_verdict){ NAME_QUANTITY, found, secret };
	if (secret != NULL)
		return (struct name_verdict){ NAME_SECRET, secret, NULL };
	if ((found = find_last(&words, perhaps_phrases, COUNT(perhaps_phrases))) != NULL)
		return (struct name_verdict){ NAME_PERHAPS, found, NULL };
	if ((found = find_anywhere(&words, config_phrases, COUNT(config_phrases))) != NULL)
		return (struct name_verdict){ NAME_CONFIG, found, NULL };
	return (struct name_verdict){ NAME_NOTHING, "", NULL };
}

bool
name_fits_quantity(struct bytes value)
{
	return value.len == 0 || shape_is_yes_or_no(value) || shape_is_number(value) ||
	       type_check(TYPE_DURATION, value) == NULL;
}
