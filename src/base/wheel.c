/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wheel.h"

static uint64_t tick_of(uint64_t due_ms)
{
	/* Rounded up: never early. */
	return due_ms / WHEEL_TICK_MS + (due_ms % WHEEL_TICK_MS != 0);
}

void wheel_init(struct wheel *w, uint64_t now_ms)
{
	for (size_t i = 0; i < WHEEL_SLOTS; i++)
		list_init(&w->slots[i]);
	w->tick = now_ms / WHEEL_TICK_MS;
	w->count = 0;
}

bool timer_is_set(const struct timer *t)
{
	return t->link.next != NULL;
}

void wheel_clear(struct wheel *w, struct timer *t)
{
	if (!timer_is_set(t))
		return;
	list_remove(&t->link);
	w->count--;
}

void wheel_set(struct wheel *w, struct timer *t, uint64_t due_ms)
{
	uint64_t tick = tick_of(due_ms);

	wheel_clear(w, t);
	if (tick < w->tick)
		tick = w->tick;
	t->due_ms = due_ms;
	list_append(&w->slots[tick % WHEEL_SLOTS], &t->link);
	w->count++;
}

static struct timer *first_due(const struct wheel *w, uint64_t tick, uint64_t now_ms)
{
	const struct list *slot = &w->slots[tick % WHEEL_SLOTS];

	for (struct list *l = slot->next; l != slot; l = l->next) {
		struct timer *t = container_of(l, struct timer, link);

		if (t->due_ms <= now_ms)
			return t;
	}
	return NULL;
}

struct timer *wheel_pop(struct wheel *w, uint64_t now_ms)
{
	uint64_t last = now_ms / WHEEL_TICK_MS;

	/* After a long sleep one turn covers every slot. */
	if (last >= w->tick + WHEEL_SLOTS)
		w->tick = last - WHEEL_SLOTS + 1;
	for (;;) {
		struct timer *t = first_due(w, w->tick, now_ms);

		if (t) {
			wheel_clear(w, t);
			return t;
		}
		if (w->tick >= last)
			return NULL;
		w->tick++;
	}
}

uint64_t wheel_wait_ms(const struct wheel *w, uint64_t now_ms, uint64_t limit_ms)
{
	if (w->count == 0)
		return limit_ms;
	for (uint64_t i = 0; i < WHEEL_SLOTS; i++) {
		uint64_t at_ms = (w->tick + i) * WHEEL_TICK_MS;

		if (at_ms >= now_ms + limit_ms)
			return limit_ms;
		if (!list_is_empty(&w->slots[(w->tick + i) % WHEEL_SLOTS]))
			return at_ms > now_ms ? at_ms - now_ms : 0;
	}
	return limit_ms;
}
