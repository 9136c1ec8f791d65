/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pacing.h - when the nth thing of an even schedule is due.
 *
 * The schedule is fixed at the start and never moves: a late caller sees more due at once, so a
 * slow server cannot slow the load that measures it ("coordinated omission"). Exact: the
 * remainder of a second is not rounded away over many events. Time is an argument.
 */
#pragma once

#include <stdint.h>

#define PACING_MAX_RATE 1000000000u /* a second: one a nanosecond */

struct pacing {
	uint64_t start_ns; /* when number 0 is due */
	uint64_t rate;     /* a second; 0: everything is due at once */
};

/* Rates above PACING_MAX_RATE count as PACING_MAX_RATE. */
void pacing_init(struct pacing *p, uint64_t rate, uint64_t start_ns);
/* When number `n` (from 0) is due. */
uint64_t pacing_due_ns(const struct pacing *p, uint64_t n);
/* How many are due at `now_ns`, of `total`. */
uint64_t pacing_due_count(const struct pacing *p, uint64_t total, uint64_t now_ns);
