/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/reseal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/process.h"

enum { THREADS_MAX = 8, FILES_FOR_A_THREAD = 32 };

/* What the threads share: each takes the next file until there is none, or one has failed. */
struct work {
	const struct reseal *reseal;
	const struct environment_state *state;
	struct tree_directory directory;
	struct journal *journal;
	pthread_mutex_t lock; /* of journal, done and err */
	atomic_size_t next;
	atomic_bool failed;
	size_t done;
	struct error *err;
};

static bool
is_wanted(const struct reseal *reseal, const struct value_state *state)
{
	return reseal->sealed_by == NULL || list_has(reseal->sealed_by, state->sealed.sealed_by);
}

/* Of a sealer who leaves, a pending value is nobody's; with a new epoch it would be lost. */
static int
check_all(const struct reseal *reseal, const struct environment_state *state, struct error *err)
{
	for (size_t i = 0; i < state->count; i++) {
		const struct value_state *value = &state->values[i];

		if (value->status == STATUS_INVALID)
			return error_set(err, ERROR_REFUSED,
					 "%s; put a valid file back first (git checkout)",
					 value->problem);
		if (value->status == STATUS_PENDING && reseal->sealed_by == NULL)
			return error_set(err, ERROR_REFUSED,
					 "%s; 'tfsecrets seal --accept' it first, or take it back",
					 value->problem);
	}
	return 0;
}

static int
open_value(const struct reseal *reseal, struct bytes text, const struct sealed *sealed,
	   const struct sealed_parts *parts, struct secret *ret, struct error *err)
{
	const uint8_t *public;
	const struct secret *private = environment_key_of_epoch(reseal->key, reseal->before->epoch,
								sealed->epoch, &public);

	if (sealed->unset)
		return 0;
	if (private == NULL)
		return error_set(err, ERROR_REFUSED, "is of an epoch whose key is gone");
	return sealed_open(text, parts, private, public, ret, err);
}

static int
next_header(const struct reseal *reseal, const struct value_state *state, struct sealed *sealed,
	    struct error *err)
{
	if (sealed->generation == UINT32_MAX)
		return error_set(err, ERROR_REFUSED, "its generations are used up");
	sealed->epoch = reseal->after->epoch;
	sealed->generation++;
	memcpy(sealed->previous, state->hash, sizeof(sealed->previous));
	sealed->sealed_at = time(NULL);
	return 0;
}

static int
reseal_text(const struct reseal *reseal, struct bytes text, const struct value_state *state,
	    struct buf *out, struct error *err)
{
	CLEANUP(secret_clear) struct secret value = SECRET_INIT;
	const struct signer signer = identity_signer(reseal->signer);
	char hash[SHA256_HEX_BYTES];
	struct sealed_parts parts;
	struct sealed sealed;

	sha256_hex(text, hash);
	if (strcmp(hash, state->hash) != 0)
		return error_set(err, ERROR_REFUSED, "it was changed while it was being read");
	if (sealed_parse(text, "it", &sealed, &parts, err) < 0 ||
	    open_value(reseal, text, &sealed, &parts, &value, err) < 0 ||
	    next_header(reseal, state, &sealed, err) < 0)
		return -1;
	return sealed_write(&sealed, secret_bytes(&value), reseal->after->key, &signer, out, err);
}

static int
reseal_one(struct work *work, const struct value_state *state, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(buf_clear) struct buf out = BUF_INIT(SEALED_FILE_MAX);
	CLEANUP(free_text) char *path = xasprintf("%s/%s", work->directory.path, state->name);
	int result;

	if (tree_read_in(&work->directory, state->name, SEALED_FILE_MAX, &text, err) < 0 ||
	    reseal_text(work->reseal, buf_bytes(&text), state, &out, err) < 0)
		return error_context(err, "resealing '%s'", state->name);
	(void)pthread_mutex_lock(&work->lock);
	journal_expect(work->journal, path, buf_bytes(&text));
	result = journal_put(work->journal, path, buf_bytes(&out), process_file_mode(), err);
	work->done++;
	(void)pthread_mutex_unlock(&work->lock);
	return result;
}

static void
reseal_all(struct work *work, state_progress progress)
{
	size_t at;

	while (!atomic_load(&work->failed) &&
	       (at = atomic_fetch_add(&work->next, 1)) < work->state->count) {
		const struct value_state *state = &work->state->values[at];
		struct error err;

		if (state->status != STATUS_ABSENT && state->status != STATUS_PENDING &&
		    is_wanted(work->reseal, state) && reseal_one(work, state, &err) < 0) {
			(void)pthread_mutex_lock(&work->lock);
			if (!atomic_exchange(&work->failed, true))
				*work->err = err;
			(void)pthread_mutex_unlock(&work->lock);
		}
		if (progress != NULL)
			progress(at + 1, work->state->count);
	}
}

static void *
run_thread(void *work)
{
	reseal_all(work, NULL);
	return NULL;
}

/* ssh-agent is asked one signature after the other: it may ask its owner each time. */
static void
reseal_in_parallel(struct work *work)
{
	pthread_t threads[THREADS_MAX];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t started = 0, wanted = work->state->count / FILES_FOR_A_THREAD;

	if (cores < 1 || work->reseal->signer->seed.len == 0)
		cores = 1;
	if (cores > THREADS_MAX)
		cores = THREADS_MAX;
	if (wanted > (size_t)cores - 1)
		wanted = (size_t)cores - 1;
	while (started < wanted && pthread_create(&threads[started], NULL, run_thread, work) == 0)
		started++;
	reseal_all(work, work->reseal->progress);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
}

int
reseal_stage(const struct reseal *reseal, struct journal *journal, size_t *ret_count,
	     struct error *err)
{
	CLEANUP(environment_state_clear) struct environment_state state = ENVIRONMENT_STATE_INIT;
	CLEANUP(free_text) char *path = sealed_directory(reseal->before->name);
	struct tree *files = &reseal->project->files;
	struct work work = { .reseal = reseal,
			     .state = &state,
			     .directory = { .fd = -1 },
			     .journal = journal,
			     .lock = PTHREAD_MUTEX_INITIALIZER,
			     .err = err };

	*ret_count = 0;
	if (environment_state_read(files, chain_current(&reseal->project->chain), reseal->before,
				   NULL, &state, err) < 0 ||
	    check_all(reseal, &state, err) < 0)
		return -1;
	if (state.count == 0)
		return 0;
	if (tree_open_directory(files, path, &work.directory, err) < 0)
		return -1;
	atomic_init(&work.next, 0);
	atomic_init(&work.failed, false);
	reseal_in_parallel(&work);
	tree_close_directory(&work.directory);
	*ret_count = work.done;
	return atomic_load(&work.failed) ? -1 : 0;
}
