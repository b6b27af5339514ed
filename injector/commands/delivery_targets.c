/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/delivery_targets.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "injector/cluster/interrupt.h"
#include "injector/commands/place.h"
#include "injector/terminal.h"

enum {
	SECONDS_USUAL = 60,
	SECONDS_TO_WAIT = 600,
	LIST_FROM = 5,	     /* targets: so many GETs cost more than a LIST */
	LIST_SECONDS = 10,   /* for what only saves time */
	CONNECTIONS_MAX = 4, /* more make a server no faster */
	REPORT_MAX = 16 * 1024 * 1024,
};

static void
warn(const char *warning)
{
	terminal_warn("the server: %s", warning);
}

struct pool;

/* One target, and what became of it. */
struct job {
	const struct pool *pool;
	const struct target *target; /* NULL: where the command line says */
	struct buf lines;	     /* of the report */
	size_t differing;	     /* objects */
	struct error *failure; /* or NULL; most have none, and many targets would take much room */
};

/* The targets, of which each worker takes the next. */
struct pool {
	const struct invocation *invocation;
	const struct delivery_terms *terms;
	struct apply apply;
	struct job *jobs;
	size_t count, next, done;
	pthread_t first_thread; /* the one that shows how far it is */
	struct place place;
	struct kube_choice first;
	struct known known; /* of the first target's cluster, where many are there */
	pthread_mutex_t lock;
};

/* A worker's connection, kept while the next target is of the same cluster and user. */
struct line {
	struct kube_choice choice;
	struct kube_access access;
	struct api api;
	bool is_open;
};

static void
line_close(struct line *line)
{
	if (!line->is_open)
		return;
	api_close(&line->api);
	kube_access_clear(&line->access);
	line->is_open = false;
}

static int
line_open(struct line *line, const struct kube_choice *choice, const struct place *place,
	  struct error *err)
{
	/* One namespace is as good as another, since it is the request that names it; none is the account's. */
	if (line->is_open && place_is_same(&line->choice, choice) &&
	    (line->choice.namespace == NULL) == (choice->namespace == NULL)) {
		api_extend(&line->api, place->seconds);
		return 0;
	}
	line_close(line);
	line->choice = *choice;
	if (kube_access_find(choice, &line->access, err) < 0)
		return -1;
	if (api_open(&line->access, place->seconds, &line->api, err) < 0) {
		kube_access_clear(&line->access);
		return -1;
	}
	line->api.warn = warn;
	line->api.request_seconds = place->request_seconds;
	line->is_open = true;
	return 0;
}

static void
add_line(void *context, const struct apply_report *report)
{
	struct job *job = context;
	const struct pool *pool = job->pool;

	job->differing += report->deed != APPLY_UNCHANGED ||
			  (report->drift != NULL && report->drift->count > 0);
	pool->terms->describe(pool->invocation, report, &job->lines);
}

/* Where tfsecrets.yaml does not say where to, somebody at a terminal looks at the place first. */
static bool
is_agreed(const struct pool *pool, const struct job *job)
{
	bool asks = job->target == NULL && pool->terms->announce &&
		    pool->terms->dry_run == DRY_RUN_NONE && terminal_can_ask() &&
		    !option_is_set(&pool->invocation->options, "yes");

	return !asks || terminal_confirm("apply there?");
}

static int
deliver_to(struct pool *pool, struct job *job, struct line *line, struct error *err)
{
	const struct kube_choice choice = place_choose(&pool->place, job->target);
	const char *namespace;
	struct apply apply = pool->apply;

	if (line_open(line, &choice, &pool->place, err) < 0)
		return -1;
	namespace = choice.namespace != NULL ? choice.namespace : line->access.namespace;
	if (pool->terms->announce)
		terminal_note("%s: to namespace '%s' at %s, %s", apply.environment->name, namespace,
			      line->access.server, line->access.shown);
	if (!is_agreed(pool, job))
		return error_set(err, ERROR_FAILED, "nothing was changed");
	if (place_is_same(&choice, &pool->first))
		apply.known = &pool->known;
	apply.report = add_line;
	apply.report_context = job;
	return apply_to(&apply, &line->api, namespace, err);
}

/* After a signal the targets that are left are not begun. */
static int
begin(struct pool *pool, struct job *job, struct line *line, struct error *err)
{
	struct error cause;

	if (interrupt_caught() == 0)
		return deliver_to(pool, job, line, err);
	(void)interrupt_error(&cause);
	return error_set(err, cause.code, "%s before it was begun", cause.message);
}

static struct job *
take(struct pool *pool)
{
	struct job *job = NULL;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->next < pool->count)
		job = &pool->jobs[pool->next++];
	(void)pthread_mutex_unlock(&pool->lock);
	return job;
}

/* Of several targets, which one it was. */
static struct error *
failure_of(const struct pool *pool, const struct job *job, struct error *err)
{
	const struct kube_choice choice = place_choose(&pool->place, job->target);
	struct error *failure = xcalloc(1, sizeof(*failure));
	CLEANUP(free_text) char *context =
		choice.in_cluster      ? xstrdup("this pod's account") :
		choice.context != NULL ? xasprintf("context '%s'", choice.context) :
					 xstrdup("the current context");

	if (pool->count > 1 && choice.namespace != NULL)
		(void)error_context(err, "%s, namespace '%s'", context, choice.namespace);
	else if (pool->count > 1)
		(void)error_context(err, "%s", context);
	*failure = *err;
	return failure;
}

static void
give_back(struct pool *pool)
{
	size_t done;

	(void)pthread_mutex_lock(&pool->lock);
	done = ++pool->done;
	(void)pthread_mutex_unlock(&pool->lock);
	if (pthread_equal(pthread_self(), pool->first_thread))
		terminal_progress(pool->terms->done, done, pool->count);
}

