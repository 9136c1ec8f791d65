/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admit.h - how many connections and streams there are, for all workers together.
 *
 * At a cap the new one is refused; an old one is never evicted for it. Thread-safe: touched
 * once when a connection or stream begins and once when it ends.
 */
#pragma once

#include "base/addr.h"
#include "base/siphash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admit;

struct admit_limits {
	uint64_t connections; /* 0: no limit */
	uint64_t streams;
	uint64_t per_address;  /* streams; 0: no limit */
	uint64_t publish_rate; /* events a second of one publisher; 0: no limit */
};

#define ADMIT_MAX_PUBLISHERS 256u

enum admit_verdict {
	ADMIT_OK,
	ADMIT_FULL,
	ADMIT_ADDRESS,
};

/* NULL: no memory. */
struct admit *admit_new(struct admit_limits limits, struct siphash_key key);
void admit_free(struct admit *a);

bool admit_connection(struct admit *a);
void admit_connection_end(struct admit *a);
/* On ADMIT_OK the caller owes one admit_stream_end with the same address. */
enum admit_verdict admit_stream(struct admit *a, const struct addr *addr);
void admit_stream_end(struct admit *a, const struct addr *addr);
/*
 * Takes `events` from the bucket of a publisher (its number in the ring of keys), which holds one
 * second's worth; a body of more events costs a full bucket. False: refuse, nothing was taken.
 */
bool admit_publish(struct admit *a, size_t publisher, uint64_t events, uint64_t now_ms);
uint64_t admit_streams(struct admit *a);
uint64_t admit_connections(struct admit *a);
