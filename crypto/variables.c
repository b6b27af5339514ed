/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/variables.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/process.h"

enum { FIRST_CAPACITY = 4096 };

extern char **environ;

void
variables_clear(struct variables *variables)
{
	secret_clear(&variables->text);
	free(variables->offsets);
	list_clear(&variables->ours);
	*variables = (struct variables)VARIABLES_INIT;
}

void
variables_claim(struct variables *variables, const char *name)
{
	list_add(&variables->ours, name);
}

static int
check_fits(const char *name, struct bytes value, struct error *err)
{
	if (memchr(value.len > 0 ? (const void *)value.data : "", 0, value.len) != NULL)
		return error_set(err, ERROR_REFUSED,
				 "'%s' has a NUL in its value, which no environment can hold",
				 name);
	if (strlen(name) + 1 + value.len + 1 > VARIABLE_MAX)
		return error_set(
			err, ERROR_REFUSED,
			"'%s' is longer than the %d bytes that the kernel takes for one variable",
			name, VARIABLE_MAX);
	return 0;
}

/* A secret does not grow: the larger one takes over. */
static int
make_room(struct secret *text, size_t needed, struct error *err)
{
	CLEANUP(secret_clear) struct secret old = SECRET_INIT;
	size_t cap = needed > FIRST_CAPACITY ? needed : FIRST_CAPACITY;

	if (text->cap - text->len >= needed)
		return 0;
	old = *text;
	*text = (struct secret)SECRET_INIT;
	if (secret_new(2 * old.cap + cap, text, err) < 0)
		return -1;
	return secret_append(text, secret_bytes(&old), err);
}

int
variables_set(struct variables *variables, const char *name, struct bytes value, struct error *err)
{
	struct secret *text = &variables->text;

	if (check_fits(name, value, err) < 0 ||
	    make_room(text, strlen(name) + 1 + value.len + 1, err) < 0)
		return -1;
	variables->offsets = xreallocarray(variables->offsets, variables->count + 1,
					   sizeof(*variables->offsets));
	variables->offsets[variables->count++] = text->len;
	if (secret_append(text, bytes_of(name), err) < 0 ||
	    secret_append(text, bytes_of("="), err) < 0 || secret_append(text, value, err) < 0)
		return -1;
	return secret_append(text, (struct bytes){ (const uint8_t *)"", 1 }, err);
}

static int
compare_name(const void *name, const void *ours)
{
	return strcmp(name, *(char *const *)ours);
}

static bool
is_ours(const struct list *ours, const char *variable)
{
	CLEANUP(free_text) char *name = xstrndup(variable, strcspn(variable, "="));

	return ours->count > 0 &&
	       bsearch(name, ours->items, ours->count, sizeof(*ours->items), compare_name) != NULL;
}

static char **
merge(struct variables *variables)
{
	size_t inherited = 0, count = 0;
	char **merged;

	list_sort(&variables->ours);
	while (environ[inherited] != NULL)
		inherited++;
	merged = xcalloc(inherited + variables->count + 1, sizeof(*merged));
	for (size_t i = 0; i < inherited; i++) {
		if (!is_ours(&variables->ours, environ[i]))
			merged[count++] = environ[i];
	}
	for (size_t i = 0; i < variables->count; i++)
		merged[count++] = (char *)variables->text.data + variables->offsets[i];
	return merged;
}

int
variables_become(struct variables *variables, char **command, struct error *err)
{
	char **merged = merge(variables);
	int saved;

	process_restore();
	(void)execvpe(command[0], command, merged);
	saved = errno;
	free(merged);
	errno = saved;
	(void)error_errno(err, "cannot run '%s'", command[0]);
	return saved == ENOENT || saved == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_RUN;
}
