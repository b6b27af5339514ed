/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/cluster/target.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"

/* The place that the roster allows: by the namespace's name, and by the uid of kube-system, which no two
 * clusters share. */
int
target_check(const struct apply *apply, struct api *api, const char *namespace, struct error *err)
{
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	const char *uid;
	enum api_result result;

	if (apply->namespaces->count > 0 && !list_has(apply->namespaces, namespace))
		return error_set(err, ERROR_REFUSED,
				 "the roster does not allow namespace '%s' for '%s'", namespace,
				 apply->environment->name);
	if (apply->clusters->count == 0)
		return 0;
	if (api_get(api, "namespaces", NULL, "kube-system", &meta, &result, err) < 0)
		return -1;
	uid = result == API_DONE ? object_meta_text(&meta, "uid") : NULL;
	if (uid == NULL || !list_has(apply->clusters, uid))
		return error_set(err, ERROR_REFUSED,
				 "the roster does not allow this cluster for '%s'",
				 apply->environment->name);
	return 0;
}

int
target_make_namespace(struct api *api, const char *namespace, struct error *err)
{
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	CLEANUP(buf_clear) struct buf body = BUF_INIT(1024);
	struct json json = JSON_INIT(&body, JSON_COMPACT);
	enum api_result result;

	if (api_get(api, "namespaces", NULL, namespace, &meta, &result, err) < 0)
		return -1;
	if (result == API_DONE)
		return 0;
	json_open(&json, '{');
	json_name(&json, "metadata");
	json_open(&json, '{');
	json_name(&json, "name");
	json_text(&json, namespace);
	json_close(&json, '}');
	json_close(&json, '}');
	return api_create(api, "namespaces", NULL, buf_bytes(&body), &result, err);
}
