/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_refresh.h - when a key set is to be loaded again. Pure: time is an argument, in monotonic
 * milliseconds.
 *
 * After a success the publisher's max-age decides, within bounds; after a failure the pause
 * doubles. A token with an unknown kid may hurry a load, but only as often as `gap_ms` allows:
 * who invents kids must not make us knock on the publisher's door.
 */
#pragma once

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

#define REFRESH_GAP_MS         10000u   /* between a load and one that an unknown kid asks for */
#define REFRESH_MIN_MS         60000u   /* of a max-age that is followed */
#define REFRESH_MAX_MS         3600000u /* of the same */
#define REFRESH_DEFAULT_MS     300000u  /* where the publisher names no max-age */
#define REFRESH_BACKOFF_MIN_MS 1000u
#define REFRESH_BACKOFF_MAX_MS 300000u
#define REFRESH_JITTER_PERCENT 20u /* of a pause after a failure */

struct refresh_pace {
	uint64_t gap_ms;
	uint64_t min_ms;
	uint64_t max_ms;
	uint64_t default_ms;
	uint64_t backoff_min_ms;
	uint64_t backoff_max_ms;
};

/* The numbers above. */
struct refresh_pace refresh_default_pace(void);

struct refresh {
	struct refresh_pace pace;
	uint64_t due_ms;   /* of the next load */
	uint64_t began_ms; /* of the last load */
	bool running;
	unsigned failures; /* in a row */
};

/* The first load is due at once. */
void refresh_init(struct refresh *r, struct refresh_pace pace, uint64_t now_ms);
bool refresh_is_due(const struct refresh *r, uint64_t now_ms);
void refresh_begin(struct refresh *r, uint64_t now_ms);
/* `max_age_ms` 0: none was given. */
void refresh_succeed(struct refresh *r, uint64_t now_ms, uint64_t max_age_ms);
void refresh_fail(struct refresh *r, uint64_t now_ms, struct rng *rng);
/*
 * A kid is unknown: true where a load is under way or due because of it, so that waiting for its
 * end makes sense.
 */
bool refresh_hurry(struct refresh *r, uint64_t now_ms);
