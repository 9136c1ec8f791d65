/* SPDX-License-Identifier: Apache-2.0 */
/* exit.h - the exit codes of every command: one list for the code, the help and the manual. */
#pragma once

#define EXIT_MAP(X)                                                                                \
	X(EXIT_OK, 0, "done; nothing to report")                                                   \
	X(EXIT_FINDINGS, 1, "findings, or the server refused")                                     \
	X(EXIT_USAGE, 2, "wrong usage or configuration")                                           \
	X(EXIT_UNREACHABLE, 3, "target unreachable, output not written, or inconclusive")

enum exit_code {
#define X(name, code, text) name = (code),
	EXIT_MAP(X)
#undef X
};
