/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_breaker.h - stops asking an application that does not answer (circuit breaker). Pure: time
 * is an argument, in monotonic milliseconds. One thread, or the owner's lock.
 *
 * Closed: all may ask. Open, after BREAKER_FAILURES in a row: nobody. Then half open: one may ask,
 * and the answer decides.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_FAILURES 5u
#define BREAKER_OPEN_MS  5000u

struct breaker {
	unsigned failures; /* in a row */
	bool open;
	bool probing; /* half open, and one is asking */
	uint64_t until_ms;
};

/* A zeroed breaker is closed. True: ask, and then tell how it went; false: do not. */
bool breaker_admit(struct breaker *b, uint64_t now_ms);
/* An answer came, whatever it said. True where that closed the breaker. */
bool breaker_succeed(struct breaker *b);
/* True where that opened the breaker, after it was closed. */
bool breaker_fail(struct breaker *b, uint64_t now_ms);
