/* SPDX-License-Identifier: Apache-2.0 */
/* ratelimit.h - token bucket. Time is an argument, in monotonic milliseconds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
	uint64_t burst;  /* tokens at most */
	uint64_t rate;   /* tokens a second */
	uint64_t tokens; /* left */
	uint64_t carry;  /* thousandths of a token: keeps slow rates exact */
	uint64_t last_ms;
};

/* Starts full. */
void ratelimit_init(struct ratelimit *r, uint64_t burst, uint64_t rate, uint64_t now_ms);
/* Takes `n` tokens, or takes none and returns false. `now_ms` must not go back. */
bool ratelimit_take(struct ratelimit *r, uint64_t n, uint64_t now_ms);
/* Another burst and rate from now on; what is left stays, up to the new burst. */
void ratelimit_set(struct ratelimit *r, uint64_t burst, uint64_t rate);
/*
 * Milliseconds from the latest take until there are `n` tokens, at most the burst; UINT64_MAX
 * where the rate is 0 and they never come.
 */
uint64_t ratelimit_wait_ms(const struct ratelimit *r, uint64_t n);
