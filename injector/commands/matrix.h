/* SPDX-License-Identifier: Apache-2.0 */
/* matrix: what `status` shows to people: settings by environments, and below it what is due and how to do it. */
#ifndef INJECTOR_MATRIX_H
#define INJECTOR_MATRIX_H

#include <stdbool.h>

#include "injector/repository/status.h"

struct matrix_style {
	size_t columns; /* at least 80 */
	bool has_colour;
};

/* Appends the matrix: as many environments side by side as fit, the others in further blocks below. */
void matrix_write(const struct status *status, const struct matrix_style *style, struct buf *out);
/* Appends what is due, by environment, each kind with its names and a command; "nothing is due". */
void matrix_write_due(const struct status *status, const struct matrix_style *style,
		      struct buf *out);

#endif
