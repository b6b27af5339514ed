/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/commands/report.h"

#include "base/memory.h"
#include "injector/terminal.h"

enum { NAMES_SHOWN = 12 };

void
report_add(struct report *report, const struct setting *setting, enum outcome outcome)
{
	list_add(&report->names[setting->kind][outcome], setting->name);
}

void
report_clear(struct report *report)
{
	for (size_t kind = 0; kind < COUNT(report->names); kind++) {
		for (size_t outcome = 0; outcome < REPORT_OUTCOMES; outcome++)
			list_clear(&report->names[kind][outcome]);
	}
}

/* The first names; the rest as a number. */
static char *
name_some(const struct list *names)
{
	CLEANUP(list_clear) struct list shown = LIST_INIT;

	for (size_t i = 0; i < names->count && i < NAMES_SHOWN; i++)
		list_add(&shown, names->items[i]);
	if (names->count > NAMES_SHOWN)
		list_take(&shown, xasprintf("%zu more", names->count - NAMES_SHOWN));
	return list_join(&shown, ", ", names->count > NAMES_SHOWN ? " and " : ", ");
}

void
report_print(const struct report *report, const struct change *change)
{
	static const char *const verbs[][REPORT_OUTCOMES] = {
		[KIND_CONFIG] = { "wrote to config.yaml", "changed in config.yaml",
				  "unchanged in config.yaml", "", "removed from config.yaml" },
		[KIND_SECRET] = { "sealed", "sealed a new value of", "unchanged", "resealed",
				  "unset" },
	};

	for (size_t kind = 0; kind < COUNT(verbs); kind++) {
		for (size_t outcome = 0; outcome < REPORT_OUTCOMES; outcome++) {
			const struct list *names = &report->names[kind][outcome];
			CLEANUP(free_text) char *text = names->count > 0 ? name_some(names) : NULL;

			if (text != NULL)
				terminal_note("%s: %s: %s", change->environment->name,
					      verbs[kind][outcome], text);
		}
	}
	if (!change->is_sealer && change->sealed_count > 0)
		terminal_warn(
			"you are not a sealer of '%s': what you sealed stays pending, and is not "
			"applied until a sealer accepts it",
			change->environment->name);
}
