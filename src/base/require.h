/* SPDX-License-Identifier: Apache-2.0 */
/*
 * require.h - checks for programmer errors, always on.
 *
 * Never for input: bad input is a value that the caller returns.
 */
#pragma once

#define require(cond) ((cond) ? (void)0 : require_failed(#cond, __FILE__, __LINE__))

/* Marks a switch arm that no value of the enum reaches. */
#define unreachable() require_failed("unreachable", __FILE__, __LINE__)

/* Writes one line to stderr and aborts. */
_Noreturn void require_failed(const char *what, const char *file, int line);
