/* SPDX-License-Identifier: Apache-2.0 */
/* report: what a command that writes has done to one environment, a line for each kind of outcome, printed
 * after it took effect. */
#ifndef INJECTOR_REPORT_H
#define INJECTOR_REPORT_H

#include "base/list.h"
#include "injector/repository/change.h"

enum { REPORT_OUTCOMES = OUTCOME_UNSET + 1 };

struct report {
	struct list names[KIND_SECRET + 1][REPORT_OUTCOMES];
};

void report_add(struct report *report, const struct setting *setting, enum outcome outcome);
/* On stderr; whether what was sealed is pending is said as well. */
void report_print(const struct report *report, const struct change *change);
void report_clear(struct report *report);

#endif
