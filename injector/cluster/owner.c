/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/owner.h"

#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "injector/cluster/fields.h"

/* The marks by which systems know what is theirs, and how an object leaves them. `front`: every name that begins so.
 * `handed_over`: the annotation, and its value, with which the system leaves an object alone for good; only then does
 * --adopt take it, since two that write one object in turn never end. */
static const struct system_mark {
	const char *field; /* of metadata */
	const char *name;
	bool is_front;
	const char *system;
	const char *handed_over, *handed_value;
	const char *advice;
} system_marks[] = {
	{ "annotations", "meta.helm.sh/release-name", false, "Helm", "helm.sh/resource-policy",
	  "keep",
	  "either leave it to the chart, and have under 'objects' in tfsecrets.yaml only what is "
	  "yours; or annotate it with helm.sh/resource-policy=keep, take it out of the chart, and "
	  "--adopt takes it over" },
	{ "annotations", "argocd.argoproj.io/tracking-id", false, "Argo CD", NULL, NULL,
	  "take it out of the application, with the sync option Prune=false on it, then take the "
	  "annotation away" },
	{ "labels", "argocd.argoproj.io/", true, "Argo CD", NULL, NULL,
	  "take it out of the application, with the sync option Prune=false on it, then take the "
	  "label away" },
	{ "labels", "kustomize.toolkit.fluxcd.io/", true, "Flux", NULL, NULL,
	  "take it out of the Kustomization, with the annotation "
	  "kustomize.toolkit.fluxcd.io/prune=disabled on it, then take the labels away" },
	{ "annotations", "kustomize.toolkit.fluxcd.io/name", false, "Flux", NULL, NULL,
	  "take it out of the Kustomization, then take the annotation away" },
	{ "labels", "helm.toolkit.fluxcd.io/", true, "Flux", NULL, NULL,
	  "take it out of the HelmRelease's chart, then take the labels away" },
	{ "annotations", "external-secrets.io/", true, "External Secrets", NULL, NULL,
	  "delete its ExternalSecret, of deletionPolicy Retain, then take the annotation away" },
	{ "labels", "external-secrets.io/", true, "External Secrets", NULL, NULL,
	  "delete its ExternalSecret, of deletionPolicy Retain, then take the label away" },
	{ "annotations", "reconcile.external-secrets.io/", true, "External Secrets", NULL, NULL,
	  "delete its ExternalSecret, of deletionPolicy Retain, then take the annotation away" },
	{ "labels", "reconcile.external-secrets.io/", true, "External Secrets", NULL, NULL,
	  "delete its ExternalSecret, of deletionPolicy Retain, then take the labels away" },
	{ "annotations", "sealedsecrets.bitnami.com/", true, "Sealed Secrets", NULL, NULL,
	  "delete its SealedSecret with --cascade=orphan, then take the annotation away" },
	{ "annotations", "cert-manager.io/certificate-name", false, "cert-manager", NULL, NULL,
	  "delete its Certificate, then take the annotation away" },
	{ "labels", "secrets.hashicorp.com/", true, "the Vault Secrets Operator", NULL, NULL,
	  "delete what makes it with --cascade=orphan, then take the labels away" },
	{ "labels", "applyset.kubernetes.io/part-of", false, "an ApplySet of kubectl", NULL, NULL,
	  "take it out of what kubectl applies there, then take the label away" },
	{ "labels", "kapp.k14s.io/app", false, "kapp", NULL, NULL,
	  "take it out of the app, then take the label away" },
};

/* Controllers that may leave no mark but their name beside what they wrote. */
static const struct {
	const char *manager, *system;
} controllers[] = {
	{ "argocd-controller", "Argo CD" },
	{ "argocd-application-controller", "Argo CD" },
	{ "kustomize-controller", "Flux" },
	{ "helm-controller", "Flux" },
	{ "externalsecrets.external-secrets.io/", "External Secrets" },
	{ "external-secrets", "External Secrets" },
	{ "cert-manager-", "cert-manager" },
};

/* Who writes only when somebody runs it, and why what it wrote can be taken from it. All other names are of programs
 * that may run, and would write it again. */
static const char *const hands[] = {
	"kubectl",	      /* by hand or in a script: apply --server-side */
	"kubectl-",	      /* and each of its other commands */
	"oc",		      /* OpenShift's kubectl */
	"k9s",		      /* an editor for people */
	"before-first-apply", /* the server's name for what was written before anybody was noted */
	"ancient-changes",    /* and for the eldest of too many */
	"helm",	     /* met only where the mark of a release has gone, or the object was kept */
	"Terraform", /* forgets by `terraform state rm`, and leaves no mark */
	"HashiCorp", /* the same, as older ones call themselves */
	"pulumi-kubernetes", /* forgets by `pulumi state delete` */
};

static const char *const left_marks[] = { "meta.helm.sh/release-name",
					  "meta.helm.sh/release-namespace", NULL };

const char *const *
owner_left_marks(void)
{
	return left_marks;
}

/* A name of a table that ends in '-' or '/' is the front of others. */
static bool
is_of_name(const char *manager, const char *name)
{
	size_t len = strlen(name);
	bool is_front = name[len - 1] == '-' || name[len - 1] == '/';

	return is_front ? strncmp(manager, name, len) == 0 : strcmp(manager, name) == 0;
}

bool
owner_is_hand(const char *manager)
{
	for (size_t i = 0; i < COUNT(hands); i++) {
		if (is_of_name(manager, hands[i]))
			return true;
	}
	return false;
}

/* The name that the mark has on this object; NULL: none. */
static const char *
find_mark(const struct object_meta *meta, const struct system_mark *mark)
{
	const struct json_node *member =
		json_first(json_walk(meta->json, "metadata", mark->field, NULL));

	for (; member != NULL; member = json_next(member)) {
		const char *name = json_name_of(member);

		if (mark->is_front ? strncmp(name, mark->name, strlen(mark->name)) == 0 :
				     strcmp(name, mark->name) == 0)
			return name;
	}
	return NULL;
}

