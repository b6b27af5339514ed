/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "injector/repository/status.h"
#include "tests/unit/fixture.h"

static int
setup(void **state)
{
	(void)state;
	return fixture_start("test_status");
}

static int
teardown(void **state)
{
	(void)state;
	return fixture_end();
}

static int
clean(void **state)
{
	(void)state;
	fixture_clean();
	return 0;
}

#define HEAD                                                                                       \
	"version: 1\n"                                                                             \
	"project: taskflow\n"                                                                      \
	"environments:\n"                                                                          \
	"  prod: {}\n"                                                                             \
	"  later: {}\n"                                                                            \
	"settings:\n"

struct view {
	struct project project;
	struct status status;
};

/* The schema's settings, prod's config.yaml; environments named, or none. */
static void
look(struct view *view, const char *settings, const char *config, const char *environment)
{
	CLEANUP(free_text) char *schema = xasprintf(HEAD "%s", settings);
	CLEANUP(list_clear) struct list names = LIST_INIT;
	struct error err;

	scratch_put("tfsecrets.yaml", schema);
	scratch_put("tfsecrets/prod/config.yaml", config);
	if (environment != NULL)
		list_add(&names, environment);
	*view = (struct view){ .project = PROJECT_INIT, .status = STATUS_INIT };
	if (fixture_open(PROJECT_READ, &view->project, &err) < 0 ||
	    status_read(&view->project, &names, FIXTURE_TIME + 100, NULL, &view->status, &err) < 0)
		fail_msg("%s", err.message);
}

static void
look_away(struct view *view)
{
	status_clear(&view->status);
	project_close(&view->project);
}

static const struct status_cell *
cell(const struct view *view, const char *name)
{
	const struct schema *schema = view->project.schema;

	return &view->status.environments[0].cells[schema_setting(schema, name) - schema->settings];
}

#define BIT(due) (1U << (due))

static void
assert_cell(const struct view *view, const char *name, const char *state, unsigned int due)
{
	assert_string_equal(cell_state_name(cell(view, name)->state), state);
	assert_int_equal(cell(view, name)->due, due);
}

static void
test_without_files(void **state)
{
	struct view view;

	(void)state;
	fixture_first();
	look(&view,
	     "  PLAIN: {kind: config, type: integer}\n"
	     "  BROKEN: {kind: config, type: integer}\n"
	     "  GUARDED: {kind: config}\n"
	     "  CLEAR: {kind: secret}\n"
	     "  DEFAULTED: {kind: config, default: x}\n"
	     "  MISSING: {kind: secret}\n"
	     "  MADE: {kind: secret, generate: 32}\n"
	     "  ELSEWHERE: {kind: secret, required-in: [later]}\n"
	     "  OPTIONAL: {kind: config, optional: true}\n",
	     "PLAIN: 5\nBROKEN: five\nGUARDED: postgresql://a:bcdefgh12@c/d\nCLEAR: x\n", "prod");
	assert_int_equal(view.status.count, 1);
	assert_cell(&view, "PLAIN", "plain", 0);
	assert_cell(&view, "BROKEN", "invalid", BIT(DUE_REPAIR));
	assert_cell(&view, "GUARDED", "invalid", BIT(DUE_REPAIR));
	assert_cell(&view, "CLEAR", "invalid", BIT(DUE_SEAL));
	assert_cell(&view, "DEFAULTED", "default", 0);
	assert_cell(&view, "MISSING", "missing", BIT(DUE_SET));
	assert_cell(&view, "MADE", "missing", BIT(DUE_GENERATE));
	assert_cell(&view, "ELSEWHERE", "not-required", 0);
	assert_cell(&view, "OPTIONAL", "not-required", 0);
	assert_true(cell(&view, "PLAIN")->is_required);
	assert_false(cell(&view, "ELSEWHERE")->is_required);
	look_away(&view);
}

static void
seal(const char *setting, uint32_t epoch, uint32_t changed, bool unset, size_t person)
{
	struct sealed header = fixture_header(setting);

	header.epoch = epoch;
	header.changed = changed;
	header.unset = unset;
	fixture_seal(&header, unset ? "" : "x", person);
}