static void *
work(void *context)
{
	struct pool *pool = context;
	struct line line = { .is_open = false };
	struct job *job;
	struct error err;

	while ((job = take(pool)) != NULL) {
		if (begin(pool, job, &line, &err) < 0)
			job->failure = failure_of(pool, job, &err);
		give_back(pool);
	}
	line_close(&line);
	return NULL;
}

/* One look at a cluster in place of several at each of many targets. What goes wrong here goes wrong there again,
 * and is told there. */
static void
look_first(struct pool *pool)
{
	struct line line = { .is_open = false };
	struct place place = pool->place;
	size_t count = 0;
	struct error ignored;

	pool->first = place_choose(&pool->place, pool->jobs[0].target);
	for (size_t i = 0; i < pool->count; i++) {
		const struct kube_choice choice = place_choose(&pool->place, pool->jobs[i].target);

		count += place_is_same(&choice, &pool->first);
	}
	if (place.seconds > LIST_SECONDS)
		place.seconds = LIST_SECONDS;
	if (pool->apply.write_only || count < LIST_FROM ||
	    line_open(&line, &pool->first, &place, &ignored) < 0)
		return;
	if (known_read(&line.api, pool->apply.project_id, pool->apply.environment->name,
		       &pool->known, &ignored) < 0)
		terminal_verbose("cannot list the objects of %s: %s", line.access.shown,
				 ignored.message);
	line_close(&line);
}

/* This thread works, too: where no other can be made, it does all. */
static void
work_together(struct pool *pool)
{
	pthread_t threads[CONNECTIONS_MAX - 1];
	size_t started = 0;

	/* The threads wait for servers nearly all the time, so that one heap does for all of them. */
	(void)mallopt(M_ARENA_MAX, 1);
	pool->first_thread = pthread_self();
	terminal_progress(pool->terms->done, 0, pool->count);
	while (started < COUNT(threads) && started + 1 < pool->count &&
	       pthread_create(&threads[started], NULL, work, pool) == 0)
		started++;
	(void)work(pool);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	terminal_progress_end();
}

/* In the targets' order. The first failure is what the command ends with; the others are said before. */
static int
print_all(const struct pool *pool, size_t *ret_differing, struct error *err)
{
	const struct error *first = NULL;

	*ret_differing = 0;
	for (size_t i = 0; i < pool->count; i++) {
		const struct job *job = &pool->jobs[i];

		fputs(buf_text(&job->lines), stdout);
		*ret_differing += job->differing;
		if (job->failure == NULL)
			continue;
		if (first != NULL)
			terminal_error(job->failure->message);
		else
			first = job->failure;
	}
	if (first == NULL)
		return 0;
	*err = *first;
	return -1;
}

/* With --context: the targets that name it, or none; where there is no such, the first, of which the namespace is
 * taken. */
static bool
is_meant(const struct pool *pool, const struct target *target)
{
	const char *context = pool->place.choice.context;

	return context == NULL || (!target->in_cluster && (target->context == NULL ||
							   strcmp(target->context, context) == 0));
}

static void
make_jobs(struct pool *pool)
{
	const struct environment *environment = pool->apply.environment;

	pool->jobs = xcalloc(environment->target_count + 1, sizeof(*pool->jobs));
	for (size_t i = 0; i < environment->target_count; i++) {
		if (is_meant(pool, &environment->targets[i]))
			pool->jobs[pool->count++].target = &environment->targets[i];
	}
	if (pool->count == 0)
		pool->jobs[pool->count++].target =
			environment->target_count > 0 ? &environment->targets[0] : NULL;
	for (size_t i = 0; i < pool->count; i++) {
		pool->jobs[i].pool = pool;
		pool->jobs[i].lines.max = REPORT_MAX;
	}
}

/* Else what is for several clusters would all go to one. */
static int
check_one_cluster(const struct pool *pool, struct error *err)
{
	const char *name = pool->place.choice.server != NULL ? "server" : "cluster";
	const struct kube_choice first = place_choose(&pool->place, pool->jobs[0].target);

	if (pool->place.choice.server == NULL && pool->place.choice.cluster == NULL)
		return 0;
	for (size_t i = 1; i < pool->count; i++) {
		const struct kube_choice choice = place_choose(&pool->place, pool->jobs[i].target);

		if (!place_is_same(&choice, &first))
			return error_set(err, ERROR_USAGE,
					 "'--%s' names one cluster, and '%s' has targets in "
					 "several; --context says which",
					 name, pool->apply.environment->name);
	}
	return 0;
}

int
delivery_to_targets(const struct invocation *invocation, const struct delivery_terms *terms,
		    const struct apply *apply, size_t *ret_differing, struct error *err)
{
	struct pool pool = {
		.invocation = invocation,
		.terms = terms,
		.apply = *apply,
		.known = KNOWN_INIT,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	int result;

	if (place_read(&invocation->options, terms->wait ? SECONDS_TO_WAIT : SECONDS_USUAL,
		       &pool.place, err) < 0)
		return -1;
	make_jobs(&pool);
	result = check_one_cluster(&pool, err);
	if (result == 0) {
		look_first(&pool);
		work_together(&pool);
		result = print_all(&pool, ret_differing, err);
	}
	for (size_t i = 0; i < pool.count; i++) {
		buf_clear(&pool.jobs[i].lines);
		free(pool.jobs[i].failure);
	}
	known_clear(&pool.known);
	place_clear(&pool.place);
	free(pool.jobs);
	return result;
}
