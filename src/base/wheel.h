/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wheel.h - timer wheel: one list link and a due time inside the owner, no timer objects.
 *
 * Slots of WHEEL_TICK_MS; a timer beyond one turn stays in its slot and waits for
 * the next turn. Fires late by at most one tick, never early. Order of timers that
 * are due in one tick is unspecified. One thread.
 */
#pragma once

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_TICK_MS 16u   /* granularity */
#define WHEEL_SLOTS   2048u /* one turn: 32.8 s, more than the usual heartbeat */

struct timer {
	struct list link;
	uint64_t due_ms;
};

struct wheel {
	struct list slots[WHEEL_SLOTS];
	uint64_t tick; /* ticks below this have been looked at */
	size_t count;
};

void wheel_init(struct wheel *w, uint64_t now_ms);
/* Sets or moves `t`. A due time that has passed fires at the next wheel_pop. */
void wheel_set(struct wheel *w, struct timer *t, uint64_t due_ms);
/* Harmless on a timer that is not set. */
void wheel_clear(struct wheel *w, struct timer *t);
bool timer_is_set(const struct timer *t);
/* Takes out and returns a timer that is due at `now_ms`; NULL when there is none left. */
struct timer *wheel_pop(struct wheel *w, uint64_t now_ms);
/*
 * Milliseconds from `now_ms` until a timer may be due, at most `limit_ms`. Looks at
 * slots, not at timers, so it may be early for a timer beyond one turn.
 */
uint64_t wheel_wait_ms(const struct wheel *w, uint64_t now_ms, uint64_t limit_ms);
