/* SPDX-License-Identifier: Apache-2.0 */
/* help.h - help pages, made from the tables of commands, options and exit codes. */
#pragma once

#include "base/writer.h"
#include "cmd/command.h"

#include <stdio.h>

/* Longest help page, bytes; a page that does not fit is a programmer's error. */
#define HELP_MAX 16384
/* Columns of a line. */
#define HELP_WIDTH 80

/* The page of `command`, or of the whole program where it is NULL. */
void help_write(struct writer *w, const struct command *command);

/* Prints the page; always EXIT_OK: whether the bytes arrived is known when `out` is closed. */
int help_print(FILE *out, const struct command *command);
