/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/state.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "injector/repository/tree.h"

enum { THREADS_MAX = 8, FILES_FOR_A_THREAD = 64, PATH_BYTES = 320 };

char *
sealed_directory(const char *environment)
{
	return xasprintf("tfsecrets/%s/sealed", environment);
}

void
environment_state_clear(struct environment_state *state)
{
	for (size_t i = 0; i < state->count; i++)
		value_clear(&state->values[i]);
	free(state->values);
	*state = (struct environment_state)ENVIRONMENT_STATE_INIT;
}

/* What the threads share: each takes the next index until there is none. */
struct work {
	const struct tree_directory *directory;
	const struct roster *roster;
	const struct roster_environment *environment;
	struct environment_state *state;
	atomic_size_t next;
	state_progress progress; /* called by the first thread only */
};

static void
verify_one(const struct work *work, struct value_state *state, struct buf *text)
{
	char file[PATH_BYTES];
	struct error err;

	(void)snprintf(file, sizeof(file), "%s/%s", work->directory->path, state->name);
	if (!text_is_setting_name(bytes_of(state->name))) {
		state->status = STATUS_INVALID;
		state->problem = xasprintf("%s: is not the name of a setting", file);
	} else if (tree_read_in(work->directory, state->name, SEALED_FILE_MAX, text, &err) < 0) {
		state->status = err.code == ERROR_MISSING ? STATUS_ABSENT : STATUS_INVALID;
		if (state->status == STATUS_INVALID)
			state->problem = xstrdup(err.message);
	} else {
		value_verify(buf_bytes(text), file, state->name, work->roster, work->environment,
			     state);
	}
}

static void
verify_all(struct work *work, state_progress progress)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);

	for (;;) {
		size_t at = atomic_fetch_add(&work->next, 1);

		if (at >= work->state->count)
			return;
		verify_one(work, &work->state->values[at], &text);
		if (progress != NULL)
			progress(at + 1, work->state->count);
	}
}

static void *
run_thread(void *work)
{
	verify_all(work, NULL);
	return NULL;
}

/* One thread less than cores, since this one works too. */
static size_t
helping_threads(const struct work *work)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = work->state->count / FILES_FOR_A_THREAD;
	size_t limit = cores > THREADS_MAX ? THREADS_MAX : cores > 1 ? (size_t)cores : 1;

	if (!tree_is_parallel(work->directory->tree))
		return 0;
	return (wanted < limit ? wanted : limit - 1);
}

static void
verify_in_parallel(struct work *work)
{
	pthread_t threads[THREADS_MAX];
	size_t wanted = helping_threads(work), started = 0;

	while (started < wanted && pthread_create(&threads[started], NULL, run_thread, work) == 0)
		started++;
	verify_all(work, work->progress);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
}

static void
name_values(struct environment_state *state, const struct list *names)
{
	state->values = xcalloc(names->count, sizeof(*state->values));
	for (size_t i = 0; i < names->count; i++)
		state->values[i].name = xstrdup(names->items[i]);
	state->count = names->count;
}

static int
read_names(struct tree *tree, const struct roster *roster,
	   const struct roster_environment *environment, const struct list *names,
	   state_progress progress, struct environment_state *ret, struct error *err)
{
	CLEANUP(free_text) char *path = sealed_directory(environment->name);
	CLEANUP(tree_close_directory) struct tree_directory directory = { .fd = -1 };
	struct work work = { .directory = &directory,
			     .roster = roster,
			     .environment = environment,
			     .state = ret,
			     .progress = progress };

	if (tree_open_directory(tree, path, &directory, err) < 0)
		return -1;
	name_values(ret, names);
	atomic_init(&work.next, 0);
	verify_in_parallel(&work);
	return 0;
}

int
environment_state_read(struct tree *tree, const struct roster *roster,
		       const struct roster_environment *environment, state_progress progress,
		       struct environment_state *ret, struct error *err)
{
	CLEANUP(free_text) char *path = sealed_directory(environment->name);
	CLEANUP(list_clear) struct list names = LIST_INIT;

	*ret = (struct environment_state)ENVIRONMENT_STATE_INIT;
	if (tree_list(tree, path, &names, err) < 0)
		return -1;
	if (names.count == 0)
		return 0;
	return read_names(tree, roster, environment, &names, progress, ret, err);
}

int
environment_state_read_some(struct tree *tree, const struct roster *roster,
			    const struct roster_environment *environment, const struct list *names,
			    struct environment_state *ret, struct error *err)
{
	CLEANUP(free_text) char *path = sealed_directory(environment->name);

	*ret = (struct environment_state)ENVIRONMENT_STATE_INIT;
	if (tree_has(tree, path))
		return read_names(tree, roster, environment, names, NULL, ret, err);
	name_values(ret, names);
	for (size_t i = 0; i < ret->count; i++)
		ret->values[i].status = STATUS_ABSENT;
	return 0;
}

static int
compare_name(const void *name, const void *value)
{
	return strcmp(name, ((const struct value_state *)value)->name);
}

const struct value_state *
environment_state_find(const struct environment_state *state, const char *name)
{
	if (state->count == 0)
		return NULL;
	return bsearch(name, state->values, state->count, sizeof(*state->values), compare_name);
}
