/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "injector/cluster/adopt.h"
#include "injector/cluster/drift.h"
#include "injector/cluster/owner.h"
#include "tests/unit/fake_values.h"

#define TEXT(literal)                                                                              \
	(char[])                                                                                   \
	{                                                                                          \
		literal                                                                            \
	}
#define ENTRY(manager, operation, fields)                                                          \
	"{\"manager\":\"" manager "\",\"operation\":\"" operation                                  \
	"\",\"apiVersion\":\"v1\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":" fields "}"

static const struct fake_value texts[] = { FAKE_PLAIN("a"), FAKE_PLAIN("b") };
static const struct fake_value binary[] = { FAKE_PLAIN("a"), FAKE_PLAIN("\xff") };

static int
start(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return secret_start(&err);
}

static void
make(const struct fake_value *values, struct kube_objects *ret)
{
	struct object_entry entries[] = { { TEXT("A"), 0 }, { TEXT("B"), 1 } };
	struct object object = { TEXT("app"), 1, OBJECT_CONFIGMAP, TEXT("ConfigMap"), entries, 2 };
	const struct environment prod = { .name = TEXT("prod"), .deliver = DELIVER_OBJECTS };
	const struct schema schema = { .objects = &object, .object_count = 1 };
	const struct object_place place = { &prod, FAKE_PROJECT_ID, "space", NULL, 0 };
	struct fake_values fake = { .values = values };
	const struct value_source source = FAKE_SOURCE(&fake);
	struct error err = ERROR_INIT;

	assert_int_equal(kube_objects_make(&schema, &place, &source, ret, &err), 0);
}

static void
parse(const char *metadata, struct object_meta *ret)
{
	CLEANUP(free_text) char *json =
		xasprintf("{\"metadata\":{\"resourceVersion\":\"7\",%s}}", metadata);
	struct error err = ERROR_INIT;

	if (json_parse(bytes_of(json), json, &ret->json, &err) < 0)
		fail_msg("%s", err.message);
}

/* What managedFields (and, where it is rewritten, annotations) become; NULL: nothing is taken over. */
struct adopt_case {
	const char *name;
	const struct fake_value *values;
	bool adopt, writes;
	const char *metadata, *annotations, *managed;
};

#define LOCK "{\"op\":\"replace\",\"path\":\"/metadata/resourceVersion\",\"value\":\"7\"}]"

static void
expect(const struct adopt_case *one)
{
	CLEANUP(kube_objects_clear) struct kube_objects objects = KUBE_OBJECTS_INIT;
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	CLEANUP(adoption_clear) struct adoption adoption = ADOPTION_INIT;
	CLEANUP(free_text) char *wanted = NULL, *annotations = NULL;
	struct error err = ERROR_INIT;

	make(one->values, &objects);
	parse(one->metadata, &meta);
	assert_int_equal(adoption_make(&meta, &objects.items[0], one->adopt, one->writes, &adoption,
				       &err),
			 0);
	if (adoption.is_needed != (one->managed != NULL))
		fail_msg("%s: %s", one->name, adoption.is_needed ? "taken" : "not taken");
	if (one->managed == NULL)
		return;
	annotations = one->annotations == NULL ?
			      xstrdup("") :
			      xasprintf("{\"op\":\"add\",\"path\":\"/metadata/annotations\","
					"\"value\":%s},",
					one->annotations);
	wanted = xasprintf("[%s{\"op\":\"replace\",\"path\":\"/metadata/managedFields\",\"value\":"
			   "%s}," LOCK,
			   annotations, one->managed);
	if (!bytes_equal(buf_bytes(&adoption.patch), bytes_of(wanted)))
		fail_msg("%s: %s\ninstead of %s", one->name, buf_text(&adoption.patch), wanted);
}

#define DATA_A "{\"f:data\":{\"f:A\":{}}}"
#define OURS(fields) ENTRY("tfsecrets", "Apply", fields)
#define LAST "kubectl.kubernetes.io/last-applied-configuration"

