/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_refresh.h"

struct refresh_pace refresh_default_pace(void)
{
	return (struct refresh_pace){
		.gap_ms = REFRESH_GAP_MS,
		.min_ms = REFRESH_MIN_MS,
		.max_ms = REFRESH_MAX_MS,
		.default_ms = REFRESH_DEFAULT_MS,
		.backoff_min_ms = REFRESH_BACKOFF_MIN_MS,
		.backoff_max_ms = REFRESH_BACKOFF_MAX_MS,
	};
}

void refresh_init(struct refresh *r, struct refresh_pace pace, uint64_t now_ms)
{
	*r = (struct refresh){.pace = pace, .due_ms = now_ms};
}

bool refresh_is_due(const struct refresh *r, uint64_t now_ms)
{
	return !r->running && now_ms >= r->due_ms;
}

void refresh_begin(struct refresh *r, uint64_t now_ms)
{
	r->began_ms = now_ms;
	r->running = true;
}

void refresh_succeed(struct refresh *r, uint64_t now_ms, uint64_t max_age_ms)
{
	uint64_t pause = max_age_ms ? max_age_ms : r->pace.default_ms;

	if (pause < r->pace.min_ms)
		pause = r->pace.min_ms;
	if (pause > r->pace.max_ms)
		pause = r->pace.max_ms;
	r->running = false;
	r->failures = 0;
	r->due_ms = now_ms + pause;
}

void refresh_fail(struct refresh *r, uint64_t now_ms, struct rng *rng)
{
	uint64_t pause = r->pace.backoff_min_ms;

	for (unsigned i = 0; i < r->failures && pause < r->pace.backoff_max_ms; i++)
		pause *= 2;
	if (pause > r->pace.backoff_max_ms)
		pause = r->pace.backoff_max_ms;
	r->running = false;
	r->failures++;
	r->due_ms = now_ms + rng_jitter(rng, pause, REFRESH_JITTER_PERCENT);
}

bool refresh_hurry(struct refresh *r, uint64_t now_ms)
{
	if (r->running || refresh_is_due(r, now_ms))
		return true;
	if (now_ms < r->began_ms + r->pace.gap_ms)
		return false;
	r->due_ms = now_ms;
	return true;
}
