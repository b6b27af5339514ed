/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: the one table of commands, and what a command's file gives it. Help, completion and the
 * manual's check come from the same data as the parsing.
 */
#ifndef INJECTOR_COMMAND_H
#define INJECTOR_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "injector/options.h"

struct invocation {
	const struct command *command;
	const char *
		program; /* "tfsecrets", or "kubectl tfsecrets" when started as kubectl-tfsecrets */
	struct options options; /* what was given, by options.h's getters */
	char **operands;	/* NULL-terminated; borrowed from argv */
	size_t operand_count;
};

struct command {
	const char *name;
	const char *summary;  /* one line, lower case, no full stop */
	const char *operands; /* as the synopsis shows them: "[SETTING…]"; NULL: none */
	size_t operands_min, operands_max; /* SIZE_MAX: any number */
	const char *const *details;	   /* NULL-terminated paragraphs of --help, or NULL */
	const struct option_spec *options; /* ends with OPTION_END; the general ones are added */
	bool rest_is_command;		   /* exec: operands begin at the first one, or behind -- */
	/* A group: `member add`, `member list`; their names begin with its own. NULL-terminated; run is NULL. */
	const struct command *const *subcommands;
	/* Returns the exit status. err is printed by main when it was filled and the status is not 0. */
	int (*run)(const struct invocation *invocation, struct error *err);
};

/* What a program is made of; each of the two has these once. commands ends with NULL and is in the order of the
 * overview; about says what the program is for, manual where to read on. */
extern const struct command *const commands[];
extern const char program_about[], program_manual[];

/* Runs what argv says: general options, then a command. The exit status, or -1 with err. */
int command_dispatch(struct invocation *invocation, int argc, char **argv, struct error *err)
	__attribute__((warn_unused_result));
/* Prints the error that came of it, if any; the exit status of the program. */
int command_report(const struct invocation *invocation, int status, const struct error *err);
/* `help [COMMAND]`, for each program's table. */
int command_run_help(const struct invocation *invocation, struct error *err);

/* The command that words[0..count) begin with, one or two words; count is at least 1. A group stays one when no
 * command of its own follows. ERROR_USAGE suggests a near one: "unknown command 'chek', did you mean 'check'?". */
int command_choose(char *const *words, size_t count, const struct command **ret, size_t *ret_used,
		   struct error *err) __attribute__((warn_unused_result));
/* ERROR_USAGE: which of the group's commands? */
int command_refuse_group(const struct command *group, struct error *err)
	__attribute__((warn_unused_result));
/* The name inside its group: "add" of "member add". */
const char *command_last_word(const struct command *command);
/* Whether there are as many operands as the command takes: "which SETTING?", "too many operands". */
int command_check_operands(const struct invocation *invocation, struct error *err)
	__attribute__((warn_unused_result));

/* The overview of all commands (fits a screen of 80 by 24 … 40 lines), and one command's page. */
void help_overview(FILE *out, const char *program);
void help_command(FILE *out, const char *program, const struct command *command);
/* A completion script for bash, zsh or fish on out; -1 ERROR_USAGE: no such shell. */
int completion_write(FILE *out, const char *shell, struct error *err)
	__attribute__((warn_unused_result));

#endif
