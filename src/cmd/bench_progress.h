/* SPDX-License-Identifier: Apache-2.0 */
/* bench_progress.h - what a person sees while a bench runs, on standard error. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BENCH_PROGRESS_NS 200000000u /* between two looks at a terminal */

struct bench_progress {
	bool terminal; /* rewrites one line; else only whole lines are written */
	bool dirty;    /* the line on the terminal has no end yet */
	uint64_t next_ns;
};

void bench_progress_init(struct bench_progress *p);
/* One line, everywhere. */
void bench_progress_note(struct bench_progress *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "what: done of total", on a terminal, at most every BENCH_PROGRESS_NS. */
void bench_progress_count(struct bench_progress *p, uint64_t now_ns, const char *what,
			  uint64_t done, uint64_t total);