static const struct adopt_case cases[] = {
	{ "nothing by others", texts, true, true, "\"managedFields\":[" OURS(DATA_A) "]", NULL,
	  NULL },
	{ "nobody is noted", texts, true, true, "\"labels\":{}", NULL, NULL },
	{ "no list", texts, true, true, "\"managedFields\":{\"a\":1}", NULL, NULL },
	{ "without --adopt", texts, false, true,
	  "\"managedFields\":[" ENTRY("kubectl-edit", "Update", DATA_A) "]", NULL, NULL },
	{ "a whole entry", texts, true, false,
	  "\"managedFields\":[" ENTRY("kubectl-edit", "Update",
				      "{\"f:data\":{\".\":{},\"f:A\":{}}}") "]",
	  NULL, "[" OURS(DATA_A) "]" },
	{ "with what was ours, and twice the same", texts, true, false,
	  "\"managedFields\":[" OURS(
		  "{\"f:data\":{\"f:A\":{},\"f:B\":{}}}") "," ENTRY("kubectl", "Apply", DATA_A) "]",
	  NULL, "[" OURS("{\"f:data\":{\"f:A\":{},\"f:B\":{}}}") "]" },
	{ "what the project lacks stays", texts, true, false,
	  "\"managedFields\":[" ENTRY("kubectl-create", "Update",
				      "{\"f:data\":{\".\":{},\"f:A\":{},\"f:X\":{}},\"f:metadata\":"
				      "{\"f:labels\":{\".\":{},\"f:team\":{}}}}") "]",
	  NULL,
	  "[" OURS(DATA_A) "," ENTRY(
		  "kubectl-create", "Update",
		  "{\"f:data\":{\".\":{},\"f:X\":{}},\"f:metadata\":{\"f:labels\":"
		  "{\".\":{},\"f:team\":{}}}}") "]" },
	{ "our labels and annotations too", texts, true, false,
	  "\"managedFields\":[" ENTRY(
		  "kubectl-edit", "Update",
		  "{\"f:metadata\":{\"f:annotations\":{\"f:tfsecrets.dev/keys\":{}},\"f:labels\":{"
		  "\"f:app.kubernetes.io/managed-by\":{},\"f:tfsecrets.dev/project\":{}}}}") "]",
	  NULL,
	  "[" OURS("{\"f:metadata\":{\"f:annotations\":{\"f:tfsecrets.dev/keys\":{}},\"f:labels\":{"
		   "\"f:app.kubernetes.io/managed-by\":{},\"f:tfsecrets.dev/project\":{}}}}") "]" },
	{ "a controller's stays as it is, and so do a subresource's and elements of lists", texts,
	  true, false,
	  "\"managedFields\":[" ENTRY("operator", "Update", DATA_A) "," ENTRY(
		  "kubectl", "Update\",\"subresource\":\"status",
		  DATA_A) "," ENTRY("kubectl-edit", "Update",
				    "{\"f:data\":{\"f:B\":{}},\"f:metadata\":{\"f:finalizers\":{"
				    "\".\":{},\"v:\\\"x\\\"\":{}}}}") "]",
	  NULL,
	  "[" OURS("{\"f:data\":{\"f:B\":{}}}") "," ENTRY(
		  "operator", "Update",
		  DATA_A) ",{\"manager\":\"kubectl\",\"operation\":\"Update\",\"apiVersion\":\"v1\","
			  "\"fieldsType\":\"FieldsV1\",\"subresource\":\"status\",\"fieldsV1\":" DATA_A
			  "}," ENTRY(
				  "kubectl-edit", "Update",
				  "{\"f:metadata\":{\"f:finalizers\":{\".\":{},\"v:\\\"x\\\"\":{}"
				  "}}}") "]" },
	{ "what we wrote without a look, all of it", texts, false, false,
	  "\"managedFields\":[" ENTRY("tfsecrets", "Update",
				      "{\"f:data\":{\".\":{},\"f:A\":{},\"f:GONE\":{}},\"f:"
				      "immutable\":{}}") "]",
	  NULL, "[" OURS("{\"f:data\":{\"f:A\":{},\"f:GONE\":{}},\"f:immutable\":{}}") "]" },
	{ "a value that has become binary has its old place", binary, true, false,
	  "\"managedFields\":[" ENTRY("kubectl-create", "Update",
				      "{\"f:data\":{\"f:A\":{},\"f:B\":{}}}") "]",
	  NULL, "[" OURS("{\"f:data\":{\"f:A\":{},\"f:B\":{}}}") "]" },
	{ "and one that has become text", texts, true, false,
	  "\"managedFields\":[" ENTRY("kubectl-create", "Update",
				      "{\"f:binaryData\":{\"f:B\":{}}}") "]",
	  NULL, "[" OURS("{\"f:binaryData\":{\"f:B\":{}}}") "]" },
	{ "kubectl's copy goes, and its owner with it", texts, true, false,
	  "\"annotations\":{\"" LAST
	  "\":\"{}\",\"x/y\":\"\\\"1\\u0007\"},\"managedFields\":[" ENTRY(
		  "kubectl-client-side-apply", "Update",
		  "{\"f:data\":{\"f:A\":{}},\"f:metadata\":{\"f:annotations\":{\".\":{},\"f:" LAST
		  "\":{}}}}") "]",
	  "{\"x/y\":\"\\\"1\\u0007\"}", "[" OURS(DATA_A) "]" },
	{ "that alone", texts, true, false, "\"annotations\":{\"" LAST "\":\"{}\"}", "{}",
	  "[" OURS("{}") "]" },
	{ "Helm's marks go", texts, true, false,
	  "\"annotations\":{\"meta.helm.sh/release-name\":\"a\",\"meta.helm.sh/"
	  "release-namespace\":\"b\",\"helm.sh/resource-policy\":\"keep\"}",
	  "{\"helm.sh/resource-policy\":\"keep\"}", "[" OURS("{}") "]" },
	{ "the mark of the content goes while the values are not written", texts, true, true,
	  "\"annotations\":{\"tfsecrets.dev/content\":\"v1:x\",\"k\":\"v\"},\"managedFields\":[" ENTRY(
		  "kubectl-edit", "Update", DATA_A) "]",
	  "{\"k\":\"v\"}", "[" OURS(DATA_A) "]" },
	{ "and stays when only owners change", texts, true, false,
	  "\"annotations\":{\"tfsecrets.dev/content\":\"v1:x\"},\"managedFields\":[" ENTRY(
		  "kubectl-edit", "Update", DATA_A) "]",
	  NULL, "[" OURS(DATA_A) "]" },
	{ "what is broken is passed on", texts, true, false,
	  "\"managedFields\":[1,{},{\"manager\":\"kubectl\",\"operation\":\"Apply\"},{\"manager\":7}," ENTRY(
		  "kubectl-edit", "Update", DATA_A) "]",
	  NULL,
	  "[" OURS(DATA_A) ",{\"fieldsV1\":{}},{\"fieldsV1\":{}},{\"manager\":\"kubectl\","
			   "\"operation\":\"Apply\",\"fieldsV1\":{}},{\"fieldsV1\":{}}]" },
};

