/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random or not. The Shannon entropy of a short string is far below that of its alphabet, so one floor
 * for all lengths misses most short tokens or flags most long texts. The floors here are by alphabet
 * and length: the first percentile of 40,000 simulated uniform strings each, made by schemas/entropy.py.
 */
#include <ctype.h>
#include <string.h>

#include "schemas/classify_rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { LENGTHS = 12, RANDOM_MIN = 16, WORD_MIN = 4, CHARACTERS_PER_WORD = 64 };

enum {
	UPPER = 1,
	LOWER = 2,
	DIGIT = 4,
	BEYOND_HEX = 8,
	BEYOND_BASE32 = 16,
	BASE64_MARK = 32,
	OTHER_MARK = 64
};

static const size_t lengths[LENGTHS] = { 16, 20, 24, 28, 32, 40, 48, 64, 96, 128, 192, 256 };

/* From the smallest alphabet to the largest: the first without a forbidden character counts. */
static const struct alphabet {
	const char *name;
	unsigned forbidden;
	uint16_t floor[LENGTHS]; /* thousandths of a bit per character */
} alphabets[] = {
	{ "hex",
	  UPPER | BEYOND_HEX | BASE64_MARK | OTHER_MARK,
	  { 2680, 2901, 3042, 3165, 3266, 3402, 3502, 3631, 3759, 3820, 3884, 3912 } },
	{ "hex",
	  LOWER | BEYOND_HEX | BASE64_MARK | OTHER_MARK,
	  { 2680, 2901, 3042, 3165, 3266, 3402, 3502, 3631, 3759, 3820, 3884, 3912 } },
	{ "base32",
	  LOWER | BEYOND_BASE32 | BASE64_MARK | OTHER_MARK,
	  { 3077, 3346, 3538, 3695, 3819, 4015, 4165, 4357, 4573, 4684, 4796, 4848 } },
	{ "base32",
	  UPPER | BEYOND_BASE32 | BASE64_MARK | OTHER_MARK,
	  { 3077, 3346, 3538, 3695, 3819, 4015, 4165, 4357, 4573, 4684, 4796, 4848 } },
	{ "alphanumeric",
	  UPPER | BASE64_MARK | OTHER_MARK,
	  { 3149, 3408, 3605, 3770, 3902, 4108, 4256, 4468, 4698, 4818, 4944, 5001 } },
	{ "alphanumeric",
	  LOWER | BASE64_MARK | OTHER_MARK,
	  { 3149, 3408, 3605, 3770, 3902, 4108, 4256, 4468, 4698, 4818, 4944, 5001 } },
	{ "alphanumeric",
	  BASE64_MARK | OTHER_MARK,
	  { 3327, 3646, 3855, 4039, 4202, 4453, 4636, 4904, 5217, 5396, 5589, 5685 } },
	{ "base64",
	  OTHER_MARK,
	  { 3327, 3646, 3886, 4066, 4226, 4465, 4659, 4927, 5244, 5430, 5623, 5722 } },
	{ "printable",
	  0,
	  { 3452, 3784, 4022, 4208, 4390, 4653, 4855, 5163, 5541, 5764, 6022, 6161 } },
};