static void
test_sealed(void **state)
{
	struct view view;

	(void)state;
	fixture_first();
	fixture_second();
	seal("VALID", 2, 2, false, 2);
	seal("READABLE", 2, 1, false, 0);
	seal("STALE", 1, 1, false, 0);
	seal("PENDING", 2, 2, false, 3);
	seal("UNSET", 2, 2, true, 0);
	seal("UNSET_OPTIONAL", 2, 2, true, 0);
	seal("CONFIG", 2, 2, false, 0);
	seal("BOTH", 2, 2, false, 0);
	scratch_put("tfsecrets/prod/sealed/ALTERED", "tfsecrets sealed v1\n");
	look(&view,
	     "  VALID: {kind: secret, rotate-after: 101s}\n"
	     "  READABLE: {kind: secret, rotate-after: 1m}\n"
	     "  STALE: {kind: secret}\n"
	     "  PENDING: {kind: secret}\n"
	     "  UNSET: {kind: secret}\n"
	     "  UNSET_OPTIONAL: {kind: secret, optional: true}\n"
	     "  CONFIG: {kind: config}\n"
	     "  BOTH: {kind: secret}\n"
	     "  ALTERED: {kind: secret}\n",
	     "CONFIG: x\nBOTH: x\n", "prod");
	assert_cell(&view, "VALID", "valid", 0);
	assert_int_equal(cell(&view, "VALID")->rotate_at, FIXTURE_TIME + 101);
	assert_string_equal(cell(&view, "VALID")->signer->name, "carol");
	assert_string_equal(cell(&view, "VALID")->sealed->setting, "VALID");
	assert_cell(&view, "READABLE", "valid", BIT(DUE_SOURCE) | BIT(DUE_ROTATE));
	assert_int_equal(cell(&view, "READABLE")->overdue, 40);
	assert_cell(&view, "STALE", "stale", BIT(DUE_RESEAL));
	assert_cell(&view, "PENDING", "pending", BIT(DUE_ACCEPT));
	assert_string_equal(cell(&view, "PENDING")->signer->name, "dave");
	assert_cell(&view, "UNSET", "unset", BIT(DUE_SET));
	assert_cell(&view, "UNSET_OPTIONAL", "unset", 0);
	assert_cell(&view, "CONFIG", "invalid", BIT(DUE_REPAIR));
	assert_cell(&view, "BOTH", "invalid", BIT(DUE_SEAL));
	assert_null(cell(&view, "BOTH")->sealed);
	assert_cell(&view, "ALTERED", "invalid", BIT(DUE_REPAIR));
	assert_null(cell(&view, "ALTERED")->sealed);
	look_away(&view);
}

static void
test_stranger(void **state)
{
	struct identity stranger, member;
	struct view view;
	struct error err;

	(void)state;
	assert_int_equal(identity_generate(&stranger, &err), 0);
	fixture_first();
	member = people[3];
	people[3] = stranger;
	seal("TOKEN", 1, 1, false, 3);
	people[3] = member;
	look(&view, "  TOKEN: {kind: secret}\n", "", "prod");
	assert_cell(&view, "TOKEN", "pending", BIT(DUE_ACCEPT));
	assert_null(cell(&view, "TOKEN")->signer);
	assert_memory_equal(cell(&view, "TOKEN")->sealed->sealed_by, "SHA256:", 7);
	look_away(&view);
	identity_clear(&stranger);
}

static void
test_environments(void **state)
{
	struct view view;

	(void)state;
	fixture_first();
	look(&view, "  PLAIN: {kind: config}\n", "PLAIN: x\n", NULL);
	assert_int_equal(view.status.count, 2);
	assert_string_equal(view.status.environments[0].environment->name, "prod");
	assert_int_equal(view.status.environments[0].due, 0);
	assert_string_equal(view.status.environments[1].environment->name, "later");
	assert_null(view.status.environments[1].roster);
	assert_int_equal(view.status.environments[1].due, BIT(DUE_ROSTER));
	assert_int_equal(view.status.environments[1].cells[0].state, CELL_MISSING);
	look_away(&view);
	/* Bob has left: alice alone reads. */
	fixture_second();
	look(&view, "  PLAIN: {kind: config}\n", "PLAIN: x\n", "prod");
	assert_int_equal(view.status.environments[0].due, BIT(DUE_READER));
	look_away(&view);
}

static void
test_unknown_environment(void **state)
{
	struct status status;
	struct view view;
	struct error err;
	CLEANUP(list_clear) struct list names = LIST_INIT;

	(void)state;
	fixture_first();
	look(&view, "  PLAIN: {kind: config}\n", "", NULL);
	list_add(&names, "prdo");
	assert_int_equal(status_read(&view.project, &names, 0, NULL, &status, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	assert_non_null(strstr(err.message, "did you mean 'prod'?"));
	look_away(&view);
}

static void
test_due(void **state)
{
	static const struct roster_environment prod = { .removed = 3 };
	const struct setting never = { .rotate_after = 0 }, daily = { .rotate_after = 86400 };
	struct sealed sealed = { .changed = 2, .changed_at = 1000 };
	struct value_due due = value_due(&never, &prod, &sealed, INT64_MAX);

	(void)state;
	assert_true(due.at_source);
	assert_int_equal(due.rotate_at, 0);
	assert_int_equal(due.overdue, 0);
	sealed.changed = 3;
	due = value_due(&daily, &prod, &sealed, 87400);
	assert_false(due.at_source);
	assert_int_equal(due.rotate_at, 87400);
	assert_int_equal(due.overdue, 0);
	assert_int_equal(value_due(&daily, &prod, &sealed, 87401).overdue, 1);
	/* A clock that is behind. */
	assert_int_equal(value_due(&daily, &prod, &sealed, 10).overdue, 0);
}

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i <= CELL_NOT_REQUIRED; i++)
		assert_non_null(cell_state_name((enum cell_state)i));
	for (size_t i = 0; i < DUE_COUNT; i++) {
		assert_non_null(due_name((enum due)i));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(due_name((enum due)i), due_name((enum due)k));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_without_files, clean),
		cmocka_unit_test_teardown(test_sealed, clean),
		cmocka_unit_test_teardown(test_stranger, clean),
		cmocka_unit_test_teardown(test_environments, clean),
		cmocka_unit_test_teardown(test_unknown_environment, clean),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
