/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/api.h"

#include "base/json.h"
#include "base/memory.h"
#include "injector/cluster/api_call.h"

#define METADATA_ONLY "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

#define METADATA_OF_MANY "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

const char *
api_resource(enum object_kind kind)
{
	return kind == OBJECT_SECRET ? "secrets" : "configmaps";
}

int
api_get(struct api *api, const char *resource, const char *namespace, const char *name,
	struct object_meta *ret, enum api_result *ret_result, struct error *err)
{
	CLEANUP(free_text) char *path = api_path(resource, namespace, name, "");
	const struct call call = {
		.subject = { "get", resource, namespace, name },
		.request = { .method = "GET", .path = path, .accept = METADATA_ONLY },
	};

	return api_do(api, &call, ret, ret_result, err);
}

int
api_list(struct api *api, enum object_kind kind, const char *selector, const char *from,
	 struct json_node **ret, enum api_result *ret_result, struct error *err)
{
	CLEANUP(free_text) char *query =
		xasprintf("?limit=200&labelSelector=%s%s%s", selector,
			  from != NULL ? "&continue=" : "", from != NULL ? from : "");
	CLEANUP(free_text) char *path = api_path(api_resource(kind), NULL, NULL, query);
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	struct error cause;
	const struct call call = {
		.subject = { "list", api_resource(kind), NULL, NULL },
		.request = { .method = "GET", .path = path, .accept = METADATA_OF_MANY },
	};

	if (api_do(api, &call, &meta, ret_result, &cause) == 0) {
		*ret = TAKE(meta.json);
		return 0;
	}
	*ret_result = API_ABSENT;
	if (cause.code == ERROR_CLUSTER)
		return 0;
	*err = cause;
	return -1;
}

/* A request with a body. */
static int
write_to(struct api *api, const struct subject *subject, const char *method, const char *query,
	 const char *type, struct bytes body, struct object_meta *ret, enum api_result *ret_result,
	 struct error *err)
{
	CLEANUP(free_text) char *whole = xasprintf("?fieldManager=" FIELD_MANAGER "%s%s", query,
						   api->dry_run ? "&dryRun=All" : "");
	CLEANUP(free_text) char *path =
		api_path(subject->resource, subject->namespace, subject->name, whole);
	const struct call call = {
		.subject = *subject,
		.request = { .method = method,
			     .path = path,
			     .accept = METADATA_ONLY,
			     .content_type = type,
			     .body = body },
	};

	return api_do(api, &call, ret, ret_result, err);
}

int
api_apply(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	  struct bytes body, bool force, struct object_meta *ret, enum api_result *ret_result,
	  struct error *err)
{
	const struct subject subject = { "patch", api_resource(kind), namespace, name };

	return write_to(api, &subject, "PATCH",
			force ? "&force=true&fieldValidation=Strict" :
				"&force=false&fieldValidation=Strict",
			"application/apply-patch+yaml", body, ret, ret_result, err);
}

int
api_create(struct api *api, const char *resource, const char *namespace, struct bytes body,
	   enum api_result *ret_result, struct error *err)
{
	const struct subject subject = { "create", resource, namespace, NULL };

	return write_to(api, &subject, "POST", "", "application/json", body, NULL, ret_result, err);
}

int
api_replace(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	    struct bytes body, struct object_meta *ret, enum api_result *ret_result,
	    struct error *err)
{
	const struct subject subject = { "update", api_resource(kind), namespace, name };

	return write_to(api, &subject, "PUT", "", "application/json", body, ret, ret_result, err);
}

int
api_merge(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	  struct bytes body, enum api_result *ret_result, struct error *err)
{
	const struct subject subject = { "patch", api_resource(kind), namespace, name };

	return write_to(api, &subject, "PATCH", "", "application/merge-patch+json", body, NULL,
			ret_result, err);
}

int
api_rewrite(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	    struct bytes body, struct object_meta *ret, enum api_result *ret_result,
	    struct error *err)
{
	const struct subject subject = { "patch", api_resource(kind), namespace, name };

	return write_to(api, &subject, "PATCH", "", "application/json-patch+json", body, ret,
			ret_result, err);
}

int
api_read(struct api *api, const char *resource, const char *namespace, const char *name,
	 struct object_meta *ret, enum api_result *ret_result, struct error *err)
{
	CLEANUP(free_text) char *path = api_path(resource, namespace, name, "");
	const struct call call = {
		.subject = { "get", resource, namespace, name },
		.request = { .method = "GET", .path = path, .accept = "application/json" },
	};

	return api_do(api, &call, ret, ret_result, err);
}

int
api_read_secret(struct api *api, const char *namespace, const char *name, struct secret *ret,
		struct error *err)
{
	CLEANUP(free_text) char *path = api_path("secrets", namespace, name, "");
	enum api_result result;
	const struct call call = {
		.subject = { "get", "secrets", namespace, name },
		.request = { .method = "GET", .path = path, .accept = "application/json" },
		.secret = ret,
	};

	if (api_do(api, &call, NULL, &result, err) < 0)
		return -1;
	return result == API_DONE ? 0 :
				    error_set(err, ERROR_CLUSTER,
					      "Secret '%s' was deleted while it was read", name);
}

int
api_page(struct api *api, const char *resource, const char *namespace, const char *selector,
	 const char *from, struct object_meta *ret, struct error *err)
{
	CLEANUP(free_text) char *query =
		xasprintf("?limit=100%s%s%s%s", selector != NULL ? "&labelSelector=" : "",
			  selector != NULL ? selector : "", from != NULL ? "&continue=" : "",
			  from != NULL ? from : "");
	CLEANUP(free_text) char *path = api_path(resource, namespace, NULL, query);
	enum api_result result;
	const struct call call = {
		.subject = { "list", resource, namespace, NULL },
		.request = { .method = "GET", .path = path, .accept = "application/json" },
	};

	return api_do(api, &call, ret, &result, err);
}

int
api_annotate(struct api *api, const char *resource, const char *namespace, const char *name,
	     struct bytes body, enum api_result *ret_result, struct error *err)
{
	const struct subject subject = { "patch", resource, namespace, name };

	return write_to(api, &subject, "PATCH", "", "application/merge-patch+json", body, NULL,
			ret_result, err);
}

int
api_delete(struct api *api, enum object_kind kind, const char *namespace, const char *name,
	   const char *uid, enum api_result *ret_result, struct error *err)
{
	CLEANUP(free_text) char *path =
		api_path(api_resource(kind), namespace, name, api->dry_run ? "?dryRun=All" : "");
	CLEANUP(buf_clear) struct buf body = BUF_INIT(1024);
	struct call call = {
		.subject = { "delete", api_resource(kind), namespace, name },
		.request = { .method = "DELETE",
			     .path = path,
			     .accept = METADATA_ONLY,
			     .content_type = "application/json" },
	};
	struct json json = JSON_INIT(&body, JSON_COMPACT);

	json_open(&json, '{');
	json_name(&json, "apiVersion");
	json_text(&json, "v1");
	json_name(&json, "kind");
	json_text(&json, "DeleteOptions");
	json_name(&json, "preconditions");
	json_open(&json, '{');
	json_name(&json, "uid");
	json_text(&json, uid);
	json_close(&json, '}');
	json_close(&json, '}');
	call.request.body = buf_bytes(&body);
	return api_do(api, &call, NULL, ret_result, err);
}
