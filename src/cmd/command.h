/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - the sub-commands: one table, read by dispatch, help, and the test of the manual.
 *
 * A new command is a row in commands.def and a file NAME.c that defines its run function and
 * its table of options:
 *
 *	enum { JSON, RATE };
 *	const struct option_row tail_options[] = {
 *		[JSON] = {"json", 'j', NULL, "Print one JSON line per event"},
 *		[RATE] = {"rate", 0, "N", "Events per second", .fallback = "10"},
 *		{NULL},
 *	};
 *	int tail_run(const struct args *args) { if (args_has(args, JSON)) … }
 */
#pragma once

#include "base/slice.h"
#include "cmd/args.h"
#include "cmd/exit.h"

#include <stdint.h>

struct command {
	const char *name;
	const char *summary; /* one sentence without a full stop */
	const char *usage;   /* operands, as in "URL..." */
	size_t operands_min;
	size_t operands_max;
	int (*run)(const struct args *args); /* gives an enum exit_code */
	const struct option_row *options;
	const char *examples; /* one command line per line */
};

#define X(name, summary, usage, min, max, run, options, examples)                                  \
	int run(const struct args *args);                                                          \
	extern const struct option_row options[];
#include "cmd/commands.def"
#undef X

/* Ends with a row whose name is NULL. */
extern const struct command commands[];

/* NULL: no such command. */
const struct command *command_find(struct slice name);

/* Runs `sluice argv[1] …` and gives the exit code. Standard output may still hold bytes. */
int command_main(int argc, char *const *argv);

/*
 * For run functions. Prints "sluice NAME: " and the text to standard error, as one line, with a
 * hint to --help; gives EXIT_USAGE.
 */
int usage_error(const struct args *args, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * usage_error for a URL that is not what is wanted ("an http or https URL"). One with a user or a
 * password is not repeated, nor is a query, which may hold a token.
 */
int usage_url(const struct args *args, struct slice url, const char *wanted);

/*
 * The value of an option as a number within [min, max]; 0 where it is not given and has no
 * fallback. False: the complaint is printed, return EXIT_USAGE; *ret_n is untouched.
 */
bool args_number(const struct args *args, size_t option, uint64_t min, uint64_t max,
		 uint64_t *ret_n);
/* Likewise for a duration with a unit (250ms, 15s, 10m, 1h), in milliseconds. */
bool args_duration(const struct args *args, size_t option, uint64_t *ret_ms);
