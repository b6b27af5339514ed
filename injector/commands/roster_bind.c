/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/api.h"
#include "injector/commands/commands.h"
#include "injector/commands/drafting.h"
#include "injector/terminal.h"

static const struct option_spec options[] = {
	OPTION_ENVIRONMENT,
	{ 0, "cluster", OPTION_MANY, "UID", NULL,
	  "a cluster, by the uid of its namespace kube-system" },
	{ 0, "context", OPTION_MANY, "NAME", NULL,
	  "the cluster of this kubeconfig context, which is asked for its uid" },
	{ 'n', "namespace", OPTION_MANY, "NAME", NULL, "a namespace; may be repeated" },
	{ 0, "kubeconfig", OPTION_VALUE, "FILE", NULL, "the kubeconfig file" },
	{ 0, "remove", OPTION_NONE, NULL, NULL, "loosen these bindings" },
	OPTION_YES,
	OPTION_IDENTITY,
	OPTION_PIN,
	OPTION_REQUIRE_PIN,
	OPTION_END,
};

enum { ASK_SECONDS = 30 };

/* The uid of kube-system, which no two clusters share. */
static int
ask_cluster(const char *file, const char *context, struct list *ret, struct error *err)
{
	const struct kube_choice choice = { .file = file, .context = context };
	CLEANUP(kube_access_clear) struct kube_access access = KUBE_ACCESS_INIT;
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	enum api_result result;
	const char *uid;
	struct api api;
	int status;

	if (kube_access_find(&choice, &access, err) < 0 ||
	    api_open(&access, ASK_SECONDS, &api, err) < 0)
		return -1;
	status = api_get(&api, "namespaces", NULL, "kube-system", &meta, &result, err);
	api_close(&api);
	if (status < 0)
		return -1;
	uid = result == API_DONE ? object_meta_text(&meta, "uid") : NULL;
	if (uid == NULL)
		return error_set(err, ERROR_CLUSTER, "%s has no namespace kube-system",
				 access.shown);
	terminal_note("%s is cluster %s", access.shown, uid);
	list_add(ret, uid);
	return 0;
}

static int
find_clusters(const struct options *given, struct list *ret, struct error *err)
{
	CLEANUP(list_clear) struct list contexts = LIST_INIT;

	option_values(given, "cluster", ret);
	option_values(given, "context", &contexts);
	for (size_t i = 0; i < ret->count; i++) {
		if (!roster_is_cluster_id(bytes_of(ret->items[i])))
			return error_set(err, ERROR_USAGE,
					 "'%s' is not the uid of a cluster (0-9, a-f, -)",
					 ret->items[i]);
	}
	for (size_t i = 0; i < contexts.count; i++) {
		if (ask_cluster(option_value(given, "kubeconfig"), contexts.items[i], ret, err) < 0)
			return -1;
	}
	return 0;
}

static int
find_namespaces(const struct options *given, struct list *ret, struct error *err)
{
	option_values(given, "namespace", ret);
	for (size_t i = 0; i < ret->count; i++) {
		if (!text_is_label(bytes_of(ret->items[i])))
			return error_set(err, ERROR_USAGE,
					 "'--namespace %s' is not a DNS label (a-z, 0-9, -)",
					 ret->items[i]);
	}
	return 0;
}

/* The list with these names, or without them. */
static void
merge(struct list *list, const struct list *names, bool removes)
{
	struct list merged = LIST_INIT;

	for (size_t i = 0; i < list->count; i++) {
		if (!removes || !list_has(names, list->items[i]))
			list_add(&merged, list->items[i]);
	}
	for (size_t i = 0; !removes && i < names->count; i++) {
		if (!list_has(&merged, names->items[i]))
			list_add(&merged, names->items[i]);
	}
	list_sort(&merged);
	list_clear(list);
	*list = merged;
}

static int
bind(struct drafting *drafting, const char *name, const struct list *clusters,
     const struct list *namespaces, struct error *err)
{
	bool removes = option_is_set(&drafting->invocation->options, "remove");
	struct roster_environment *environment =
		roster_edit_environment(drafting->draft.next, name);
	struct draft_result result;

	merge(&environment->clusters, clusters, removes);
	merge(&environment->namespaces, namespaces, removes);
	return drafting_commit(drafting, &result, err);
}

static int
run(const struct invocation *invocation, struct error *err)
{
	CLEANUP(drafting_end) struct drafting drafting = DRAFTING_INIT;
	CLEANUP(list_clear) struct list clusters = LIST_INIT;
	CLEANUP(list_clear) struct list namespaces = LIST_INIT;
	const struct environment *ignored;
	const struct roster_environment *roster;
	const char *environment;

	if (drafting_begin(invocation, &drafting, err) < 0 ||
	    invocation_environment(invocation, &drafting.project, &environment, err) < 0 ||
	    project_environment(&drafting.project, environment, &ignored, &roster, err) < 0 ||
	    find_clusters(&invocation->options, &clusters, err) < 0 ||
	    find_namespaces(&invocation->options, &namespaces, err) < 0)
		return -1;
	if (clusters.count == 0 && namespaces.count == 0)
		return error_set(err, ERROR_USAGE,
				 "to what? give --context, --cluster or --namespace");
	return bind(&drafting, environment, &clusters, &namespaces, err);
}

static const char *const details[] = {
	"Binds an environment to clusters and namespaces: apply then writes nowhere else, whatever tfsecrets.yaml "
	"and the command line say. An environment without bindings may be written anywhere.",
	NULL,
};

const struct command command_roster_bind = {
	.name = "roster bind",
	.summary = "the clusters and namespaces of an environment",
	.details = details,
	.options = options,
	.run = run,
};
