/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault: counts calls of the process that a shim was loaded into (LD_PRELOAD), its children left alone, and
 * makes one of them go wrong, as the environment says:
 *
 *	FAULTS_CALLS=		changes: what can change a file; all: what reads, too; memory: allocations
 *	FAULTS_LOG=FILE		gets a line "NUMBER CALL PATH" for every call that counts
 *	FAULTS_AT=NUMBER	the call that goes wrong; from 1
 *	FAULTS_HOW=		kill: the process ends before the call; stop: it stops there, until SIGCONT;
 *				short: half is read or written; else the number of the error that the call fails with
 *
 * Two shims: calls.so for files, memory.so for allocations, which no sanitizer bears.
 */
#ifndef TESTS_FAULTS_FAULT_H
#define TESTS_FAULTS_FAULT_H

enum { FAULT_CHANGE = 1, FAULT_READING = 2, FAULT_MEMORY = 4 };
enum { FAULT_SHORT = -2 };

#define EXPORTED __attribute__((visibility("default")))

/* Counts a call of the class; path and fd (-1: none) are for the log. 0: go on; FAULT_SHORT; else errno,
 * which is set: the call fails. */
int fault(unsigned class, const char *call, const char *path, int fd);

#endif