/* In alphabetical order. Words of hex digits alone ("face") stay out: hex is full of them. */
static const char *const words[] = {
	"about",     "account",	    "action",	 "active",	"address",     "admin",
	"agent",     "alert",	    "allow",	 "amazon",	"analytics",   "android",
	"answer",    "apache",	    "apple",	 "application", "archive",     "asset",
	"async",     "audit",	    "australia", "auto",	"avatar",      "average",
	"azure",     "back",	    "backup",	 "balance",	"bank",	       "base",
	"batch",     "beta",	    "billing",	 "binary",	"black",       "blob",
	"block",     "blog",	    "blue",	 "book",	"boot",	       "branch",
	"bridge",    "broker",	    "browser",	 "bucket",	"build",       "business",
	"button",    "cache",	    "calendar",	 "callback",	"campaign",    "canary",
	"capacity",  "card",	    "cart",	 "catalog",	"category",    "center",
	"central",   "certificate", "change",	 "channel",	"charge",      "chart",
	"chat",	     "check",	    "class",	 "claude",	"client",      "clock",
	"cloud",     "cluster",	    "code",	 "collect",	"color",       "command",
	"comment",   "common",	    "company",	 "compute",	"config",      "connect",
	"console",   "consumer",    "contact",	 "container",	"content",     "context",
	"control",   "cookie",	    "core",	 "count",	"country",     "create",
	"credit",    "cron",	    "currency",	 "current",	"custom",      "customer",
	"daily",     "dashboard",   "data",	 "date",	"debug",       "default",
	"delete",    "deliver",	    "demo",	 "deploy",	"desktop",     "detail",
	"develop",   "device",	    "digest",	 "direct",	"discovery",   "disk",
	"display",   "docker",	    "document",	 "domain",	"down",	       "download",
	"draft",     "drive",	    "driver",	 "dump",	"east",	       "edge",
	"editor",    "elastic",	    "email",	 "enable",	"endpoint",    "engine",
	"english",   "entry",	    "envoy",	 "error",	"europe",      "event",
	"example",   "exchange",    "execute",	 "export",	"express",     "external",
	"factory",   "false",	    "feature",	 "field",	"file",	       "filter",
	"finance",   "fire",	    "first",	 "flag",	"flow",	       "folder",
	"force",     "form",	    "format",	 "forward",	"frame",       "free",
	"front",     "full",	    "function",	 "game",	"gateway",     "general",
	"generic",   "github",	    "gitlab",	 "global",	"google",      "grafana",
	"graph",     "green",	    "group",	 "grpc",	"guest",       "handler",
	"header",    "health",	    "hello",	 "help",	"helper",      "history",
	"home",	     "hook",	    "host",	 "hour",	"house",       "html",
	"http",	     "image",	    "import",	 "inbound",	"index",       "info",
	"ingest",    "ingress",	    "input",	 "instance",	"integration", "internal",
	"inventory", "invoice",	    "ipsum",	 "item",	"java",	       "jenkins",
	"journal",   "json",	    "kafka",	 "kernel",	"kube",	       "label",
	"lambda",    "language",    "latest",	 "ledger",	"legacy",      "level",
	"library",   "license",	    "light",	 "limit",	"line",	       "link",
	"linux",     "list",	    "load",	 "local",	"lock",	       "logger",
	"login",     "logs",	    "lorem",	 "machine",	"mail",	       "main",
	"manager",   "manifest",    "market",	 "master",	"media",       "member",
	"memory",    "merge",	    "message",	 "metric",	"middle",      "mobile",
	"mode",	     "model",	    "module",	 "mongo",	"monitor",     "month",
	"mount",     "music",	    "mysql",	 "name",	"native",      "network",
	"news",	     "nginx",	    "node",	 "north",	"notify",      "object",
	"office",    "online",	    "open",	 "operator",	"option",      "oracle",
	"order",     "origin",	    "outbound",	 "output",	"package",     "page",
	"panel",     "parent",	    "partner",	 "password",	"path",	       "pattern",
	"payment",   "pending",	    "person",	 "phone",	"picture",     "pipeline",
	"plain",     "plan",	    "platform",	 "player",	"plugin",      "point",
	"policy",    "pool",	    "port",	 "portal",	"post",	       "postgres",
	"power",     "preview",	    "price",	 "primary",	"print",       "private",
	"process",   "product",	    "profile",	 "program",	"project",     "prometheus",
	"proto",     "provider",    "proxy",	 "public",	"publish",     "push",
	"python",    "query",	    "queue",	 "quick",	"rabbit",      "range",
	"react",     "read",	    "ready",	 "recent",	"record",      "redirect",
	"redis",     "region",	    "register",	 "registry",	"release",     "remote",
	"render",    "replica",	    "report",	 "request",	"reserve",     "resource",
	"response",  "rest",	    "result",	 "retry",	"review",      "role",
	"root",	     "route",	    "router",	 "rule",	"runner",      "runtime",
	"safe",	     "sale",	    "sample",	 "scale",	"schedule",    "schema",
	"scope",     "script",	    "search",	 "second",	"secret",      "security",
	"segment",   "sender",	    "sensor",	 "server",	"service",     "session",
	"setting",   "shard",	    "share",	 "shell",	"shop",	       "signal",
	"simple",    "site",	    "size",	 "slack",	"small",       "snapshot",
	"social",    "socket",	    "source",	 "south",	"spark",       "spring",
	"stage",     "staging",	    "standard",	 "start",	"state",       "static",
	"status",    "stock",	    "storage",	 "store",	"stream",      "string",
	"stripe",    "studio",	    "style",	 "submit",	"subnet",      "support",
	"swagger",   "switch",	    "symbol",	 "sync",	"system",      "table",
	"target",    "task",	    "team",	 "template",	"tenant",      "terraform",
	"test",	     "text",	    "theme",	 "thing",	"thread",      "ticket",
	"time",	     "title",	    "token",	 "tool",	"topic",       "trace",
	"track",     "traffic",	    "train",	 "transfer",	"transport",   "travel",
	"true",	     "trust",	    "type",	 "unit",	"update",      "upload",
	"upstream",  "user",	    "value",	 "vendor",	"verify",      "version",
	"video",     "view",	    "virtual",	 "vision",	"volume",      "watch",
	"water",     "weather",	    "webhook",	 "website",	"weekly",      "west",
	"white",     "widget",	    "window",	 "wordpress",	"worker",      "workflow",
	"workspace", "world",	    "worldwide", "write",	"year",	       "zone",
};

/* A word is written in one case, or with a capital; other mixtures are chance. */
static bool
word_stands_at(struct bytes text, const char *word)
{
	size_t len = strlen(word), capitals = 0;

	if (!bytes_start_word(text, word))
		return false;
	for (size_t i = 0; i < len; i++)
		if (isupper(text.data[i]))
			capitals++;
	return capitals == 0 || capitals == len || (capitals == 1 && isupper(text.data[0]));
}

