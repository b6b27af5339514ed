/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes of issuers' tokens: a beginning, then so many characters of an alphabet. The lengths are
 * lower and upper bounds with room: issuers lengthen their tokens without notice.
 */
#include <ctype.h>
#include <string.h>

#include "schemas/classify_rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { LONGEST = 4096 };

/* The characters besides letters and digits. */
#define PLAIN ""
#define DASHED "-_"
#define DOTTED "-_."
#define BASE64 "+/="
#define SEGMENTED "-_./=+"

/* The first that fits counts, so the longer of two beginnings stands first. */
static const struct token_shape {
	const char *prefix, *issuer, *marks;
	size_t min, max; /* characters behind prefix */
} shapes[] = {
	{ "ghp_", "GitHub", PLAIN, 30, 255 },
	{ "gho_", "GitHub", PLAIN, 30, 255 },
	{ "ghu_", "GitHub", PLAIN, 30, 255 },
	{ "ghs_", "GitHub", DOTTED, 30, LONGEST },
	{ "ghr_", "GitHub", PLAIN, 30, 255 },
	{ "github_pat_", "GitHub", "_", 36, 255 },
	{ "glpat-", "GitLab", DOTTED, 20, 255 },
	{ "gldt-", "GitLab", DOTTED, 20, 255 },
	{ "glrt-", "GitLab", DOTTED, 20, 255 },
	{ "glcbt-", "GitLab", DOTTED, 20, 255 },
	{ "glptt-", "GitLab", DOTTED, 20, 255 },
	{ "glft-", "GitLab", DOTTED, 20, 255 },
	{ "glimt-", "GitLab", DOTTED, 20, 255 },
	{ "glagent-", "GitLab", DOTTED, 20, 255 },
	{ "gloas-", "GitLab", DOTTED, 20, 255 },
	{ "glsoat-", "GitLab", DOTTED, 20, 255 },
	{ "GR1348941", "GitLab", DASHED, 20, 64 },
	{ "ATATT3x", "Atlassian", DASHED "=", 60, 512 },
	{ "ATCTT3x", "Atlassian", DASHED "=", 60, 512 },
	{ "ATBB", "Bitbucket", PLAIN, 28, 64 },
	{ "xoxb-", "Slack", "-", 20, 255 },
	{ "xoxa-", "Slack", "-", 20, 255 },
	{ "xoxp-", "Slack", "-", 20, 255 },
	{ "xoxr-", "Slack", "-", 20, 255 },
	{ "xoxs-", "Slack", "-", 20, 255 },
	{ "xoxe-", "Slack", "-", 20, 512 },
	{ "xoxe.xoxp-", "Slack", "-", 20, 512 },
	{ "xoxc-", "Slack", "-", 20, 255 },
	{ "xoxd-", "Slack", "-%" BASE64, 20, 512 },
	{ "xapp-", "Slack", "-", 20, 255 },
	{ "https://hooks.slack.com/services/", "Slack", "/", 30, 255 },
	{ "https://hooks.slack.com/workflows/", "Slack", "/", 30, 255 },
	{ "https://discord.com/api/webhooks/", "Discord", "-_/", 40, 255 },
	{ "https://discordapp.com/api/webhooks/", "Discord", "-_/", 40, 255 },
	{ "sk_live_", "Stripe", PLAIN, 16, 255 },
	{ "sk_test_", "Stripe", PLAIN, 16, 255 },
	{ "rk_live_", "Stripe", PLAIN, 16, 255 },
	{ "rk_test_", "Stripe", PLAIN, 16, 255 },
	{ "whsec_", "webhook", BASE64, 24, 255 },
	{ "AKIA", "AWS", PLAIN, 16, 16 },
	{ "ASIA", "AWS", PLAIN, 16, 16 },
	{ "ABSK", "AWS", BASE64, 100, 255 },
	{ "AIza", "Google", DASHED, 35, 35 },
	{ "ya29.", "Google", SEGMENTED, 20, LONGEST },
	{ "GOCSPX-", "Google", DASHED, 24, 64 },
	{ "1//0", "Google", DASHED, 40, 255 },
	{ "npm_", "npm", PLAIN, 36, 64 },
	{ "pypi-", "PyPI", DASHED, 50, 512 },
	{ "rubygems_", "RubyGems", PLAIN, 48, 48 },
	{ "oy2", "NuGet", PLAIN, 43, 43 },
	{ "cio", "crates.io", PLAIN, 32, 32 },
	{ "CLOJARS_", "Clojars", PLAIN, 60, 60 },
	{ "dckr_pat_", "Docker", DASHED, 20, 64 },
	{ "dckr_oat_", "Docker", DASHED, 20, 64 },
	{ "SG.", "SendGrid", DOTTED, 60, 80 },
	{ "key-", "Mailgun", PLAIN, 32, 32 },
	{ "xkeysib-", "Brevo", "-", 64, 128 },
	{ "xsmtpsib-", "Brevo", "-", 64, 128 },
	{ "re_", "Resend", "_", 24, 64 },
	{ "hvs.", "Vault", DASHED, 24, 512 },
	{ "hvb.", "Vault", DASHED, 24, 512 },
	{ "hvr.", "Vault", DASHED, 24, 512 },
	{ "s.", "Vault", PLAIN, 24, 24 },
	{ "dop_v1_", "DigitalOcean", PLAIN, 64, 64 },
	{ "doo_v1_", "DigitalOcean", PLAIN, 64, 64 },
	{ "dor_v1_", "DigitalOcean", PLAIN, 64, 64 },
	{ "HRKU-", "Heroku", DASHED, 30, 128 },
	{ "FlyV1 fm", "Fly", DASHED "," BASE64, 20, LONGEST },
	{ "nfp_", "Netlify", PLAIN, 36, 64 },
	{ "sbp_", "Supabase", PLAIN, 40, 64 },
	{ "sb_secret_", "Supabase", DASHED, 20, 64 },
	{ "rnd_", "Render", PLAIN, 24, 64 },
	{ "napi_", "Neon", PLAIN, 40, 80 },
	{ "pscale_tkn_", "PlanetScale", DOTTED, 32, 64 },
	{ "pscale_pw_", "PlanetScale", DOTTED, 32, 64 },
	{ "pscale_oauth_", "PlanetScale", DOTTED, 32, 64 },
	{ "tskey-", "Tailscale", "-", 16, 128 },
	{ "pul-", "Pulumi", PLAIN, 40, 40 },
	{ "dapi", "Databricks", "-", 32, 34 },
	{ "dt0c01.", "Dynatrace", ".", 80, 96 },
	{ "dt0s16.", "Dynatrace", ".", 60, 96 },
	{ "glsa_", "Grafana", "_", 38, 64 },
	{ "glc_", "Grafana", BASE64, 32, 512 },
	{ "sntrys_", "Sentry", SEGMENTED, 40, 512 },
	{ "sntryu_", "Sentry", PLAIN, 64, 64 },
	{ "NRAK-", "New Relic", PLAIN, 27, 32 },
	{ "NRII-", "New Relic", DASHED, 32, 32 },
	{ "PMAK-", "Postman", "-", 59, 64 },
	{ "lin_api_", "Linear", PLAIN, 40, 48 },
	{ "lin_oauth_", "Linear", PLAIN, 40, 80 },
	{ "secret_", "Notion", PLAIN, 43, 43 },
	{ "ntn_", "Notion", PLAIN, 40, 64 },
	{ "figd_", "Figma", DASHED, 40, 64 },
	{ "tfp_", "Typeform", DOTTED, 40, 80 },
	{ "pat-na1-", "HubSpot", "-", 36, 36 },
	{ "pat-eu1-", "HubSpot", "-", 36, 36 },
	{ "CFPAT-", "Contentful", DASHED, 40, 64 },
	{ "shpat_", "Shopify", PLAIN, 32, 32 },
	{ "shpca_", "Shopify", PLAIN, 32, 32 },
	{ "shppa_", "Shopify", PLAIN, 32, 32 },
	{ "shpss_", "Shopify", PLAIN, 32, 32 },
	{ "sq0atp-", "Square", DASHED, 22, 60 },
	{ "sq0csp-", "Square", DASHED, 43, 60 },
	{ "EAAA", "Square", DASHED, 56, 70 },
	{ "access_token$production$", "PayPal", "$", 40, 80 },
	{ "shippo_live_", "Shippo", PLAIN, 40, 40 },
	{ "shippo_test_", "Shippo", PLAIN, 40, 40 },
	{ "duffel_live_", "Duffel", DASHED "=", 40, 64 },
	{ "duffel_test_", "Duffel", DASHED "=", 40, 64 },
	{ "FLWSECK-", "Flutterwave", DASHED, 20, 64 },
	{ "FLWSECK_TEST-", "Flutterwave", DASHED, 20, 64 },
	{ "EZAK", "EasyPost", PLAIN, 54, 54 },
	{ "EZTK", "EasyPost", PLAIN, 54, 54 },
	{ "sk.eyJ", "Mapbox", DOTTED, 60, 255 },
	{ "sk-ant-", "Anthropic", DASHED, 20, 255 },
	{ "sk-or-", "OpenRouter", DASHED, 20, 128 },
	{ "sk-lf-", "Langfuse", DASHED, 20, 64 },
	{ "sk-proj-", "OpenAI", DASHED, 20, 255 },
	{ "sk-svcacct-", "OpenAI", DASHED, 20, 255 },
	{ "sk-admin-", "OpenAI", DASHED, 20, 255 },
	{ "sk-", "OpenAI", DASHED, 20, 255 },
	{ "hf_", "Hugging Face", PLAIN, 30, 40 },
	{ "api_org_", "Hugging Face", PLAIN, 30, 40 },
	{ "r8_", "Replicate", PLAIN, 36, 48 },
	{ "gsk_", "Groq", PLAIN, 40, 64 },
	{ "xai-", "xAI", DASHED, 60, 100 },
	{ "pplx-", "Perplexity", PLAIN, 40, 64 },
	{ "nvapi-", "NVIDIA", DASHED, 50, 80 },
	{ "tvly-", "Tavily", DASHED, 24, 64 },
	{ "pcsk_", "Pinecone", "_", 50, 100 },
	{ "lsv2_pt_", "LangSmith", "_", 40, 64 },
	{ "lsv2_sk_", "LangSmith", "_", 40, 64 },
	{ "LTAI", "Alibaba Cloud", PLAIN, 12, 26 },
	{ "AKID", "Tencent Cloud", PLAIN, 28, 36 },
	{ "AQVN", "Yandex Cloud", DASHED, 35, 40 },
	{ "dp.pt.", "Doppler", PLAIN, 40, 48 },
	{ "dp.st.", "Doppler", DOTTED, 40, 80 },
	{ "dp.ct.", "Doppler", PLAIN, 40, 48 },
	{ "dp.sa.", "Doppler", PLAIN, 40, 48 },
	{ "ops_eyJ", "1Password", DASHED, 100, LONGEST },
	{ "bkua_", "Buildkite", PLAIN, 40, 40 },
	{ "sgp_", "Sourcegraph", "_", 40, 80 },
	{ "rdme_", "ReadMe", PLAIN, 64, 80 },
	{ "pnu_", "Prefect", PLAIN, 36, 36 },
	{ "AKCp", "Artifactory", PLAIN, 60, 80 },
	{ "tk-us-", "Scalingo", DASHED, 48, 48 },
	{ "aio_", "Adafruit", PLAIN, 28, 28 },
	{ "phx_", "PostHog", PLAIN, 40, 64 },
};

/* Telegram's tokens begin with the bot's number: 8 to 10 digits, a colon, 35 characters. */
static bool
is_telegram(struct bytes value)
{
	size_t colon = 0;

	while (colon < value.len && isdigit(value.data[colon]))
		colon++;
	return colon >= 8 && colon <= 10 && value.len == colon + 36 && value.data[colon] == ':' &&
	       shape_is_made_of(bytes_from(value, colon + 1), DASHED) &&
	       entropy_random_alphabet(bytes_from(value, colon + 1)) != NULL;
}

const char *
catalog_token_issuer(struct bytes value)
{
	for (size_t i = 0; i < COUNT(shapes); i++) {
		const struct token_shape *shape = &shapes[i];
		struct bytes rest;

		if (!bytes_start(value, shape->prefix))
			continue;
		rest = bytes_from(value, strlen(shape->prefix));
		/* "sk-your-key-goes-right-here" and "ghp_xxxx…" show a shape and are none. */
		if (rest.len >= shape->min && rest.len <= shape->max &&
		    shape_is_made_of(rest, shape->marks) && !shape_is_wordlike(rest) &&
		    !shape_is_template(rest))
			return shape->issuer;
	}
	return is_telegram(value) ? "Telegram" : NULL;
}
