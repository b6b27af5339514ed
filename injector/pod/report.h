/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: the last message, where `kubectl describe pod` shows it: the file that the container's
 * terminationMessagePath names. One line, never a value.
 */
#ifndef POD_REPORT_H
#define POD_REPORT_H

#include "base/error.h"

#define REPORT_FILE "/dev/termination-log"

/* Another file than REPORT_FILE; NULL changes nothing. Borrowed. */
void report_to(const char *file);
/* What was done: on standard error, and the last message unless an error follows. */
void report_done(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Writes the last message: the error's if there is one, else what report_done said, else nothing. A file that is
 * not there or cannot be written is left alone. */
void report_end(int status, const struct error *err);

#endif