static int
compare_start(struct bytes text, const char *word)
{
	int first = tolower(text.data[0]) - word[0];

	return first != 0 ? first : tolower(text.data[1]) - word[1];
}

/* Words are sorted: the first that has the two letters at the start of text, or a later one. */
static size_t
find_start(struct bytes text)
{
	size_t low = 0, high = COUNT(words);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_start(text, words[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
word_begins_at(struct bytes text)
{
	if (!isalpha(text.data[0]) || !isalpha(text.data[1]))
		return false;
	for (size_t i = find_start(text); i < COUNT(words) && compare_start(text, words[i]) == 0;
	     i++)
		if (word_stands_at(text, words[i]))
			return true;
	return false;
}

bool
entropy_has_word(struct bytes text)
{
	for (size_t at = 0; at + WORD_MIN <= text.len; at++)
		if (word_begins_at(bytes_from(text, at)))
			return true;
	return false;
}

/* In a long random text words come about by chance, so it takes one in so many characters. */
static bool
is_wordy(struct bytes run)
{
	size_t count = 0, enough = (run.len + CHARACTERS_PER_WORD - 1) / CHARACTERS_PER_WORD;

	for (size_t at = 0; at + WORD_MIN <= run.len && count < enough; at++)
		if (word_begins_at(bytes_from(run, at)))
			count++;
	return count >= enough;
}

/* The classes of the characters in it, or 0 when one is no printable ASCII or a blank. */
static unsigned
classes_of(struct bytes run)
{
	unsigned classes = 0;

	for (size_t i = 0; i < run.len; i++) {
		int byte = run.data[i];

		if (byte <= ' ' || byte > '~')
			return 0;
		if (isdigit(byte))
			classes |= DIGIT |
				   (byte == '0' || byte == '1' || byte >= '8' ? BEYOND_BASE32 : 0U);
		else if (isalpha(byte))
			classes |= (isupper(byte) ? UPPER : LOWER) |
				   (isxdigit(byte) ? 0U : BEYOND_HEX);
		else
			classes |= strchr("+/=-_", byte) != NULL ? BASE64_MARK : OTHER_MARK;
	}
	return classes;
}

/* log2(number) in 2^-16 bits, number below 2^32: digit by digit, by squaring. */
static uint32_t
logarithm(uint32_t number)
{
	uint32_t whole = 31 - (uint32_t)__builtin_clz(number), result = whole << 16;
	uint64_t rest = ((uint64_t)number << 31) >> whole; /* 1 <= rest / 2^31 < 2 */

	for (uint32_t digit = 1U << 15; digit > 0; digit >>= 1) {
		rest = (rest * rest) >> 31;
		if (rest >> 32 != 0) {
			rest >>= 1;
			result |= digit;
		}
	}
	return result;
}

/* In thousandths of a bit per character. */
static uint64_t
entropy_of(struct bytes run)
{
	uint32_t counts[256] = { 0 };
	uint64_t sum = 0;

	for (size_t i = 0; i < run.len; i++)
		counts[run.data[i]]++;
	for (size_t i = 0; i < COUNT(counts); i++)
		if (counts[i] > 0)
			sum += (uint64_t)counts[i] * logarithm(counts[i]);
	return ((logarithm((uint32_t)run.len) - sum / run.len) * 1000) >> 16;
}

static uint64_t
floor_for(const struct alphabet *alphabet, size_t len)
{
	size_t i = 1;

	if (len >= lengths[LENGTHS - 1])
		return alphabet->floor[LENGTHS - 1];
	while (lengths[i] < len)
		i++;
	return alphabet->floor[i - 1] + (uint64_t)(alphabet->floor[i] - alphabet->floor[i - 1]) *
						(len - lengths[i - 1]) /
						(lengths[i] - lengths[i - 1]);
}

const char *
entropy_random_alphabet(struct bytes run)
{
	const struct alphabet *alphabet = alphabets;
	unsigned classes = classes_of(run);

	if (run.len < RANDOM_MIN || run.len > UINT32_MAX || classes == 0)
		return NULL;
	/* Digits alone are numbers; letters of one case alone are words of some language. */
	if ((classes & (DIGIT | UPPER | LOWER)) == DIGIT ||
	    ((classes & DIGIT) == 0 && (classes & (UPPER | LOWER)) != (UPPER | LOWER) &&
	     (classes & OTHER_MARK) == 0))
		return NULL;
	while ((classes & alphabet->forbidden) != 0)
		alphabet++;
	if (entropy_of(run) < floor_for(alphabet, run.len) || is_wordy(run))
		return NULL;
	return alphabet->name;
}

bool
classify_is_random(struct bytes value)
{
	return shape_harmless(value) == NULL && !shape_is_wordlike(value) &&
	       entropy_random_alphabet(value) != NULL;
}
