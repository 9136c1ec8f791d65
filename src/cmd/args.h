/* SPDX-License-Identifier: Apache-2.0 */
/*
 * args.h - the command line, parsed strictly against a table of options.
 *
 * Understood: --name value, --name=value, -n value, flags, `--` (operands follow), `-` (an
 * operand). Refused: unknown names, missing or unwanted values, a second value for an option
 * that takes one. Nothing is printed or allocated here; strings stay those of argv.
 */
#pragma once

#include "base/err.h"
#include "base/writer.h"

/* Most option values, and most operands, in one command line. */
#define ARGS_MAX 256

/* A table of options ends with a row whose name is NULL. */
struct option_row {
	const char *name;     /* without the dashes */
	char letter;          /* short form; 0: none */
	const char *argument; /* what the help calls the value; NULL: a flag */
	const char *help;
	const char *fallback; /* value when it is not given; NULL: none */
	bool repeat;          /* may be given several times */
};

struct command;

struct args {
	const struct command *command;
	size_t values_len;
	struct {
		size_t option; /* index into the option table */
		const char *text;
	} values[ARGS_MAX];
	size_t operands_len;
	const char *operands[ARGS_MAX];
	bool help; /* --help was given; nothing behind it was read */
};

/*
 * Parses argv[0..argc), which stands behind the name of the command.
 *
 * On E_SYNTAX or E_TOO_BIG, `fault` holds one line for the person, without a line end and
 * without the name of the program; *ret_args is then not to be used.
 */
enum err args_parse(const struct command *command, int argc, char *const *argv,
		    struct args *ret_args, struct writer *fault);

/* `option` is always the index of a row in the command's table. */
bool args_has(const struct args *args, size_t option);
/* The value given, else the fallback, else NULL. */
const char *args_get(const struct args *args, size_t option);
/* The n-th value given to a repeatable option; NULL behind the last. No fallback. */
const char *args_nth(const struct args *args, size_t option, size_t n);
