/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process: a process that may hold secrets: no core dump, no ptrace, no /proc/PID/mem for others.
 * What was changed is put back before a child runs, so that it gets what we were started with.
 */
#ifndef CRYPTO_PROCESS_H
#define CRYPTO_PROCESS_H

/* First line of main: opens descriptors 0 to 2 on /dev/null where closed, soft RLIMIT_CORE 0 (the hard
 * limit stays), PR_SET_DUMPABLE 0 (lost at execve), umask 077. No NO_NEW_PRIVS: children keep their
 * rights. Under a sanitizer build the process stays dumpable (leak checking needs ptrace). */
void process_harden(void);

/* Before execve: umask, core limit and signal dispositions as they were when process_harden ran. */
void process_restore(void);

/* The umask that the process was started with, for files that are not secret (mode & ~umask). */
unsigned process_umask(void);
/* The mode of a new file that is no secret: 0666 less that. */
unsigned process_file_mode(void);

#endif
