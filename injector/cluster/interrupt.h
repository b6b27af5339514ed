/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupt: SIGINT, SIGTERM and SIGHUP while a cluster is being written to. The first one ends the run after the
 * request under way, so that it can say what it has written; a second one ends the process at once. Until
 * interrupt_begin nothing has been written, and a signal does what it always does.
 */
#ifndef CLUSTER_INTERRUPT_H
#define CLUSTER_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* So long a write under way may go on after the signal; all else ends at once. */
enum { INTERRUPT_GRACE_MS = 5000 };

/* From here on signals are noted, but for those that are ignored. Once for the process, of any thread. */
void interrupt_begin(void);
/* The signal that came, or 0. */
int interrupt_caught(void);
/* Milliseconds since it came; 0: none did. */
int64_t interrupt_age(void);
/* Sleeps so long, or until a signal comes: even one that came before. false: one did. */
bool interrupt_pause(int64_t milliseconds);
/* ERROR_FAILED "stopped by SIGINT". */
int interrupt_error(struct error *err);
/* At the end of main: the process ends by the signal that came, as its parent expects. Returns the exit status where
 * none came; 128 and its number where the kernel keeps it from a container's first process. */
int interrupt_end(int status);

#endif