static bool
was_handed_over(const struct object_meta *meta, const struct system_mark *mark)
{
	const char *value =
		mark->handed_over != NULL ? object_meta_annotation(meta, mark->handed_over) : NULL;

	return value != NULL && strcmp(value, mark->handed_value) == 0;
}

static int
check_marks(const struct owner_terms *terms, const struct kube_object *object,
	    const struct object_meta *meta, struct error *err)
{
	for (size_t i = 0; i < COUNT(system_marks); i++) {
		const struct system_mark *mark = &system_marks[i];
		const char *name = find_mark(meta, mark);

		if (name == NULL || (terms->adopt && was_handed_over(meta, mark)))
			continue;
		return error_set(err, ERROR_REFUSED,
				 "%s '%s' is another system's: it has %s, the mark of %s; %s",
				 kube_kind_name(object->kind), object->name, name, mark->system,
				 mark->advice);
	}
	return 0;
}

/* It goes when its owner goes, whoever writes it. */
static int
check_references(const struct kube_object *object, const struct object_meta *meta,
		 struct error *err)
{
	const struct json_node *first =
		json_first(json_walk(meta->json, "metadata", "ownerReferences", NULL));
	const struct json_node *owner = first;
	const char *kind, *name;

	if (first == NULL)
		return 0;
	while (owner != NULL && !json_is_true(json_get(owner, "controller")))
		owner = json_next(owner);
	kind = json_string_of(json_get(owner != NULL ? owner : first, "kind"));
	name = json_string_of(json_get(owner != NULL ? owner : first, "name"));
	return error_set(err, ERROR_REFUSED,
			 "%s '%s' is another system's: it has ownerReferences, to %s '%s', which "
			 "%s; delete that with --cascade=orphan first, or choose another name in "
			 "tfsecrets.yaml",
			 kube_kind_name(object->kind), object->name, kind != NULL ? kind : "?",
			 name != NULL ? name : "?",
			 owner != NULL ? "writes it, and takes it along when it goes" :
					 "takes it along when it goes");
}

static const char *
system_of(const char *manager)
{
	for (size_t i = 0; manager != NULL && i < COUNT(controllers); i++) {
		if (is_of_name(manager, controllers[i].manager))
			return controllers[i].system;
	}
	return NULL;
}

/* A controller that owns a key which we would write. */
static int
check_controllers(const struct owner_terms *terms, const struct kube_object *object,
		  const struct object_meta *meta, struct error *err)
{
	const struct json_node *entry = NULL;

	while (!terms->force && (entry = fields_next_entry(meta->json, entry)) != NULL) {
		const char *manager = json_string_of(json_get(entry, "manager"));
		const char *system = system_of(manager);
		const struct json_node *fields = json_get(entry, "fieldsV1");

		for (size_t i = 0; system != NULL && i < object->entry_count; i++) {
			CLEANUP(free_text) char *key = xasprintf("f:%s", object->entries[i].key);

			if (json_walk(fields, "f:data", key, NULL) == NULL &&
			    json_walk(fields, "f:binaryData", key, NULL) == NULL)
				continue;
			return error_set(
				err, ERROR_REFUSED,
				"%s '%s' is another system's: its key '%s' is of '%s' (%s), which "
				"writes it again; take it out there, then --force-conflicts takes "
				"the fields",
				kube_kind_name(object->kind), object->name, object->entries[i].key,
				manager, system);
		}
	}
	return 0;
}

static int
check_labels(const struct owner_terms *terms, const struct kube_object *object,
	     const struct object_meta *meta, struct error *err)
{
	const char *project = object_meta_label(meta, LABEL_PROJECT);
	const char *environment = object_meta_label(meta, LABEL_ENVIRONMENT);

	if (project != NULL && strcmp(project, terms->project_id) != 0)
		return error_set(err, ERROR_REFUSED, "%s '%s' is of another project, %s",
				 kube_kind_name(object->kind), object->name, project);
	if (environment != NULL && strcmp(environment, terms->environment) != 0)
		return error_set(err, ERROR_REFUSED, "%s '%s' is of another environment, '%s'",
				 kube_kind_name(object->kind), object->name, environment);
	return 0;
}

int
owner_check(const struct owner_terms *terms, const struct kube_object *object,
	    const struct object_meta *meta, struct error *err)
{
	if (check_marks(terms, object, meta, err) < 0 || check_references(object, meta, err) < 0 ||
	    check_controllers(terms, object, meta, err) < 0)
		return -1;
	return check_labels(terms, object, meta, err);
}

int
owner_check_stays(enum object_kind kind, const char *name, const struct object_meta *meta,
		  struct error *err)
{
	CLEANUP(list_clear) struct list names = LIST_INIT;
	CLEANUP(free_text) char *joined = NULL;
	const struct json_node *finalizer =
		json_first(json_walk(meta->json, "metadata", "finalizers", NULL));

	if (object_meta_text(meta, "deletionTimestamp") == NULL)
		return 0;
	for (; finalizer != NULL; finalizer = json_next(finalizer)) {
		const char *text = json_string_of(finalizer);

		list_add(&names, text != NULL ? text : "?");
	}
	joined = list_join(&names, ", ", ", ");
	return error_set(
		err, ERROR_CLUSTER,
		"%s '%s' is being deleted, and what is written now goes with it%s%s%s: run "
		"this again when it has gone",
		kube_kind_name(kind), name,
		names.count > 0 ? "; it waits for its finalizers (" : "", joined,
		names.count > 0 ? ")" : "");
}
