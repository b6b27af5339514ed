/* SPDX-License-Identifier: Apache-2.0 */
#include "injector/repository/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"

void
findings_add(struct findings *findings, enum finding_level level, const char *format, ...)
{
	char text[ERROR_MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (findings->count == findings->cap) {
		findings->cap = findings->cap > 0 ? 2 * findings->cap : 16;
		findings->items =
			xreallocarray(findings->items, findings->cap, sizeof(*findings->items));
	}
	findings->items[findings->count++] =
		(struct finding){ .level = level, .text = xstrdup(text) };
}

int
findings_take(struct findings *findings, struct error *err)
{
	if (err->code != ERROR_REFUSED)
		return -1;
	findings_add(findings, LEVEL_FINDING, "%s", err->message);
	*err = (struct error)ERROR_INIT;
	return 0;
}

void
findings_clear(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->items[i].text);
	free(findings->items);
	*findings = (struct findings)FINDINGS_INIT;
}

size_t
findings_count(const struct findings *findings, bool strict)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].level == LEVEL_FINDING ||
			 (strict && findings->items[i].level == LEVEL_DUE);
	return count;
}
