/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_counters.h"

#include "stream/metrics.h"

#include <string.h>

void serve_counters_init(struct serve_counters *c)
{
	*c = (struct serve_counters){0};
	(void)pthread_mutex_init(&c->lock, NULL); /* default attributes cannot fail */
}

void serve_counters_fini(struct serve_counters *c)
{
	(void)pthread_mutex_destroy(&c->lock);
}

void serve_counters_keep(struct serve_counters *c, const struct engine_counters *counters)
{
	(void)pthread_mutex_lock(&c->lock);
	c->copy = *counters;
	(void)pthread_mutex_unlock(&c->lock);
}

uint64_t serve_counters_note(struct serve_counters *c, const struct engine_counters *counters,
			     uint64_t now_ms)
{
	/* Only this thread writes the copy: it may read it without the lock. */
	if (memcmp(&c->copy, counters, sizeof(c->copy)) == 0)
		return UINT64_MAX;
	if (now_ms < c->next_ms)
		return c->next_ms - now_ms;
	serve_counters_keep(c, counters);
	c->next_ms = now_ms + SERVE_COUNTERS_MS;
	return UINT64_MAX;
}

void serve_counters_add(struct serve_counters *c, struct engine_counters *sum)
{
	(void)pthread_mutex_lock(&c->lock);
	metrics_add(sum, &c->copy);
	(void)pthread_mutex_unlock(&c->lock);
}