static void
test_adoption(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(&cases[i]);
}

static void
test_hands(void **state)
{
	static const struct {
		const char *manager;
		bool is_hand;
	} managers[] = {
		{ "kubectl", true },
		{ "kubectl-create", true },
		{ "kubectl-client-side-apply", true },
		{ "kubectl-edit", true },
		{ "kubectl-patch", true },
		{ "oc", true },
		{ "k9s", true },
		{ "before-first-apply", true },
		{ "ancient-changes", true },
		{ "helm", true },
		{ "Terraform", true },
		{ "HashiCorp", true },
		{ "pulumi-kubernetes", true },
		{ "kubectlx", false },
		{ "helm-controller", false },
		{ "argocd-controller", false },
		{ "kustomize-controller", false },
		{ "kube-controller-manager", false },
		{ "operator", false },
		{ "Go-http-client", false },
		{ "octopus", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(managers); i++) {
		if (owner_is_hand(managers[i].manager) != managers[i].is_hand)
			fail_msg("'%s'", managers[i].manager);
	}
}

static void
test_times(void **state)
{
	static const char *const named[] = {
		".data.A of 'kubectl-edit' (2026-01-02T03:04:05Z)",
		".data.B of 'kubectl-edit'",
		".metadata.labels.x/y.z of 'kubectl-edit' (2026-01-02T03:04:05Z)",
		".data.A of 'other'",
		".data.A of 'kubectl-edit' (2020)",
	};
	CLEANUP(object_meta_clear) struct object_meta meta = OBJECT_META_INIT;
	CLEANUP(list_clear) struct list owned = LIST_INIT;

	(void)state;
	parse("\"managedFields\":[{\"manager\":\"kubectl-edit\",\"operation\":\"Update\",\"time\":"
	      "\"2026-01-02T03:04:05Z\",\"fieldsV1\":{\"f:data\":{\"f:A\":{}},\"f:metadata\":{"
	      "\"f:labels\":{\"f:x/y.z\":{}}}}}]",
	      &meta);
	list_add(&owned, ".data.A of 'kubectl-edit'");
	list_add(&owned, ".data.B of 'kubectl-edit'");
	list_add(&owned, ".metadata.labels.x/y.z of 'kubectl-edit'");
	list_add(&owned, ".data.A of 'other'");
	list_add(&owned, ".data.A of 'kubectl-edit' (2020)");
	drift_add_times(&meta, &owned);
	assert_int_equal(owned.count, COUNT(named));
	for (size_t i = 0; i < COUNT(named); i++)
		assert_string_equal(owned.items[i], named[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adoption),
		cmocka_unit_test(test_hands),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
