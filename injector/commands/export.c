/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/cluster/sink.h"
#include "injector/commands/commands.h"
#include "injector/invocation.h"
#include "injector/repository/dotenv.h"
#include "injector/repository/values.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	OPTION_OUTPUT("env", "json"),
	{ 0, "reveal", OPTION_NONE, NULL, NULL, "write secret values, in the clear" },
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

/* One walk over all values. The first only looks, so that what does not open or cannot be written leaves
 * nothing half done: a file that breaks off reads like a smaller one. */
struct walk {
	struct values *values;
	struct sink *sink; /* NULL: only look */
	size_t count, total;
	int (*put)(struct walk *walk, const char *name, struct bytes value, struct error *err);
};

static int
put_dotenv(struct walk *walk, const char *name, struct bytes value, struct error *err)
{
	CLEANUP(secret_clear) struct secret line = SECRET_INIT;

	if (secret_new(dotenv_write_size(name, value), &line, err) < 0)
		return -1;
	if (dotenv_write(name, value, &line, err) < 0) {
		err->code = ERROR_REFUSED;
		return -1;
	}
	walk->total += line.len;
	if (walk->total > DOTENV_SOURCE_MAX)
		return error_set(err, ERROR_REFUSED,
				 "'%s' has more than the %d bytes that are read back from a .env",
				 walk->values->environment->name, DOTENV_SOURCE_MAX);
	return walk->sink != NULL ? sink_append(walk->sink, secret_bytes(&line), err) : 0;
}

static int
put_json(struct walk *walk, const char *name, struct bytes value, struct error *err)
{
	struct sink *sink = walk->sink;

	if (sink == NULL)
		return 0;
	if (sink_append(sink, bytes_of(walk->count > 0 ? ",\n  " : "\n  "), err) < 0 ||
	    sink_json_string(sink, bytes_of(name), err) < 0 ||
	    sink_append(sink, bytes_of(": "), err) < 0)
		return -1;
	if (text_is_utf8(value))
		return sink_json_string(sink, value, err);
	if (sink_append(sink, bytes_of("{\"base64\": \""), err) < 0 ||
	    sink_base64(sink, value, err) < 0)
		return -1;
	return sink_append(sink, bytes_of("\"}"), err);
}

static int
put_setting(struct walk *walk, size_t at, struct error *err)
{
	CLEANUP(secret_clear) struct secret opened = SECRET_INIT;
	const struct setting_value *value = &walk->values->items[at];
	struct bytes bytes = value->plain;

	if (value->source == SOURCE_NONE)
		return 0;
	if (value->source == SOURCE_SEALED) {
		if (values_open(walk->values, at, &opened, err) < 0)
			return -1;
		bytes = secret_bytes(&opened);
	}
	if (walk->put(walk, walk->values->project->schema->settings[at].name, bytes, err) < 0)
		return -1;
	walk->count++;
	return 0;
}

static int
put_all(struct walk walk, struct sink *sink, struct error *err)
{
	walk.sink = sink;
	for (size_t i = 0; i < walk.values->project->schema->setting_count; i++) {
		if (put_setting(&walk, i, err) < 0)
			return -1;
	}
	return 0;
}

static int
write_values(struct values *values, bool is_json, struct error *err)
{
	const struct walk walk = { .values = values, .put = is_json ? put_json : put_dotenv };
	CLEANUP(sink_clear) struct sink sink = SINK_INIT;

	if (put_all(walk, NULL, err) < 0 ||
	    sink_to_fd(STDOUT_FILENO, "standard output", &sink, err) < 0 ||
	    (is_json && sink_append(&sink, bytes_of("{"), err) < 0) ||
	    put_all(walk, &sink, err) < 0 ||
	    (is_json && sink_append(&sink, bytes_of("\n}\n"), err) < 0))
		return -1;
	return sink_flush(&sink, err);
}

/* A part would pass for the whole, and a text in place of a value would be sealed as one. */
static int
check_revealed(const struct invocation *invocation, const struct values *values, struct error *err)
{
	size_t count = values_sealed_count(values);

	if (count == 0 || option_is_set(&invocation->options, "reveal"))
		return 0;
	return error_set(
		err, ERROR_USAGE,
		"'%s' has %zu secret value%s, and they are written in the clear; say --reveal",
		values->environment->name, count, count == 1 ? "" : "s");
}

static int export(const struct invocation *invocation, struct project *project, struct error *err)
{
	CLEANUP(values_clear) struct values values = VALUES_INIT;
	CLEANUP(identities_clear) struct identities identities = IDENTITIES_INIT;
	const char *format = option_value(&invocation->options, "output"), *environment;

	if (invocation_environment(invocation, project, &environment, err) < 0 ||
	    values_load(project, environment, NULL, &values, err) < 0 ||
	    check_revealed(invocation, &values, err) < 0)
		return -1;
	if (values_sealed_count(&values) > 0 &&
	    (invocation_identities(invocation, &identities, err) < 0 ||
	     values_unlock(&values, &identities, err) < 0))
		return -1;
	return write_values(&values, format != NULL && format[0] == 'j', err);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(project_close) struct project project = PROJECT_INIT;

	if (invocation_project(invocation, PROJECT_READ, &project, err) < 0)
		return -1;
	return export(invocation, &project, err);
}

static const char *const details[] = {
	"Writes every setting that has a value or a default, as exec would hand it over: a .env that seal "
	"--from reads back byte for byte, or one JSON object. Where there are secrets it wants --reveal, "
	"and it writes all or nothing. Pipe it on rather than into a file.",
	NULL,
};

const struct command command_export = {
	.name = "export",
	.summary = "write an environment's values as a .env or JSON",
	.details = details,
	.options = options,
	.run = run,
};
