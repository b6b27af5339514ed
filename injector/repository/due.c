/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/due.h"

struct value_due
value_due(const struct setting *setting, const struct roster_environment *environment,
	  const struct sealed *sealed, int64_t now)
{
	struct value_due due = { .at_source = sealed->changed < environment->removed };

	if (setting->rotate_after == 0)
		return due;
	/* A hundred years at most: a duration has no more. */
	due.rotate_at = sealed->changed_at + (int64_t)setting->rotate_after;
	if (now > due.rotate_at)
		due.overdue = (uint64_t)(now - due.rotate_at);
	return due;
}

bool
environment_has_one_reader(const struct roster_environment *environment)
{
	return environment->readers.count == 1;
}
