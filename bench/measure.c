/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure RUNS PREPARE COMMAND...: runs `sh -c PREPARE` and then COMMAND, RUNS times, and prints the least
 * CPU time (user and system) and wall time in milliseconds and the peak memory in KiB. Least, since what
 * else the machine does only ever adds. A small program of its own: a child's peak counts what its parent
 * had mapped when it was forked.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double
milliseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static int
run(char **command, double *ret_cpu, double *ret_wall, long *ret_peak)
{
	struct timespec began, ended;
	struct rusage usage;
	pid_t pid;
	int status;

	(void)clock_gettime(CLOCK_MONOTONIC, &began);
	if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) != 0 ||
	    wait4(pid, &status, 0, &usage) < 0)
		return -1;
	(void)clock_gettime(CLOCK_MONOTONIC, &ended);
	*ret_cpu = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
	*ret_wall = (double)(ended.tv_sec - began.tv_sec) * 1e3 +
		    (double)(ended.tv_nsec - began.tv_nsec) / 1e6;
	*ret_peak = usage.ru_maxrss;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
main(int argc, char **argv)
{
	double cpu = 1e9, wall = 1e9;
	long peak = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: measure RUNS PREPARE COMMAND...\n");
		return 2;
	}
	for (long left = strtol(argv[1], NULL, 10); left > 0; left--) {
		double one_cpu, one_wall;
		long one_peak;

		if (argv[2][0] != 0 && system(argv[2]) != 0)
			return 1;
		if (run(argv + 3, &one_cpu, &one_wall, &one_peak) != 0)
			return 1;
		cpu = one_cpu < cpu ? one_cpu : cpu;
		wall = one_wall < wall ? one_wall : wall;
		peak = one_peak > peak ? one_peak : peak;
	}
	printf("%.3f %.3f %ld\n", cpu, wall, peak);
	return 0;
}
