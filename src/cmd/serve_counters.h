/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_counters.h - a worker's counters as other threads may read them.
 *
 * An engine counts without locks; its worker leaves a copy here, seldom enough to cost nothing
 * and soon enough for a scrape.
 */
#pragma once

#include "stream/engine.h"

#include <pthread.h>

#define SERVE_COUNTERS_MS 250u /* the copy is at most so much older than the counters */

struct serve_counters {
	pthread_mutex_t lock;
	struct engine_counters copy;
	uint64_t next_ms; /* no new copy before; the worker's own */
};

void serve_counters_init(struct serve_counters *c);
void serve_counters_fini(struct serve_counters *c);
/*
 * Copies what has changed, where it is time. Gives after how many milliseconds the worker should
 * call again at the latest; UINT64_MAX: there is nothing to copy. The worker's thread.
 */
uint64_t serve_counters_note(struct serve_counters *c, const struct engine_counters *counters,
			     uint64_t now_ms);
/* Copies at once: no turn follows. The worker's thread. */
void serve_counters_keep(struct serve_counters *c, const struct engine_counters *counters);
/* Adds the copy to `sum`. Any thread. */
void serve_counters_add(struct serve_counters *c, struct engine_counters *sum);
